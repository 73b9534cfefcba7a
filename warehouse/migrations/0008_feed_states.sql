-- How each feed stood, landing by landing: what `feeds` and all that is made of it answer about the past.
-- History begins with this migration: what stands now is the first row of each feed, under the last landing.

create table core.feed_states (
    feed_id varchar not null,
    source_id varchar not null,
    url varchar not null,
    lang varchar,
    title varchar not null,
    last_polled_at timestamp,
    last_success_at timestamp,
    last_changed_at timestamp,
    last_outcome varchar,
    failures double not null,
    next_poll_at timestamp,
    next_poll_rule varchar not null,
    is_stopped boolean not null,
    is_enabled boolean not null,
    earliest_poll_at timestamp,
    moved_url varchar,
    hidden_changes integer,
    gap_seconds double,
    interval_seconds double,
    successor_url varchar,
    successor_sought_at timestamp,
    landed_seq bigint not null
);
comment on table core.feed_states is 'One row a feed and landing that changed what is known of it; of a feed''s rows the later wins.';
comment on column core.feed_states.feed_id is 'Hash of the declared address.';
comment on column core.feed_states.source_id is 'The source that declares the feed.';
comment on column core.feed_states.url is 'Address as declared.';
comment on column core.feed_states.lang is 'Language of the feed, else of its source; BCP 47 primary tag.';
comment on column core.feed_states.title is 'Title the feed gives itself; empty until a poll has succeeded.';
comment on column core.feed_states.last_polled_at is 'Last exchange, whatever came of it.';
comment on column core.feed_states.last_success_at is 'Last exchange that gave a document or a 304.';
comment on column core.feed_states.last_changed_at is 'Last exchange whose document differed from the one before.';
comment on column core.feed_states.last_outcome is 'Outcome of the last exchange.';
comment on column core.feed_states.failures is 'Weighted failures since the last success: temporary 0.25, soft 0.5, hard 1.';
comment on column core.feed_states.next_poll_at is 'Not polled before; NULL: never polled, due now.';
comment on column core.feed_states.next_poll_rule is 'The rule that set next_poll_at, in words.';
comment on column core.feed_states.is_stopped is 'Polled no more: the feed is gone, or the operator said so.';
comment on column core.feed_states.is_enabled is 'False once the sources file no longer declares the feed or disables its source.';
comment on column core.feed_states.earliest_poll_at is 'Not even --force polls before: floor, freshness and Retry-After.';
comment on column core.feed_states.moved_url is 'Where it moved for good: polled instead of url. NULL: nowhere.';
comment on column core.feed_states.hidden_changes is 'Changes that 304s kept from us; three make the validators unreliable.';
comment on column core.feed_states.gap_seconds is 'Usual time between two changes, as observed.';
comment on column core.feed_states.interval_seconds is 'Adaptive interval between floor and ceiling.';
comment on column core.feed_states.successor_url is 'Where its outlet''s home page points instead of an address that is gone.';
comment on column core.feed_states.successor_sought_at is 'When the home page was last asked for that.';
comment on column core.feed_states.landed_seq is 'The landing that brought the row.';

insert into core.feed_states (
    feed_id, source_id, url, lang, title, last_polled_at, last_success_at, last_changed_at, last_outcome, failures, next_poll_at,
    next_poll_rule, is_stopped, is_enabled, earliest_poll_at, moved_url, hidden_changes, gap_seconds, interval_seconds,
    successor_url, successor_sought_at, landed_seq
)
select
    feeds.feed_id,
    feeds.source_id,
    feeds.url,
    feeds.lang,
    feeds.title,
    feeds.last_polled_at,
    feeds.last_success_at,
    feeds.last_changed_at,
    feeds.last_outcome,
    feeds.failures,
    feeds.next_poll_at,
    feeds.next_poll_rule,
    feeds.is_stopped,
    feeds.is_enabled,
    feeds.earliest_poll_at,
    feeds.moved_url,
    feeds.hidden_changes,
    feeds.gap_seconds,
    feeds.interval_seconds,
    feeds.successor_url,
    feeds.successor_sought_at,
    landings.landed_seq
from raw.feeds as feeds
cross join (select max(landed_seq) as landed_seq from core.landings) as landings
where landings.landed_seq is not null;
