-- No rows: core.migrations holds each (number) once.
select
    number,
    count(*) as copies
from core.migrations
group by
    number
having count(*) > 1;
