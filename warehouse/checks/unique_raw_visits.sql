-- No rows: raw.visits holds each (visit_id) once.
select
    visit_id,
    count(*) as copies
from raw.visits
group by
    visit_id
having count(*) > 1;
