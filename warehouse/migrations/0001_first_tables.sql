-- The first tables: raw as fetched, core our truth. Only what a plain DuckDB file and DuckLake both know.
-- Uniqueness is held by the landing and proved by a check per table. Instants are UTC.
-- /*plain: …*/ is a clause that only a plain file takes; on a lake it stays a comment (warehouse/schema.py).

create schema if not exists raw;
create schema if not exists core;

-- raw: as fetched ----------------------------------------------------------------------------------------------------

create table raw.feeds (
    feed_id varchar not null,
    source_id varchar not null,
    url varchar not null,
    lang varchar,
    timezone varchar,
    etag varchar,
    last_modified varchar,
    body_hash varchar,
    title varchar not null,
    last_polled_at timestamp,
    last_success_at timestamp,
    last_changed_at timestamp,
    last_outcome varchar,
    failures double not null,
    next_poll_at timestamp,
    next_poll_rule varchar not null,
    is_stopped boolean not null,
    is_enabled boolean not null
);
comment on table raw.feeds is 'One row a feed: what is known of it between two polls. Changed in place.';
comment on column raw.feeds.feed_id is 'Hash of the declared address.';
comment on column raw.feeds.source_id is 'The source that declares the feed.';
comment on column raw.feeds.url is 'Address that is polled.';
comment on column raw.feeds.lang is 'Language of the feed, else of its source; BCP 47 primary tag.';
comment on column raw.feeds.timezone is 'IANA zone of the source, in which times without a zone are read.';
comment on column raw.feeds.etag is 'ETag of the body whose entries are landed, byte for byte.';
comment on column raw.feeds.last_modified is 'Last-Modified of the body whose entries are landed, byte for byte.';
comment on column raw.feeds.body_hash is 'Hash of the last body whose entries are landed.';
comment on column raw.feeds.title is 'Title the feed gives itself; empty until a poll has succeeded.';
comment on column raw.feeds.last_polled_at is 'Last exchange, whatever came of it.';
comment on column raw.feeds.last_success_at is 'Last exchange that gave a document or a 304.';
comment on column raw.feeds.last_changed_at is 'Last exchange whose document differed from the one before.';
comment on column raw.feeds.last_outcome is 'Outcome of the last exchange.';
comment on column raw.feeds.failures is 'Weighted failures since the last success: temporary 0.25, soft 0.5, hard 1.';
comment on column raw.feeds.next_poll_at is 'Not polled before; NULL: never polled, due now.';
comment on column raw.feeds.next_poll_rule is 'The rule that set next_poll_at, in words.';
comment on column raw.feeds.is_stopped is 'Polled no more: the feed is gone, or the operator said so.';
comment on column raw.feeds.is_enabled is 'False once the sources file no longer declares the feed or disables its source.';

create table raw.visits (
    visit_id varchar not null,
    kind varchar not null,
    url varchar not null,
    final_url varchar not null,
    source_id varchar,
    feed_id varchar,
    url_key varchar,
    status integer,
    outcome varchar not null,
    detail varchar not null,
    body_bytes bigint not null,
    duration_ms bigint not null,
    visited_at timestamp not null,
    sent_etag varchar,
    sent_last_modified varchar,
    next_at timestamp,
    next_rule varchar,
    problems varchar[] not null,
    run_id varchar not null,
    landed_seq bigint not null
);
comment on table raw.visits is 'One row an HTTP exchange. Appended only.';
comment on column raw.visits.visit_id is 'Hash of kind, address and instant.';
comment on column raw.visits.kind is 'feed, page or robots.';
comment on column raw.visits.url is 'Address as asked.';
comment on column raw.visits.final_url is 'Address after redirects; equal to url without any.';
comment on column raw.visits.source_id is 'The source it was made for; NULL where it was for none.';
comment on column raw.visits.feed_id is 'The feed that was polled; NULL for other kinds.';
comment on column raw.visits.url_key is 'Identity of the page that was asked for; NULL for other kinds.';
comment on column raw.visits.status is 'HTTP status of the final response; NULL where there was none.';
comment on column raw.visits.outcome is 'What it came to, one word of a closed set.';
comment on column raw.visits.detail is 'The outcome explained, for people.';
comment on column raw.visits.body_bytes is 'Size of the body as received, in bytes.';
comment on column raw.visits.duration_ms is 'Duration of the whole exchange, in milliseconds.';
comment on column raw.visits.visited_at is 'Start of the exchange.';
comment on column raw.visits.sent_etag is 'If-None-Match as sent.';
comment on column raw.visits.sent_last_modified is 'If-Modified-Since as sent.';
comment on column raw.visits.next_at is 'Not asked again before.';
comment on column raw.visits.next_rule is 'The rule that set next_at, in words.';
comment on column raw.visits.problems is 'What was wrong with the document, in words, one each.';
comment on column raw.visits.run_id is 'The run that landed it.';
comment on column raw.visits.landed_seq is 'The landing that brought the row.';

