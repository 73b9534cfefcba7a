-- Question: do two of the three draw together or apart, day by day?
-- Grain: one row a day and dyad with at least one article that shows it.
-- Caveat: index is the mean over independent origins, each the mean of its articles: +1 converging, 0 mixed, -1
-- diverging; article_index counts each reprint. low and high are Wilson's 95 % interval over the origins, carried from
-- [0, 1] to [-1, 1]: wide enough where some are mixed. It says what was written, not what happened; blind spots are in
-- coverage.
create or replace view main.dyad_daily as
with signs as (
    select
        articles.day,
        dyads.dyad,
        texts.origin,
        articles.source_id,
        dyads.direction,
        case dyads.direction when 'converging' then 1 when 'diverging' then -1 else 0 end as sign
    from main.article_dyads as dyads
    inner join main.articles as articles using (article_id)
    inner join core.text_origins as texts using (article_id)
),
voices as (
    select
        day,
        dyad,
        origin,
        avg(sign) as sign
    from signs
    group by
        day,
        dyad,
        origin
),
indexes as (
    select
        day,
        dyad,
        avg(sign) as index,
        count(*) as origins
    from voices
    group by
        day,
        dyad
),
tallies as (
    select
        day,
        dyad,
        avg(sign) as article_index,
        count(*) as articles,
        count(distinct source_id) as sources,
        count(*) filter (where direction = 'converging') as converging,
        count(*) filter (where direction = 'diverging') as diverging,
        count(*) filter (where direction = 'mixed') as mixed
    from signs
    group by
        day,
        dyad
)
select
    day,
    dyad,
    indexes.index,
    (indexes.index - 1.96 * sqrt((1 - indexes.index ** 2) / indexes.origins + 1.96 ** 2 / indexes.origins ** 2))
        / (1 + 1.96 ** 2 / indexes.origins) as low,
    (indexes.index + 1.96 * sqrt((1 - indexes.index ** 2) / indexes.origins + 1.96 ** 2 / indexes.origins ** 2))
        / (1 + 1.96 ** 2 / indexes.origins) as high,
    indexes.origins,
    tallies.article_index,
    tallies.articles,
    tallies.sources,
    tallies.converging,
    tallies.diverging,
    tallies.mixed
from indexes
inner join tallies using (day, dyad);

comment on view main.dyad_daily is 'Do two of the three draw together or apart, day by day? One row a day and dyad.';
comment on column main.dyad_daily.day is 'Day of publication, else of first sight (articles.day).';
comment on column main.dyad_daily.dyad is 'us_russia, russia_iran or us_iran.';
comment on column main.dyad_daily.index is 'From -1 (all diverging) to 1 (all converging), by independent origin.';
comment on column main.dyad_daily.low is 'Lower end of its 95 % interval.';
comment on column main.dyad_daily.high is 'Upper end of its 95 % interval.';
comment on column main.dyad_daily.article_index is 'The same by article: reprints count.';
comment on column main.dyad_daily.articles is 'Articles that show the dyad.';
comment on column main.dyad_daily.sources is 'Outlets that carried them.';
comment on column main.dyad_daily.converging is 'Articles in which the two draw together.';
comment on column main.dyad_daily.diverging is 'Articles in which they draw apart.';
comment on column main.dyad_daily.mixed is 'Articles in which they do both.';
comment on column main.dyad_daily.origins is 'Independent origins that show the dyad: by owner family, else credited agency, else source.';
