"""The stream in a process of its own against a simulated world: manners towards hosts, readers beside it, and being stopped."""

import itertools
import os
import signal
import time
from collections import defaultdict
from contextlib import ExitStack

import pytest
from world.drill import whole_on_disk
from world.driver import drive
from world.picture import is_locked, look, told, twice
from world.server import World
from world.truth import host_of

from flows.interruption import EXIT_INTERRUPTED
from warehouse.store import open_readonly, open_writer

pytestmark = pytest.mark.slow

IN_SMALL_STEPS = {"batch_articles": 4, "batch_seconds": 0.1, "publish_seconds": 0.1, "request_timeout_seconds": 60}


# --- spacing ---------------------------------------------------------------------------------------------------------

DELAY_SECONDS = 0.3
TOLERANCE_SECONDS = 0.1  # a loaded machine lets the server see a request later than it was sent


def spacing_of(log):
    """Per host the shortest time between two starts, and the hosts with two exchanges open at once."""
    by_host = defaultdict(list)
    for exchange in log:
        by_host[exchange.host].append(exchange)
    pairs = {host: list(itertools.pairwise(exchanges)) for host, exchanges in by_host.items()}
    shortest = {host: min(later.started_at - earlier.started_at for earlier, later in found) for host, found in pairs.items()}
    at_once = {host for host, found in pairs.items() if any(later.started_at < earlier.ended_at for earlier, later in found)}
    return shortest, at_once


def ingest(tmp_path, *, processes=1, **overrides):
    """Ingest a small world, by one process or by several at once; how its hosts were treated."""
    with World(seed=31, hosts=3, articles_per_host=3, latency_seconds=0.03) as world, ExitStack() as stack:
        settings = world.settings(tmp_path / "data", **overrides)
        drivers = [stack.enter_context(drive(settings, f"run{number}")) for number in range(processes)]
        assert [(driver.end(), driver.output()) for driver in drivers if driver.end()] == []
        world.settle()
        picture = look(settings.published)
        assert (picture.articles, picture.findings) == (told(world.truth.articles), ())
        return spacing_of(world.log())


@pytest.mark.parametrize("processes", [pytest.param(1, id="in one process"), pytest.param(2, id="in two processes of one data folder")])
def test_starts_in_one_scope_keep_their_distance_and_never_overlap(tmp_path, processes):
    shortest, at_once = ingest(tmp_path, processes=processes, host_delay_seconds=DELAY_SECONDS)
    assert {host: seconds for host, seconds in shortest.items() if seconds < DELAY_SECONDS - TOLERANCE_SECONDS} == {}
    assert at_once == set()


def test_without_a_delay_starts_do_not_keep_it_and_with_two_connections_they_overlap(tmp_path):
    """The two tests above can fail."""
    shortest, at_once = ingest(tmp_path, host_delay_seconds=0, host_connections=2)
    assert max(shortest.values()) < DELAY_SECONDS - TOLERANCE_SECONDS
    assert at_once


def test_a_host_that_does_not_answer_holds_back_no_other(tmp_path):
    with World(seed=32, hosts=4, articles_per_host=4) as world:
        settings = world.settings(tmp_path / "data", **IN_SMALL_STEPS)
        world.hold(host_of(0))
        others = {article.url_key for article in world.truth.articles if article.outlet.number != 0}
        with drive(settings, "run") as driver:
            world.wait_until(lambda: landed_by(driver) >= others or driver.has_ended(), what="all other hosts' articles have landed")
            assert landed_by(driver) == others, driver.output()
            assert {exchange.host for exchange in world.open_exchanges()} == {host_of(0)}
            world.release(host_of(0))
            assert driver.end() == 0, driver.output()
        assert look(settings.published).articles == told(world.truth.articles)


def landed_by(driver):
    return {url_key for landing in driver.acknowledged() for url_key in landing.articles}


# --- readers beside a run --------------------------------------------------------------------------------------------


