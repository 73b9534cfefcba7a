-- No rows: core.text_members holds each (article_id, since_seq) once.
select
    article_id,
    since_seq,
    count(*) as copies
from core.text_members
group by
    article_id,
    since_seq
having count(*) > 1;
