"""`watch`: pass after pass over a simulated world, awake only when something is due, and the same on the last pass as on the first."""

import asyncio
import dataclasses
import gc
import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from world import environ
from world.drill import whole_on_disk
from world.driver import Stretched
from world.picture import look, told, twice
from world.server import World

from extractors.fetch.clock import SYSTEM_CLOCK
from flows.watch import watch
from warehouse.answers import run_query
from warehouse.store import open_readonly

pytestmark = pytest.mark.slow


def stretched(pace):
    return Stretched(pace=pace, epoch=time.time(), seconds=0).clock()


def ask(settings, query):
    with open_readonly(settings.published) as con:
        return run_query(con, query).rows


def test_what_is_published_while_it_watches_is_a_row_soon_and_how_soon_is_measured(tmp_path):
    with World(seed=31, hosts=2, articles_per_host=3) as world:
        settings = world.settings(tmp_path / "data", poll_floor_seconds=2, poll_ceiling_seconds=2)
        passes = []

        def on_pass(done):
            passes.append(done)
            if len(passes) in (1, 2):
                for host in range(2):
                    world.publish(host)

        report = watch(settings, seconds=12, on_pass=on_pass)
        world.settle()
        assert look(settings.published).articles == told(world.truth.articles)
        assert [done.number for done in passes] == list(range(1, report.passes + 1))
        assert (report.counts.articles_new, report.run.status) == (10, "completed")
        delay = report.latency.since_poll
        assert (delay.articles, 0 < delay.p50_seconds <= delay.p95_seconds < 30) == (4, True), "the backlog of a first poll is no news"
        ((flow, status, counts),) = ask(settings, "select flow, status, counts from runs")
        assert (flow, status, json.loads(counts)["articles_new"]) == ("watch", "completed", 10)
        assert json.loads(counts)["latency_poll_p95_ms"] == pytest.approx(1000 * delay.p95_seconds, abs=1)


def test_it_sleeps_until_something_is_due(tmp_path):
    with World(seed=32, hosts=2, articles_per_host=2) as world:
        settings = world.settings(tmp_path / "data", poll_floor_seconds=3600)
        slept = []

        async def sleep(seconds):
            slept.append(seconds)
            await asyncio.sleep(seconds)

        report = watch(settings, seconds=12, clock=dataclasses.replace(SYSTEM_CLOCK, sleep=sleep))
        assert report.passes == 1
        assert twice(exchange.url for exchange in world.log("feed")) == {}
        assert slept, "it had time to sleep"
        assert set(slept[:-1]) == {1.0}, "it wakes once a second, for other writers"


def test_a_changed_sources_file_is_taken_over_and_a_broken_one_is_not(tmp_path):
    with World(seed=33, hosts=2, articles_per_host=2) as world:
        settings = world.settings(tmp_path / "data", poll_floor_seconds=1, poll_ceiling_seconds=1)
        both = settings.sources.read_text(encoding="utf-8")
        second = both.index("[[source]]", both.index("[[source]]") + 1)
        settings.sources.write_text(both[:second], encoding="utf-8")
        said = []

        def on_pass(done):
            settings.sources.write_text(both + "[[source" if done.number == 1 else both, encoding="utf-8")
            if done.number > 1 and done.counts.articles_new:
                os.kill(os.getpid(), signal.SIGTERM)

        watch(settings, seconds=60, say=said.append, on_pass=on_pass)
        told_of = [line.partition(":")[0] for line in said]
        assert told_of[:2] == ["the sources file cannot be used, the last good one stands", "sources changed"]
        assert {article.source_id for article in look(settings.published).articles.values()} == {"host00", "host01"}


