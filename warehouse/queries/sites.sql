-- The memories of sites.

-- name: memories
select
    site,
    reader_version,
    pages,
    memory
from raw.site_memory
where site in (from sites);

-- name: remove_older
--- A memory of more pages is the newer one, whoever wrote it.
delete from raw.site_memory
where exists (
    from incoming
    where
        incoming.site = site_memory.site
        and incoming.pages >= site_memory.pages
);

-- name: add
insert into raw.site_memory (site, reader_version, pages, memory, learned_at)
select
    site,
    reader_version,
    pages,
    memory,
    learned_at
from incoming
anti join raw.site_memory using (site);
