-- Units of work of backfills, and which of them a page waits for.

create table raw.units (
    unit_id varchar not null,
    adapter varchar not null,
    target varchar not null,
    slot varchar not null,
    since_at timestamp,
    until_at timestamp,
    input_hash varchar not null,
    stage varchar not null,
    place bigint not null,
    pages bigint not null,
    detail varchar not null,
    listed_at timestamp,
    updated_at timestamp not null
);
comment on table raw.units is 'One row a unit of work of a backfill: a WARC file, a folder, a list, a sitemap, a page of an archive. Changed in place.';
comment on column raw.units.unit_id is 'Hash of adapter, target (or content of the file), slot and bounds.';
comment on column raw.units.adapter is 'warc, folder, jsonl, urls, sitemap, archive-feed or wordpress.';
comment on column raw.units.target is 'What the backfill was asked for.';
comment on column raw.units.slot is 'Which part of it: the name of a file, the address of a document.';
comment on column raw.units.since_at is 'What is older was left out; NULL: nothing was.';
comment on column raw.units.until_at is 'What is not older was left out; NULL: nothing was.';
comment on column raw.units.input_hash is 'SHA-256 of the file''s content; empty for what is no file.';
comment on column raw.units.stage is 'open, done or failed.';
comment on column raw.units.place is 'Everything before it has landed with an outcome: byte of a WARC file, line of a list.';
comment on column raw.units.pages is 'Pages taken on so far.';
comment on column raw.units.detail is 'Why it failed.';
comment on column raw.units.listed_at is 'When it was last added to, as far as the document that lists it says.';
comment on column raw.units.updated_at is 'When this row landed.';

alter table raw.pages add column unit_id varchar;
comment on column raw.pages.unit_id is 'The unit of a backfill that named the page, as long as it waits for that; NULL: it waits for none.';
