-- How the house stands at the moment $now: what ran, what is due, what is in trouble, what waits and why.

-- name: freshness
select published_at, through_seq, data_as_of
from main.publication;

-- name: last_runs
-- Of each flow, the run that started last.
select run_id, flow, started_at, ended_at, status, counts
from main.runs
qualify row_number() over (partition by flow order by started_at desc, run_id) = 1
order by started_at desc, run_id;

-- name: feed_tallies
select
    state,
    count(*) as feeds,
    count(*) filter (
        where state not in ('disabled', 'stopped') and (next_poll_at is null or next_poll_at <= $now)
    ) as due,
    min(next_poll_at) filter (where state not in ('disabled', 'stopped') and next_poll_at > $now) as next_poll_at
from main.feeds
group by state
order by state;

-- name: troubled_feeds
-- What the outlet has to mend, or somebody here.
select source_id, url, state, last_outcome, last_detail, failures, last_success_at, next_poll_at, next_poll_rule, successor_url
from main.feeds
where state in ('throttled', 'blocked', 'failing', 'stopped')
order by state, source_id, url;

-- name: backlog
-- Pages that wait: for their turn, for another attempt after the outcome named, or to be read. Revisits once due.
select
    stage,
    reason,
    last_outcome,
    count(*) as pages,
    count(*) filter (where due_at <= $now) as due,
    min(due_at) as next_due_at,
    min(first_seen_at) as oldest_at
from (
    select
        case stage when 'read' then 'pending' else stage end as stage,
        case
            when stage = 'read' then 'revisit'
            when unit_id is not null then 'backfill'
            else reason
        end as reason,
        last_outcome,
        due_at,
        first_seen_at
    from raw.pages
    where
        stage in ('pending', 'captured')
        or (stage = 'read' and due_at <= $now)
) as waiting
group by stage, reason, last_outcome
order by stage, reason, last_outcome nulls first;

-- name: quiet_sources
-- Polls succeed and yet nothing comes: for longer than the source's own rhythm allows, or for a week where it has none.
select
    sources.source_id,
    sources.name,
    health.why,
    sources.last_success_at,
    sources.last_article_at
from main.sources as sources
inner join main.source_health as health using (source_id)
where
    health.state = 'quiet'
    or (sources.state = 'ok' and (sources.last_article_at is null or sources.last_article_at < $now - interval 7 days))
order by sources.last_article_at nulls first, sources.source_id;

-- name: totals
select
    (select count(*) from main.articles) as articles,
    (select count(*) from main.articles where relevant) as relevant_articles,
    (select count(*) from main.rejections) as rejections;

-- name: successors
-- Where feeds that are gone may be found, by their outlets' home pages.
select url, successor_url, successor_sought_at
from main.feeds
where successor_url is not null
order by url;
