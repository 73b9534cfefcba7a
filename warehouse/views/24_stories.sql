-- Question: which articles are one text, where did it begin, and on how many independent origins does it rest?
-- Grain: one row a text (kind 'text'); a text that only one article carries has a row too.
-- Caveat: near-duplicates only: the same event in other words or another language is another text. first_seen_at is the
-- first poll that showed it to us; archives that we read later do not move it.
create or replace view main.stories as
select
    origins.text_id as story_id,
    'text' as kind,
    coalesce(min(origins.first_seen_at) filter (where origins.is_live), min(origins.first_seen_at)) as first_seen_at,
    any_value(origins.origin_article_id) as origin_article_id,
    any_value(origins.source_id) filter (where origins.is_origin) as origin_source_id,
    any_value(origins.text_agency) as origin_agency,
    count(*) as articles,
    count(distinct origins.source_id) as sources,
    count(distinct origins.origin) as origins,
    first(versions.title order by origins.is_origin desc, origins.is_live desc, origins.first_seen_at, origins.article_id) as headline,
    count(distinct versions.lang) as lang_count
from core.text_origins as origins
inner join main.article_versions as versions using (article_id)
where
    origins.text_id is not null
    and versions.is_latest
group by origins.text_id;

comment on view main.stories is 'Which articles are one text, where it began, and on how many independent origins it rests. One row a text.';
comment on column main.stories.story_id is 'Id of the article that founded the text; kept for life. articles.text_id leads here.';
comment on column main.stories.kind is 'text: near-duplicates.';
comment on column main.stories.first_seen_at is 'Poll that first showed any of its articles; archives count only where no feed showed one.';
comment on column main.stories.origin_article_id is 'The article it began with: the agency''s own, else the first seen; NULL when it is credited to an agency we do not hold.';
comment on column main.stories.origin_source_id is 'The source of that article.';
comment on column main.stories.origin_agency is 'Agency that most of its articles are credited to; NULL: none.';
comment on column main.stories.articles is 'Articles that carry the text.';
comment on column main.stories.sources is 'Outlets that carry it.';
comment on column main.stories.origins is 'Independent origins: by owner family, else credited agency, else source.';
comment on column main.stories.headline is 'Title of the origin, else of the first seen.';
comment on column main.stories.lang_count is 'Languages it is written in.';
