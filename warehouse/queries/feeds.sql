-- Feeds between polls, their entries, and the sources that declare them.

-- name: last_successes
select feed_id, last_success_at
from raw.feeds
where feed_id in (from feed_ids);

-- name: record_moves
-- What a poll is about to change, of feeds it does change. Whether a feed is enabled is not a poll's to say.
insert into core.feed_states (
    feed_id, source_id, url, lang, title, last_polled_at, last_success_at, last_changed_at, last_outcome, failures, next_poll_at,
    next_poll_rule, is_stopped, is_enabled, earliest_poll_at, moved_url, hidden_changes, gap_seconds, interval_seconds,
    successor_url, successor_sought_at, landed_seq
)
select
    incoming.feed_id,
    incoming.source_id,
    incoming.url,
    incoming.lang,
    incoming.title,
    incoming.last_polled_at,
    incoming.last_success_at,
    incoming.last_changed_at,
    incoming.last_outcome,
    incoming.failures,
    incoming.next_poll_at,
    incoming.next_poll_rule,
    incoming.is_stopped,
    coalesce(feeds.is_enabled, incoming.is_enabled),
    incoming.earliest_poll_at,
    incoming.moved_url,
    incoming.hidden_changes,
    incoming.gap_seconds,
    incoming.interval_seconds,
    incoming.successor_url,
    incoming.successor_sought_at,
    $landed_seq
from incoming
left join raw.feeds as feeds using (feed_id)
where
    feeds.feed_id is null
    or (feeds.source_id, feeds.url, feeds.lang, feeds.title, feeds.last_polled_at, feeds.last_success_at, feeds.last_changed_at, feeds.last_outcome, feeds.failures,
        feeds.next_poll_at, feeds.next_poll_rule, feeds.is_stopped,
        feeds.earliest_poll_at, feeds.moved_url, feeds.hidden_changes,
        feeds.gap_seconds, feeds.interval_seconds, feeds.successor_url, feeds.successor_sought_at)
    is distinct from (incoming.source_id, incoming.url, incoming.lang, incoming.title, incoming.last_polled_at, incoming.last_success_at, incoming.last_changed_at, incoming.last_outcome, incoming.failures,
        incoming.next_poll_at, incoming.next_poll_rule, incoming.is_stopped,
        incoming.earliest_poll_at, incoming.moved_url, incoming.hidden_changes,
        incoming.gap_seconds, incoming.interval_seconds, incoming.successor_url, incoming.successor_sought_at);

-- name: record_declared
-- What the sources file is about to change; a feed that it names for the first time is new.
insert into core.feed_states (
    feed_id, source_id, url, lang, title, last_polled_at, last_success_at, last_changed_at, last_outcome, failures, next_poll_at,
    next_poll_rule, is_stopped, is_enabled, earliest_poll_at, moved_url, hidden_changes, gap_seconds, interval_seconds,
    successor_url, successor_sought_at, landed_seq
)
select
    incoming.feed_id,
    incoming.source_id,
    incoming.url,
    incoming.lang,
    coalesce(feeds.title, incoming.title),
    feeds.last_polled_at,
    feeds.last_success_at,
    feeds.last_changed_at,
    feeds.last_outcome,
    coalesce(feeds.failures, incoming.failures),
    feeds.next_poll_at,
    coalesce(feeds.next_poll_rule, incoming.next_poll_rule),
    coalesce(feeds.is_stopped, incoming.is_stopped),
    incoming.is_enabled,
    feeds.earliest_poll_at,
    feeds.moved_url,
    feeds.hidden_changes,
    feeds.gap_seconds,
    feeds.interval_seconds,
    feeds.successor_url,
    feeds.successor_sought_at,
    $landed_seq
from incoming
left join raw.feeds as feeds using (feed_id)
where
    feeds.feed_id is null
    or (feeds.source_id, feeds.url, feeds.lang, feeds.is_enabled)
    is distinct from (incoming.source_id, incoming.url, incoming.lang, incoming.is_enabled);

