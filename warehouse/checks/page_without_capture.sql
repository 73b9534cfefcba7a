-- No rows: a page that counts as captured or read has its capture.
select
    pages.url_key,
    pages.stage,
    pages.capture_id
from raw.pages as pages
left join raw.captures as captures using (capture_id)
where
    pages.stage in ('captured', 'read')
    and captures.capture_id is null;
