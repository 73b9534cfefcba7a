"""Units of backfills and their pages in the warehouse, on a plain file and on a lake."""

from dataclasses import replace

import pytest
from batches import at, capture, entry, land, page, poll, reading, warehouse

from extractors.records import Rejection, UnitState
from warehouse import history, queue
from warehouse.history import HeldCapture, HeldText

pytestmark = pytest.mark.slow

UNIT = UnitState(adapter="sitemap", target="https://gazette.test/", slot="https://gazette.test/map.xml", listed_at=at(-5), updated_at=at())


@pytest.fixture(params=["plain", "lake"])
def con(request, tmp_path):
    with warehouse(request.param, tmp_path) as con:
        yield con


def named(key, **parts):
    return page(key, ingest_path="backfill:sitemap", unit_id=UNIT.unit_id, priority=2, **parts)


def handed_out(con, units=None):
    return [state.url_key for state in queue.pending_pages(con, now=at(1), per_scope=9, limit=9, units=units)]


def test_a_unit_stands_as_it_was_landed_last(con):
    done = replace(UNIT, stage="done", pages=3, place=7)
    for unit in (UNIT, done, done):
        land(con, units=(unit,))
    assert history.units(con, adapter="sitemap", target="https://gazette.test/") == (done,)
    assert history.units(con, adapter="sitemap", target="https://other.test/") == ()


def test_another_content_or_other_bounds_are_another_unit():
    others = (replace(UNIT, since_at=at()), replace(UNIT, input_hash="abc"), replace(UNIT, slot="x"), replace(UNIT, adapter="urls"))
    assert len({unit.unit_id for unit in (UNIT, *others)}) == 5
    assert replace(UNIT, input_hash="abc").unit_id == replace(UNIT, input_hash="abc", target="moved").unit_id


def test_pages_of_a_unit_are_handed_out_to_its_backfill_only(con):
    land(con, units=(UNIT,), pages=(named("gazette.test/a"), page("gazette.test/b", ingest_path="backfill:urls")))
    assert handed_out(con) == ["gazette.test/b"]
    assert handed_out(con, (UNIT.unit_id,)) == ["gazette.test/a"]
    assert handed_out(con, ("another",)) == []
    assert queue.backlog(con, at(1)).history_pages == 1
    assert queue.backlog(con, at(1)).pages_due == 1


def test_captured_pages_of_a_unit_are_read_by_its_backfill_only(con):
    land(con, units=(UNIT,), pages=(named("gazette.test/a", stage="captured", capture=capture("gazette.test/a")),))
    assert queue.unread_captures(con, limit=9) == ()
    assert [state.url_key for state in queue.unread_captures(con, limit=9, units=(UNIT.unit_id,))] == ["gazette.test/a"]


def test_a_feed_takes_over_what_waits_for_a_backfill_and_nothing_else(con):
    read = named("gazette.test/r", stage="read", capture=capture("gazette.test/r"), due_at=at(99))
    land(con, units=(UNIT,), pages=(named("gazette.test/a"), read))
    land(con, 1, feed_visits=(poll(entry("gazette.test/a"), entry("gazette.test/r"), hours=1),))
    taken, left = queue.pages_by_key(con, ("gazette.test/a", "gazette.test/r"))
    assert (taken.unit_id, taken.ingest_path, taken.priority, taken.first_seen_at) == (None, "feed", 0, at(1))
    assert (left.unit_id, left.ingest_path) == (UNIT.unit_id, "backfill:sitemap")
    assert handed_out(con) == ["gazette.test/a"]


def test_what_is_held_is_told_by_capture_and_by_page(con):
    first, second = reading("gazette.test/a", "One two three.", "gazette.test/b"), reading("gazette.test/c", "x", hours=1)
    refused = replace(second, outcome=Rejection(reason="empty"), classification=None)
    waiting = capture("gazette.test/d", 2)
    land(con, readings=(first, refused), captures=(waiting,))
    ids = [first.capture.capture_id, second.capture.capture_id, waiting.capture_id, "unknown"]
    assert history.held_captures(con, ids) == {
        first.capture.capture_id: HeldCapture(capture=first.capture, has_outcome=True),
        second.capture.capture_id: HeldCapture(capture=second.capture, has_outcome=True),
        waiting.capture_id: HeldCapture(capture=waiting, has_outcome=False),
    }
    held = HeldText(access="full", word_count=3)
    assert history.held_texts(con, ["gazette.test/a", "gazette.test/b", "gazette.test/c"]) == {
        "gazette.test/a": held,
        "gazette.test/b": held,
    }


def test_what_another_extractor_read_last_is_read_again(con):
    older, newer = reading("gazette.test/a", "One.", extractor="reader 1"), reading("gazette.test/a", "Two.", hours=1, extractor="reader 1")
    with_memory = reading("gazette.test/b", "Three.", extractor="reader 2+site-1")
    current = reading("gazette.test/c", "Four.", extractor="reader 2")
    land(con, 2, readings=(older, newer, with_memory, current), pages=(page("gazette.test/a", hints=page("x/y").hints),))
    assert history.read_otherwise(con, extractor="reader 2", since=None, source=None) == (newer.capture.capture_id,)
    assert history.read_otherwise(con, extractor="reader 2", since=at(2), source=None) == ()
    assert history.read_otherwise(con, extractor="reader 2", since=None, source="gazette") == (newer.capture.capture_id,)
    assert history.read_otherwise(con, extractor="reader 2", since=None, source="other") == ()
