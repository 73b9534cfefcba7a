-- Question: how is each feed doing, when is it polled next and why then?
-- Grain: one row a feed that is or was declared.
-- Caveat: state tells of the last poll only; last_detail is the last poll's own explanation.
create or replace view main.feeds as
with polls as (
    select
        feed_id,
        arg_max(detail, visited_at) as last_detail
    from raw.visits
    where kind = 'feed'
    group by feed_id
),
contents as (
    select
        feed_id,
        count(distinct url_key) as pages,
        max(first_seen_at) as last_new_at
    from raw.entries
    group by feed_id
)
select
    feeds.feed_id,
    feeds.source_id,
    feeds.url,
    feeds.title,
    feeds.lang,
    case
        when not feeds.is_enabled then 'disabled'
        when feeds.is_stopped then 'stopped'
        when feeds.last_outcome is null then 'new'
        when feeds.last_outcome in ('ok', 'not_modified', 'cancelled') then 'ok'
        when feeds.last_outcome = 'throttled' then 'throttled'
        when feeds.last_outcome in ('blocked', 'robots_refused', 'address_refused', 'port_refused', 'scheme_refused') then 'blocked'
        else 'failing'
    end as state,
    feeds.last_outcome,
    polls.last_detail,
    feeds.failures,
    feeds.last_polled_at,
    feeds.last_success_at,
    feeds.last_changed_at,
    feeds.next_poll_at,
    feeds.next_poll_rule,
    coalesce(contents.pages, 0) as pages,
    contents.last_new_at,
    feeds.earliest_poll_at,
    feeds.interval_seconds,
    feeds.gap_seconds,
    feeds.moved_url,
    coalesce(feeds.hidden_changes, 0) >= 3 as is_unconditional,
    feeds.successor_url,
    feeds.successor_sought_at
from raw.feeds as feeds
left join polls using (feed_id)
left join contents using (feed_id);

comment on view main.feeds is 'How each feed is doing, when it is polled next and why then. One row a feed.';
comment on column main.feeds.feed_id is 'Hash of the declared address.';
comment on column main.feeds.source_id is 'The source that declares it.';
comment on column main.feeds.url is 'Address as declared; polled, unless moved_url is.';
comment on column main.feeds.title is 'Title the feed gives itself; empty until a poll has succeeded.';
comment on column main.feeds.lang is 'Language of the feed, else of its source; BCP 47 primary tag.';
comment on column main.feeds.state is 'disabled, stopped (gone for good), new (never polled), ok, throttled (asked to wait), blocked (refused by them or by us) or failing.';
comment on column main.feeds.last_outcome is 'Outcome of the last poll, one word of a closed set.';
comment on column main.feeds.last_detail is 'That outcome explained.';
comment on column main.feeds.failures is 'Weighted failures since the last success: temporary 0.25, soft 0.5, hard 1.';
comment on column main.feeds.last_polled_at is 'Last poll, whatever came of it.';
comment on column main.feeds.last_success_at is 'Last poll that gave a document or a 304.';
comment on column main.feeds.last_changed_at is 'Last poll whose document differed from the one before.';
comment on column main.feeds.next_poll_at is 'Not polled before; NULL: never polled, due now.';
comment on column main.feeds.next_poll_rule is 'The rule that set next_poll_at, in words.';
comment on column main.feeds.pages is 'Pages it has announced so far.';
comment on column main.feeds.last_new_at is 'Poll that last brought a new or changed entry.';
comment on column main.feeds.earliest_poll_at is 'Not even --force polls before: floor, freshness and Retry-After.';
comment on column main.feeds.interval_seconds is 'Interval that follows how often it changes, between floor and ceiling; what the publisher asks for comes on top.';
comment on column main.feeds.gap_seconds is 'Usual time between two changes, as observed; NULL: fewer than two were seen.';
comment on column main.feeds.moved_url is 'Where it moved for good, by three polls over three days: polled instead of url. NULL: nowhere.';
comment on column main.feeds.is_unconditional is 'Its validators have lied, so whole bodies are asked for, once a day at most.';
comment on column main.feeds.successor_url is 'What its outlet''s home page names, now that the feed is gone: a suggestion for the sources file. NULL: nothing was found.';
comment on column main.feeds.successor_sought_at is 'When the home page was last asked for it, once a week at most; NULL: never.';
