-- What did we miss, where, and why: is a drop in the world or in us?
-- Days of the last week on which a source lost pages, was blind, or was not as usual by its own weekdays.
select
    source_id,
    seen,
    fetched,
    extracted,
    lost,
    lost_why,
    verdict
from coverage
where
    day > (select max(latest.day) - 7 from coverage as latest)
    and (lost > 0 or is_blind or verdict in ('quiet', 'busy'))
order by
    day desc,
    lost desc,
    source_id;
