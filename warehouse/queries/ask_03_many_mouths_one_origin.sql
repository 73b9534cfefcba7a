-- Which texts does everybody print, and on how many independent origins do they rest?
-- articles counts every copy; origins counts the credited agencies, else outlets, each by its owner family.
select
    headline,
    articles,
    sources,
    origins,
    coalesce(origin_agency, origin_source_id) as origin
from stories
where
    kind = 'text'
    and articles > 1
order by
    articles desc,
    sources desc,
    headline
limit 10;
