-- No rows: core.article_aliases holds each (article_id, since_seq) once.
select
    article_id,
    since_seq,
    count(*) as copies
from core.article_aliases
group by
    article_id,
    since_seq
having count(*) > 1;
