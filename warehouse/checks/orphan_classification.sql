-- No rows: every wording that was classified was read from a page.
select
    classifications.content_hash,
    classifications.codebook_version
from core.classifications as classifications
anti join core.readings as readings using (content_hash);
