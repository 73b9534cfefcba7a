"""The queue: what is due comes out as it went in, and no slow host fills it."""

from dataclasses import replace
from datetime import date

import pytest
from batches import FEED, GAZETTE, at, capture, entry, land, page, poll, reading, warehouse

from extractors.records import ExtractRules, Feed, PageHints, Published
from warehouse import landing, queue
from warehouse.queue import Backlog

pytestmark = pytest.mark.slow  # real databases, each made and filled anew

A, B, C = "gazette.test/a", "gazette.test/b", "gazette.test/c"


@pytest.fixture(params=["plain", pytest.param("lake", marks=pytest.mark.slow)])
def con(request, tmp_path):
    with warehouse(request.param, tmp_path) as con:
        yield con


@pytest.fixture
def plain(tmp_path):
    with warehouse("plain", tmp_path) as con:
        yield con


def due(con, hours=0.0, *, per_scope=10, limit=10, **options):
    return [item.url_key for item in queue.pending_pages(con, now=at(hours), per_scope=per_scope, limit=limit, **options)]


# --- feeds -----------------------------------------------------------------------------------------------------------


def test_a_declared_feed_is_due_at_once(con):
    landing.land_sources(con, (GAZETTE,), run_id="run-1", now=at())
    assert queue.due_feeds(con, now=at(), limit=10) == (FEED,)


def test_a_feed_comes_out_as_a_poll_left_it(con):
    left = poll(
        etag='W/"é"',
        last_modified="Sun, 01 Mar 2026 12:00:00 GMT",
        body_hash="abc",
        title="Gazette",
        last_changed_at=at(-1),
        failures=0.75,
    )
    land(con, feed_visits=(left,))
    assert queue.due_feeds(con, now=at(0.5), limit=10) == ()
    assert queue.due_feeds(con, now=at(1), limit=10) == (left.after,)
    assert queue.due_feeds(con, now=at(0.5), limit=10, force=True) == (left.after,)


def test_force_hurries_no_publisher_who_may_not_be_asked_yet(plain):
    land(plain, feed_visits=(poll(earliest_poll_at=at(0.5)),))
    assert queue.due_feeds(plain, now=at(0.4), limit=10, force=True) == ()
    assert len(queue.due_feeds(plain, now=at(0.6), limit=10, force=True)) == 1


def test_a_stopped_feed_is_never_due(plain):
    land(plain, feed_visits=(poll(stopped=True),))
    assert queue.due_feeds(plain, now=at(99), limit=10, force=True) == ()


def test_a_disabled_source_takes_its_feeds_with_it(plain):
    landing.land_sources(plain, (replace(GAZETTE, enabled=False),), run_id="run-1", now=at())
    assert queue.due_feeds(plain, now=at(), limit=10, force=True) == ()


def test_feeds_that_were_never_polled_come_first_then_those_that_waited_longest(plain):
    waited = {name: replace(FEED, feed_id=name, url=f"https://{name}.test/rss") for name in ("long", "short")}
    land(plain, 2, feed_visits=(poll(feed=waited["short"], hours=1), poll(feed=waited["long"], hours=0)))
    landing.land_sources(plain, (GAZETTE,), run_id="run-1", now=at())
    plain.execute("update raw.feeds set is_enabled = true")
    assert [feed.feed_id for feed in queue.due_feeds(plain, now=at(9), limit=10)] == [FEED.feed_id, "long", "short"]
    assert [feed.feed_id for feed in queue.due_feeds(plain, now=at(9), limit=1)] == [FEED.feed_id]


@pytest.mark.parametrize(
    ("only", "found"),
    [("gaz", True), ("gazette", True), ("g*e", True), ("*/rss", True), ("test/r", True), ("other", False), ("a*z", False)],
)
def test_feeds_are_picked_by_a_part_or_a_glob(plain, only, found):
    landing.land_sources(plain, (GAZETTE,), run_id="run-1", now=at())
    assert bool(queue.due_feeds(plain, now=at(), limit=10, only=only)) is found


# --- pages -----------------------------------------------------------------------------------------------------------


def test_a_page_comes_out_as_it_went_in_with_what_feed_and_source_say_of_it(con):
    landing.land_sources(con, (replace(GAZETTE, extract=ExtractRules(keep=("main",), drop=(".ad",))),), run_id="run-1", now=at())
    said = Published(at=at(-2), on=date(2026, 3, 1), precision="second", zone="stated", origin="feed")
    announced = entry(A, summary="What happened", content="All of it", authors=("A. Reporter", "B. Reporter"), published=said)
    shot = capture(A, 1, etag='"y"', last_modified="yesterday")
    state = page(
        A,
        stage="captured",
        reason="changed",
        attempts=2,
        first_attempt_at=at(0.5),
        due_at=at(3),
        revisits=1,
        last_outcome="ok",
        etag='"y"',
        last_modified="yesterday",
        capture=shot,
    )
    land(con, 1, feed_visits=(poll(announced),), pages=(state,))
    hints = PageHints(
        source_id="gazette",
        lang="en",
        timezone="Europe/Moscow",
        title="A title",
        summary="What happened",
        content="All of it",
        authors=("A. Reporter", "B. Reporter"),
        published=said,
        extract=ExtractRules(keep=("main",), drop=(".ad",)),
    )
    assert queue.pages_by_key(con, [B, A, A]) == (replace(state, hints=hints),)
    assert queue.unread_captures(con, limit=10) == (replace(state, hints=hints),)


