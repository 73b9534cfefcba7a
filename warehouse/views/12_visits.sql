-- Question: what did we ask whom for, when, and what came back?
-- Grain: one row an HTTP exchange, redirects followed.
-- Caveat: also exchanges that never left the house (refused by robots.txt, address or port) have a row, with no status.
create or replace view main.visits as
select
    visit_id,
    kind,
    url,
    final_url,
    source_id,
    feed_id,
    url_key,
    status,
    outcome,
    detail,
    body_bytes as bytes,
    duration_ms,
    visited_at as at,
    sent_etag,
    sent_last_modified,
    next_at,
    next_rule,
    problems,
    run_id,
    got_etag,
    got_last_modified,
    not_before_at,
    scope,
    delay_seconds,
    pause_scope,
    pause_ends_at,
    is_shared
from raw.visits;

comment on view main.visits is 'What we asked whom for, when, and what came back. One row an HTTP exchange.';
comment on column main.visits.visit_id is 'Hash of kind, address and instant.';
comment on column main.visits.kind is 'feed, page, robots or archive (a sitemap, a page of a feed''s archive).';
comment on column main.visits.url is 'Address as asked.';
comment on column main.visits.final_url is 'Address after redirects.';
comment on column main.visits.source_id is 'The source it was made for; NULL where it was for none.';
comment on column main.visits.feed_id is 'The feed that was polled; NULL for other kinds.';
comment on column main.visits.url_key is 'Identity of the page that was asked for; NULL for other kinds.';
comment on column main.visits.status is 'HTTP status of the final response; NULL where there was none.';
comment on column main.visits.outcome is 'What it came to, one word of a closed set.';
comment on column main.visits.detail is 'The outcome explained.';
comment on column main.visits.bytes is 'Size of the body as received.';
comment on column main.visits.duration_ms is 'Duration of the whole exchange, in milliseconds.';
comment on column main.visits.at is 'Start of the exchange, UTC.';
comment on column main.visits.sent_etag is 'If-None-Match as sent.';
comment on column main.visits.sent_last_modified is 'If-Modified-Since as sent.';
comment on column main.visits.next_at is 'Not asked again before.';
comment on column main.visits.next_rule is 'The rule that set next_at, in words.';
comment on column main.visits.problems is 'What was wrong with the document, in words, one each.';
comment on column main.visits.run_id is 'The run that made the exchange.';
comment on column main.visits.got_etag is 'ETag as received, byte for byte.';
comment on column main.visits.got_last_modified is 'Last-Modified as received, byte for byte.';
comment on column main.visits.not_before_at is 'Of a feed: not even --force polls before.';
comment on column main.visits.scope is 'Politeness scope of the address as asked; NULL where no request was made.';
comment on column main.visits.delay_seconds is 'Seconds that its first request kept from the one before in its scope, Crawl-delay included.';
comment on column main.visits.pause_scope is 'What asked to be left alone by Retry-After: a scope, or one address of a private host.';
comment on column main.visits.pause_ends_at is 'Until when, UTC.';
comment on column main.visits.is_shared is 'Whether its last answer is one that the same pass had already, so that final_url was not asked again.';