create table raw.entries (
    feed_id varchar not null,
    url_key varchar not null,
    entry_hash varchar not null,
    guid varchar,
    link varchar not null,
    title varchar not null,
    summary varchar /*plain: using compression zstd*/ not null,
    content varchar /*plain: using compression zstd*/ not null,
    authors varchar[] not null,
    lang varchar,
    published_at timestamp,
    published_on date,
    published_precision varchar not null,
    published_zone varchar not null,
    published_from varchar not null,
    first_seen_after timestamp,
    first_seen_at timestamp not null,
    last_seen_at timestamp not null
);
comment on table raw.entries is 'One row a feed, page and wording of the entry. Only last_seen_at ever changes.';
comment on column raw.entries.feed_id is 'The feed that carried the entry.';
comment on column raw.entries.url_key is 'Identity of the page the entry points to.';
comment on column raw.entries.entry_hash is 'Hash of link, title, summary and content: changes when a reader would see a change.';
comment on column raw.entries.guid is 'Id the feed gives the entry.';
comment on column raw.entries.link is 'Absolute address of the page.';
comment on column raw.entries.title is 'Title, without markup.';
comment on column raw.entries.summary is 'Summary, without markup.';
comment on column raw.entries.content is 'Full text the feed itself carries, without markup; empty where it carries none.';
comment on column raw.entries.authors is 'Authors the entry names.';
comment on column raw.entries.lang is 'Language the entry or its document states.';
comment on column raw.entries.published_at is 'Instant the entry states; 12:00 of the day where only that is known.';
comment on column raw.entries.published_on is 'The outlet''s own calendar day.';
comment on column raw.entries.published_precision is 'second, minute, day or unknown.';
comment on column raw.entries.published_zone is 'stated, source or unknown.';
comment on column raw.entries.published_from is 'Where the date was read.';
comment on column raw.entries.first_seen_after is 'Last successful poll before this wording was seen; NULL when it was in the feed''s first poll.';
comment on column raw.entries.first_seen_at is 'Poll that first brought this wording.';
comment on column raw.entries.last_seen_at is 'Last document that carried it; a 304 or an unchanged body does not move it. Still in the feed while not before feeds.last_changed_at.';

create table raw.captures (
    capture_id varchar not null,
    url_key varchar not null,
    url varchar not null,
    final_url varchar not null,
    file varchar not null,
    file_offset bigint not null,
    file_length bigint not null,
    fetched_at timestamp not null,
    status integer not null,
    content_type varchar not null,
    body_bytes bigint not null,
    body_hash varchar not null,
    etag varchar,
    last_modified varchar,
    run_id varchar not null,
    landed_seq bigint not null
);
comment on table raw.captures is 'One row a page as fetched: where it lies in the WARC files. Appended only.';
comment on column raw.captures.capture_id is 'Id of the capture.';
comment on column raw.captures.url_key is 'Identity of the page that was asked for.';
comment on column raw.captures.url is 'Address as asked.';
comment on column raw.captures.final_url is 'Address after redirects.';
comment on column raw.captures.file is 'File name below the captures folder.';
comment on column raw.captures.file_offset is 'Start of the gzip member in the file, in bytes.';
comment on column raw.captures.file_length is 'Length of the gzip member, in bytes.';
comment on column raw.captures.fetched_at is 'Start of the exchange.';
comment on column raw.captures.status is 'HTTP status.';
comment on column raw.captures.content_type is 'Content-Type as received.';
comment on column raw.captures.body_bytes is 'Size of the body as received, in bytes.';
comment on column raw.captures.body_hash is 'Hash of the decoded body.';
comment on column raw.captures.etag is 'ETag as received.';
comment on column raw.captures.last_modified is 'Last-Modified as received.';
comment on column raw.captures.run_id is 'The run that landed it.';
comment on column raw.captures.landed_seq is 'The landing that brought the row.';

