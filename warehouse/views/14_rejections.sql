-- Question: what did not become an article, and why?
-- Grain: one row a page, with its last rejection.
-- Caveat: pages that are or ever were an article are left out, also where a later visit to them failed; see visits.
create or replace view main.rejections as
select
    rejections.url,
    rejections.reason,
    rejections.detail,
    rejections.rejected_at as at,
    rejections.attempts,
    rejections.next_try_at,
    rejections.source_id,
    rejections.url_key,
    rejections.capture_id
from core.rejections as rejections
where rejections.url_key not in (select urls.url_key from core.article_urls as urls)
qualify row_number() over (partition by rejections.url_key order by rejections.landed_seq desc, rejections.rejected_at desc) = 1;

comment on view main.rejections is 'What did not become an article, and why. One row a page, with its last rejection.';
comment on column main.rejections.url is 'Address that was asked for.';
comment on column main.rejections.reason is 'Why, one word of a closed set.';
comment on column main.rejections.detail is 'Why, explained; a traceback where the reader crashed.';
comment on column main.rejections.at is 'When that was found, UTC.';
comment on column main.rejections.attempts is 'Attempts that were made; NULL where they were not counted.';
comment on column main.rejections.next_try_at is 'When it is tried again; NULL: it is final.';
comment on column main.rejections.source_id is 'The source that announced it.';
comment on column main.rejections.url_key is 'Identity of the page.';
comment on column main.rejections.capture_id is 'The capture that was read; NULL where nothing was captured.';
