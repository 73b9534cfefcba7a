-- No rows: core.runs holds each (run_id, landed_seq) once.
select
    run_id,
    landed_seq,
    count(*) as copies
from core.runs
group by
    run_id,
    landed_seq
having count(*) > 1;
