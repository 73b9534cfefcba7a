"""The queue that the warehouse is: which feeds and pages are due, and the state in which they were left.

Reads only. Refuses to lend anything out: what is in the hands of a run is the caller's to leave out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import duckdb

from extractors.records import (
    CaptureRef,
    ExtractRules,
    FeedState,
    PageHints,
    PageState,
    Published,
    SiteContainer,
    SiteLine,
    SiteMemory,
    SiteRecipe,
)
from warehouse.sql import Row, ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits."""

    pages_due: int
    pages_later: int
    captures_unread: int
    revisits_due: int
    feeds_due: int
    feeds_later: int
    feeds_stopped: int
    history_pages: int = 0  # pages that wait for a backfill to go on
    next_poll_at: datetime | None  # of the feeds that are not due yet, the first; None: there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDue:
    """When there is something to do."""

    is_due: bool  # now
    later_at: datetime | None  # the first that is due after now; None: nothing ever


def due_feeds(
    con: duckdb.DuckDBPyConnection, *, now: datetime, limit: int, force: bool = False, only: str | None = None
) -> tuple[FeedState, ...]:
    """List enabled feeds that are due, those never polled first; with `force` all whom politeness allows to be asked again.

    `only`: a part of a source's id or a feed's address, or a glob over the whole of one.
    """
    rows = ask(con, "feeds.due", now=now, limit=limit, force=force, only=only)
    return tuple(FeedState(**row | {name: tuple(row[name]) for name in ("skip_hours", "skip_days")}) for row in rows)


def pending_pages(
    con: duckdb.DuckDBPyConnection,
    *,
    now: datetime,
    per_scope: int,
    limit: int,
    exclude_keys: tuple[str, ...] = (),
    exclude_scopes: tuple[str, ...] = (),
    only: str | None = None,
    units: tuple[str, ...] | None = None,
) -> tuple[PageState, ...]:
    """List pages to fetch now: pending ones, newest first, then revisits; at most `per_scope` of each scope.

    `units`: those that wait for these units of a backfill, and no others; None: those that wait for none. Pages of
    disabled sources rest. `only`: a part of a source's id or a page's address, or a glob over the whole of one.
    A page that was read comes back as one that is pending for a revisit which nobody has attempted yet.
    """
    rows = ask(
        con,
        "pages.due",
        now=now,
        per_scope=per_scope,
        limit=limit,
        exclude_keys=exclude_keys,
        exclude_scopes=exclude_scopes,
        only=only,
        is_history=units is not None,
        units=units or (),
    )
    pages = pages_by_key(con, [row["url_key"] for row in rows])
    return tuple(_as_revisit(page) if page.stage == "read" else page for page in pages)


def unread_captures(
    con: duckdb.DuckDBPyConnection, *, limit: int, exclude_keys: tuple[str, ...] = (), units: tuple[str, ...] | None = None
) -> tuple[PageState, ...]:
    """List pages that were captured but never read, the oldest capture first; each has its `capture`. `units` as above."""
    rows = ask(con, "pages.unread", limit=limit, exclude_keys=exclude_keys, is_history=units is not None, units=units or ())
    return pages_by_key(con, [row["url_key"] for row in rows])