def test_many_passes_of_fast_days_take_no_more_memory_than_a_few(tmp_path):
    with World(seed=34, hosts=4, articles_per_host=3) as world:
        settings = world.settings(tmp_path / "data", poll_floor_seconds=900, poll_ceiling_seconds=1800, revisit_hours=(1000.0,))
        process, sizes, objects = psutil.Process(), [], []

        def on_pass(done):
            world.publish(done.number % 4)
            if done.number % 10 == 0:
                gc.collect()
                sizes.append(process.memory_info().rss)
                objects.append(len(gc.get_objects()))
            if done.number == 60:
                os.kill(os.getpid(), signal.SIGTERM)

        report = watch(settings, seconds=400, on_pass=on_pass, clock=stretched(3600.0))
        assert report.passes >= 60, "it was stopped by the signal"
        assert sizes[-1] < sizes[1] + 30 * 2**20, sizes
        assert objects[-1] < 1.02 * objects[1], objects
        assert look(settings.published).findings == ()


# --- as its user meets it ----------------------------------------------------------------------------------------------


def environ_of(settings):
    return environ.environ_of(settings) | {"PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_ends_it_in_order_with_exit_0(tmp_path, number):
    with World(seed=35, hosts=2, articles_per_host=4) as world:
        settings = world.settings(tmp_path / "data")
        with subprocess.Popen(
            [sys.executable, "-m", "flows", "watch", "--json"], env=environ_of(settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            world.hold("host01.example")
            world.wait_until(lambda: len(world.log("page")) >= 3, what="pages are fetched", seconds=60)
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err.decode()
        (manifest,) = (settings.data_dir / "manifests").iterdir()
        assert json.loads(manifest.read_text(encoding="utf-8"))["status"] == "completed"
        last = json.loads(out.splitlines()[-1])
        assert (last["status"], last["counts"]["articles_new"] >= 1) == ("completed", True)
        picture = look(settings.published)
        assert set(picture.stages.values()) <= {"read", "pending", "captured"}
        assert picture.runs == ("completed",)


def test_a_watch_that_is_killed_again_and_again_loses_nothing(tmp_path):
    with World(seed=37, hosts=3, articles_per_host=4) as world:
        settings = world.settings(tmp_path / "data", poll_floor_seconds=1, poll_ceiling_seconds=1)
        for landings in (2, 4, 6):
            with subprocess.Popen([sys.executable, "-m", "flows", "watch"], env=environ_of(settings), stderr=subprocess.DEVNULL) as process:
                before = world.received
                world.wait_until(lambda b=before, n=landings: world.received > b + 3 + n, what="it is at work", seconds=90)
                for host in range(3):
                    world.publish(host)
                process.kill()
            world.settle()
        on_disk, asked = set(whole_on_disk(settings.captures_dir)), len(world.log())
        report = watch(settings, seconds=20, on_pass=lambda done: done.number > 3 and os.kill(os.getpid(), signal.SIGTERM))
        picture = look(settings.published)
        assert picture.articles == told(world.truth.articles)
        assert picture.findings == ()
        assert picture.runs == ("lost",) * 3 + ("completed",)
        assert report.counts.articles_new > 0
        assert on_disk
        assert on_disk & {exchange.url for exchange in world.log("page", since=asked)} == set(), "what is captured is not fetched again"


def test_public_hosts_are_not_watched_without_a_contact(tmp_path):
    (tmp_path / "s.toml").write_text(
        '[[source]]\nid = "a"\nname = "A"\n[[source.feed]]\nurl = "https://a.example/feed"\n', encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "flows", "watch", "--sources", "s.toml"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("trilateral: no `contact` is set")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(("words", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("1h30m", 5400), ("1.5h", 5400)])
def test_durations_are_read(words, seconds):
    from flows.cli_running import Duration

    assert Duration().convert(words, None, None) == seconds


@pytest.mark.parametrize("words", ["90", "soon", "0s", "5 m", "1h 30m", "-5m"])
def test_what_is_no_duration_is_refused(words):
    import click

    from flows.cli_running import Duration

    with pytest.raises(click.BadParameter, match="not a duration"):
        Duration().convert(words, None, None)
