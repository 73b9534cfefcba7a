"""What polls saw: feeds move on, entries are sighted, unknown pages enter the queue and changed ones return to it.

A page is queued once, however many feeds announce it, and not at all where its address is another one of an article
that we hold. Refuses to decide when a feed or page is due again: the states that come in say so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import duckdb

from extractors.records import FeedState, FeedVisit, PageHints, PageState, SeenEntry
from warehouse.ledger import Ledger
from warehouse.rows import entry_row, feed_row, page_row
from warehouse.sql import Row, ask, write

_FIRST_ENTRIES = 50  # of a feed that was never read before: the newest come first, the rest can wait
_LEAVING = timedelta(hours=72)  # an article that leaves its feed younger than this is looked at once more


@dataclass(slots=True, kw_only=True)
class _Sightings:
    """What is gathered while the visits of a batch are gone through."""

    wordings: dict[tuple[str, str], dict[str, datetime]]  # by feed and page: entry hash to when it was last seen
    entries: list[Row] = field(default_factory=list)
    again: dict[tuple[str, str, str], datetime] = field(default_factory=dict)  # feed, page and entry hash
    announced: dict[str, PageState] = field(default_factory=dict)
    changed: dict[tuple[str, str], None] = field(default_factory=dict)  # feed and page, in order
    new: int = 0


def land_feed_visits(
    con: duckdb.DuckDBPyConnection, visits: Sequence[FeedVisit], *, now: datetime, scope_of: Callable[[str], str]
) -> tuple[int, int]:
    """Land visits that were not landed before; return how many entries were new and how many had changed."""
    feed_ids = list({visit.after.feed_id for visit in visits})
    url_keys = list({seen.url_key for visit in visits for seen in visit.entries})
    last_success = {row["feed_id"]: row["last_success_at"] for row in ask(con, "feeds.last_successes", feed_ids=feed_ids)}
    found = _Sightings(wordings=_known_wordings(con, feed_ids, url_keys))
    left = _left(con, visits)
    for visit in visits:
        _sight(found, visit, after=last_success.get(visit.after.feed_id), now=now, scope_of=scope_of)
        last_success[visit.after.feed_id] = visit.after.last_success_at
    write(con, "feeds.add_entries", incoming=found.entries)
    again = [
        {"feed_id": feed_id, "url_key": url_key, "entry_hash": entry_hash, "last_seen_at": at}
        for (feed_id, url_key, entry_hash), at in found.again.items()
    ]
    write(con, "feeds.see_entries_again", incoming=again)
    _queue(con, found, now=now)
    if left:
        write(con, "pages.look_again", url_keys=left, now=now)
    return found.new, len(found.changed)


def _known_wordings(con: duckdb.DuckDBPyConnection, feed_ids: list[str], url_keys: list[str]) -> dict[tuple[str, str], dict[str, datetime]]:
    wordings: dict[tuple[str, str], dict[str, datetime]] = {}
    if url_keys:
        for row in ask(con, "feeds.known_entries", feed_ids=feed_ids, url_keys=url_keys):
            wordings.setdefault((row["feed_id"], row["url_key"]), {})[row["entry_hash"]] = row["last_seen_at"]
    return wordings


def _left(con: duckdb.DuckDBPyConnection, visits: Sequence[FeedVisit]) -> list[str]:
    """Pages that their document does not carry any more and that are to be looked at once: who withdraws an article often starts here."""
    rows = [
        {
            "visit_id": visit.visit.visit_id,
            "feed_id": visit.after.feed_id,
            "url_key": url_key,
            "visited_at": visit.visit.at,
            "since_at": visit.visit.at - _LEAVING,
            "is_complete": visit.is_complete,
        }
        for visit in visits
        for url_key in {seen.url_key for seen in visit.entries}
    ]
    return [row["url_key"] for row in ask(con, "feeds.left", incoming=rows)] if rows else []


def _sight(found: _Sightings, visit: FeedVisit, *, after: datetime | None, now: datetime, scope_of: Callable[[str], str]) -> None:
    """Go through one document. An entry has changed if its wording is not among those of the document before."""
    feed_id, at = visit.after.feed_id, visit.visit.at
    can_wait = _older_ones(visit.entries) if after is None else frozenset()
    before = after if after and after < at else None  # two processes may land their polls the other way round
    for url_key, items in _by_page(visit.entries).items():
        known = found.wordings.setdefault((feed_id, url_key), {})
        # A document may carry a page twice in two wordings: both are its present ones.
        present = {entry_hash for entry_hash, seen_at in known.items() if seen_at == max(known.values())}
        if not known:
            found.new += 1
            _announce(found, items, visit, now=now, scope_of=scope_of, priority=int(url_key in can_wait))
        elif not present.issuperset(items):
            found.changed[feed_id, url_key] = None
        for entry_hash, seen in items.items():
            if entry_hash not in known:
                found.entries.append(entry_row(seen, feed_id=feed_id, first_seen_after=before, first_seen_at=at))
            else:
                found.again[feed_id, url_key, entry_hash] = at
            known[entry_hash] = at


def _older_ones(entries: Sequence[SeenEntry]) -> frozenset[str]:
    """Of a first poll, the pages beyond the newest fifty; without dates the document's own order holds."""
    oldest = datetime.min.replace(tzinfo=UTC)
    newest_first = sorted(entries, key=lambda seen: seen.entry.published.at or oldest, reverse=True)
    return frozenset(dict.fromkeys(seen.url_key for seen in newest_first[_FIRST_ENTRIES:]))


def _by_page(entries: Sequence[SeenEntry]) -> dict[str, dict[str, SeenEntry]]:
    """Sort the entries of a document by page and wording, each once."""
    pages: dict[str, dict[str, SeenEntry]] = {}
    for seen in entries:
        pages.setdefault(seen.url_key, {}).setdefault(seen.entry.entry_hash, seen)
    return pages


def _announce(
    found: _Sightings, items: dict[str, SeenEntry], visit: FeedVisit, *, now: datetime, scope_of: Callable[[str], str], priority: int
) -> None:
    seen = next(iter(items.values()))
    if seen.url_key not in found.announced:
        found.announced[seen.url_key] = PageState(
            url_key=seen.url_key,
            url=seen.entry.link,
            scope=scope_of(seen.entry.link),
            due_at=now,
            first_seen_at=visit.visit.at,
            hints=PageHints(source_id=visit.after.source_id),
            priority=priority,
        )


def move_feeds(ledger: Ledger, feeds: Sequence[FeedState]) -> None:
    """Put feeds into these states, the last of each, and write down what changed for those who ask about the past."""
    states = [feed_row(state) for state in {feed.feed_id: feed for feed in feeds}.values()]
    ledger.append("feeds.record_moves", states)
    write(ledger.con, "feeds.replace", incoming=states)
    write(ledger.con, "feeds.add", incoming=states)


def _queue(con: duckdb.DuckDBPyConnection, found: _Sightings, *, now: datetime) -> None:
    if found.announced:
        known = {row["url_key"] for row in ask(con, "pages.known", url_keys=list(found.announced))}
        write(con, "pages.add", incoming=[page_row(page) for key, page in found.announced.items() if key not in known])
        write(con, "pages.take_over", incoming=[page_row(page) for key, page in found.announced.items() if key in known])
    if found.changed:
        write(con, "pages.requeue", url_keys=[url_key for _, url_key in found.changed], now=now)
