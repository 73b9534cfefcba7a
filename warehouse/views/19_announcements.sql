-- Question: which source announced which page first, and between which two polls?
-- Grain: one row a page that a feed announced. For the views of main, not for people.
-- Caveat: pages that only an archive named are left out: they were never seen to appear.
create or replace view core.announcements as
select
    entries.url_key,
    first(feeds.source_id order by entries.first_seen_at, entries.feed_id) as source_id,
    first(entries.first_seen_after order by entries.first_seen_at, entries.feed_id) as first_seen_after,
    min(entries.first_seen_at) as first_seen_at
from raw.entries as entries
inner join raw.feeds as feeds using (feed_id)
group by entries.url_key;

comment on view core.announcements is 'One row a page that a feed announced: by whom first, and when.';
comment on column core.announcements.url_key is 'Identity of the page.';
comment on column core.announcements.source_id is 'The source whose feed announced it first.';
comment on column core.announcements.first_seen_after is 'Last successful poll of that feed before; NULL when it was in the feed''s first poll.';
comment on column core.announcements.first_seen_at is 'Poll that first brought it.';
