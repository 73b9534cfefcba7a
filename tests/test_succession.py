"""Where a feed that is gone may be found: when its outlet's home page is asked, and what is taken from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from extractors.feeds.discovery import FoundFeed, FoundSite
from extractors.feeds.succession import is_sought, note_search
from extractors.records import FeedState

NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
LOST = FeedState(
    feed_id="f1", source_id="gazette", url="https://gazette.example/rss", lang="ru", title="Gazette", last_outcome="not_found", failures=1.0
)


def found(path, title="", lang=None, **parts):
    return FoundFeed(url=f"https://gazette.example/{path}", format="rss", title=title, lang=lang, how="declared", **parts)


def site(*feeds):
    return FoundSite(home="https://gazette.example/", feeds=feeds)


@pytest.mark.parametrize(
    ("parts", "is_so"),
    [
        ({}, True),
        ({"failures": 0.5}, False),
        ({"last_outcome": "gone", "failures": 1.0, "stopped": True}, True),
        ({"last_outcome": "server_error", "failures": 9.0}, False),
        ({"last_outcome": "ok", "failures": 0.0}, False),
        ({"successor_sought_at": NOW - timedelta(days=6, hours=23)}, False),
        ({"successor_sought_at": NOW - timedelta(days=7)}, True),
    ],
)
def test_a_home_page_is_asked_for_what_was_missing_twice_or_is_gone_once_a_week(parts, is_so):
    assert is_sought(replace(LOST, **parts), now=NOW) is is_so


@pytest.mark.parametrize(
    ("feeds", "successor"),
    [
        ((), None),
        ((found("rss"),), None),
        ((found("new"),), "https://gazette.example/new"),
        ((found("sport", "Sport"), found("new", "GAZETTE")), "https://gazette.example/new"),
        ((found("en", "News", "en"), found("ru", "Новости", "ru")), "https://gazette.example/ru"),
        ((found("known", "Gazette"), found("other", "Other")), "https://gazette.example/other"),
        ((found("comments/feed", "Gazette", is_comments=True),), None),
        ((FoundFeed(url="https://www.gazette.example/rss/", format="rss", how="linked"),), None),
    ],
)
def test_the_feed_that_looks_most_like_the_lost_one_is_suggested(feeds, successor):
    after = note_search(LOST, site(*feeds), {"gazette.example/known"}, now=NOW)
    assert after == replace(LOST, successor_url=successor, successor_sought_at=NOW)


def test_a_home_page_that_cannot_be_read_counts_as_looked_at():
    assert note_search(LOST, None, (), now=NOW) == replace(LOST, successor_sought_at=NOW)
