-- The queue of pages.

-- name: known
-- A page that is queued, or another address of an article that we hold.
select url_key
from raw.pages
where url_key in (from url_keys)
union
select url_key
from core.article_urls
where url_key in (from url_keys);

-- name: requeue
-- An entry may point to another address of the page that was read.
update raw.pages
set
    stage = 'pending',
    reason = 'changed',
    attempts = 0,
    first_attempt_at = null,
    due_at = $now
where
    stage = 'read'
    and url_key in (
        from url_keys
        union
        select seen.url_key
        from core.article_urls as named
        inner join core.article_urls as seen using (article_id)
        where
            named.url_key in (from url_keys)
            and seen.kind = 'seen'
    );

-- name: take_over
-- A feed announces what waited for a backfill: it is news now, and fetched as such.
update raw.pages
set
    unit_id = null,
    ingest_path = 'feed',
    priority = 0,
    hints = null,
    source_id = incoming.source_id,
    first_seen_at = incoming.first_seen_at
from incoming
where
    pages.url_key = incoming.url_key
    and pages.stage = 'pending'
    and pages.unit_id is not null;

-- name: remove
delete from raw.pages
where url_key in (from url_keys);

-- name: add
insert into raw.pages (
    url_key, url, scope, source_id, stage, reason, attempts, first_attempt_at, due_at, revisits, first_seen_at,
    last_outcome, etag, last_modified, capture_id, ingest_path, hints, priority, recipe, unit_id
)
select
    url_key, url, scope, source_id, stage, reason, attempts, first_attempt_at, due_at, revisits, first_seen_at,
    last_outcome, etag, last_modified, capture_id, ingest_path, hints, priority, recipe, unit_id
from incoming
anti join raw.pages using (url_key);

-- name: origins
-- How the pages came to us: by which source, when, and not before when. Of a page that an archive told us of before
-- any feed did, nobody knows the latter.
with earliest as (
    select
        url_key,
        min(first_seen_at) as first_seen_at,
        first(first_seen_after order by first_seen_at, feed_id, entry_hash) as first_seen_after
    from raw.entries
    where url_key in (from url_keys)
    group by url_key
)
select
    pages.url_key,
    pages.source_id,
    case when earliest.first_seen_at <= pages.first_seen_at then earliest.first_seen_after end as first_seen_after,
    pages.first_seen_at,
    pages.ingest_path
from raw.pages as pages
left join earliest using (url_key)
where pages.url_key in (from url_keys);

-- name: look_again
-- A revisit before its age: the page left its feed.
update raw.pages
set due_at = $now
where
    stage = 'read'
    and due_at > $now
    and url_key in (from url_keys);

-- name: standing
-- Whether the pages are tried again, and when.
select
    url_key,
    source_id,
    attempts,
    case when stage = 'pending' then due_at end as next_try_at
from raw.pages
where url_key in (from url_keys);

-- name: due
-- New and changed pages before the rest of a first poll, that before revisits, newest first; of one scope only so many:
-- a slow host cannot fill the window.
with declared as (
    select source_id, is_enabled
    from core.sources
    qualify row_number() over (partition by source_id order by landed_seq desc) = 1
),
due as (
    select
        url_key,
        scope,
        stage,
        first_seen_at,
        coalesce(priority, 0) as priority,
        row_number() over (
            partition by scope
            order by stage = 'read', coalesce(priority, 0), first_seen_at desc, url_key
        ) as place
    from raw.pages
    where
        stage in ('pending', 'read')
        and due_at <= $now
        and case when $is_history then stage = 'pending' and unit_id in (from units) else unit_id is null or stage = 'read' end
        and url_key not in (from exclude_keys)
        and scope not in (from exclude_scopes)
        and coalesce(source_id, '') not in (select declared.source_id from declared where not declared.is_enabled)
        and (
            $only is null
            or contains(source_id, $only)
            or contains(url, $only)
            or source_id glob $only
            or url glob $only
        )
)
select url_key
from due
where place <= $per_scope
order by stage = 'read', priority, first_seen_at desc, url_key
limit $limit;

-- name: unread
-- Oldest capture first.
select pages.url_key
from raw.pages as pages
inner join raw.captures as captures using (capture_id)
where
    pages.stage = 'captured'
    and case when $is_history then pages.unit_id in (from units) else pages.unit_id is null end
    and pages.url_key not in (from exclude_keys)
