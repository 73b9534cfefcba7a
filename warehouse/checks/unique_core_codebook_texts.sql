-- No rows: core.codebook_texts holds each codebook_version once.
select
    codebook_version,
    count(*) as copies
from core.codebook_texts
group by codebook_version
having count(*) > 1;
