-- What earlier pages of a site taught about reading the next ones.

create table raw.site_memory (
    site varchar not null,
    reader_version bigint not null,
    pages bigint not null,
    memory varchar not null,
    learned_at timestamp not null
);
comment on table raw.site_memory is 'One row a site: where its bodies stand and which of its lines recur. Changed in place.';
comment on column raw.site_memory.site is 'Registrable domain, else the scope.';
comment on column raw.site_memory.reader_version is 'Version of the reader that learned it; of no use to another.';
comment on column raw.site_memory.pages is 'Distinct pages it was ever learned from; of two states of one memory that with more is the newer.';
comment on column raw.site_memory.memory is 'JSON of at most 4 KB: paths, hashes of lines and of the last pages, how checks ended.';
comment on column raw.site_memory.learned_at is 'When it landed.';

alter table raw.pages add column recipe varchar;
comment on column raw.pages.recipe is 'JSON of what the memory of its site did when it was first read, to be done again; NULL: nothing.';
