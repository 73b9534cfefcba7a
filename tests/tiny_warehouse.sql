-- Rows of the tiny warehouse (tiny_warehouse.py): two outlets, three articles, one of them edited.

insert into core.landings (landed_seq, landed_at, run_id) values
    (1, timestamp '2026-03-01 10:00:00', 'run-1'),
    (2, timestamp '2026-03-02 10:00:00', 'run-2'),
    (3, timestamp '2026-03-02 11:00:00', 'run-2');

insert into core.publications (published_at, through_seq) values
    (timestamp '2026-03-01 10:00:05', 1),
    (timestamp '2026-03-02 11:00:05', 3);

insert into core.runs (run_id, flow, started_at, ended_at, status, counts, versions, landed_seq) values
    ('run-1', 'ingest', timestamp '2026-03-01 09:59:00', null, 'running', '{}', '{"trilateral": "0.1.0"}', 1),
    ('run-1', 'ingest', timestamp '2026-03-01 09:59:00', timestamp '2026-03-01 10:00:04', 'completed', '{"articles": 2}', '{"trilateral": "0.1.0"}', 2),
    ('run-2', 'ingest', timestamp '2026-03-02 09:59:00', null, 'running', '{}', '{"trilateral": "0.1.0"}', 3);

insert into core.sources (
    source_id, name, home, country, lang, timezone, owner, affiliation, family, extract_keep, extract_drop,
    host_delay_seconds, is_enabled, landed_seq
) values
    ('gazette', 'Old Gazette', null, 'us', 'en', 'UTC', null, null, null, [], [], null, true, 1),
    ('gazette', 'Gazette', 'https://gazette.example/', 'us', 'en', 'America/New_York', 'Gazette Co', 'independent', 'gz', [], [], 2.5, true, 2),
    ('vestnik', 'Вестник', 'https://vestnik.example/', 'ru', 'ru', 'Europe/Moscow', null, 'state', 'vs', [], [], null, true, 1),
    ('closed', 'Closed Daily', null, null, null, null, null, null, null, [], [], null, false, 1);

insert into raw.feeds (
    feed_id, source_id, url, lang, timezone, etag, last_modified, body_hash, title, last_polled_at, last_success_at,
    last_changed_at, last_outcome, failures, next_poll_at, next_poll_rule, is_stopped, is_enabled
) values
    ('feed-g', 'gazette', 'https://gazette.example/rss', 'en', 'UTC', '"a"', null, 'b', 'Gazette', timestamp '2026-03-02 09:59:10',
        timestamp '2026-03-02 09:59:10', timestamp '2026-03-02 09:59:10', 'ok', 0, timestamp '2026-03-02 10:59:10', 'floor', false, true),
    ('feed-w', 'gazette', 'https://gazette.example/world', 'en', 'UTC', null, null, null, '', timestamp '2026-03-02 09:59:20',
        null, null, 'blocked', 2, timestamp '2026-03-03 09:59:20', 'blocked: a day', false, true),
    ('feed-v', 'vestnik', 'https://vestnik.example/rss', 'ru', 'Europe/Moscow', null, null, null, '', null,
        null, null, null, 0, null, 'new', false, true),
    ('feed-c', 'closed', 'https://closed.example/rss', null, null, null, null, null, '', null, null, null, null, 0, null, 'new', false, false);

insert into core.feed_states by name
select
    feed_id, source_id, url, lang, title, last_polled_at, last_success_at, last_changed_at, last_outcome, failures, next_poll_at,
    next_poll_rule, is_stopped, is_enabled, 2 as landed_seq
from raw.feeds;

insert into raw.visits (
    visit_id, kind, url, final_url, source_id, feed_id, url_key, status, outcome, detail, body_bytes, duration_ms,
    visited_at, sent_etag, sent_last_modified, next_at, next_rule, problems, run_id, landed_seq
) values
    ('visit-1', 'feed', 'https://gazette.example/rss', 'https://gazette.example/rss', 'gazette', 'feed-g', null, 200, 'ok', '', 900, 12,
        timestamp '2026-03-02 09:59:10', null, null, timestamp '2026-03-02 10:59:10', 'floor', ['a date nobody can read'], 'run-2', 2),
    ('visit-2', 'feed', 'https://gazette.example/world', 'https://gazette.example/world', 'gazette', 'feed-w', null, 403, 'blocked',
        '403 Forbidden', 20, 5, timestamp '2026-03-02 09:59:20', null, null, timestamp '2026-03-03 09:59:20', 'blocked: a day', [], 'run-2', 2),
    ('visit-3', 'page', 'https://gazette.example/a', 'https://gazette.example/a', 'gazette', null, 'gazette.example/a', 200, 'ok', '', 5000, 30,
        timestamp '2026-03-01 09:59:30', null, null, null, null, [], 'run-1', 1);

