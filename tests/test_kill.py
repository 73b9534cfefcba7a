"""Kill -9 in the middle of runs: nothing acknowledged is lost, nothing is there twice, nothing captured is fetched again.

A drill that cannot fail proves nothing: the last test runs it on a defective landing and demands that it notices.
"""

import fcntl
import subprocess
import sys

import pytest
from world.drill import Drill, Losses
from world.server import World

from flows.run import run_stream

pytestmark = pytest.mark.slow

IN_SMALL_STEPS = {"batch_articles": 4, "batch_seconds": 0.1, "publish_seconds": 0.3, "request_timeout_seconds": 30}
RUNS = 7


def test_runs_killed_at_any_moment_lose_nothing_and_do_nothing_twice(tmp_path):
    # paced so that fetching lasts as long as reading and a kill hits all stages at work
    with World(seed=21, hosts=4, articles_per_host=10, latency_seconds=0.06) as world:
        drill = Drill(world=world, settings=world.settings(tmp_path / "data", host_delay_seconds=0.1, **IN_SMALL_STEPS), seed=4)
        drill.kill_runs(RUNS)
        drill.publish_everywhere()
        drill.finish()
        assert drill.losses() == Losses(), drill
        assert len(drill.deaths) > RUNS / 2, drill
        assert any(death.asked - death.on_disk for death in drill.deaths), f"no exchange was ever cut short: {drill}"
        assert drill.asked_at_end, f"the last run had nothing left to fetch: {drill}"


def test_the_drill_notices_a_landing_that_commits_validators_before_entries(tmp_path):
    with World(seed=22, hosts=3, articles_per_host=4) as world:
        drill = Drill(world=world, settings=world.settings(tmp_path / "data", **IN_SMALL_STEPS), seed=0)
        drill.kill_between(feeds_landed=1)
        drill.finish()
        losses = drill.losses()
        assert losses != Losses()
        assert losses.missing, "after a 304 nobody repeats the entries that were lost"


def test_a_run_clears_away_the_marker_of_one_that_died_before_it_was_recorded_and_leaves_a_living_ones(tmp_path):
    with World(seed=23, hosts=1, articles_per_host=1) as world:
        settings = world.settings(tmp_path / "data")
        markers = settings.private_dir / "runs"
        markers.mkdir(parents=True)
        (markers / "dead").touch()
        with (markers / "living").open("w") as living:
            fcntl.flock(living, fcntl.LOCK_EX)
            run_stream(settings)
            assert [path.name for path in markers.iterdir()] == ["living"]


def test_a_prefect_server_whose_run_was_killed_while_it_started_ends_by_itself(unused_port):
    nobody = subprocess.Popen(["true"])
    nobody.wait()
    server = [sys.executable, "-m", "flows.prefect_server", str(unused_port), "--of", str(nobody.pid)]
    ended = subprocess.run(server, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (1, "the one that this process is for has ended\n")
