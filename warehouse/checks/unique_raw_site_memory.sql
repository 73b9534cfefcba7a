-- No rows: raw.site_memory holds each (site) once.
select
    site,
    count(*) as copies
from raw.site_memory
group by
    site
having count(*) > 1;
