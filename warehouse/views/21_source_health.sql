-- Question: which sources bring what they usually bring, and why do the others not?
-- Grain: one row a source that is or was declared.
-- Caveat: quiet is measured up to the last landing, not up to now. 'quiet' needs ten intervals to compare with: polls
-- succeed, yet for more than three times the 95th percentile of its intervals nothing new came. See coverage for days.
create or replace view main.source_health as
with arrivals as (
    select distinct
        source_id,
        first_seen_at
    from core.announcements
),
intervals as (
    select
        source_id,
        first_seen_at,
        epoch(first_seen_at - lag(first_seen_at) over (partition by source_id order by first_seen_at)) / 60 as minutes
    from arrivals
),
rhythms as (
    select
        source_id,
        max(first_seen_at) as last_new_at,
        count(minutes) as intervals,
        median(minutes) as usual_interval_minutes,
        quantile_cont(minutes, 0.95) as long_interval_minutes
    from intervals
    group by source_id
),
stands as (
    select
        sources.source_id,
        sources.name,
        sources.state as feed_state,
        sources.feeds,
        sources.feeds_ok,
        sources.last_success_at,
        sources.next_poll_rule,
        rhythms.last_new_at,
        epoch((select max(landings.landed_at) from core.landings as landings) - rhythms.last_new_at) / 60 as quiet_minutes,
        case when rhythms.intervals >= 10 then rhythms.usual_interval_minutes end as usual_interval_minutes,
        case when rhythms.intervals >= 10 then rhythms.long_interval_minutes end as long_interval_minutes
    from main.sources as sources
    left join rhythms using (source_id)
)
select
    source_id,
    name,
    case
        when feed_state = 'ok' and quiet_minutes > 3 * long_interval_minutes then 'quiet'
        else feed_state
    end as state,
    case
        when feed_state = 'disabled' then 'not declared any more, or disabled in the sources file'
        when feed_state = 'no_feeds' then 'declares no feed'
        when feed_state = 'new' then 'not polled yet'
        when feed_state <> 'ok' then 'no feed of ' || feeds || ' answers well; next: ' || coalesce(next_poll_rule, 'never')
        when quiet_minutes > 3 * long_interval_minutes
            then 'nothing new for ' || round(quiet_minutes)::bigint || ' minutes; 95 in 100 intervals are within ' || round(long_interval_minutes)::bigint
        when feeds_ok < feeds then feeds - feeds_ok || ' of ' || feeds || ' feeds do not answer well'
        when last_new_at is null then 'answers well, has brought nothing yet'
        when long_interval_minutes is null then 'answers well; too few arrivals to know its rhythm'
        else 'as usual'
    end as why,
    last_success_at,
    last_new_at,
    quiet_minutes,
    usual_interval_minutes
from stands;

comment on view main.source_health is 'Which sources bring what they usually bring, and why the others do not. One row a source.';
comment on column main.source_health.source_id is 'Id in the sources file.';
comment on column main.source_health.name is 'Name of the outlet.';
comment on column main.source_health.state is 'As in sources; quiet where its feeds answer and bring nothing for unusually long.';
comment on column main.source_health.why is 'The state explained.';
comment on column main.source_health.last_success_at is 'Last poll of any of its feeds that gave a document or a 304.';
comment on column main.source_health.last_new_at is 'Last poll that brought a page nobody had announced before; NULL while there is none.';
comment on column main.source_health.quiet_minutes is 'Minutes from then to the last landing.';
comment on column main.source_health.usual_interval_minutes is 'Median of the minutes between polls that brought something; NULL until there are ten intervals.';
