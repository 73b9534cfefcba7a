-- No rows: core.codebooks holds each (codebook_version, landed_seq) once.
select
    codebook_version,
    landed_seq,
    count(*) as copies
from core.codebooks
group by
    codebook_version,
    landed_seq
having count(*) > 1;
