-- Question: which codebooks were used, and which one do the views speak for?
-- Grain: one row a codebook.
-- Caveat: the active one moves only when all history in scope is classified under the next; until then both have rows.
create or replace view main.codebooks as
select
    codebook_version,
    ordinal,
    is_active as active,
    is_complete as complete,
    themes
from core.codebooks
qualify row_number() over (partition by codebook_version order by landed_seq desc) = 1;

comment on view main.codebooks is 'Which codebooks were used, and which one the views speak for. One row a codebook.';
comment on column main.codebooks.codebook_version is 'Version and hash of codebook, actors, model and reader.';
comment on column main.codebooks.ordinal is 'Order in which the codebooks came, from 1.';
comment on column main.codebooks.active is 'True for the one the views speak for; never more than one.';
comment on column main.codebooks.complete is 'True once all history in scope is classified under it.';
comment on column main.codebooks.themes is 'Ids of its themes.';
