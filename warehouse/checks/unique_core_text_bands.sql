-- No rows: core.text_bands holds each (band, content_hash) once.
select
    band,
    content_hash,
    count(*) as copies
from core.text_bands
group by
    band,
    content_hash
having count(*) > 1;