create table raw.pages (
    url_key varchar not null,
    url varchar not null,
    scope varchar not null,
    source_id varchar,
    stage varchar not null,
    reason varchar not null,
    attempts integer not null,
    first_attempt_at timestamp,
    due_at timestamp not null,
    revisits integer not null,
    first_seen_at timestamp not null,
    last_outcome varchar,
    etag varchar,
    last_modified varchar,
    capture_id varchar,
    ingest_path varchar not null,
    hints json
);
comment on table raw.pages is 'One row a page: the queue of what is to be fetched, read or visited again. Changed in place.';
comment on column raw.pages.url_key is 'Identity of the page.';
comment on column raw.pages.url is 'Address that is asked for.';
comment on column raw.pages.scope is 'Politeness scope of the address.';
comment on column raw.pages.source_id is 'The source whose feed or archive announced it first.';
comment on column raw.pages.stage is 'pending, captured, read or rejected.';
comment on column raw.pages.reason is 'Why it is or was asked for: new, changed or revisit.';
comment on column raw.pages.attempts is 'Attempts for the present reason.';
comment on column raw.pages.first_attempt_at is 'First attempt for the present reason.';
comment on column raw.pages.due_at is 'While pending: not asked for before. When read: the next revisit.';
comment on column raw.pages.revisits is 'How many of the ages in revisit_hours are behind it.';
comment on column raw.pages.first_seen_at is 'Poll or archive record that first announced it.';
comment on column raw.pages.last_outcome is 'Outcome of the last exchange.';
comment on column raw.pages.etag is 'ETag to send with the next request.';
comment on column raw.pages.last_modified is 'Last-Modified to send with the next request.';
comment on column raw.pages.capture_id is 'Its newest capture.';
comment on column raw.pages.ingest_path is 'feed, or backfill: and the adapter.';
comment on column raw.pages.hints is 'What an archive said of the page; NULL for pages of feeds, whose hints are their newest entry.';

-- core: our truth, appended only -------------------------------------------------------------------------------------

create table core.migrations (
    number integer not null,
    name varchar not null,
    sha256 varchar not null,
    applied_at timestamp not null
);
comment on table core.migrations is 'One row a migration that was applied to this database.';
comment on column core.migrations.number is 'Number of the file, from 1 without a gap.';
comment on column core.migrations.name is 'Name of the file without .sql.';
comment on column core.migrations.sha256 is 'SHA-256 of the file''s text.';
comment on column core.migrations.applied_at is 'When it was applied.';

create table core.view_sets (
    sha256 varchar not null,
    applied_at timestamp not null
);
comment on table core.view_sets is 'One row a set of view files that was created in this database; the last one stands.';
comment on column core.view_sets.sha256 is 'SHA-256 of the names and texts of all view files.';
comment on column core.view_sets.applied_at is 'When the views were created.';

create table core.landings (
    landed_seq bigint not null,
    landed_at timestamp not null,
    run_id varchar not null
);
comment on table core.landings is 'One row a landing transaction that brought something.';
comment on column core.landings.landed_seq is 'Strictly rising, from 1.';
comment on column core.landings.landed_at is 'When it landed.';
comment on column core.landings.run_id is 'The run that landed it.';

create table core.publications (
    published_at timestamp not null,
    through_seq bigint not null
);
comment on table core.publications is 'One row a publication: what people could read from then on.';
comment on column core.publications.published_at is 'When the published file was made.';
comment on column core.publications.through_seq is 'The last landing it holds.';

