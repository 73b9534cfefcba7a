"""A feed that is gone: its outlet's home page is asked where it went, once a week, and people are told; nothing is polled by itself."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from world.picture import look
from world.server import World
from world.truth import Fault, feed_url, host_of

from extractors.fetch.clock import SYSTEM_CLOCK, Clock
from flows.register import check_feeds
from flows.run import run_stream
from warehouse.answers import status, successors
from warehouse.store import open_readonly

pytestmark = pytest.mark.slow


def clock_ahead(by):
    return Clock(now=lambda: datetime.now(UTC) + by, monotonic=SYSTEM_CLOCK.monotonic, sleep=SYSTEM_CLOCK.sleep)


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    """Run on six days over a fortnight in which host 0 answers 404 to its feed's address and host 1 says 410."""
    faults = {feed_url(0): Fault(kind="status", status=404), feed_url(1): Fault(kind="status", status=410)}
    with World(seed=47, hosts=3, articles_per_host=1, faults=faults) as world:
        settings = world.settings(tmp_path_factory.mktemp("lost") / "data", poll_floor_seconds=3600)
        homes = []
        for day in (0, 1, 2, 5, 6, 9):
            before = world.received
            run_stream(settings, clock=clock_ahead(timedelta(days=day)))
            world.settle()
            homes.append([exchange.host for exchange in world.log(since=before) if exchange.target == "/"])
        yield world, settings, homes, Counter(exchange.host for exchange in world.log())


def test_a_home_page_is_asked_when_its_feed_was_missing_twice_or_is_gone_and_again_after_a_week(life):
    _, _, homes, _ = life
    assert homes == [[host_of(1)], [host_of(0)], [], [], [], [host_of(0)]]


def test_home_pages_are_asked_after_their_robots_txt(life):
    world, *_ = life
    for number in (0, 1):
        asked = [exchange.target for exchange in world.log() if exchange.host == host_of(number)]
        assert "/robots.txt" in asked[: asked.index("/")]


def test_status_shows_what_the_home_page_names(life):
    world, settings, *_ = life
    with open_readonly(settings.published) as con:
        shown = {feed.url: feed.successor_url for feed in status(con, now=datetime.now(UTC)).troubled_feeds}
        found = {item.url: item.successor_url for item in successors(con)}
    named = {world.truth.outlets[number].feed_url: world.truth.outlets[number].renamed_feed_url for number in (0, 1)}
    assert (shown, found) == (named, named)


def test_a_check_of_the_sources_shows_it_too(life, capsys):
    world, settings, *_ = life
    check_feeds(settings, only=feed_url(0), as_json=True, clock=clock_ahead(timedelta(days=9, hours=1)))
    (report,) = json.loads(capsys.readouterr().out)
    assert report["remarks"] == [
        "not there (404); look for its new address with `trilateral sources discover` (status 404 Not Found)",
        f"its outlet's home page names another: {world.truth.outlets[0].renamed_feed_url}",
    ]


def test_our_own_log_knows_every_request_to_each_host(life):
    _, settings, _, asked = life
    with open_readonly(settings.published) as con:
        logged = dict(con.execute("select scope, requests from host_manners").fetchall())
    assert logged == asked


def test_what_is_named_is_not_polled_by_itself(life):
    world, settings, *_ = life
    named = {outlet.renamed_feed_url for outlet in world.truth.outlets}
    assert named.isdisjoint(exchange.url for exchange in world.log())
    assert look(settings.published).findings == ()
