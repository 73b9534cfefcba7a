-- No rows: core.publications holds each (published_at, through_seq) once.
select
    published_at,
    through_seq,
    count(*) as copies
from core.publications
group by
    published_at,
    through_seq
having count(*) > 1;