create table core.runs (
    run_id varchar not null,
    flow varchar not null,
    started_at timestamp not null,
    ended_at timestamp,
    status varchar not null,
    counts json not null,
    versions json not null,
    landed_seq bigint not null
);
comment on table core.runs is 'One row at the start of a run and one at its end; the later wins.';
comment on column core.runs.run_id is 'Id of the run.';
comment on column core.runs.flow is 'The flow that ran.';
comment on column core.runs.started_at is 'When it started.';
comment on column core.runs.ended_at is 'When it ended; for a lost run, when that was noticed.';
comment on column core.runs.status is 'running, completed, failed, interrupted or lost.';
comment on column core.runs.counts is 'What it did: name to count.';
comment on column core.runs.versions is 'What it ran with: name to version.';
comment on column core.runs.landed_seq is 'The landing that brought the row.';

create table core.sources (
    source_id varchar not null,
    name varchar not null,
    home varchar,
    country varchar,
    lang varchar,
    timezone varchar,
    owner varchar,
    affiliation varchar,
    family varchar,
    extract_keep varchar[] not null,
    extract_drop varchar[] not null,
    host_delay_seconds double,
    is_enabled boolean not null,
    landed_seq bigint not null
);
comment on table core.sources is 'One row a source and declaration of it; the later wins.';
comment on column core.sources.source_id is 'Id in the sources file.';
comment on column core.sources.name is 'Name of the outlet.';
comment on column core.sources.home is 'Its home page.';
comment on column core.sources.country is 'ISO 3166-1 alpha-2, lower case.';
comment on column core.sources.lang is 'Its usual language, BCP 47 primary tag.';
comment on column core.sources.timezone is 'IANA zone in which its times without a zone are read.';
comment on column core.sources.owner is 'Who owns it.';
comment on column core.sources.affiliation is 'state, state-funded, independent, party, think-tank, government or agency.';
comment on column core.sources.family is 'Outlets of one family count as one origin.';
comment on column core.sources.extract_keep is 'CSS selectors of what is the body of its pages.';
comment on column core.sources.extract_drop is 'CSS selectors of what is dropped from its pages.';
comment on column core.sources.host_delay_seconds is 'Spacing between requests that its declaration asks for.';
comment on column core.sources.is_enabled is 'False while it is disabled or no longer declared.';
comment on column core.sources.landed_seq is 'The landing that brought the row.';

create table core.articles (
    article_id varchar not null,
    url varchar not null,
    source_id varchar,
    first_seen_after timestamp,
    first_seen_at timestamp not null,
    ingest_path varchar not null,
    landed_seq bigint not null
);
comment on table core.articles is 'One row an article id that was given.';
comment on column core.articles.article_id is 'Hash of the first url_key under which it was seen; given once.';
comment on column core.articles.url is 'Address under which it was first seen.';
comment on column core.articles.source_id is 'The source that announced it first.';
comment on column core.articles.first_seen_after is 'Last successful poll of the announcing feed before it was seen; NULL where there is none.';
comment on column core.articles.first_seen_at is 'Poll or archive record that first announced it.';
comment on column core.articles.ingest_path is 'feed, or backfill: and the adapter.';
comment on column core.articles.landed_seq is 'The landing that brought the row.';

create table core.article_urls (
    url_key varchar not null,
    article_id varchar not null,
    kind varchar not null,
    since_seq bigint not null
);
comment on table core.article_urls is 'One row a page identity: the article it leads to.';
comment on column core.article_urls.url_key is 'Identity of the page.';
comment on column core.article_urls.article_id is 'The article as it was known then; core.article_aliases may name another since.';
comment on column core.article_urls.kind is 'seen (asked for), redirect or canonical.';
comment on column core.article_urls.since_seq is 'The landing that brought the row.';

create table core.article_aliases (
    article_id varchar not null,
    alias_of varchar not null,
    since_seq bigint not null
);
comment on table core.article_aliases is 'One row an article id and proof that it is another''s; of an id''s rows the later wins, and alias_of is never itself an alias then.';
comment on column core.article_aliases.article_id is 'The younger id: nothing lands under it any more.';
comment on column core.article_aliases.alias_of is 'The elder id.';
comment on column core.article_aliases.since_seq is 'The landing that brought the row.';

