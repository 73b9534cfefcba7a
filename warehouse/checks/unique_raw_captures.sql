-- No rows: raw.captures holds each (capture_id) once.
select
    capture_id,
    count(*) as copies
from raw.captures
group by
    capture_id
having count(*) > 1;
