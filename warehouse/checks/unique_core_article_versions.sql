-- No rows: core.article_versions holds each (article_id, version) once.
select
    article_id,
    version,
    count(*) as copies
from core.article_versions
group by
    article_id,
    version
having count(*) > 1;