-- name: record_disabled
insert into core.feed_states (
    feed_id, source_id, url, lang, title, last_polled_at, last_success_at, last_changed_at, last_outcome, failures, next_poll_at,
    next_poll_rule, is_stopped, is_enabled, earliest_poll_at, moved_url, hidden_changes, gap_seconds, interval_seconds,
    successor_url, successor_sought_at, landed_seq
)
select
    feed_id,
    source_id,
    url,
    lang,
    title,
    last_polled_at,
    last_success_at,
    last_changed_at,
    last_outcome,
    failures,
    next_poll_at,
    next_poll_rule,
    is_stopped,
    false,
    earliest_poll_at,
    moved_url,
    hidden_changes,
    gap_seconds,
    interval_seconds,
    successor_url,
    successor_sought_at,
    $landed_seq
from raw.feeds
where
    is_enabled
    and feed_id not in (from feed_ids);

-- name: replace
-- Whether a feed is enabled is the sources file's to say, not a poll's.
update raw.feeds as feeds
set
    source_id = incoming.source_id,
    url = incoming.url,
    lang = incoming.lang,
    timezone = incoming.timezone,
    etag = incoming.etag,
    last_modified = incoming.last_modified,
    body_hash = incoming.body_hash,
    title = incoming.title,
    last_polled_at = incoming.last_polled_at,
    last_success_at = incoming.last_success_at,
    last_changed_at = incoming.last_changed_at,
    last_outcome = incoming.last_outcome,
    failures = incoming.failures,
    next_poll_at = incoming.next_poll_at,
    next_poll_rule = incoming.next_poll_rule,
    is_stopped = incoming.is_stopped,
    earliest_poll_at = incoming.earliest_poll_at,
    moved_url = incoming.moved_url,
    move_seen_url = incoming.move_seen_url,
    move_seen_at = incoming.move_seen_at,
    move_sightings = incoming.move_sightings,
    validated_url = incoming.validated_url,
    reader = incoming.reader,
    entries_hash = incoming.entries_hash,
    last_full_at = incoming.last_full_at,
    hidden_changes = incoming.hidden_changes,
    fresh_seconds = incoming.fresh_seconds,
    ttl_seconds = incoming.ttl_seconds,
    skip_hours = incoming.skip_hours,
    skip_days = incoming.skip_days,
    gap_seconds = incoming.gap_seconds,
    interval_seconds = incoming.interval_seconds,
    successor_url = incoming.successor_url,
    successor_sought_at = incoming.successor_sought_at,
    honest_since_at = incoming.honest_since_at
from incoming
where feeds.feed_id = incoming.feed_id;

-- name: add
insert into raw.feeds (
    feed_id, source_id, url, lang, timezone, etag, last_modified, body_hash, title, last_polled_at, last_success_at,
    last_changed_at, last_outcome, failures, next_poll_at, next_poll_rule, is_stopped, is_enabled,
    earliest_poll_at, moved_url, move_seen_url, move_seen_at, move_sightings, validated_url, reader, entries_hash, last_full_at,
    hidden_changes, fresh_seconds, ttl_seconds, skip_hours, skip_days, gap_seconds, interval_seconds, successor_url, successor_sought_at,
    honest_since_at
)
select
    feed_id, source_id, url, lang, timezone, etag, last_modified, body_hash, title, last_polled_at, last_success_at,
    last_changed_at, last_outcome, failures, next_poll_at, next_poll_rule, is_stopped, is_enabled,
    earliest_poll_at, moved_url, move_seen_url, move_seen_at, move_sightings, validated_url, reader, entries_hash, last_full_at,
    hidden_changes, fresh_seconds, ttl_seconds, skip_hours, skip_days, gap_seconds, interval_seconds, successor_url, successor_sought_at,
    honest_since_at
from incoming
anti join raw.feeds using (feed_id);

-- name: redeclare
update raw.feeds as feeds
set
    source_id = incoming.source_id,
    url = incoming.url,
    lang = incoming.lang,
    timezone = incoming.timezone,
    is_enabled = incoming.is_enabled
from incoming
where
    feeds.feed_id = incoming.feed_id
    and (feeds.source_id, feeds.url, feeds.lang, feeds.timezone, feeds.is_enabled)
    is distinct from (incoming.source_id, incoming.url, incoming.lang, incoming.timezone, incoming.is_enabled);

