-- No rows: a page that a backfill is to fetch has the unit that named it.
select
    pages.url_key,
    pages.unit_id
from raw.pages as pages
where
    pages.unit_id is not null
    and pages.unit_id not in (select units.unit_id from raw.units as units);
