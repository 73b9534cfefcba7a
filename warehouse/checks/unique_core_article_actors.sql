-- No rows: core.article_actors holds each (content_hash, codebook_version, actor) once.
select
    content_hash,
    codebook_version,
    actor,
    count(*) as copies
from core.article_actors
group by
    content_hash,
    codebook_version,
    actor
having count(*) > 1;
