-- No rows: raw.pages holds each (url_key) once.
select
    url_key,
    count(*) as copies
from raw.pages
group by
    url_key
having count(*) > 1;
