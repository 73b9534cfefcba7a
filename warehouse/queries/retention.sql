-- Which WARC files may go.

-- name: expirable
-- Files whose every capture came to us before an instant and none of which holds a page that is still to be read. A page copied from an
-- archive bears the archive's date, which is no age of ours.
with unread as (
    select capture_id
    from raw.pages
    where stage = 'captured'
)
select
    captures.file,
    count(*) as captures
from raw.captures as captures
inner join core.landings as landings using (landed_seq)
left join unread using (capture_id)
anti join raw.expired_files using (file)
group by captures.file
having
    max(greatest(captures.fetched_at, landings.landed_at)) < $before
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
