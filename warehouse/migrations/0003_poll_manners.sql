-- What polite polling has to remember between two polls, and what the log needs so that it can be judged by it.
-- Rows of earlier releases hold NULL here, which every query reads as "nothing known".

alter table raw.feeds add column earliest_poll_at timestamp;
alter table raw.feeds add column moved_url varchar;
alter table raw.feeds add column move_seen_url varchar;
alter table raw.feeds add column move_seen_at timestamp;
alter table raw.feeds add column move_sightings integer;
alter table raw.feeds add column validated_url varchar;
alter table raw.feeds add column reader varchar;
alter table raw.feeds add column entries_hash varchar;
alter table raw.feeds add column last_full_at timestamp;
alter table raw.feeds add column hidden_changes integer;
alter table raw.feeds add column fresh_seconds double;
alter table raw.feeds add column ttl_seconds bigint;
alter table raw.feeds add column skip_hours integer[];
alter table raw.feeds add column skip_days integer[];
alter table raw.feeds add column gap_seconds double;
alter table raw.feeds add column interval_seconds double;
comment on column raw.feeds.earliest_poll_at is 'Not even --force polls before: floor, freshness and Retry-After.';
comment on column raw.feeds.moved_url is 'Where it moved for good: polled instead of url. NULL: nowhere.';
comment on column raw.feeds.move_seen_url is 'Where permanent redirects lead at present, not yet believed.';
comment on column raw.feeds.move_seen_at is 'Since when they lead there.';
comment on column raw.feeds.move_sightings is 'At how many polls they led there.';
comment on column raw.feeds.validated_url is 'Final address that gave the validators; they are sent nowhere else.';
comment on column raw.feeds.reader is 'What read the body that the validators vouch for.';
comment on column raw.feeds.entries_hash is 'Hash of the entries of the last body, dates left out.';
comment on column raw.feeds.last_full_at is 'Last poll that gave a whole body.';
comment on column raw.feeds.hidden_changes is 'Changes that 304s kept from us; three make the validators unreliable.';
comment on column raw.feeds.fresh_seconds is 'What caching headers asked for last.';
comment on column raw.feeds.ttl_seconds is 'What the document (ttl, sy:) asked for when it was last read.';
comment on column raw.feeds.skip_hours is 'Hours of the day, GMT, at which the document asks not to be polled.';
comment on column raw.feeds.skip_days is 'Days of the week, GMT, Monday is 0, on which the document asks not to be polled.';
comment on column raw.feeds.gap_seconds is 'Usual time between two changes, as observed.';
comment on column raw.feeds.interval_seconds is 'Adaptive interval between floor and ceiling.';

alter table raw.visits add column got_etag varchar;
alter table raw.visits add column got_last_modified varchar;
alter table raw.visits add column not_before_at timestamp;
comment on column raw.visits.got_etag is 'ETag as received, byte for byte.';
comment on column raw.visits.got_last_modified is 'Last-Modified as received, byte for byte.';
comment on column raw.visits.not_before_at is 'Of a feed: not even --force polls before.';

alter table raw.pages add column priority integer;
comment on column raw.pages.priority is '0 before 1: what a first poll brings beyond the newest entries can wait.';
