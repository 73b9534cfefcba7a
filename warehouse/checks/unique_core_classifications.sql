-- No rows: core.classifications holds each (content_hash, codebook_version) once.
select
    content_hash,
    codebook_version,
    count(*) as copies
from core.classifications
group by
    content_hash,
    codebook_version
having count(*) > 1;
