-- No rows: how a feed stands is what was last written down of it, so that the past can be asked.
with last_states as (
    select
        feed_id,
        source_id,
        url,
        last_polled_at,
        next_poll_at,
        next_poll_rule,
        failures,
        is_stopped,
        is_enabled
    from core.feed_states
    qualify row_number() over (partition by feed_id order by landed_seq desc) = 1
)
select feeds.feed_id
from raw.feeds as feeds
left join last_states
    on last_states.feed_id = feeds.feed_id
where
    last_states.feed_id is null
    or (
        feeds.source_id, feeds.url, feeds.last_polled_at, feeds.next_poll_at, feeds.next_poll_rule, feeds.failures,
        feeds.is_stopped, feeds.is_enabled
    )
    is distinct from (
        last_states.source_id, last_states.url, last_states.last_polled_at, last_states.next_poll_at,
        last_states.next_poll_rule, last_states.failures, last_states.is_stopped, last_states.is_enabled
    );
