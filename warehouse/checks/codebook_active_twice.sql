-- No rows: at most one codebook is active.
select
    codebook_version,
    ordinal
from main.codebooks
where
    active
    and (select count(*) from main.codebooks where active) > 1;
