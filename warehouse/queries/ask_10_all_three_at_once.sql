-- Which articles speak of all three countries, and what about?
-- Newest first, with how often each country is named.
with triangles as (
    select
        article_id,
        sum(mentions) filter (where actor = 'russia') as russia,
        sum(mentions) filter (where actor = 'iran') as iran,
        sum(mentions) filter (where actor = 'us') as us
    from article_actors
    group by article_id
    having count(distinct actor) = 3
),
topics as (
    select
        article_id,
        string_agg(theme, ', ' order by theme) as themes
    from article_themes
    group by article_id
)
select
    articles.source_id as outlet,
    articles.title,
    topics.themes,
    triangles.russia,
    triangles.iran,
    triangles.us
from triangles
inner join articles using (article_id)
inner join topics using (article_id)
order by
    articles.day desc,
    articles.published_at desc nulls last,
    articles.article_id
limit 5;
