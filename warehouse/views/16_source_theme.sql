-- Question: which outlet writes about which theme, week by week?
-- Grain: one row a source, theme and week with at least one article.
-- Caveat: a reprint counts as an article; an outlet that takes all from one agency has one origin.
create or replace view main.source_theme as
select
    articles.source_id,
    themes.theme,
    date_trunc('week', articles.day)::date as week,
    count(*) as articles,
    count(*) filter (where articles.relevant) as relevant_articles,
    count(distinct texts.origin) as origins
from main.article_themes as themes
inner join main.articles as articles using (article_id)
inner join core.text_origins as texts using (article_id)
group by
    articles.source_id,
    themes.theme,
    date_trunc('week', articles.day)::date;

comment on view main.source_theme is 'Which outlet writes about which theme, week by week. One row a source, theme and week.';
comment on column main.source_theme.source_id is 'The outlet; NULL where no source announced the article.';
comment on column main.source_theme.theme is 'The theme.';
comment on column main.source_theme.week is 'Monday of the week.';
comment on column main.source_theme.articles is 'Articles of that outlet with the theme.';
comment on column main.source_theme.relevant_articles is 'How many of them also show a dyad.';
comment on column main.source_theme.origins is 'Independent origins of these articles: by owner family, else credited agency, else source.';
