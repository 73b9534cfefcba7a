-- No rows: core.sources holds each (source_id, landed_seq) once.
select
    source_id,
    landed_seq,
    count(*) as copies
from core.sources
group by
    source_id,
    landed_seq
having count(*) > 1;
