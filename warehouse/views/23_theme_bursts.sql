-- Question: on which days is far more written about a theme than on such days before?
-- Grain: one row a theme of the active codebook and day on which at least one source could be seen.
-- Caveat: a source is compared only with itself on the same weekday in the eight weeks before, and only once four such
-- days exist; days on which it was blind (coverage), its first day, which brings a feed's backlog, and days with an
-- article that the active codebook has not classified count neither as the day nor as the baseline, so that no burst
-- is an outage mended or a change of codebook. Backfilled articles are left out. z takes counts to be Poisson
-- (Anscombe's square roots): 3 was chosen as the limit beforehand and is tuned to nothing.
create or replace view main.theme_bursts as
with themes as (
    select unnest(themes) as theme
    from main.codebooks
    where active
),
-- asked of all history once, not in each place that needs it: it costs as much as all the rest
coverage as materialized (
    select
        source_id,
        day,
        is_blind
    from main.coverage
),
blind_days as (
    select
        source_id,
        day
    from coverage
    where is_blind
    union
    select
        source_id,
        min(day) as day
    from coverage
    group by source_id
    union
    select
        source_id,
        day
    from main.articles
    where
        relevant is null
        and ingest_path = 'feed'
),
days as (
    select
        coverage.source_id,
        coverage.day
    from coverage
    anti join blind_days using (source_id, day)
),
counts as (
    select
        articles.source_id,
        themes.theme,
        articles.day,
        count(*) as articles
    from main.article_themes as themes
    inner join main.articles as articles using (article_id)
    where articles.ingest_path = 'feed'
    group by
        articles.source_id,
        themes.theme,
        articles.day
),
cells as (
    select
        days.source_id,
        themes.theme,
        days.day,
        coalesce(counts.articles, 0) as articles
    from days
    cross join themes
    left join counts using (source_id, theme, day)
),
baselines as (
    select
        cells.source_id,
        cells.theme,
        cells.day,
        count(*) as weeks,
        avg(earlier.articles) as expected
    from cells
    cross join range(1, 9) as weeks(number)
    inner join cells as earlier
        on earlier.source_id = cells.source_id
        and earlier.theme = cells.theme
        and earlier.day = cells.day - 7 * weeks.number::integer
    group by
        cells.source_id,
        cells.theme,
        cells.day
    having count(*) >= 4
),
totals as (
    select
        cells.theme,
        cells.day,
        count(*) as sources,
        count(baselines.expected) as compared_sources,
        sum(cells.articles)::bigint as count,
        sum(cells.articles) filter (where baselines.expected is not null)::bigint as compared,
        sum(baselines.expected) as expected,
        sqrt(1 + coalesce(sum(baselines.expected / baselines.weeks) / nullif(sum(baselines.expected), 0), 1 / min(baselines.weeks))) as spread
    from cells
    left join baselines using (source_id, theme, day)
    group by
        cells.theme,
        cells.day
),
blindness as (
    select
        day,
        count(*) as blind_sources
    from blind_days
    group by day
)
select
    totals.theme,
    totals.day,
    totals.count,
    totals.compared,
    totals.expected,
    case
        -- greatest() passes over a NULL
        when totals.expected is not null then greatest(0, greatest(0, sqrt(totals.expected + 0.375) - 0.98 * totals.spread) ** 2 - 0.375)
    end as low,
    (sqrt(totals.expected + 0.375) + 0.98 * totals.spread) ** 2 - 0.375 as high,
    2 * (sqrt(totals.compared + 0.375) - sqrt(totals.expected + 0.375)) / totals.spread as z,
    coalesce(2 * (sqrt(totals.compared + 0.375) - sqrt(totals.expected + 0.375)) / totals.spread >= 3, false) as is_burst,
    totals.sources,
    totals.compared_sources,
    coalesce(blindness.blind_sources, 0) as blind_sources
from totals
left join blindness using (day);

comment on view main.theme_bursts is 'On which days far more is written about a theme than on such days before. One row a theme and day.';
comment on column main.theme_bursts.theme is 'The theme.';
comment on column main.theme_bursts.day is 'Day of publication, else of first sight (articles.day).';
comment on column main.theme_bursts.count is 'Articles with the theme in the sources that could be seen that day.';
comment on column main.theme_bursts.compared is 'How many of them are of sources with a baseline; NULL while none has one.';
comment on column main.theme_bursts.expected is 'How many these sources have on such a weekday; NULL until four weeks exist.';
comment on column main.theme_bursts.low is 'Lower end of what is to be expected, 95 %.';
comment on column main.theme_bursts.high is 'Upper end of what is to be expected, 95 %.';
comment on column main.theme_bursts.z is 'How far compared is from expected, in standard deviations; NULL with expected.';
comment on column main.theme_bursts.is_burst is 'z is 3 or more; false while there is no baseline.';
comment on column main.theme_bursts.sources is 'Sources that could be seen that day.';
comment on column main.theme_bursts.compared_sources is 'How many of them have a baseline.';
comment on column main.theme_bursts.blind_sources is 'Sources left out that day: blind, on their first day, or with an article that is not classified.';
