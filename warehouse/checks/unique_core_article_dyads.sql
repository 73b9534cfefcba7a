-- No rows: core.article_dyads holds each (content_hash, codebook_version, dyad, part, span_start, span_end) once.
select
    content_hash,
    codebook_version,
    dyad,
    part,
    span_start,
    span_end,
    count(*) as copies
from core.article_dyads
group by
    content_hash,
    codebook_version,
    dyad,
    part,
    span_start,
    span_end
having count(*) > 1;
