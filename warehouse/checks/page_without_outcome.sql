-- No rows: a page that was read is an article, and one that was rejected has a rejection that says why.
select
    pages.url_key,
    pages.stage
from raw.pages as pages
where
    (pages.stage = 'read' and pages.url_key not in (select urls.url_key from core.article_urls as urls))
    or (pages.stage = 'rejected' and pages.url_key not in (select rejections.url_key from core.rejections as rejections));
