-- No rows: not seen yet, then seen, then landed; started, then ended.
select
    'core.articles' as table_name,
    articles.article_id as key,
    articles.first_seen_after as earlier_at,
    articles.first_seen_at as later_at
from core.articles as articles
where articles.first_seen_after > articles.first_seen_at
union all
select
    'core.articles' as table_name,
    articles.article_id as key,
    articles.first_seen_at as earlier_at,
    landings.landed_at as later_at
from core.articles as articles
inner join core.landings as landings using (landed_seq)
where articles.first_seen_at > landings.landed_at
union all
select
    'core.article_versions' as table_name,
    versions.article_id as key,
    versions.seen_at as earlier_at,
    landings.landed_at as later_at
from core.article_versions as versions
inner join core.landings as landings using (landed_seq)
where versions.seen_at > landings.landed_at
union all
select
    'raw.entries' as table_name,
    entries.url_key as key,
    coalesce(entries.first_seen_after, entries.first_seen_at) as earlier_at,
    entries.last_seen_at as later_at
from raw.entries as entries
where
    entries.first_seen_after > entries.first_seen_at
    or entries.first_seen_at > entries.last_seen_at
union all
select
    'core.runs' as table_name,
    runs.run_id as key,
    runs.started_at as earlier_at,
    runs.ended_at as later_at
from core.runs as runs
where runs.started_at > runs.ended_at;
