-- Which article a page is, and which versions of it we hold.

-- name: of_urls
-- The article each address leads to, aliases followed, and what tells the elder of two.
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
    named.article_id,
    articles.landed_seq,
    articles.first_seen_at
from named
inner join core.articles as articles using (article_id);

-- name: aliases_of
select
    article_id,
    arg_max(alias_of, since_seq) as alias_of
from core.article_aliases
group by article_id
having alias_of in (from article_ids);

-- name: latest
-- What each article last said, under its own id or one that proved to be the same, and by whom it was last read.
-- Texts are not touched: that would read them all.
with aliases as (
    select
        article_id,
        arg_max(alias_of, since_seq) as alias_of
    from core.article_aliases
    group by article_id
),
members as (
    select
        key as article_id,
        key as member_id
    from article_ids
    union all
    select
        alias_of,
        article_id
    from aliases
    where alias_of in (from article_ids)
),
last_versions as (
    select
        members.article_id,
        coalesce(max(versions.version) filter (where versions.article_id = members.article_id), 0) as version,
        last(versions.content_hash order by versions.landed_seq, versions.version) as content_hash,
        max(versions.landed_seq) as landed_seq
    from members
    inner join core.article_versions as versions on members.member_id = versions.article_id
    group by members.article_id
),
last_readings as (
    select
        members.article_id,
        last(readings.extractor order by readings.fetched_at, readings.landed_seq) as extractor,
        max(readings.fetched_at) as fetched_at
    from members
    inner join core.readings as readings on members.member_id = readings.article_id
    group by members.article_id
)
select article_id, version, content_hash, landed_seq, extractor, fetched_at
from last_versions
inner join last_readings using (article_id);

-- name: wordings
select distinct content_hash, title, text
from core.article_versions
where
    landed_seq >= $since_seq
    and content_hash in (from content_hashes);

-- name: held
select distinct content_hash
from core.article_versions
where content_hash in (from content_hashes);

-- name: readings_of_captures
select capture_id, extractor
from core.readings
where capture_id in (from capture_ids);

-- name: add
insert into core.articles (article_id, url, source_id, first_seen_after, first_seen_at, ingest_path, landed_seq)
select article_id, url, source_id, first_seen_after, first_seen_at, ingest_path, $landed_seq
from incoming
anti join core.articles using (article_id);

-- name: add_urls
insert into core.article_urls (url_key, article_id, kind, since_seq)
select url_key, article_id, kind, $landed_seq
from incoming
anti join core.article_urls using (url_key);

-- name: add_aliases
insert into core.article_aliases (article_id, alias_of, since_seq)
select article_id, alias_of, $landed_seq
from incoming;

-- name: add_versions
insert into core.article_versions (
    article_id, version, content_hash, title, text, authors, lang, published_at, published_on, published_precision,
    published_zone, published_from, seen_at, cause, extractor, capture_id, diff_kind, word_count, access,
    claimed_canonical, link_density, boilerplate_share, text_hash, landed_seq
)
select
    article_id, version, content_hash, title, text, authors, lang, published_at, published_on, published_precision,
    published_zone, published_from, seen_at, cause, extractor, capture_id, diff_kind, word_count, access,
    claimed_canonical, link_density, boilerplate_share, text_hash, $landed_seq
from incoming;

-- name: add_readings
insert into core.readings (capture_id, extractor, article_id, content_hash, fetched_at, landed_seq)
select capture_id, extractor, article_id, content_hash, fetched_at, $landed_seq
from incoming
anti join core.readings using (capture_id, extractor);

-- name: add_rejections
insert into core.rejections (
    rejection_id, url_key, url, source_id, reason, detail, rejected_at, attempts, next_try_at, capture_id, landed_seq
)
select
    rejection_id, url_key, url, source_id, reason, detail, rejected_at, attempts, next_try_at, capture_id, $landed_seq
from incoming
anti join core.rejections using (rejection_id);
