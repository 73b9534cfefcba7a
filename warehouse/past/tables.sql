-- The tables that the public views read, as they were at the landing `through_seq` (a variable of the connection).
-- The published file is attached as `trilateral`; these stand in a database of memory, and the views are made over them.
-- Left out is what is changed in place and has no past: the page queue and the memories of sites.

create schema raw;
create schema core;

create view raw.visits as
select
    visit_id, kind, url, final_url, source_id, feed_id, url_key, status, outcome, detail, body_bytes, duration_ms,
    visited_at, sent_etag, sent_last_modified, next_at, next_rule, problems, run_id, landed_seq, got_etag,
    got_last_modified, not_before_at, scope, delay_seconds, pause_scope, pause_ends_at, is_shared
from trilateral.raw.visits
where landed_seq <= getvariable('through_seq');

create view raw.captures as
select
    capture_id, url_key, url, final_url, file, file_offset, file_length, fetched_at, status, content_type,
    body_bytes, body_hash, etag, last_modified, run_id, landed_seq
from trilateral.raw.captures
where landed_seq <= getvariable('through_seq');

create view core.text_signatures as
select
    content_hash, shingles, slots, agency, landed_seq
from trilateral.core.text_signatures
where landed_seq <= getvariable('through_seq');

create view core.text_members as
select
    article_id, text_id, matched_article_id, similarity, since_seq
from trilateral.core.text_members
where since_seq <= getvariable('through_seq');

create view core.text_bands as
select
    band, content_hash, landed_seq
from trilateral.core.text_bands
where landed_seq <= getvariable('through_seq');

create view core.text_aliases as
select
    text_id, alias_of, since_seq
from trilateral.core.text_aliases
where since_seq <= getvariable('through_seq');

create view core.sources as
select
    source_id, name, home, country, lang, timezone, owner, affiliation, family, extract_keep, extract_drop,
    host_delay_seconds, is_enabled, landed_seq
from trilateral.core.sources
where landed_seq <= getvariable('through_seq');

create view core.runs as
select
    run_id, flow, started_at, ended_at, status, counts, versions, landed_seq
from trilateral.core.runs
where landed_seq <= getvariable('through_seq');

create view core.rejections as
select
    rejection_id, url_key, url, source_id, reason, detail, rejected_at, attempts, next_try_at, capture_id,
    landed_seq
from trilateral.core.rejections
where landed_seq <= getvariable('through_seq');

create view core.readings as
select
    capture_id, extractor, article_id, content_hash, fetched_at, landed_seq
from trilateral.core.readings
where landed_seq <= getvariable('through_seq');

create view core.landings as
select
    landed_seq, landed_at, run_id
from trilateral.core.landings
where landed_seq <= getvariable('through_seq');

create view core.evidence as
select
    content_hash, codebook_version, part, span_start, span_end, theme, cue, score, landed_seq
from trilateral.core.evidence
where landed_seq <= getvariable('through_seq');

create view core.codebooks as
select
    codebook_version, ordinal, is_active, is_complete, themes, landed_seq
from trilateral.core.codebooks
where landed_seq <= getvariable('through_seq');

create view core.codebook_texts as
select
    codebook_version, codebook_toml, landed_seq
from trilateral.core.codebook_texts
where landed_seq <= getvariable('through_seq');

create view core.label_counts as
select
    codebook_version, theme, language, texts, carried, found, found_rightly, landed_seq
from trilateral.core.label_counts
where landed_seq <= getvariable('through_seq');

create view core.classifications as
select
    content_hash, codebook_version, is_relevant, classified_at, landed_seq
from trilateral.core.classifications
where landed_seq <= getvariable('through_seq');

create view core.articles as
select
    article_id, url, source_id, first_seen_after, first_seen_at, ingest_path, landed_seq
from trilateral.core.articles
where landed_seq <= getvariable('through_seq');

create view core.article_versions as
select
    article_id, version, content_hash, title, text, authors, lang, published_at, published_on, published_precision,
    published_zone, published_from, seen_at, cause, extractor, capture_id, diff_kind, word_count, access,
    claimed_canonical, landed_seq, link_density, boilerplate_share, text_hash
from trilateral.core.article_versions
where landed_seq <= getvariable('through_seq');

create view core.article_urls as
select
    url_key, article_id, kind, since_seq
from trilateral.core.article_urls
where since_seq <= getvariable('through_seq');

create view core.article_dyads as
select
    content_hash, codebook_version, dyad, direction, part, span_start, span_end, score, landed_seq
from trilateral.core.article_dyads
where landed_seq <= getvariable('through_seq');

create view core.article_aliases as
select
    article_id, alias_of, since_seq
from trilateral.core.article_aliases
where since_seq <= getvariable('through_seq');

create view core.article_actors as
select
    content_hash, codebook_version, actor, mentions, landed_seq
from trilateral.core.article_actors
where landed_seq <= getvariable('through_seq');

-- A feed is what the last landing by then that changed it says; columns that no public view reads are left out.
create view raw.feeds as
select
    feed_id, source_id, url, lang, title, last_polled_at, last_success_at, last_changed_at, last_outcome, failures,
    next_poll_at, next_poll_rule, is_stopped, is_enabled, earliest_poll_at, moved_url, hidden_changes, gap_seconds,
    interval_seconds, successor_url, successor_sought_at
from trilateral.core.feed_states
where landed_seq <= getvariable('through_seq')
qualify row_number() over (partition by feed_id order by landed_seq desc) = 1;

create view core.feed_states as
select
    feed_id, source_id, url, lang, title, last_polled_at, last_success_at, last_changed_at, last_outcome, failures,
    next_poll_at, next_poll_rule, is_stopped, is_enabled, earliest_poll_at, moved_url, hidden_changes, gap_seconds,
    interval_seconds, successor_url, successor_sought_at, landed_seq
from trilateral.core.feed_states
where landed_seq <= getvariable('through_seq');

-- An entry came with the poll that first showed it.
create view raw.entries as
select
    entries.feed_id, entries.url_key, entries.entry_hash, entries.guid, entries.link, entries.title, entries.summary,
    entries.content, entries.authors, entries.lang, entries.published_at, entries.published_on, entries.published_precision,
    entries.published_zone, entries.published_from, entries.first_seen_after, entries.first_seen_at
from trilateral.raw.entries as entries
semi join raw.visits as visits
    on visits.feed_id = entries.feed_id
    and visits.visited_at = entries.first_seen_at;

create view core.publications as
select
    published_at, through_seq
from trilateral.core.publications
where published_at <= getvariable('published_at');