-- name: disable_all_but
update raw.feeds
set is_enabled = false
where
    is_enabled
    and feed_id not in (from feed_ids);

-- name: known_entries
-- Every wording of the pages in question that the feeds in question ever carried.
select feed_id, url_key, entry_hash, last_seen_at
from raw.entries
where
    feed_id in (from feed_ids)
    and url_key in (from url_keys);

-- name: add_entries
insert into raw.entries (
    feed_id, url_key, entry_hash, guid, link, title, summary, content, authors, lang, published_at, published_on,
    published_precision, published_zone, published_from, first_seen_after, first_seen_at, last_seen_at
)
select
    feed_id, url_key, entry_hash, guid, link, title, summary, content, authors, lang, published_at, published_on,
    published_precision, published_zone, published_from, first_seen_after, first_seen_at, last_seen_at
from incoming
anti join raw.entries using (feed_id, url_key, entry_hash);

-- name: see_entries_again
update raw.entries as entries
set last_seen_at = greatest(entries.last_seen_at, incoming.last_seen_at)
from incoming
where
    entries.feed_id = incoming.feed_id
    and entries.url_key = incoming.url_key
    and entries.entry_hash = incoming.entry_hash;

-- name: left
-- Pages that the document before carried and an incoming one does not: young ones, or, of a complete feed, all of them.
-- incoming has a row a document and page in it.
with documents as (
    select distinct visit_id, feed_id, visited_at, since_at, is_complete
    from incoming
),
last_documents as (
    select
        feed_id,
        max(last_seen_at) as seen_at
    from raw.entries
    where feed_id in (select documents.feed_id from documents)
    group by feed_id
)
select distinct entries.url_key
from documents
inner join last_documents using (feed_id)
inner join raw.entries as entries
    on entries.feed_id = documents.feed_id
    and entries.last_seen_at = last_documents.seen_at
inner join raw.pages as pages
    on pages.url_key = entries.url_key
left join incoming as present
    on present.visit_id = documents.visit_id
    and present.url_key = entries.url_key
where
    present.url_key is null
    and entries.last_seen_at < documents.visited_at
    and pages.stage = 'read'
    and (documents.is_complete or pages.first_seen_at >= documents.since_at);

-- name: sources
select
    source_id, name, home, country, lang, timezone, owner, affiliation, family, extract_keep, extract_drop,
    host_delay_seconds, is_enabled
from core.sources
qualify row_number() over (partition by source_id order by landed_seq desc) = 1;

-- name: add_sources
insert into core.sources (
    source_id, name, home, country, lang, timezone, owner, affiliation, family, extract_keep, extract_drop,
    host_delay_seconds, is_enabled, landed_seq
)
select
    source_id, name, home, country, lang, timezone, owner, affiliation, family, extract_keep, extract_drop,
    host_delay_seconds, is_enabled, $landed_seq
from incoming;

-- name: due
-- Never polled ones first, then those that have waited longest. Force hurries nobody who asked for rest.
select
    feed_id, source_id, url, lang, timezone, etag, last_modified, body_hash, title, last_polled_at, last_success_at,
    last_changed_at, last_outcome, failures, next_poll_at, next_poll_rule, is_stopped as stopped, earliest_poll_at, moved_url,
    move_seen_url, move_seen_at, coalesce(move_sightings, 0) as move_sightings, validated_url, coalesce(reader, '') as reader,
    entries_hash, last_full_at, coalesce(hidden_changes, 0) as hidden_changes, fresh_seconds, ttl_seconds,
    coalesce(skip_hours, []) as skip_hours, coalesce(skip_days, []) as skip_days, gap_seconds, interval_seconds,
    successor_url, successor_sought_at, honest_since_at
from raw.feeds
where
    is_enabled
    and not is_stopped
    and (
        next_poll_at is null
        or next_poll_at <= $now
        or ($force and (earliest_poll_at is null or earliest_poll_at <= $now))
    )
    and (
        $only is null
        or contains(source_id, $only)
        or contains(url, $only)
        or source_id glob $only
        or url glob $only
    )
order by next_poll_at nulls first, feed_id
limit $limit;
