-- Landings and the runs that make them.

-- name: last_landing
select coalesce(max(landed_seq), 0) as landed_seq
from core.landings;

-- name: add_landing
insert into core.landings (landed_seq, landed_at, run_id)
values ($landed_seq, $now, $run_id);

-- name: of_id
-- Its last row.
select run_id, flow, started_at, ended_at, status, counts, versions
from core.runs
where run_id = $run_id
order by landed_seq desc
limit 1;

-- name: running
with latest as (
    select run_id, flow, started_at, ended_at, status, counts, versions
    from core.runs
    qualify row_number() over (partition by run_id order by landed_seq desc) = 1
)
select run_id, flow, started_at, ended_at, status, counts, versions
from latest
where status = 'running'
order by started_at, run_id;

-- name: lost
-- Runs that died without a word and were found out since an instant.
with latest as (
    select run_id, flow, started_at, ended_at, status, counts, versions
    from core.runs
    qualify row_number() over (partition by run_id order by landed_seq desc) = 1
)
select run_id, flow, started_at, ended_at, status, counts, versions
from latest
where
    status = 'lost'
    and ended_at >= $since
order by started_at, run_id;

-- name: add
insert into core.runs (run_id, flow, started_at, ended_at, status, counts, versions, landed_seq)
select run_id, flow, started_at, ended_at, status, counts, versions, $landed_seq
from incoming;