insert into raw.entries (
    feed_id, url_key, entry_hash, guid, link, title, summary, content, authors, lang, published_at, published_on,
    published_precision, published_zone, published_from, first_seen_after, first_seen_at, last_seen_at
) values
    ('feed-g', 'gazette.example/a', 'hash-1', null, 'https://gazette.example/a', 'A', '', '', [], 'en', null, null, 'unknown', 'unknown', '',
        timestamp '2026-03-01 08:59:10', timestamp '2026-03-01 09:59:10', timestamp '2026-03-02 09:59:10'),
    ('feed-g', 'gazette.example/next', 'hash-2', null, 'https://gazette.example/next', 'N', '', '', [], 'en', null, null, 'unknown', 'unknown', '',
        null, timestamp '2026-03-02 09:59:10', timestamp '2026-03-02 09:59:10');

insert into raw.captures (
    capture_id, url_key, url, final_url, file, file_offset, file_length, fetched_at, status, content_type, body_bytes,
    body_hash, etag, last_modified, run_id, landed_seq
) values
    ('cap-1', 'gazette.example/a', 'https://gazette.example/a', 'https://gazette.example/a', 'f.warc.gz', 0, 9, timestamp '2026-03-01 09:59:30', 200, 'text/html', 5000, 'h1', null, null, 'run-1', 1),
    ('cap-2', 'vestnik.example/b', 'https://vestnik.example/b', 'https://vestnik.example/b', 'f.warc.gz', 9, 9, timestamp '2026-03-01 09:59:40', 200, 'text/html', 5000, 'h2', null, null, 'run-1', 1),
    ('cap-3', 'gazette.example/a', 'https://gazette.example/a', 'https://gazette.example/a', 'g.warc.gz', 0, 9, timestamp '2026-03-02 09:59:30', 200, 'text/html', 5000, 'h3', null, null, 'run-2', 2),
    ('cap-4', 'gazette.example/c', 'https://gazette.example/c', 'https://gazette.example/c', 'g.warc.gz', 9, 9, timestamp '2026-03-02 09:59:40', 200, 'text/html', 5000, 'h4', null, null, 'run-2', 3),
    ('cap-5', 'gazette.example/x', 'https://gazette.example/x', 'https://gazette.example/x', 'g.warc.gz', 18, 9, timestamp '2026-03-02 09:59:50', 200, 'text/html', 5, 'h5', null, null, 'run-2', 3);

insert into raw.pages (
    url_key, url, scope, source_id, stage, reason, attempts, first_attempt_at, due_at, revisits, first_seen_at,
    last_outcome, etag, last_modified, capture_id, ingest_path, hints
) values
    ('gazette.example/a', 'https://gazette.example/a', 'gazette.example', 'gazette', 'read', 'new', 1, null, timestamp '2026-03-02 16:00:00', 1, timestamp '2026-03-01 09:59:10', 'ok', null, null, 'cap-3', 'feed', null),
    ('vestnik.example/b', 'https://vestnik.example/b', 'vestnik.example', 'vestnik', 'read', 'new', 1, null, timestamp '2026-03-09 16:00:00', 1, timestamp '2026-03-01 09:59:10', 'ok', null, null, 'cap-2', 'backfill:warc', '{}'),
    ('gazette.example/c', 'https://gazette.example/c', 'gazette.example', 'gazette', 'read', 'new', 1, null, timestamp '2026-03-09 16:00:00', 0, timestamp '2026-03-02 09:59:10', 'ok', null, null, 'cap-4', 'feed', null),
    ('gazette.example/x', 'https://gazette.example/x', 'gazette.example', 'gazette', 'rejected', 'new', 1, null, timestamp '2026-03-02 09:59:10', 0, timestamp '2026-03-02 09:59:10', 'ok', null, null, 'cap-5', 'feed', null),
    ('gazette.example/next', 'https://gazette.example/next', 'gazette.example', 'gazette', 'pending', 'new', 1, timestamp '2026-03-02 10:00:00', timestamp '2026-03-02 11:00:00', 0, timestamp '2026-03-02 09:59:10', 'timeout', null, null, null, 'feed', null);

