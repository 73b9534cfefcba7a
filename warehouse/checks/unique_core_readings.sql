-- No rows: core.readings holds each (capture_id, extractor) once.
select
    capture_id,
    extractor,
    count(*) as copies
from core.readings
group by
    capture_id,
    extractor
having count(*) > 1;
