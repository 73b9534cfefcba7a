-- Question: how did we treat each host, pages and robots.txt included, by our own log?
-- Grain: one row a politeness scope that was ever asked.
-- Caveat: knows the first request of each exchange, not the redirects behind it; what an earlier release logged is not judged.
create or replace view main.host_manners as
with asked as (
    select
        visit_id,
        kind,
        coalesce(url_key, feed_id) as subject,
        run_id,
        url,
        final_url,
        scope,
        visited_at,
        delay_seconds,
        status,
        outcome,
        sent_etag,
        sent_last_modified,
        coalesce(is_shared, false) as is_shared
    from raw.visits
    where scope is not null
),
known as (
    select
        url_key as subject,
        list(distinct got_etag) filter (where got_etag is not null) as etags,
        list(distinct got_last_modified) filter (where got_last_modified is not null) as dates
    from raw.visits
    where
        kind = 'page'
        and outcome in ('ok', 'not_modified')
    group by url_key
),
looks as (
    -- pages, and what the last good look at each had brought: an address, and whether validators came with it
    select
        visit_id,
        last_value(case when outcome in ('ok', 'not_modified') then final_url end ignore nulls) over before as good_url,
        last_value(
            case
                when outcome = 'not_modified' then true
                when outcome = 'ok' then got_etag is not null or got_last_modified is not null
            end
            ignore nulls
        ) over before as has_validators
    from raw.visits
    where
        kind = 'page'
        and url_key is not null
    window before as (partition by url_key order by visited_at rows between unbounded preceding and 1 preceding)
),
pauses as (
    select
        pause_scope,
        visited_at + to_milliseconds(duration_ms) as pause_from,
        pause_ends_at
    from raw.visits
    where pause_ends_at is not null
),
disturbed as (
    select distinct asked.visit_id
    from asked
    inner join pauses on
        pauses.pause_scope in (asked.scope, asked.url)
        and asked.visited_at >= pauses.pause_from
        and asked.visited_at + interval 10 milliseconds < pauses.pause_ends_at
),
gets as (
    -- every address that was answered: the first of an exchange, and the last one behind redirects
    select visit_id, run_id, subject, url, visited_at, outcome
    from asked
    where
        kind <> 'robots'
        and status is not null
        and not (is_shared and url = final_url)
    union all
    select visit_id, run_id, subject, final_url as url, visited_at, outcome
    from asked
    where
        kind <> 'robots'
        and status is not null
        and not is_shared
        and url <> final_url
),
repeated as (
    -- asked again within the hour by the same run, and not because the page was known and looked at anew
    select distinct later.visit_id
    from gets as later
    inner join gets as earlier on
        later.url = earlier.url
        and later.run_id = earlier.run_id
        and later.visit_id <> earlier.visit_id
        and later.visited_at > earlier.visited_at
        and later.visited_at < earlier.visited_at + interval 1 hour
    where
        later.subject is distinct from earlier.subject
        or earlier.outcome not in ('ok', 'not_modified')
),
judged as (
    select
        asked.scope,
        asked.kind,
        asked.visited_at,
        coalesce(
            asked.visited_at + interval 100 milliseconds < lag(asked.visited_at) over starts
            + to_milliseconds(1000 * greatest(asked.delay_seconds, lag(asked.delay_seconds) over starts)),
            false
        ) as is_crowded,
        disturbed.visit_id is not null as is_in_pause,
        repeated.visit_id is not null as is_repeated,
        asked.status is not null
        and looks.has_validators is true
        and looks.good_url = asked.final_url
        and not asked.is_shared
        and asked.sent_etag is null
        and asked.sent_last_modified is null as is_forgetful,
        asked.kind = 'page'
        and (
            (asked.sent_etag is not null and not coalesce(list_contains(known.etags, asked.sent_etag), false))
            or (
                asked.sent_last_modified is not null
                and not coalesce(list_contains(known.dates, asked.sent_last_modified), false)
            )
        ) as is_bogus
    from asked
    left join disturbed using (visit_id)
    left join repeated using (visit_id)
    left join looks using (visit_id)
    left join known using (subject)
    window starts as (partition by asked.scope order by asked.visited_at)
)
select
    scope,
    count(*) as requests,
    count(*) filter (where kind = 'page') as page_requests,
    count(*) filter (where is_crowded) as crowded_starts,
    count(*) filter (where is_in_pause) as requests_in_pause,
    count(*) filter (where is_forgetful) as unconditional_revisits,
    count(*) filter (where is_bogus) as bogus_validators,
    count(*) filter (where is_repeated) as repeated_requests,
    min(visited_at) as first_at,
    max(visited_at) as last_at
from judged
group by scope;

comment on view main.host_manners is 'How we treated each host, by our own log. One row a politeness scope that was ever asked.';
comment on column main.host_manners.scope is 'Registrable domain; host and port of IP literals and single-label names.';
comment on column main.host_manners.requests is 'Exchanges that began there: feeds, pages, robots.txt.';
comment on column main.host_manners.page_requests is 'Those for pages.';
comment on column main.host_manners.crowded_starts is 'Begun sooner after the one before than host_delay_seconds or Crawl-delay say; must be 0.';
comment on column main.host_manners.requests_in_pause is 'Begun while a Retry-After asked us to stay away; must be 0.';
comment on column main.host_manners.unconditional_revisits is 'Pages looked at again without the validators that they had given; must be 0.';
comment on column main.host_manners.bogus_validators is 'Pages asked for with validators that they never gave; must be 0.';
comment on column main.host_manners.repeated_requests is 'Addresses asked for twice in one pass, redirect targets included; must be 0.';
comment on column main.host_manners.first_at is 'First of these exchanges, UTC.';
comment on column main.host_manners.last_at is 'Last of these exchanges, UTC.';
