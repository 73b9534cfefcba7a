-- What an operator is told of when it changes.

-- name: quiet_sources
-- Every source with a rhythm of its own, and whether it has been silent beyond it.
select
    source_id,
    name,
    state = 'quiet' as is_quiet,
    why
from main.source_health
where
    state in ('ok', 'quiet')
    and usual_interval_minutes is not null
order by source_id;

-- name: yields
-- Of the pages that were fetched, how many became articles: on the last two days and in the fortnight before.
with last_day as (
    select max(day) as day
    from main.coverage
)
select
    coverage.source_id,
    coalesce(sum(coverage.fetched) filter (where coverage.day > last_day.day - 2), 0)::bigint as fetched,
    coalesce(sum(coverage.extracted) filter (where coverage.day > last_day.day - 2), 0)::bigint as extracted,
    coalesce(sum(coverage.fetched) filter (where coverage.day <= last_day.day - 2), 0)::bigint as fetched_before,
    coalesce(sum(coverage.extracted) filter (where coverage.day <= last_day.day - 2), 0)::bigint as extracted_before
from main.coverage as coverage
cross join last_day
where coverage.day > last_day.day - 16
group by coverage.source_id
order by coverage.source_id;

-- name: arrivals
-- When articles last landed, and how long it may take by the last fortnight: three times all but the longest gaps.
with landings as (
    select distinct landings.landed_at
    from core.articles as articles
    inner join core.landings as landings using (landed_seq)
),
gaps as (
    select
        landed_at,
        epoch(landed_at - lag(landed_at) over (order by landed_at)) as seconds
    from landings
)
select
    max(landed_at) as last_at,
    count(seconds) filter (where landed_at > $since) as gaps,
    3 * quantile_cont(seconds, 0.95) filter (where landed_at > $since) as long_seconds
from gaps;
