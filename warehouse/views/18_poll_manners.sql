-- Question: would we pass as a polite feed reader, by our own log? (after R. Kroll's feed reader score)
-- Grain: one row a feed that was ever asked.
-- Caveat: counts exchanges that a server answered; cookies, referrers and what else a request carries are not in the log.
create or replace view main.poll_manners as
with answered as (
    select
        visits.feed_id,
        visits.visited_at,
        visits.url,
        visits.status,
        visits.sent_etag is null and visits.sent_last_modified is null as is_unconditional,
        visits.sent_etag,
        visits.sent_last_modified,
        visits.not_before_at
    from raw.visits as visits
    where
        visits.kind = 'feed'
        and visits.status is not null
),
good as (
    -- the answers whose validators may be sent back: what landed, and the 304s that stand by it
    select
        feed_id,
        got_etag,
        got_last_modified
    from raw.visits
    where
        kind = 'feed'
        and outcome in ('ok', 'not_modified')
),
known as (
    select
        feed_id,
        list(distinct got_etag) filter (where got_etag is not null) as etags,
        list(distinct got_last_modified) filter (where got_last_modified is not null) as dates
    from good
    group by feed_id
),
judged as (
    select
        answered.feed_id,
        answered.visited_at,
        answered.is_unconditional,
        (answered.sent_etag is not null and not coalesce(list_contains(known.etags, answered.sent_etag), false))
        or (
            answered.sent_last_modified is not null
            and not coalesce(list_contains(known.dates, answered.sent_last_modified), false)
        ) as is_bogus,
        coalesce(answered.visited_at + interval 1 second < lag(answered.not_before_at) over polls, false) as is_early,
        answered.url not in (feeds.url, coalesce(feeds.moved_url, feeds.url)) and contains(answered.url, '?')
        and starts_with(answered.url, split_part(feeds.url, '?', 1)) as has_added_query
    from answered
    inner join raw.feeds as feeds using (feed_id)
    left join known using (feed_id)
    window polls as (partition by answered.feed_id order by answered.visited_at)
)
select
    feed_id,
    count(*) as polls,
    count(*) filter (where is_unconditional) as unconditional_polls,
    count(*) filter (where is_unconditional) / count(*) as unconditional_share,
    count(*) filter (where is_early) as early_polls,
    count(*) filter (where is_bogus) as bogus_validators,
    count(*) filter (where has_added_query) as added_queries,
    min(visited_at) as first_at,
    max(visited_at) as last_at
from judged
group by feed_id;

comment on view main.poll_manners is 'How politely we polled, by our own log. One row a feed that was ever asked.';
comment on column main.poll_manners.feed_id is 'The feed; see feeds.';
comment on column main.poll_manners.polls is 'Polls that its server answered.';
comment on column main.poll_manners.unconditional_polls is 'Polls without validators: the first, one after a day of 304s, and all where the feed gives none.';
comment on column main.poll_manners.unconditional_share is 'Their share.';
comment on column main.poll_manners.early_polls is 'Polls sooner than floor, freshness or Retry-After of the answer before allowed; must be 0.';
comment on column main.poll_manners.bogus_validators is 'Polls with validators that the feed never gave us; must be 0.';
comment on column main.poll_manners.added_queries is 'Polls with a query that the declared address does not have; must be 0.';
comment on column main.poll_manners.first_at is 'First of these polls, UTC.';
comment on column main.poll_manners.last_at is 'Last of these polls, UTC.';
