-- No rows: core.feed_states holds each feed_id and landed_seq once.
select
    feed_id,
    landed_seq,
    count(*) as copies
from core.feed_states
group by
    feed_id,
    landed_seq
having count(*) > 1;
