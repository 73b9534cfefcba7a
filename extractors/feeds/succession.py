"""Where a feed that is gone may be found: what its outlet's home page names now. A suggestion for a person, never followed by itself.

Pure. Refuses to look before a feed was missing twice, or more than once a week.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from extractors.feeds.discovery import FoundFeed, FoundSite, choose_feeds
from extractors.feeds.waits import MISSING_TWICE
from extractors.records import FeedState
from extractors.urls import url_key

_LOOK_AGAIN = timedelta(days=7)


def is_sought(state: FeedState, *, now: datetime) -> bool:
    """Whether the home page is to be asked: the feed was missing again, or is gone for good, and nobody looked this week."""
    is_lost = state.last_outcome == "gone" or (state.last_outcome == "not_found" and state.failures >= MISSING_TWICE)
    return is_lost and (state.successor_sought_at is None or now - state.successor_sought_at >= _LOOK_AGAIN)


def note_search(state: FeedState, site: FoundSite | None, declared: Collection[str], *, now: datetime) -> FeedState:
    """Take down what a look at the home page brought; `declared`: url keys of all feeds that are polled. None: it could not be read."""
    own = {url_key(state.url), *declared}
    found = [feed for feed in choose_feeds(site.feeds) if url_key(feed.url) not in own] if site else []
    best = max(found, key=lambda feed: _likeness(feed, state), default=None)
    return replace(state, successor_url=best.url if best else None, successor_sought_at=now)


def _likeness(feed: FoundFeed, state: FeedState) -> tuple[bool, bool, bool]:
    """How much a feed looks like the lost one; of equals the page's first is the best."""
    same_title = bool(state.title) and feed.title.casefold() == state.title.casefold()
    same_path = url_key(feed.url).partition("/")[2] == url_key(state.url).partition("/")[2]
    return same_title, same_path, state.lang is not None and feed.lang == state.lang