def test_the_published_file_answers_another_process_while_a_run_writes(tmp_path):
    with World(seed=33, hosts=6, articles_per_host=8, latency_seconds=0.02) as world:
        settings = world.settings(tmp_path / "data", **IN_SMALL_STEPS)
        world.hold(host_of(0))
        with drive(settings, "run") as driver:
            world.wait_until(lambda: settings.published.exists() or driver.has_ended(), what="a first publication")
            with open_readonly(settings.published) as kept:
                old = count_articles(kept)
                world.wait_until(lambda: newest_count(settings) >= 20 or driver.has_ended(), what="articles in the published file")
                assert not driver.has_ended(), driver.output()
                assert is_locked(settings.private_dir / "writer.lock")
                answers = [newest_count(settings)]
                world.release(host_of(0))
                while not driver.has_ended():
                    answers.append(newest_count(settings))
                assert count_articles(kept) == old, "an open reader keeps its picture"
            assert driver.end() == 0, driver.output()
        answers.append(newest_count(settings))
    assert answers == sorted(answers)
    assert answers[-1] == 48
    assert len(answers) > 3


def count_articles(con):
    return con.execute("select count(*) from articles").fetchone()[0]


def newest_count(settings):
    with open_readonly(settings.published) as con:
        return count_articles(con)


# --- being stopped ---------------------------------------------------------------------------------------------------


def test_sigterm_stops_cleanly_and_the_next_run_completes_everything(tmp_path):
    with World(seed=34, hosts=4, articles_per_host=16) as world:
        settings = world.settings(tmp_path / "data", host_delay_seconds=0.1, **IN_SMALL_STEPS)
        with drive(settings, "stopped") as driver:
            world.wait_until(lambda: landed_by(driver) or driver.has_ended(), what="a run in full swing")
            for outlet in world.truth.outlets:
                world.hold(outlet.host)
            world.wait_until(lambda: len(world.open_exchanges()) == 4 or driver.has_ended(), what="a request at every host")
            open_at_stop = {exchange.url for exchange in world.open_exchanges()}
            received, stopped_at = world.received, time.monotonic()
            os.kill(driver.process.pid, signal.SIGTERM)
            assert driver.end() == EXIT_INTERRUPTED, driver.output()
            assert time.monotonic() - stopped_at < 15
        world.settle()
        assert world.received == received, "nothing new is begun"
        assert {exchange.url for exchange in world.log("page") if exchange.status is None} == open_at_stop

        stopped = look(settings.published)
        captured = {url.removeprefix("http://") for url in whole_on_disk(settings.captures_dir)}
        assert stopped.runs == ("interrupted",)
        assert {url_key for url_key, stage in stopped.stages.items() if stage in {"read", "captured"}} == captured
        assert {url_key for url_key, stage in stopped.stages.items() if stage == "read"} == stopped.articles.keys()
        charged = {url_key for url_key, stage in stopped.stages.items() if stage == "pending" and stopped.attempts[url_key]}
        assert charged == set(), "nobody is charged for what we stopped"
        assert not list(settings.captures_dir.rglob("*.open"))
        assert not is_locked(settings.private_dir / "writer.lock")

        for outlet in world.truth.outlets:
            world.release(outlet.host)
        with drive(settings, "next") as driver:
            assert driver.end() == 0, driver.output()
        world.settle()
        assert look(settings.published).articles == told(world.truth.articles)
        assert look(settings.published).findings == ()
        assert twice(exchange.url for exchange in world.log("page")) == dict.fromkeys(open_at_stop, 2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_waiting_for_the_warehouse_ends_the_wait_and_leaves_nothing(tmp_path, number):
    with World(seed=36, hosts=1, articles_per_host=1) as world:
        settings = world.settings(tmp_path / "data")
        with open_writer(settings.private_dir, purpose="test"), drive(settings, "waiting") as driver:
            world.wait_until(lambda: "waiting for the warehouse" in driver.output() or driver.has_ended(), what="it waits for its turn")
            os.kill(driver.process.pid, number)
            assert driver.end() == EXIT_INTERRUPTED, driver.output()
        assert list((settings.private_dir / "runs").iterdir()) == list((settings.private_dir / "writer.wants").iterdir()) == []
        assert world.received == 0


# --- another writer beside a run -------------------------------------------------------------------------------------


def test_a_run_that_waits_for_a_host_lets_another_process_write(tmp_path):
    with World(seed=35, hosts=2, articles_per_host=3) as world:
        settings = world.settings(tmp_path / "data", **IN_SMALL_STEPS)
        world.hold(host_of(0))
        with drive(settings, "waiting") as waiting:
            world.wait_until(lambda: len(landed_by(waiting)) == 3 or waiting.has_ended(), what="the other host's articles have landed")
            with open_writer(settings.private_dir, purpose="test", wait_seconds=20) as other:
                assert count_articles(other.con) == 3
            world.release(host_of(0))
            assert waiting.end() == 0, waiting.output()
        assert look(settings.published).articles == told(world.truth.articles)
