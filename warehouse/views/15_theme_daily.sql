-- Question: how much is written about each theme, day by day, and by how many outlets?
-- Grain: one row a day and theme with at least one article.
-- Caveat: a day without a row is a day without an article, not necessarily without news. Reprints count as articles and
-- outlets, not as origins: those are counted by credited agency, else by the family of the outlet that had it first.
create or replace view main.theme_daily as
select
    articles.day,
    themes.theme,
    count(*) as articles,
    count(distinct articles.source_id) as sources,
    count(distinct articles.lang) as langs,
    count(*) filter (where articles.relevant) as relevant_articles,
    count(distinct texts.origin) as origins
from main.article_themes as themes
inner join main.articles as articles using (article_id)
inner join core.text_origins as texts using (article_id)
group by
    articles.day,
    themes.theme;

comment on view main.theme_daily is 'How much is written about each theme, day by day, and by how many outlets. One row a day and theme.';
comment on column main.theme_daily.day is 'Day of publication, else of first sight (articles.day).';
comment on column main.theme_daily.theme is 'The theme.';
comment on column main.theme_daily.articles is 'Articles with the theme.';
comment on column main.theme_daily.sources is 'Outlets that carried them.';
comment on column main.theme_daily.langs is 'Languages they are written in.';
comment on column main.theme_daily.relevant_articles is 'How many of them also show a dyad.';
comment on column main.theme_daily.origins is 'Independent origins of these articles: by owner family, else credited agency, else source.';