create table core.article_versions (
    article_id varchar not null,
    version integer not null,
    content_hash varchar not null,
    title varchar not null,
    text varchar /*plain: using compression zstd*/ not null,
    authors varchar[] not null,
    lang varchar,
    published_at timestamp,
    published_on date,
    published_precision varchar not null,
    published_zone varchar not null,
    published_from varchar not null,
    seen_at timestamp not null,
    cause varchar not null,
    extractor varchar not null,
    capture_id varchar not null,
    diff_kind varchar not null,
    word_count integer not null,
    access varchar not null,
    claimed_canonical varchar,
    landed_seq bigint not null
);
comment on table core.article_versions is 'One row an article and wording that followed another; going back to an older wording is a new version.';
comment on column core.article_versions.article_id is 'The article.';
comment on column core.article_versions.version is 'From 1 without a gap.';
comment on column core.article_versions.content_hash is 'Hash of title and text: names the wording.';
comment on column core.article_versions.title is 'Title, NFC; never changes.';
comment on column core.article_versions.text is 'Text, NFC, paragraphs separated by one newline; never changes.';
comment on column core.article_versions.authors is 'Authors the page names.';
comment on column core.article_versions.lang is 'Language of the text, BCP 47 primary tag.';
comment on column core.article_versions.published_at is 'Instant the page states; 12:00 of the day where only that is known.';
comment on column core.article_versions.published_on is 'The outlet''s own calendar day.';
comment on column core.article_versions.published_precision is 'second, minute, day or unknown.';
comment on column core.article_versions.published_zone is 'stated, source or unknown.';
comment on column core.article_versions.published_from is 'Where the date was read.';
comment on column core.article_versions.seen_at is 'When the capture that shows it was fetched.';
comment on column core.article_versions.cause is 'publisher: the page changed. extractor: it may be only our reading of it that changed.';
comment on column core.article_versions.extractor is 'Name and version of what read it.';
comment on column core.article_versions.capture_id is 'The capture that shows it.';
comment on column core.article_versions.diff_kind is 'Against the version before: first, cosmetic, material, metadata or unknown.';
comment on column core.article_versions.word_count is 'Words of the text.';
comment on column core.article_versions.access is 'full, partial or paywalled.';
comment on column core.article_versions.claimed_canonical is 'Canonical address of a stranger: kept, never followed.';
comment on column core.article_versions.landed_seq is 'The landing that brought the row.';

create table core.readings (
    capture_id varchar not null,
    extractor varchar not null,
    article_id varchar not null,
    content_hash varchar not null,
    fetched_at timestamp not null,
    landed_seq bigint not null
);
comment on table core.readings is 'One row a capture and extractor that made an article of it, whether or not that gave a new version.';
comment on column core.readings.capture_id is 'The capture that was read.';
comment on column core.readings.extractor is 'Name and version of what read it.';
comment on column core.readings.article_id is 'The article it is.';
comment on column core.readings.content_hash is 'The wording it shows.';
comment on column core.readings.fetched_at is 'When the capture was fetched.';
comment on column core.readings.landed_seq is 'The landing that brought the row.';

create table core.classifications (
    content_hash varchar not null,
    codebook_version varchar not null,
    is_relevant boolean not null,
    classified_at timestamp not null,
    landed_seq bigint not null
);
comment on table core.classifications is 'One row a wording and codebook it was classified under, also when nothing was found.';
comment on column core.classifications.content_hash is 'The wording.';
comment on column core.classifications.codebook_version is 'The codebook.';
comment on column core.classifications.is_relevant is 'At least one theme and at least one dyad.';
comment on column core.classifications.classified_at is 'When it landed.';
comment on column core.classifications.landed_seq is 'The landing that brought the row.';

