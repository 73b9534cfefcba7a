-- No rows: core.landings holds each (landed_seq) once.
select
    landed_seq,
    count(*) as copies
from core.landings
group by
    landed_seq
having count(*) > 1;
