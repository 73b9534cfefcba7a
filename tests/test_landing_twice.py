"""Landing is idempotent: whatever happens, batches that land twice leave what they leave when they land once."""

from dataclasses import replace

import pytest
from batches import FEED, TABLES, at, capture, contents, empty, entry, land, page, poll, reading, warehouse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.records import CodebookState, PageRejection, Rejection
from warehouse import landing
from warehouse.checks import run_checks

KEYS = tuple(f"gazette.test/{letter}" for letter in "abcd")
CORE = tuple(table for table in TABLES if table.startswith("core."))
CODEBOOK = CodebookState(codebook_version="1.0.0+abc", themes=("sanctions",), active=True, complete=True)
OTHER_FEED = replace(FEED, feed_id="other", url="https://gazette.test/other", source_id="other")

EVENTS = st.one_of(
    st.tuples(
        st.just("poll"),
        st.sampled_from((FEED, OTHER_FEED)),
        st.dictionaries(st.sampled_from(KEYS), st.sampled_from(("One", "Two")), max_size=3),
    ),
    st.tuples(
        st.just("read"),
        st.sampled_from(KEYS),
        st.sampled_from(("five dead", "7 dead", "7 DEAD")),
        st.sampled_from(("reader 1", "reader 2")),
        st.lists(st.sampled_from(KEYS), max_size=2, unique=True),
    ),
    st.tuples(st.just("reread"), st.sampled_from(KEYS), st.sampled_from(("reader 1", "reader 2"))),
    st.tuples(st.just("refuse"), st.sampled_from(KEYS), st.booleans()),
)
HISTORIES = st.lists(st.lists(EVENTS, min_size=1, max_size=5), min_size=1, max_size=3)


def polled(feed, titles, *, hours):
    return {"feed_visits": (poll(*(entry(key, title) for key, title in titles.items()), feed=feed, hours=hours),)}


def read(key, text, extractor, further, *, hours, fetched=None):
    found = reading(key, text, *further, hours=hours if fetched is None else fetched, extractor=extractor)
    state = page(key, stage="read", capture=found.capture, due_at=at(hours + 6), ingest_path="backfill:warc")
    return {"captures": (found.capture,), "readings": (found,), "pages": (state,)}


def refused(key, captured, *, hours):
    state = page(key, stage="rejected", ingest_path="backfill:warc")
    if captured:
        found = replace(reading(key, "", hours=hours), outcome=Rejection(reason="empty"), classification=None)
        return {"captures": (found.capture,), "readings": (found,), "pages": (state,)}
    refusal = PageRejection(url_key=key, url=f"https://{key}", source_id=None, rejection=Rejection(reason="gone"), attempts=2, at=at(hours))
    return {"rejections": (refusal,), "pages": (replace(state, capture=capture(key, hours)),)}


def batches_of(history):
    """Turn drawn events into the parts of batches; each event has an hour of its own."""
    hours = 0
    for events in history:
        parts = {}
        for kind, *event in events:
            hours += 1
            if kind == "poll":
                made = polled(*event, hours=hours)
            elif kind == "read":
                made = read(*event, hours=hours)
            elif kind == "reread":
                made = read(event[0], "another text", event[1], (), hours=hours, fetched=hours // 2)
            else:
                made = refused(*event, hours=hours)
            for name, records in made.items():
                parts[name] = parts.get(name, ()) + records
        yield hours, parts


def start_anew(con):
    empty(con)
    landing.land_codebook(con, CODEBOOK, now=at(), run_id="run-0")


def check(once, twice, history):
    start_anew(once)
    start_anew(twice)
    batches = list(batches_of(history))
    for hours, parts in batches:
        land(once, hours, **parts)
        first = land(twice, hours, **parts)
        again = land(twice, hours, **parts)
        assert (again.landed_seq, again.versions_new, again.entries_new) == (first.landed_seq, 0, 0)
    assert contents(twice) == contents(once)
    assert run_checks(once) == ()
    truth = contents(once, CORE)
    for hours, parts in batches:
        land(once, hours, **parts)
    assert contents(once, CORE) == truth


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "examples"), [("plain", 20), ("lake", 3)])
def test_batches_that_land_twice_leave_what_they_leave_when_they_land_once(kind, examples, tmp_path):
    folders = tmp_path / "once", tmp_path / "twice"
    for folder in folders:
        folder.mkdir()
    with warehouse(kind, folders[0]) as once, warehouse(kind, folders[1]) as twice:
        quickly = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
        quickly(given(HISTORIES)(lambda history: check(once, twice, history)))()
