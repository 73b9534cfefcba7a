-- No rows: core.articles holds each (article_id) once.
select
    article_id,
    count(*) as copies
from core.articles
group by
    article_id
having count(*) > 1;
