-- No rows: core.text_signatures holds each content_hash once.
select
    content_hash,
    count(*) as copies
from core.text_signatures
group by content_hash
having count(*) > 1;
