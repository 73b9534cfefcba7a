-- What a publication says of itself.

-- name: last_landing
select coalesce(max(landed_seq), 0) as through_seq
from core.landings;

-- name: record
insert into core.publications (published_at, through_seq)
values ($published_at, $through_seq);

-- name: proof
-- What a copy holds, and what it says that it holds.
select
    coalesce(max(landings.landed_seq), 0) as landed_seq,
    (select publication.through_seq from main.publication as publication) as through_seq
from core.landings as landings;

-- name: standing
-- The publication a published file is, and the landing by which another file can tell that it is of the same house.
select
    publication.published_at,
    publication.through_seq,
    landings.landed_at,
    landings.run_id
from main.publication as publication
inner join core.landings as landings
    on landings.landed_seq = publication.through_seq;

-- name: unrecorded
-- A row where the publication is of this house and not written down here.
select landings.landed_seq
from core.landings as landings
where
    landings.landed_seq = $through_seq
    and landings.landed_at = $landed_at
    and landings.run_id = $run_id
    and $published_at not in (select publications.published_at from core.publications as publications);

-- name: as_of
-- What people could read at an instant.
select published_at, through_seq
from core.publications
where published_at <= $instant
order by published_at desc, through_seq desc
limit 1;

-- name: first
select min(published_at) as published_at
from core.publications;

-- name: go_back
-- The tables of past/tables.sql show what had landed by then.
set variable through_seq = $through_seq;

-- name: go_back_to
set variable published_at = $published_at;

-- name: keep_schema
-- What the views of a published file would compute anew for each question is written down in it: nothing changes there.
create schema if not exists kept;

-- name: keep_version_numbers
create or replace table kept.version_numbers as
select article_id, version, is_latest, updated_at, stored_article_id, stored_version, content_hash, landed_seq
from core.version_numbers;

-- name: show_version_numbers
create or replace view core.version_numbers as
select article_id, version, is_latest, updated_at, stored_article_id, stored_version, content_hash, landed_seq
from kept.version_numbers;

-- name: keep_deletions
create or replace table kept.deletions as
select article_id, deleted_at
from core.deletions;

-- name: show_deletions
create or replace view core.deletions as
select article_id, deleted_at
from kept.deletions;

-- name: keep_text_origins
create or replace table kept.text_origins as
select
    article_id, text_id, source_id, is_live, first_seen_after, first_seen_at, text_agency, origin, origin_article_id,
    is_origin
from core.text_origins;

-- name: show_text_origins
create or replace view core.text_origins as
select
    article_id, text_id, source_id, is_live, first_seen_after, first_seen_at, text_agency, origin, origin_article_id,
    is_origin
from kept.text_origins;