create table core.evidence (
    content_hash varchar not null,
    codebook_version varchar not null,
    part varchar not null,
    span_start integer not null,
    span_end integer not null,
    theme varchar not null,
    cue varchar not null,
    score double not null,
    landed_seq bigint not null
);
comment on table core.evidence is 'One row a passage that shows a theme.';
comment on column core.evidence.content_hash is 'The wording it points into.';
comment on column core.evidence.codebook_version is 'The codebook.';
comment on column core.evidence.part is 'title or text.';
comment on column core.evidence.span_start is 'First code point of the passage, from 0.';
comment on column core.evidence.span_end is 'Code point after the passage.';
comment on column core.evidence.theme is 'The theme it shows.';
comment on column core.evidence.cue is 'Id of the cue in the codebook.';
comment on column core.evidence.score is 'From 0 to 1.';
comment on column core.evidence.landed_seq is 'The landing that brought the row.';

create table core.article_actors (
    content_hash varchar not null,
    codebook_version varchar not null,
    actor varchar not null,
    mentions integer not null,
    landed_seq bigint not null
);
comment on table core.article_actors is 'One row a wording and actor in it.';
comment on column core.article_actors.content_hash is 'The wording.';
comment on column core.article_actors.codebook_version is 'The codebook.';
comment on column core.article_actors.actor is 'russia, iran or us.';
comment on column core.article_actors.mentions is 'How often it is named.';
comment on column core.article_actors.landed_seq is 'The landing that brought the row.';

create table core.article_dyads (
    content_hash varchar not null,
    codebook_version varchar not null,
    dyad varchar not null,
    direction varchar not null,
    part varchar not null,
    span_start integer not null,
    span_end integer not null,
    score double not null,
    landed_seq bigint not null
);
comment on table core.article_dyads is 'One row a wording, dyad and passage that shows how the two deal with each other.';
comment on column core.article_dyads.content_hash is 'The wording.';
comment on column core.article_dyads.codebook_version is 'The codebook.';
comment on column core.article_dyads.dyad is 'us_russia, russia_iran or us_iran.';
comment on column core.article_dyads.direction is 'converging, diverging or mixed.';
comment on column core.article_dyads.part is 'title or text.';
comment on column core.article_dyads.span_start is 'First code point of the passage, from 0.';
comment on column core.article_dyads.span_end is 'Code point after the passage.';
comment on column core.article_dyads.score is 'From 0 to 1.';
comment on column core.article_dyads.landed_seq is 'The landing that brought the row.';

create table core.rejections (
    rejection_id varchar not null,
    url_key varchar not null,
    url varchar not null,
    source_id varchar,
    reason varchar not null,
    detail varchar not null,
    rejected_at timestamp not null,
    attempts integer not null,
    next_try_at timestamp,
    capture_id varchar,
    landed_seq bigint not null
);
comment on table core.rejections is 'One row a page that did not become an article, each time that was found.';
comment on column core.rejections.rejection_id is 'Hash of page, reason and capture, or instant where nothing was captured.';
comment on column core.rejections.url_key is 'Identity of the page.';
comment on column core.rejections.url is 'Address that was asked for.';
comment on column core.rejections.source_id is 'The source that announced it.';
comment on column core.rejections.reason is 'Why, one word of a closed set.';
comment on column core.rejections.detail is 'Why, for people; a traceback where the reader crashed.';
comment on column core.rejections.rejected_at is 'When that was found.';
comment on column core.rejections.attempts is 'Attempts that were made.';
comment on column core.rejections.next_try_at is 'When it is tried again; NULL: it is final.';
comment on column core.rejections.capture_id is 'The capture that was read; NULL where nothing was captured.';
comment on column core.rejections.landed_seq is 'The landing that brought the row.';

create table core.codebooks (
    codebook_version varchar not null,
    ordinal integer not null,
    is_active boolean not null,
    is_complete boolean not null,
    themes varchar[] not null,
    landed_seq bigint not null
);
comment on table core.codebooks is 'One row a codebook and state of it; the later wins.';
comment on column core.codebooks.codebook_version is 'Version and hash of codebook, actors, model and reader.';
comment on column core.codebooks.ordinal is 'Order in which the codebooks came, from 1; a codebook keeps its number.';
comment on column core.codebooks.is_active is 'The one the public views speak for.';
comment on column core.codebooks.is_complete is 'All history in scope is classified under it.';
comment on column core.codebooks.themes is 'Ids of its themes.';
comment on column core.codebooks.landed_seq is 'The landing that brought the row.';
