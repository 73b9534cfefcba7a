-- No rows: raw.entries holds each (feed_id, url_key, entry_hash) once.
select
    feed_id,
    url_key,
    entry_hash,
    count(*) as copies
from raw.entries
group by
    feed_id,
    url_key,
    entry_hash
having count(*) > 1;
