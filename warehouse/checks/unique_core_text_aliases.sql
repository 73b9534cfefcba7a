-- No rows: core.text_aliases holds each (text_id, since_seq) once.
select
    text_id,
    since_seq,
    count(*) as copies
from core.text_aliases
group by
    text_id,
    since_seq
having count(*) > 1;