insert into core.articles (article_id, url, source_id, first_seen_after, first_seen_at, ingest_path, landed_seq) values
    ('art-a', 'https://gazette.example/a', 'gazette', timestamp '2026-03-01 08:59:10', timestamp '2026-03-01 09:59:10', 'feed', 1),
    ('art-b', 'https://vestnik.example/b', 'vestnik', null, timestamp '2026-03-01 09:59:10', 'backfill:warc', 1),
    ('art-c', 'https://gazette.example/c', 'gazette', null, timestamp '2026-03-02 09:59:10', 'feed', 3);

insert into core.article_urls (url_key, article_id, kind, since_seq) values
    ('gazette.example/a', 'art-a', 'seen', 1),
    ('vestnik.example/b', 'art-b', 'seen', 1),
    ('gazette.example/c', 'art-c', 'seen', 3);

insert into core.article_versions (
    article_id, version, content_hash, title, text, authors, lang, published_at, published_on, published_precision,
    published_zone, published_from, seen_at, cause, extractor, capture_id, diff_kind, word_count, access,
    claimed_canonical, landed_seq
) values
    ('art-a', 1, 'word-1', 'Drones 👩‍🚀 sold', 'Tehran sold drones to Moscow.' || chr(10) || 'It said so.', ['Ann'], 'en', timestamp '2026-03-01 04:00:00', date '2026-02-28',
        'minute', 'stated', 'json-ld', timestamp '2026-03-01 09:59:30', 'publisher', 'reader 1', 'cap-1', 'first', 8, 'full', null, 1),
    ('art-a', 2, 'word-2', 'Drones 👩‍🚀 sold', 'Tehran denied that it sold drones to Moscow.' || chr(10) || 'It said so.', ['Ann'], 'en', timestamp '2026-03-01 04:00:00', date '2026-02-28',
        'minute', 'stated', 'json-ld', timestamp '2026-03-02 09:59:30', 'publisher', 'reader 1', 'cap-3', 'material', 11, 'full', null, 2),
    ('art-b', 1, 'word-3', 'Поставки', 'Россия получи́ла дроны.', [], 'ru', null, null,
        'unknown', 'unknown', '', timestamp '2026-03-01 09:59:40', 'publisher', 'reader 1', 'cap-2', 'first', 3, 'full', null, 1),
    ('art-c', 1, 'word-4', 'Weather', 'It rained.', [], 'en', timestamp '2026-03-02 12:00:00', date '2026-03-02',
        'day', 'source', 'feed', timestamp '2026-03-02 09:59:40', 'publisher', 'reader 1', 'cap-4', 'first', 2, 'full', null, 3);

insert into core.readings (capture_id, extractor, article_id, content_hash, fetched_at, landed_seq) values
    ('cap-1', 'reader 1', 'art-a', 'word-1', timestamp '2026-03-01 09:59:30', 1),
    ('cap-2', 'reader 1', 'art-b', 'word-3', timestamp '2026-03-01 09:59:40', 1),
    ('cap-3', 'reader 1', 'art-a', 'word-2', timestamp '2026-03-02 09:59:30', 2),
    ('cap-4', 'reader 1', 'art-c', 'word-4', timestamp '2026-03-02 09:59:40', 3);

insert into core.codebooks (codebook_version, ordinal, is_active, is_complete, themes, landed_seq) values
    ('1.0.0+aa', 1, true, true, ['arms_transfers', 'sanctions'], 1),
    ('1.1.0+bb', 2, false, false, ['arms_transfers', 'sanctions'], 2);

insert into core.codebook_texts (codebook_version, codebook_toml, landed_seq) values
    ('1.1.0+bb', 'version = "1.1.0"', 2);

insert into core.label_counts (codebook_version, theme, language, texts, carried, found, found_rightly, landed_seq) values
    ('1.0.0+aa', 'arms_transfers', 'en', 200, 40, 50, 30, 1),
    ('1.0.0+aa', 'arms_transfers', 'fa', 200, 29, 29, 29, 1),
    ('1.0.0+aa', 'sanctions', 'en', 200, 30, 0, 0, 1);

