-- Question: do two of the three draw together or apart, day by day?
-- Grain: one row a day and dyad with at least one article that shows it.
-- Caveat: index is the mean of +1 (converging), 0 (mixed) and -1 (diverging) over the day's articles. low and high are
-- Wilson's 95 % interval, carried from [0, 1] to [-1, 1]: wide enough where some are mixed, too narrow where articles
-- are reprints of each other. It says what was written, not what happened; blind spots are in coverage.
create or replace view main.dyad_daily as
with tallies as (
    select
        articles.day,
        dyads.dyad,
        count(*) as articles,
        count(distinct articles.source_id) as sources,
        count(*) filter (where dyads.direction = 'converging') as converging,
        count(*) filter (where dyads.direction = 'diverging') as diverging,
        count(*) filter (where dyads.direction = 'mixed') as mixed,
        avg(case dyads.direction when 'converging' then 1.0 when 'diverging' then -1.0 else 0.0 end)::double as index
    from main.article_dyads as dyads
    inner join main.articles as articles using (article_id)
    group by
        articles.day,
        dyads.dyad
)
select
    day,
    dyad,
    index,
    (index - 1.96 * sqrt((1 - index ** 2) / articles + 1.96 ** 2 / articles ** 2)) / (1 + 1.96 ** 2 / articles) as low,
    (index + 1.96 * sqrt((1 - index ** 2) / articles + 1.96 ** 2 / articles ** 2)) / (1 + 1.96 ** 2 / articles) as high,
    articles,
    sources,
    converging,
    diverging,
    mixed,
    null::bigint as origins
from tallies;

comment on view main.dyad_daily is 'Do two of the three draw together or apart, day by day? One row a day and dyad.';
comment on column main.dyad_daily.day is 'Day of publication, else of first sight (articles.day).';
comment on column main.dyad_daily.dyad is 'us_russia, russia_iran or us_iran.';
comment on column main.dyad_daily.index is 'From -1 (all diverging) to 1 (all converging).';
comment on column main.dyad_daily.low is 'Lower end of its 95 % interval.';
comment on column main.dyad_daily.high is 'Upper end of its 95 % interval.';
comment on column main.dyad_daily.articles is 'Articles that show the dyad.';
comment on column main.dyad_daily.sources is 'Outlets that carried them.';
comment on column main.dyad_daily.converging is 'Articles in which the two draw together.';
comment on column main.dyad_daily.diverging is 'Articles in which they draw apart.';
comment on column main.dyad_daily.mixed is 'Articles in which they do both.';
comment on column main.dyad_daily.origins is 'NULL: needs story clusters, not built yet. Will count independent origins.';
