-- Question: what came of what each source announced, day by day, and is a drop in the world or in us?
-- Grain: one row a source and UTC day, from the source's first poll to the last landing (to its last poll once disabled).
-- Caveat: pages count on the day a feed first announced them; what a feed dropped between two polls nobody knows. The
-- baseline is the mean of the same weekday in the eight weeks before, without blind days and without the first day,
-- which brings a feed's backlog; it is NULL until four such days exist. Its interval takes counts to be Poisson
-- (Anscombe's square roots, 95 %): outlets are more uneven than that, so take it as narrow. The last day is not over.
create or replace view main.coverage as
with declarations as (
    select
        source_id,
        is_enabled
    from core.sources
    qualify row_number() over (partition by source_id order by landed_seq desc) = 1
),
polls as (
    select
        source_id,
        visited_at::date as day,
        count(*) as polls,
        count(*) filter (where outcome in ('ok', 'not_modified')) as polls_ok
    from raw.visits
    where
        kind = 'feed'
        and source_id is not null
    group by
        source_id,
        visited_at::date
),
spans as (
    select
        polls.source_id,
        min(polls.day) as first_day,
        case
            when coalesce(any_value(declarations.is_enabled), false)
                then greatest(max(polls.day), (select max(landings.landed_at)::date from core.landings as landings))
            else max(polls.day)
        end as last_day
    from polls
    left join declarations using (source_id)
    group by polls.source_id
),
calendar as (
    select
        source_id,
        first_day,
        last_day,
        unnest(generate_series(first_day::timestamp, last_day::timestamp, interval 1 day))::date as day
    from spans
),
aliases as (
    select
        article_id,
        arg_max(alias_of, since_seq) as alias_of
    from core.article_aliases
    group by article_id
),
classified as (
    select distinct numbers.article_id
    from core.version_numbers as numbers
    inner join core.classifications as classifications using (content_hash)
    inner join main.codebooks as codebooks using (codebook_version)
    where
        numbers.is_latest
        and codebooks.active
),
fates as (
    select
        announcements.source_id,
        announcements.first_seen_at::date as day,
        captures.url_key is not null as is_fetched,
        urls.url_key is not null as is_extracted,
        classified.article_id is not null as is_classified,
        case when rejections.next_try_at is null then rejections.reason end as lost_why
    from core.announcements as announcements
    left join (select distinct url_key from raw.captures) as captures using (url_key)
    left join core.article_urls as urls using (url_key)
    left join aliases using (article_id)
    left join classified
        on classified.article_id = coalesce(aliases.alias_of, urls.article_id)
    left join main.rejections as rejections
        on rejections.url_key = announcements.url_key
),
tallies as (
    select
        source_id,
        day,
        count(*) as seen,
        count(*) filter (where is_fetched) as fetched,
        count(*) filter (where is_extracted) as extracted,
        count(*) filter (where is_classified) as classified,
        count(lost_why) as lost
    from fates
    group by
        source_id,
        day
),
reasons as (
    select
        source_id,
        day,
        string_agg(lost_why || ' ' || pages, ', ' order by pages desc, lost_why) as lost_why
    from (
        select
            source_id,
            day,
            lost_why,
            count(*) as pages
        from fates
        where lost_why is not null
        group by
            source_id,
            day,
            lost_why
    ) as losses
    group by
        source_id,
        day
),
days as (
    select
        calendar.source_id,
        calendar.day,
        calendar.day > calendar.first_day as is_usable,
        calendar.day = (select max(landings.landed_at)::date from core.landings as landings) as is_running,
        coalesce(polls.polls, 0) as polls,
        coalesce(polls.polls_ok, 0) as polls_ok,
        coalesce(tallies.seen, 0) as seen,
        coalesce(tallies.fetched, 0) as fetched,
        coalesce(tallies.extracted, 0) as extracted,
        coalesce(tallies.classified, 0) as classified,
        coalesce(tallies.lost, 0) as lost,
        reasons.lost_why,
        case
            when coalesce(polls.polls, 0) = 0 then 'not polled'
            when polls.polls_ok = 0 then 'no poll succeeded'
            when tallies.lost * 2 > tallies.seen then 'most of what was seen was lost'
        end as blind_why
    from calendar
    left join polls using (source_id, day)
    left join tallies using (source_id, day)
    left join reasons using (source_id, day)
),
baselines as (
    select
        days.source_id,
        days.day,
        count(*) as weeks,
        avg(earlier.seen) as expected
    from days
    cross join range(1, 9) as weeks(number)
    inner join days as earlier
        on earlier.source_id = days.source_id
        and earlier.day = days.day - 7 * weeks.number::integer
    where
        earlier.is_usable
        and earlier.blind_why is null
    group by
        days.source_id,
        days.day
    having count(*) >= 4
),
expectations as (
    select
        source_id,
        day,
        weeks,
        expected,
        greatest(0, greatest(0, sqrt(expected + 0.375) - 0.98 * sqrt(1 + 1 / weeks)) ** 2 - 0.375) as low,
        (sqrt(expected + 0.375) + 0.98 * sqrt(1 + 1 / weeks)) ** 2 - 0.375 as high
    from baselines
)
select
    days.source_id,
    days.day,
    days.polls,
    days.polls_ok,
    expectations.expected,
    expectations.low,
    expectations.high,
    coalesce(expectations.weeks, 0) as weeks,
    days.seen,
    days.fetched,
    days.extracted,
    days.classified,
    days.lost,
    days.lost_why,
    days.seen - days.extracted - days.lost as waiting,
    days.blind_why is not null as is_blind,
    days.blind_why,
    case
        when days.blind_why is not null then 'blind'
        when days.is_running then 'running'
        when expectations.expected is null then 'unknown'
        when days.seen < expectations.low then 'quiet'
        when days.seen > expectations.high then 'busy'
        else 'usual'
    end as verdict
from days
left join expectations using (source_id, day);

comment on view main.coverage is 'What came of what each source announced, day by day: is a drop in the world or in us? One row a source and UTC day.';
comment on column main.coverage.source_id is 'The source.';
comment on column main.coverage.day is 'UTC day.';
comment on column main.coverage.polls is 'Polls of its feeds on that day.';
comment on column main.coverage.polls_ok is 'How many of them gave a document or a 304.';
comment on column main.coverage.expected is 'Pages it announces on such a weekday: mean of the comparable days in the eight weeks before; NULL until four exist.';
comment on column main.coverage.low is 'Lower end of what is to be expected, 95 %; NULL with expected.';
comment on column main.coverage.high is 'Upper end of what is to be expected, 95 %; NULL with expected.';
comment on column main.coverage.weeks is 'Comparable days the expectation rests on; 0 while there are fewer than four.';
comment on column main.coverage.seen is 'Pages that its feeds announced first on that day.';
comment on column main.coverage.fetched is 'How many of them were fetched at least once.';
comment on column main.coverage.extracted is 'How many of them are an article.';
comment on column main.coverage.classified is 'How many of these are classified under the active codebook.';
comment on column main.coverage.lost is 'How many of them were given up; see rejections.';
comment on column main.coverage.lost_why is 'Reasons with their counts, the most frequent first; NULL where nothing was lost.';
comment on column main.coverage.waiting is 'How many of them still wait to be fetched or read.';
comment on column main.coverage.is_blind is 'We could not have seen: not polled, no poll succeeded, or most of what was seen was lost.';
comment on column main.coverage.blind_why is 'Which of these; NULL where it is not blind.';
comment on column main.coverage.verdict is 'blind (us), quiet or busy (the world: beyond what is to be expected), usual, running (the day is not over) or unknown (no baseline).';
