-- No rows: raw.expired_files holds each (file) once.
select
    file,
    count(*) as copies
from raw.expired_files
group by
    file
having count(*) > 1;
