-- Question: which articles of a source have the very same body, as a notice or a wall that was taken for a story does?
-- Grain: one row an article whose text another article of its source has, too.
-- Caveat: the latest versions only, letter by letter; near-duplicates across sources are not here. A story that a source
-- publishes under two addresses is here as well.
create or replace view main.repeated_bodies as
with bodies as (
    select
        source_id,
        text_hash,
        count(*) as articles,
        arg_min(article_id, (first_seen_at, article_id)) as first_article_id
    from main.articles
    where text_hash is not null
    group by
        source_id,
        text_hash
    having count(*) > 1
)
select
    articles.article_id,
    articles.source_id,
    articles.text_hash,
    bodies.articles,
    bodies.first_article_id
from main.articles as articles
inner join bodies
    on bodies.text_hash = articles.text_hash
    and bodies.source_id is not distinct from articles.source_id;

comment on view main.repeated_bodies is 'Articles whose very text another article of the same source has. One row an article.';
comment on column main.repeated_bodies.article_id is 'The article.';
comment on column main.repeated_bodies.source_id is 'Its source; NULL where none announced it.';
comment on column main.repeated_bodies.text_hash is 'Hash of the text they share.';
comment on column main.repeated_bodies.articles is 'How many articles of the source have it.';
comment on column main.repeated_bodies.first_article_id is 'The one of them that was seen first.';
