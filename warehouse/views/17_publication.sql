-- Question: how fresh is this file?
-- Grain: one row, none before the first publication.
-- Caveat: in the private file it tells of the last publication, not of what has landed since.
create or replace view main.publication as
select
    publications.published_at,
    publications.through_seq,
    landings.landed_at as data_as_of
from core.publications as publications
left join core.landings as landings
    on landings.landed_seq = publications.through_seq
qualify row_number() over (order by publications.through_seq desc, publications.published_at desc) = 1;

comment on view main.publication is 'How fresh this file is. One row.';
comment on column main.publication.published_at is 'When the file was published.';
comment on column main.publication.through_seq is 'The last landing it holds.';
comment on column main.publication.data_as_of is 'When that landing was made; NULL while nothing has landed.';
