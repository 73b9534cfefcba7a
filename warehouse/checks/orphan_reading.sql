-- No rows: every reading is of a capture that is there, and made an article that is there.
select
    readings.capture_id,
    readings.article_id
from core.readings as readings
where
    readings.capture_id not in (select captures.capture_id from raw.captures as captures)
    or readings.article_id not in (select articles.article_id from core.articles as articles);
