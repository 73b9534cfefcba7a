-- No rows: raw.feeds holds each (feed_id) once.
select
    feed_id,
    count(*) as copies
from raw.feeds
group by
    feed_id
having count(*) > 1;
