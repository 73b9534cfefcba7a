-- What backfills and re-extractions ask and leave behind.

-- name: units
select
    adapter, target, slot, since_at, until_at, input_hash, stage, place, pages, detail, listed_at, updated_at
from raw.units
where
    adapter = $adapter
    and target = $target
order by listed_at desc nulls last, slot;

-- name: remove_units
delete from raw.units
where unit_id in (from unit_ids);

-- name: add_units
insert into raw.units (
    unit_id, adapter, target, slot, since_at, until_at, input_hash, stage, place, pages, detail, listed_at, updated_at
)
select
    unit_id, adapter, target, slot, since_at, until_at, input_hash, stage, place, pages, detail, listed_at, updated_at
from incoming
anti join raw.units using (unit_id);

-- name: captured
-- Which of these captures we hold, where they lie, and whether anything came of them.
select
    captures.capture_id,
    captures.url_key,
    captures.url,
    captures.final_url,
    captures.file,
    captures.file_offset,
    captures.file_length,
    captures.fetched_at,
    captures.status,
    captures.content_type,
    captures.body_bytes,
    captures.body_hash,
    captures.etag,
    captures.last_modified,
    captures.capture_id in (select readings.capture_id from core.readings as readings)
    or captures.capture_id in (select rejections.capture_id from core.rejections as rejections where rejections.capture_id is not null)
        as has_outcome
from raw.captures as captures
where captures.capture_id in (from capture_ids);

-- name: refused
-- Which of these pages were refused before.
select distinct url_key
from core.rejections
where url_key in (from url_keys);

-- name: held
-- What we hold of the articles that these pages are: how much of each its latest version shows.
with aliases as (
    select
        article_id,
        arg_max(alias_of, since_seq) as alias_of
    from core.article_aliases
    group by article_id
),
named as (
    select
        urls.url_key,
        coalesce(aliases.alias_of, urls.article_id) as article_id
    from core.article_urls as urls
    left join aliases using (article_id)
    where urls.url_key in (from url_keys)
)
select
    named.url_key,
    last(versions.access order by versions.landed_seq, versions.version) as access,
    last(versions.word_count order by versions.landed_seq, versions.version) as word_count
from named
inner join core.article_versions as versions using (article_id)
group by named.url_key;

-- name: read_otherwise
-- The newest capture of each article that another extractor than this one read, and of each page that was refused after
-- it was captured; the newest first.
with aliases as (
    select
        article_id,
        arg_max(alias_of, since_seq) as alias_of
    from core.article_aliases
    group by article_id
),
newest as (
    select
        coalesce(aliases.alias_of, readings.article_id) as article_id,
        max_by(readings.capture_id, (readings.fetched_at, readings.landed_seq)) as capture_id,
        max_by(readings.extractor, (readings.fetched_at, readings.landed_seq)) as extractor
    from core.readings as readings
    left join aliases using (article_id)
    group by coalesce(aliases.alias_of, readings.article_id)
),
wanted as (
    select capture_id
    from newest
    where
        extractor <> $extractor
        and not starts_with(extractor, $extractor || '+')
    union
    select capture_id
    from raw.pages
    where
        stage = 'rejected'
        and capture_id is not null
)
select captures.capture_id
from wanted
inner join raw.captures as captures using (capture_id)
left join raw.pages as pages on pages.url_key = captures.url_key
where
    ($since is null or captures.fetched_at >= $since)
    and ($source is null or pages.source_id = $source)
order by captures.fetched_at desc, captures.capture_id;
