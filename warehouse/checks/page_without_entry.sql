-- No rows: a page that a feed announced and that waits to be fetched has an entry that announced it.
select
    pages.url_key,
    pages.due_at
from raw.pages as pages
where
    pages.stage = 'pending'
    and pages.ingest_path = 'feed'
    and pages.url_key not in (select entries.url_key from raw.entries as entries);
