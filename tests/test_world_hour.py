"""An hour of a hundred hosts with two processes that fetch at once: no breach of manners in the servers' logs, nothing lost or doubled."""

import time
from contextlib import ExitStack

import pytest
from world.driver import Stretched, drive
from world.manners import Etiquette, violations
from world.picture import look, told
from world.server import World
from world.truth import Fault, feed_url, page_url

pytestmark = pytest.mark.slow

PACE = 120.0  # an hour in thirty seconds
DELAY_SECONDS = 5.0
FLOOR_SECONDS = 900.0
HOSTS = 100
FAULTS = {
    page_url(1, 0): Fault(kind="status", status=429, retry_after="300", times=1),
    page_url(2, 1): Fault(kind="status", status=503, retry_after="600", times=1),
    feed_url(4): Fault(kind="status", status=429, retry_after="1200", times=1),
    page_url(5, 0): Fault(kind="redirect", location=page_url(5, 0) + "?moved=1"),
}


def live(tmp_path, *, hosts, seconds, delay_seconds, pace=PACE, edited=10):
    """Let two processes ingest a world in which something is published and edited meanwhile."""
    with World(seed=41, hosts=hosts, articles_per_host=2, faults=FAULTS, latency_seconds=0.002) as world, ExitStack() as stack:
        settings = world.settings(
            tmp_path / "data",
            host_delay_seconds=delay_seconds,
            poll_floor_seconds=int(FLOOR_SECONDS),
            request_timeout_seconds=600,
            contact="tests",
            workers=1,
            revisit_hours=(6.0,),
        )
        for host in (0, 2):
            world.publish(host, closed=True)
        hours = Stretched(pace=pace, epoch=time.time(), seconds=seconds)
        drivers = [stack.enter_context(drive(settings, f"run{number}", hours=hours)) for number in range(2)]
        while hours.now() < hours.epoch + seconds / 3:
            time.sleep(0.1)
        chosen = [world.truth.article(host, 1) for host in range(0, 3 * edited, 3)]
        to_see = {article.url for article in chosen}  # before they are edited, however late a busy machine comes to it
        world.wait_until(lambda: to_see <= {exchange.url for exchange in world.log("page")}, what="first looks at all pages", seconds=60)
        for article in chosen:
            world.publish(article.outlet.number)
        edits = [world.edit(article).url for article in chosen]
        assert [(driver.end(), driver.output()) for driver in drivers if driver.end()] == []
        if any(len([exchange for exchange in world.log("page") if exchange.url == url]) < 2 for url in edits):
            # a machine that is busy with other things has seen less of the hour: one process goes on for half an hour more
            longer = Stretched(pace=pace, epoch=hours.epoch, seconds=hours.now() - hours.epoch + 1800)
            drivers.append(stack.enter_context(drive(settings, "later", hours=longer)))
            assert drivers[-1].end() == 0, drivers[-1].output()
        world.settle()
        etiquette = Etiquette(delay_seconds=DELAY_SECONDS, floor_seconds=FLOOR_SECONDS, pace=pace)
        return violations(world.log(), etiquette, edits=edits), look(settings.published), world


def test_an_hour_of_a_hundred_hosts_passes_without_a_breach_of_manners(tmp_path):
    faults, picture, world = live(tmp_path, hosts=HOSTS, seconds=3600, delay_seconds=DELAY_SECONDS)
    assert faults == ()
    truth = told(article for article in world.truth.articles if not article.is_closed)
    rested = {url.removeprefix("http://") for url in (page_url(1, 0), page_url(2, 1))}  # tried again after an hour, if it lasts that long
    assert picture.articles == {key: article for key, article in truth.items() if key not in rested or key in picture.articles}
    assert picture.rows == len(picture.articles)
    assert {picture.stages[key] for key in rested - picture.articles.keys()} <= {"pending"}
    assert len([exchange for exchange in world.log("feed") if exchange.status == 304]) > HOSTS, "feeds were polled again, conditionally"
    assert picture.findings == ()


def test_without_a_delay_the_servers_notice(tmp_path):
    # in less of a hurry, so that five seconds of the world are longer than a request of a busy machine takes
    faults, _, _ = live(tmp_path, hosts=10, seconds=200, delay_seconds=0, pace=20.0, edited=0)
    assert {fault.partition(":")[0] for fault in faults} == {"spacing"}
