-- What is new about arms transfers since yesterday, by independent origin?
-- One row a text: its copies, cuts and rewrites are counted and not repeated. New is what a feed first showed us since
-- yesterday 0:00 UTC; for another theme put its name in the place of arms_transfers.
select
    stories.headline,
    coalesce(stories.origin_agency, stories.origin_source_id) as origin,
    stories.articles,
    stories.origins,
    string_agg(distinct articles.source_id, ', ' order by articles.source_id) as outlets
from article_themes as themes
inner join articles using (article_id)
inner join stories
    on stories.story_id = articles.text_id
    and stories.kind = 'text'
where
    themes.theme = 'arms_transfers'
    and articles.ingest_path = 'feed'
    and articles.first_seen_at >= (select data_as_of::date - 1 from publication)
group by
    stories.story_id,
    stories.headline,
    origin,
    stories.articles,
    stories.origins
order by
    stories.origins desc,
    stories.articles desc,
    min(articles.published_at),
    stories.headline;
