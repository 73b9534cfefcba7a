-- What a person at the prompt, or at the end of a run, wants to be told.

-- name: objects
-- Everything that can be asked.
select object, kind, description
from main.docs
where column_name is null or kind = 'macro'
order by object;

-- name: columns
-- What one of them holds.
select column_name, data_type, description
from main.docs
where
    object = $object
    and column_name is not null;

-- name: run_by_source
-- What a run brought, by source.
with of_run as (
    select landed_seq
    from core.landings
    where run_id = $run_id
),
tally as (
    select source_id, count(*) as articles, 0 as versions, 0 as rejected
    from core.articles
    where landed_seq in (select of_run.landed_seq from of_run)
    group by source_id
    union all
    select articles.source_id, 0, count(*), 0
    from core.article_versions as versions
    inner join core.articles as articles using (article_id)
    where
        versions.version > 1
        and versions.landed_seq in (select of_run.landed_seq from of_run)
    group by articles.source_id
    union all
    select source_id, 0, 0, count(*)
    from core.rejections
    where landed_seq in (select of_run.landed_seq from of_run)
    group by source_id
)
select
    coalesce(source_id, '') as source_id,
    sum(articles)::bigint as articles,
    sum(versions)::bigint as versions,
    sum(rejected)::bigint as rejected
from tally
group by source_id
order by articles desc, source_id;

-- name: run_by_theme
-- What a run brought, by theme: articles with a wording that is new in it, and the passages that show the theme.
select
    evidence.theme,
    count(distinct versions.article_id) as articles,
    count(*) as passages
from core.landings as landings
inner join core.article_versions as versions using (landed_seq)
inner join core.evidence as evidence using (content_hash)
where landings.run_id = $run_id
group by evidence.theme
order by articles desc, evidence.theme;

-- name: run_failed_feeds
-- The feeds that a run polled in vain, and why.
select
    coalesce(source_id, '') as source_id,
    url,
    outcome,
    coalesce(detail, problems[1], '') as detail,
    next_at
from raw.visits
where
    run_id = $run_id
    and kind = 'feed'
    and outcome not in ('ok', 'not_modified', 'cancelled')
order by source_id, url;
