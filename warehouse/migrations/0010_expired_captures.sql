-- WARC files that retention has taken away: what they held is still in `raw.captures`, and can be read no more.

create table raw.expired_files (
    file varchar not null,
    expired_at timestamp not null,
    captures bigint not null,
    file_bytes bigint not null
);
comment on table raw.expired_files is 'One row a WARC file that retention has removed. Appended only, before the file goes.';
comment on column raw.expired_files.file is 'File name below the captures folder, as in captures.';
comment on column raw.expired_files.expired_at is 'When it was given up.';
comment on column raw.expired_files.captures is 'How many captures it held.';
comment on column raw.expired_files.file_bytes is 'Its size, in bytes.';
