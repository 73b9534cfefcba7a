-- No rows: core.rejections holds each (rejection_id) once.
select
    rejection_id,
    count(*) as copies
from core.rejections
group by
    rejection_id
having count(*) > 1;
