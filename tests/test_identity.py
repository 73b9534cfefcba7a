"""One article, however its feeds spell its address and whatever their guids do: from document to database."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from urllib.parse import quote

import pytest
from batches import FEED, at, empty, land, rows, warehouse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.feeds.documents import parse_feed
from extractors.feeds.schedule import SchedulePolicy, after_poll
from extractors.records import Response
from extractors.urls import url_key

SPELLINGS = (
    "https://gazette.test/world/{0}?id=1",
    "http://www.gazette.test/world/{0}/?id=1",
    "//gazette.test/world/{0}?id=1#top",
    "/world/./{0}?id=1&utm_source=rss",
    "https://m.gazette.test/world/{0}?id=1",
    "https://gazette.test/world/{0}/amp/?id=1",
    "https://gazette.test:443/world/{0}?id=1&amp=1&from=rss",
    "https://www.google.com/url?url={1}",
)

# of one document: number of the article, how its address is spelt, guid (reused, volatile or absent)
_ITEMS = st.lists(st.tuples(st.integers(1, 4), st.sampled_from(SPELLINGS), st.sampled_from(["", "g1", "g2", "g3"])), max_size=6)
_POLLS = st.lists(st.tuples(st.sampled_from(["rss", "world"]), _ITEMS), min_size=1, max_size=4)


def spell(number, spelling):
    return spelling.format(number, quote(f"https://gazette.test/world/{number}?id=1", safe=""))


def polled(name, items, hours):
    """What a poll of a feed brings whose document holds these items."""
    url = f"https://gazette.test/{name}"
    texts = (
        f"<item><title>Title</title><link>{escape(spell(number, spelling))}</link>"
        + (f'<guid isPermaLink="false">{guid}</guid>' if guid else "")
        + "</item>"
        for number, spelling, guid in items
    )
    body = f"<rss><channel>{''.join(texts)}</channel></rss>".encode()
    response = Response(url=url, final_url=url, status=200, body=body, started_at=at(hours), duration_ms=1)
    state = replace(FEED, feed_id=name, url=url)
    return after_poll(state, response, parse_feed(body, url=url), now=at(hours), policy=SchedulePolicy())


@pytest.mark.slow
def test_an_article_is_queued_once_with_all_its_sightings(tmp_path):
    with warehouse("plain", tmp_path) as con:

        @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(_POLLS)
        def holds(polls):
            empty(con)
            for hours, (name, items) in enumerate(polls):
                land(con, hours, feed_visits=(polled(name, items, hours),))
            articles = {f"gazette.test/world/{number}?id=1" for _, items in polls for number, _, _ in items}
            sightings = {(name, f"gazette.test/world/{number}?id=1") for name, items in polls for number, _, _ in items}
            assert {key for (key,) in rows(con, "select url_key from raw.pages")} == articles
            assert set(rows(con, "select feed_id, url_key from raw.entries")) == sightings

        holds()


@given(st.integers(1, 9), st.sampled_from(SPELLINGS[:2] + SPELLINGS[4:]), st.sampled_from(SPELLINGS[:2] + SPELLINGS[4:]))
def test_spellings_share_a_key_and_articles_never_do(number, one, other):
    assert url_key(spell(number, one)) == url_key(spell(number, other))
    assert url_key(spell(number, one)) != url_key(spell(number + 1, other))
