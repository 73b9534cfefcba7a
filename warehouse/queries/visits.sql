-- HTTP exchanges and what they brought to the disk.

-- name: known
select visit_id
from raw.visits
where visit_id in (from visit_ids);

-- name: land
insert into raw.visits (
    visit_id, kind, url, final_url, source_id, feed_id, url_key, status, outcome, detail, body_bytes, duration_ms,
    visited_at, sent_etag, sent_last_modified, next_at, next_rule, problems, got_etag, got_last_modified,
    not_before_at, scope, delay_seconds, pause_scope, pause_ends_at, is_shared, run_id, landed_seq
)
select
    visit_id, kind, url, final_url, source_id, feed_id, url_key, status, outcome, detail, body_bytes, duration_ms,
    visited_at, sent_etag, sent_last_modified, next_at, next_rule, problems, got_etag, got_last_modified,
    not_before_at, scope, delay_seconds, pause_scope, pause_ends_at, is_shared, $run_id, $landed_seq
from incoming
anti join raw.visits using (visit_id);

-- name: land_captures
insert into raw.captures (
    capture_id, url_key, url, final_url, file, file_offset, file_length, fetched_at, status, content_type, body_bytes,
    body_hash, etag, last_modified, run_id, landed_seq
)
select
    capture_id, url_key, url, final_url, file, file_offset, file_length, fetched_at, status, content_type, body_bytes,
    body_hash, etag, last_modified, $run_id, $landed_seq
from incoming
anti join raw.captures using (capture_id);