def test_hints_are_those_of_the_newest_entry(plain):
    land(plain, feed_visits=(poll(entry(A, "Old"), entry(B)),))
    land(plain, 1, feed_visits=(poll(entry(A, "New"), hours=1),))
    assert [item.hints.title for item in queue.pages_by_key(plain, [A])] == ["New"]


def test_an_entrys_language_goes_before_its_feeds_and_its_sources(plain):
    landing.land_sources(plain, (replace(GAZETTE, feeds=(Feed(url=FEED.url, lang="fa"),)),), run_id="run-1", now=at())
    land(plain, feed_visits=(poll(entry(A, lang="ar"), entry(B), feed=replace(FEED, lang="fa")),), pages=(page(C),))
    assert [item.hints.lang for item in queue.pages_by_key(plain, [A, B, C])] == ["ar", "fa", "en"]


def test_what_an_archive_said_of_a_page_is_kept_whole(con):
    hints = PageHints(
        source_id="gazette",
        lang="fa",
        timezone="Asia/Tehran",
        title="عنوان",
        authors=("A. Reporter",),
        published=Published(at=at(), on=date(2026, 3, 1), precision="day", zone="source", origin="jsonl"),
        extract=ExtractRules(drop=("aside",)),
    )
    states = (page(A, hints=hints, ingest_path="backfill:jsonl"), page(B, hints=PageHints(), ingest_path="backfill:urls"))
    land(con, pages=states)
    assert queue.pages_by_key(con, [A, B]) == states


def test_pages_come_newest_first_and_revisits_last(plain):
    states = (
        page(A, hours=1),
        page(B, hours=2),
        page(C, hours=3, due_at=at(9)),
        page("gazette.test/read", hours=4, stage="read", due_at=at(4)),
        page("gazette.test/kept", hours=5, stage="read", due_at=at(9)),
        page("gazette.test/captured", hours=5, stage="captured"),
        page("gazette.test/rejected", hours=5, stage="rejected"),
    )
    land(plain, pages=states)
    assert due(plain, 5) == [B, A, "gazette.test/read"]
    assert due(plain, 5, limit=2) == [B, A]


def test_a_revisit_starts_counting_anew(plain):
    shot = capture(A)
    state = page(A, stage="read", reason="changed", attempts=3, first_attempt_at=at(), due_at=at(6), revisits=1, etag='"y"', capture=shot)
    land(plain, pages=(state,))
    expected = replace(state, stage="pending", reason="revisit", attempts=0, first_attempt_at=None, hints=PageHints(source_id="gazette"))
    assert queue.pending_pages(plain, now=at(6), per_scope=1, limit=1) == (expected,)
    assert queue.pages_by_key(plain, [A]) == (replace(state, hints=PageHints(source_id="gazette")),)


def test_no_host_gets_more_than_its_share_of_the_window(con):
    land(con, pages=tuple(page(f"slow.test/{number}", hours=number) for number in range(5)))
    land(con, pages=(page("fast.test/a"), page("fast.test/b", hours=-1, stage="read")))
    assert due(con, 5, per_scope=2) == ["slow.test/4", "slow.test/3", "fast.test/a", "fast.test/b"]


def test_what_is_in_hand_is_left_out(con):
    land(con, pages=(page(A), page(B), page("other.test/a")))
    assert due(con, exclude_keys=(A,), exclude_scopes=("other.test",)) == [B]


def test_captures_that_were_not_read_come_oldest_first(plain):
    states = [page(key, stage="captured", capture=capture(key, hours)) for key, hours in ((A, 3), (B, 1), (C, 2))]
    land(plain, 3, pages=tuple(states))
    assert [item.url_key for item in queue.unread_captures(plain, limit=2)] == [B, C]
    assert [item.url_key for item in queue.unread_captures(plain, limit=2, exclude_keys=(B,))] == [C, A]


def test_what_waits_is_counted(con):
    landing.land_sources(con, (GAZETTE,), run_id="run-1", now=at())
    later, stopped = (replace(FEED, feed_id=name, url=f"https://{name}.test/rss") for name in ("later", "stopped"))
    land(con, feed_visits=(poll(feed=later), poll(feed=stopped, stopped=True)))
    states = (
        page(A),
        page(B, due_at=at(5)),
        page(C, stage="captured"),
        page("gazette.test/read", stage="read"),
        page("gazette.test/kept", stage="read", due_at=at(5)),
    )
    land(con, pages=states, readings=(reading("gazette.test/read", "one"),))
    assert queue.backlog(con, at()) == Backlog(
        pages_due=1, pages_later=1, captures_unread=1, revisits_due=1, feeds_due=1, feeds_later=1, feeds_stopped=1, next_poll_at=at(1)
    )


def test_nothing_waits_in_an_empty_warehouse(plain):
    assert queue.backlog(plain, at()) == Backlog(
        pages_due=0, pages_later=0, captures_unread=0, revisits_due=0, feeds_due=0, feeds_later=0, feeds_stopped=0, next_poll_at=None
    )


def test_only_what_matches_is_handed_out(plain):
    land(plain, pages=(page(A), page(B, hints=PageHints(source_id="ledger"))))
    assert due(plain, 1, only="gazette.test/a") == [A]
    assert due(plain, 1, only="ledger") == [B]
    assert due(plain, 1, only="led*") == [B]
    assert due(plain, 1, only="nobody") == []


def test_pages_of_a_disabled_source_rest(plain):
    land(plain, pages=(page(A), page(B, hints=PageHints(source_id="ledger"))))
    landing.land_sources(plain, (replace(GAZETTE, enabled=False),), run_id="run-1", now=at())
    assert due(plain, 1) == [B]
