-- No rows: raw.units holds each (unit_id) once.
select
    unit_id,
    count(*) as copies
from raw.units
group by
    unit_id
having count(*) > 1;