def pages_by_key(con: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> tuple[PageState, ...]:
    """Return the known ones among these pages, in this order."""
    if not keys:
        return ()
    rows = {row["url_key"]: row for row in ask(con, "pages.states", url_keys=list(keys))}
    return tuple(_page_state(rows[key]) for key in dict.fromkeys(keys) if key in rows)


def site_memories(con: duckdb.DuckDBPyConnection, sites: Sequence[str]) -> tuple[SiteMemory, ...]:
    """Return what is remembered of those among these sites that have taught something."""
    return tuple(_site_memory(row) for row in ask(con, "sites.memories", sites=list(sites))) if sites else ()


def backlog(con: duckdb.DuckDBPyConnection, now: datetime) -> Backlog:
    """Count what waits."""
    return Backlog(**ask(con, "pages.backlog", now=now)[0])


def next_due(con: duckdb.DuckDBPyConnection, now: datetime) -> NextDue:
    """Say whether a feed or page is due, and when the next one will be."""
    return NextDue(**ask(con, "pages.next_due", now=now)[0])


def _site_memory(row: Row) -> SiteMemory:
    said = json.loads(row["memory"])
    return SiteMemory(
        site=row["site"],
        reader=row["reader_version"],
        pages=row["pages"],
        containers=tuple(SiteContainer(path=path, pages=pages) for path, pages in said["containers"]),
        lines=tuple(SiteLine(key=key, inside=inside, outside=outside) for key, inside, outside in said["lines"]),
        recent=tuple(said["recent"]),
        agreements=said["agreements"],
        disagreements=said["disagreements"],
        disagreed_at=datetime.fromisoformat(said["disagreed_at"]) if said["disagreed_at"] else None,
    )


def _as_revisit(page: PageState) -> PageState:
    return replace(page, stage="pending", reason="revisit", attempts=0, first_attempt_at=None)


def _page_state(row: Row) -> PageState:
    return PageState(
        url_key=row["url_key"],
        url=row["url"],
        scope=row["scope"],
        stage=row["stage"],
        reason=row["reason"],
        attempts=row["attempts"],
        first_attempt_at=row["first_attempt_at"],
        due_at=row["due_at"],
        revisits=row["revisits"],
        first_seen_at=row["first_seen_at"],
        last_outcome=row["last_outcome"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        capture=capture_of(row, prefix="capture_") if row["capture_id"] else None,
        hints=_hints_of_archive(json.loads(row["hints"])) if row["hints"] else _hints_of_feed(row),
        ingest_path=row["ingest_path"],
        priority=row["priority"],
        recipe=_recipe(json.loads(row["recipe"])) if row["recipe"] else None,
        unit_id=row["unit_id"],
    )


def _recipe(said: dict[str, Any]) -> SiteRecipe:
    return SiteRecipe(container=said["container"], dropped=tuple(said["dropped"]))


def capture_of(row: Row, *, prefix: str = "") -> CaptureRef:
    """Make a capture of its columns; `prefix` is put before the names that a page has as well."""
    return CaptureRef(
        capture_id=row["capture_id"],
        url_key=row[f"{prefix}url_key"],
        url=row[f"{prefix}url"],
        final_url=row["final_url"],
        file=row["file"],
        offset=row["file_offset"],
        length=row["file_length"],
        fetched_at=row["fetched_at"],
        status=row["status"],
        content_type=row["content_type"],
        body_bytes=row["body_bytes"],
        body_hash=row["body_hash"],
        etag=row[f"{prefix}etag"],
        last_modified=row[f"{prefix}last_modified"],
    )


def _hints_of_feed(row: Row) -> PageHints:
    """Of the newest entry, the feed and the source; for a page that no feed announced, of the source alone."""
    has_entry = row["title"] is not None
    return PageHints(
        source_id=row["source_id"],
        lang=row["lang"],
        timezone=row["timezone"],
        title=row["title"] or "",
        summary=row["summary"] or "",
        content=row["content"] or "",
        authors=tuple(row["authors"] or ()),
        published=_published(row) if has_entry else Published(),
        extract=ExtractRules(keep=tuple(row["extract_keep"] or ()), drop=tuple(row["extract_drop"] or ())),
    )


def _published(row: Row) -> Published:
    return Published(
        at=row["published_at"],
        on=row["published_on"],
        precision=row["published_precision"],
        zone=row["published_zone"],
        origin=row["published_from"],
    )


def _hints_of_archive(hints: dict[str, Any]) -> PageHints:
    published = hints["published"]
    published["at"] = datetime.fromisoformat(published["at"]) if published["at"] else None
    published["on"] = date.fromisoformat(published["on"]) if published["on"] else None
    extract = ExtractRules(keep=tuple(hints["extract"]["keep"]), drop=tuple(hints["extract"]["drop"]))
    kin = tuple(hints.get("kin") or ())  # absent from what an earlier version wrote
    return PageHints(**hints | {"authors": tuple(hints["authors"]), "published": Published(**published), "extract": extract, "kin": kin})
