-- Question: what ran, when, with which versions, and what did it do?
-- Grain: one row a run of a flow.
-- Caveat: a run that was killed stays 'running' until a later run notices that it is lost.
create or replace view main.runs as
select
    run_id,
    flow,
    started_at,
    ended_at,
    status,
    counts,
    versions
from core.runs
qualify row_number() over (partition by run_id order by landed_seq desc, ended_at desc nulls last) = 1;

comment on view main.runs is 'What ran, when, with which versions, and what it did. One row a run of a flow.';
comment on column main.runs.run_id is 'Id of the run.';
comment on column main.runs.flow is 'The flow that ran.';
comment on column main.runs.started_at is 'When it started.';
comment on column main.runs.ended_at is 'When it ended; for a lost run, when that was noticed; NULL while it runs.';
comment on column main.runs.status is 'running, completed, failed, interrupted or lost.';
comment on column main.runs.counts is 'What it did, as JSON: name to count.';
comment on column main.runs.versions is 'What it ran with, as JSON: name to version.';
