-- No rows: core.article_urls holds each (url_key) once.
select
    url_key,
    count(*) as copies
from core.article_urls
group by
    url_key
having count(*) > 1;