order by captures.fetched_at, pages.url_key
limit $limit;

-- name: states
-- Pages with their newest capture, their source and the newest entry of any feed that announced them.
with entries as (
    select
        entries.url_key,
        coalesce(entries.lang, feeds.lang) as lang,
        feeds.timezone,
        entries.title,
        entries.summary,
        entries.content,
        entries.authors,
        entries.published_at,
        entries.published_on,
        entries.published_precision,
        entries.published_zone,
        entries.published_from
    from raw.entries as entries
    left join raw.feeds as feeds using (feed_id)
    where entries.url_key in (from url_keys)
    qualify row_number() over (
        partition by entries.url_key
        order by entries.last_seen_at desc, entries.first_seen_at desc, entries.feed_id, entries.entry_hash
    ) = 1
),
sources as (
    select source_id, lang, timezone, extract_keep, extract_drop
    from core.sources
    qualify row_number() over (partition by source_id order by landed_seq desc) = 1
)
select
    pages.url_key,
    pages.url,
    pages.scope,
    pages.source_id,
    pages.stage,
    pages.reason,
    pages.attempts,
    pages.first_attempt_at,
    pages.due_at,
    pages.revisits,
    pages.first_seen_at,
    pages.last_outcome,
    pages.etag,
    pages.last_modified,
    pages.ingest_path,
    pages.hints,
    coalesce(pages.priority, 0) as priority,
    pages.recipe,
    pages.unit_id,
    captures.capture_id,
    captures.url_key as capture_url_key,
    captures.url as capture_url,
    captures.final_url,
    captures.file,
    captures.file_offset,
    captures.file_length,
    captures.fetched_at,
    captures.status,
    captures.content_type,
    captures.body_bytes,
    captures.body_hash,
    captures.etag as capture_etag,
    captures.last_modified as capture_last_modified,
    coalesce(entries.lang, sources.lang) as lang,
    coalesce(entries.timezone, sources.timezone) as timezone,
    entries.title,
    entries.summary,
    entries.content,
    entries.authors,
    entries.published_at,
    entries.published_on,
    entries.published_precision,
    entries.published_zone,
    entries.published_from,
    sources.extract_keep,
    sources.extract_drop
from raw.pages as pages
left join raw.captures as captures using (capture_id)
left join entries on pages.url_key = entries.url_key
left join sources on pages.source_id = sources.source_id
where pages.url_key in (from url_keys);

-- name: backlog
select
    count(*) filter (where stage = 'pending' and unit_id is null and due_at <= $now) as pages_due,
    count(*) filter (where stage = 'pending' and unit_id is null and due_at > $now) as pages_later,
    count(*) filter (where stage = 'captured' and unit_id is null) as captures_unread,
    count(*) filter (where stage in ('pending', 'captured') and unit_id is not null) as history_pages,
    count(*) filter (where stage = 'read' and due_at <= $now) as revisits_due,
    (
        select count(*)
        from raw.feeds
        where is_enabled and not is_stopped and (next_poll_at is null or next_poll_at <= $now)
    ) as feeds_due,
    (
        select count(*)
        from raw.feeds
        where is_enabled and not is_stopped and next_poll_at > $now
    ) as feeds_later,
    (
        select count(*)
        from raw.feeds
        where is_enabled and is_stopped
    ) as feeds_stopped,
    (
        select min(next_poll_at)
        from raw.feeds
        where is_enabled and not is_stopped and next_poll_at > $now
    ) as next_poll_at
from raw.pages;

-- name: next_due
-- Whether anything is due at $now, and when the next thing after that is. What was captured and not read is due.
with declared as (
    select source_id, is_enabled
    from core.sources
    qualify row_number() over (partition by source_id order by landed_seq desc) = 1
),
dates as (
    select coalesce(next_poll_at, $now) as due_at
    from raw.feeds
    where is_enabled and not is_stopped
    union all
    select case stage when 'captured' then $now else due_at end as due_at
    from raw.pages
    where
        stage in ('pending', 'captured', 'read')
        and coalesce(source_id, '') not in (select declared.source_id from declared where not declared.is_enabled)
)
select
    count(*) filter (where due_at <= $now) > 0 as is_due,
    min(due_at) filter (where due_at > $now) as later_at
from dates;
