"""A watch, a backfill and a reclassify of one data folder, started together as their user would: all end, none waits long."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from archives import page_record
from test_backfill import a_warc, ask, findings
from test_reclassify import mine
from test_watch import environ_of
from world.server import World

from flows.run import run_stream

LONGEST_WAIT = timedelta(minutes=2)
FIRST_LANDINGS = """
    select runs.flow, runs.status, min(landings.landed_at - runs.started_at)
    from runs
    inner join core.landings as landings on landings.run_id = runs.run_id and landings.landed_at > runs.started_at
    where runs.flow <> 'ingest'
    group by all
    order by runs.flow
"""


@pytest.mark.slow
def test_all_three_end_and_each_lands_within_two_minutes(tmp_path):
    with World(seed=91, hosts=2, articles_per_host=4) as world:
        settings = world.settings(tmp_path / "data", poll_floor_seconds=1, poll_ceiling_seconds=1)
        run_stream(settings)
        warc = a_warc(tmp_path, *map(page_record, range(30)))
        orders = (("watch", "--for", "40s"), ("backfill", "warc", warc), ("reclassify", "--codebook", mine(tmp_path), "--activate"))
        started = [
            subprocess.Popen(  # the program itself
                [sys.executable, "-m", "flows", *order], env=environ_of(settings), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            for order in orders
        ]
        world.publish(0)
        said = [process.communicate(timeout=240)[0].decode() for process in started]
        assert [process.returncode for process in started] == [0, 0, 0], os.linesep.join(said)
        landed = ask(settings, FIRST_LANDINGS)
        assert [(flow, status) for flow, status, _ in landed] == [
            ("backfill", "completed"),
            ("reclassify", "completed"),
            ("watch", "completed"),
        ]
        assert max(waited for _, _, waited in landed) < LONGEST_WAIT
        assert ask(settings, "select count(*), count(relevant) from articles") == [(8 + 1 + 30, 8 + 1 + 30)]
        assert findings(settings) == ()
