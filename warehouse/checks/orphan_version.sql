-- No rows: every version is of an article that is there, and its extractor read that wording from that capture.
select
    versions.article_id,
    versions.version,
    versions.capture_id
from core.article_versions as versions
left join core.readings as readings using (capture_id, extractor, content_hash)
where
    readings.capture_id is null
    or versions.article_id not in (select articles.article_id from core.articles as articles);
