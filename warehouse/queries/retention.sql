-- Which WARC files may go.

-- name: expirable
-- Files whose every capture is older than an instant and none of which holds a page that is still to be read.
with unread as (
    select capture_id
    from raw.pages
    where stage = 'captured'
)
select
    captures.file,
    count(*) as captures
from raw.captures as captures
left join unread using (capture_id)
anti join raw.expired_files using (file)
group by captures.file
having
    max(captures.fetched_at) < $before
    and count(unread.capture_id) = 0
order by captures.file;

-- name: expired
select file
from raw.expired_files
order by file;

-- name: record
insert into raw.expired_files (file, expired_at, captures, file_bytes)
select file, expired_at, captures, file_bytes
from incoming
anti join raw.expired_files using (file);