insert into core.classifications (content_hash, codebook_version, is_relevant, classified_at, landed_seq) values
    ('word-1', '1.0.0+aa', true, timestamp '2026-03-01 10:00:00', 1),
    ('word-2', '1.0.0+aa', true, timestamp '2026-03-02 10:00:00', 2),
    ('word-2', '1.1.0+bb', false, timestamp '2026-03-02 10:00:00', 2),
    ('word-3', '1.0.0+aa', false, timestamp '2026-03-01 10:00:00', 1),
    ('word-4', '1.0.0+aa', false, timestamp '2026-03-02 11:00:00', 3);

insert into core.evidence (content_hash, codebook_version, part, span_start, span_end, theme, cue, score, landed_seq) values
    ('word-1', '1.0.0+aa', 'text', 7, 18, 'arms_transfers', 'sold_weapons', 0.9, 1),
    ('word-2', '1.0.0+aa', 'text', 22, 33, 'arms_transfers', 'sold_weapons', 0.9, 2),
    ('word-2', '1.0.0+aa', 'title', 7, 15, 'arms_transfers', 'title_sold', 0.5, 2),
    ('word-2', '1.1.0+bb', 'text', 22, 33, 'arms_transfers', 'sold_weapons', 0.4, 2),
    ('word-3', '1.0.0+aa', 'text', 7, 22, 'arms_transfers', 'ru_received', 0.7, 1);

insert into core.article_actors (content_hash, codebook_version, actor, mentions, landed_seq) values
    ('word-1', '1.0.0+aa', 'iran', 1, 1),
    ('word-2', '1.0.0+aa', 'iran', 1, 2),
    ('word-2', '1.0.0+aa', 'russia', 2, 2);

insert into core.article_dyads (content_hash, codebook_version, dyad, direction, part, span_start, span_end, score, landed_seq) values
    ('word-1', '1.0.0+aa', 'russia_iran', 'converging', 'text', 0, 28, 0.8, 1),
    ('word-2', '1.0.0+aa', 'russia_iran', 'converging', 'text', 0, 13, 0.6, 2),
    ('word-2', '1.0.0+aa', 'russia_iran', 'diverging', 'text', 0, 43, 0.8, 2);

insert into core.rejections (
    rejection_id, url_key, url, source_id, reason, detail, rejected_at, attempts, next_try_at, capture_id, landed_seq
) values
    ('rej-1', 'gazette.example/x', 'https://gazette.example/x', 'gazette', 'empty', 'nothing readable', timestamp '2026-03-02 10:00:00', 1, null, 'cap-5', 3);

insert into core.text_signatures (content_hash, shingles, slots, agency, landed_seq) values
    ('word-1', 6, [11, 12, 13, 14], null, 1),
    ('word-2', 9, [11, 12, 23, 24], 'reuters', 2),
    ('word-3', 1, [31, 32, 33, 34], null, 1);

insert into core.text_bands (band, content_hash, landed_seq) values
    (1112, 'word-1', 1),
    (1314, 'word-1', 1),
    (1112, 'word-2', 2),
    (2324, 'word-2', 2),
    (3132, 'word-3', 1),
    (3334, 'word-3', 1);

insert into core.text_members (article_id, text_id, matched_article_id, similarity, since_seq) values
    ('art-a', 'art-a', null, null, 1),
    ('art-b', 'art-b', null, null, 1);

insert into raw.site_memory (site, reader_version, pages, memory, learned_at)
values (
    'gazette.example', 1, 1,
    '{"containers":[],"lines":[],"recent":["0f3a9c21"],"agreements":0,"disagreements":0,"disagreed_at":null}',
    timestamp '2026-03-01 10:00:05'
);

insert into raw.units (unit_id, adapter, target, slot, input_hash, stage, place, pages, detail, updated_at) values
    ('unit-1', 'warc', 'old.warc.gz', 'old.warc.gz', 'abc', 'done', 4096, 1, '', timestamp '2026-03-01 10:00:05');

insert into raw.expired_files (file, expired_at, captures, file_bytes)
values ('2025/11/trilateral-1.warc.gz', timestamp '2026-03-01 10:00:00', 3, 4096);
