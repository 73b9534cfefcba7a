-- What a publication says of itself.

-- name: last_landing
select coalesce(max(landed_seq), 0) as through_seq
from core.landings;

-- name: record
insert into core.publications (published_at, through_seq)
values ($published_at, $through_seq);

-- name: newest
select through_seq
from main.publication;
