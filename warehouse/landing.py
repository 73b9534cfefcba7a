"""Landing: records go into the database, each batch in one transaction, and landing it again changes nothing.

Rows of `core`, visits and captures are appended under the landing's number; feeds and pages, which are the queue, the
units of backfills and the memories of sites are replaced. A landing that appends nothing leaves no row in `core.landings`.
Refuses half a batch: what cannot be stored whole is rolled back whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import duckdb

from extractors.errors import WarehouseError
from extractors.records import (
    Article,
    Batch,
    CaptureRef,
    CodebookState,
    FeedState,
    FeedVisit,
    PageRejection,
    PageState,
    Receipt,
    Rejection,
    RunRecord,
    SiteMemory,
    Source,
    UnitState,
    short_hash,
)
from warehouse.articles import land_articles
from warehouse.findings import land_classifications
from warehouse.ledger import Ledger, open_ledger
from warehouse.memory import plenty
from warehouse.rows import (
    capture_row,
    codebook_row,
    feed_row,
    label_count_rows,
    memory_row,
    page_row,
    rejection_row,
    run_row,
    source_row,
    unit_row,
    visit_row,
)
from warehouse.sightings import land_feed_visits, move_feeds
from warehouse.sql import Row, ask, write


def feed_id(url: str) -> str:
    """Id of the feed that is declared at an address."""
    return short_hash("feed", url)


def land(con: duckdb.DuckDBPyConnection, batch: Batch, *, run_id: str, now: datetime, scope_of: Callable[[str], str]) -> Receipt:
    """Land a batch in one transaction; once this returns it is acknowledged.

    `scope_of` gives the politeness scope of an address. A poll is known by its visit id: one that was landed before
    moves nothing. Page states in the batch win over what its entries would make of the queue. A batch that is too large
    for the memory of a landing is landed with more.
    """
    try:
        return _land(con, batch, run_id=run_id, now=now, scope_of=scope_of)
    except WarehouseError as error:
        if not isinstance(error.__cause__, duckdb.OutOfMemoryException):
            raise
    with plenty(con):
        return _land(con, batch, run_id=run_id, now=now, scope_of=scope_of)


def _land(con: duckdb.DuckDBPyConnection, batch: Batch, *, run_id: str, now: datetime, scope_of: Callable[[str], str]) -> Receipt:
    with open_ledger(con, run_id=run_id, now=now) as ledger:
        polls = _land_visits(ledger, batch, run_id=run_id)
        entries_new, entries_changed = land_feed_visits(con, polls, now=now, scope_of=scope_of) if polls else (0, 0)
        move_feeds(ledger, [*(poll.after for poll in polls), *batch.feeds])
        ledger.append("visits.land_captures", [capture_row(capture) for capture in _captures(batch)], run_id=run_id)
        _replace_pages(con, batch.pages)
        _replace_memories(con, batch.memories, now=now)
        _replace_units(con, batch.units, now=now)
        found = [(reading, reading.outcome) for reading in batch.readings if isinstance(reading.outcome, Article)]
        articles_new, versions_new = land_articles(ledger, found)
        said = {
            (article.content_hash, reading.classification.codebook_version): reading.classification
            for reading, article in reversed(found)
            if reading.classification
        }
        land_classifications(ledger, said, now=now)
        further = {(item.content_hash, item.classification.codebook_version): item.classification for item in batch.classified}
        classified = land_classifications(ledger, further, now=now)
        rejected = _land_rejections(ledger, batch, now=now)
    return Receipt(
        landed_seq=ledger.through_seq,
        entries_new=entries_new,
        entries_changed=entries_changed,
        articles_new=articles_new,
        versions_new=versions_new,
        rejected=rejected,
        classified=classified,
    )


def _land_visits(ledger: Ledger, batch: Batch, *, run_id: str) -> list[FeedVisit]:
    """Append the log; return the polls that were not in it yet."""
    polls = {poll.visit.visit_id: poll for poll in reversed(batch.feed_visits)}
    known = {row["visit_id"] for row in ask(ledger.con, "visits.known", visit_ids=list(polls))} if polls else set()
    rows = {visit.visit_id: visit_row(visit) for visit in batch.visits}
    rows |= {visit_id: visit_row(poll.visit, problems=poll.problems) for visit_id, poll in polls.items()}
    ledger.append("visits.land", list(rows.values()), run_id=run_id)
    return [poll for visit_id, poll in reversed(polls.items()) if visit_id not in known]


def _captures(batch: Batch) -> tuple[CaptureRef, ...]:
    """List every capture the batch speaks of, once."""
    of_pages = [page.capture for page in batch.pages if page.capture]
    every = (*batch.captures, *(reading.capture for reading in batch.readings), *of_pages)
    return tuple({capture.capture_id: capture for capture in every}.values())


def _replace_pages(con: duckdb.DuckDBPyConnection, pages: tuple[PageState, ...]) -> None:
    rows = {page.url_key: page_row(page) for page in pages}
    if rows:
        write(con, "pages.remove", url_keys=list(rows))
        write(con, "pages.add", incoming=list(rows.values()))


def _replace_memories(con: duckdb.DuckDBPyConnection, memories: tuple[SiteMemory, ...], *, now: datetime) -> None:
    """Put a memory in the place of what was learned from fewer pages; of two processes' the one with more pages stands."""
    rows = {memory.site: memory_row(memory, at=now) for memory in sorted(memories, key=lambda memory: memory.pages)}
    if rows:
        write(con, "sites.remove_older", incoming=list(rows.values()))
        write(con, "sites.add", incoming=list(rows.values()))


def _replace_units(con: duckdb.DuckDBPyConnection, units: tuple[UnitState, ...], *, now: datetime) -> None:
    rows = {unit.unit_id: unit_row(unit, now=now) for unit in units}
    if rows:
        write(con, "history.remove_units", unit_ids=list(rows))
        write(con, "history.add_units", incoming=list(rows.values()))


def _land_rejections(ledger: Ledger, batch: Batch, *, now: datetime) -> int:
    rows = [rejection_row(item, capture_id=None, next_try_at=None) for item in batch.rejections]
    refused = [(reading.capture, reading.outcome) for reading in batch.readings if isinstance(reading.outcome, Rejection)]
    standing = {row["url_key"]: row for row in ask(ledger.con, "pages.standing", url_keys=[capture.url_key for capture, _ in refused])}
    for capture, outcome in refused:
        page = standing.get(capture.url_key, {"source_id": None, "attempts": 1, "next_try_at": None})
        rejection = PageRejection(
            url_key=capture.url_key,
            url=capture.url,
            source_id=page["source_id"],
            rejection=outcome,
            attempts=page["attempts"],
            at=now,
        )
        rows.append(rejection_row(rejection, capture_id=capture.capture_id, next_try_at=page["next_try_at"]))
    return ledger.append("articles.add_rejections", list({row["rejection_id"]: row for row in reversed(rows)}.values()))


# --- declarations ----------------------------------------------------------------------------------------------------


def land_sources(con: duckdb.DuckDBPyConnection, sources: tuple[Source, ...], *, run_id: str, now: datetime) -> None:
    """Make the sources file's word the database's: `sources` is all there is.

    A changed declaration is a new row. What is declared no longer is disabled, with its feeds; nothing is deleted.
    """
    with open_ledger(con, run_id=run_id, now=now) as ledger:
        declared = {source.id: source_row(source) for source in sources}
        before = {row["source_id"]: _declaration(row) for row in ask(con, "feeds.sources")}
        gone = {source_id: row | {"is_enabled": False} for source_id, row in before.items() if source_id not in declared}
        changed = [row for source_id, row in (declared | gone).items() if row != before.get(source_id)]
        ledger.append("feeds.add_sources", changed)
        feeds = _declared_feeds(sources)
        feed_ids = [row["feed_id"] for row in feeds]
        ledger.record("feeds.record_disabled", feed_ids=feed_ids)
        write(con, "feeds.disable_all_but", feed_ids=feed_ids)
        ledger.append("feeds.record_declared", feeds)
        write(con, "feeds.redeclare", incoming=feeds)
        write(con, "feeds.add", incoming=feeds)


def _declaration(row: Row) -> Row:
    """Make a row from the database comparable with one that is declared: tuples, not lists."""
    return {column: tuple(value) if isinstance(value, list) else value for column, value in row.items()}


def _declared_feeds(sources: tuple[Source, ...]) -> list[Row]:
    states = {
        feed_id(feed.url): feed_row(
            FeedState(
                feed_id=feed_id(feed.url),
                source_id=source.id,
                url=feed.url,
                lang=feed.lang or source.lang,
                timezone=source.timezone,
            ),
            is_enabled=source.enabled,
        )
        for source in sources
        for feed in source.feeds
    }
    return list(states.values())


# --- runs and codebooks ----------------------------------------------------------------------------------------------


def land_run(con: duckdb.DuckDBPyConnection, run: RunRecord, *, now: datetime) -> None:
    """Record how a run stands, unless that is what was recorded last."""
    with open_ledger(con, run_id=run.run_id, now=now) as ledger:
        if [_run(row) for row in ask(con, "runs.of_id", run_id=run.run_id)] != [run]:
            ledger.append("runs.add", [run_row(run)])


def close_lost_runs(con: duckdb.DuckDBPyConnection, *, now: datetime, alive: Callable[[str], bool]) -> tuple[RunRecord, ...]:
    """Record as lost the runs that never said they ended and that `alive(run_id)` denies; which."""
    lost = tuple(replace(run, status="lost", ended_at=now) for run in map(_run, ask(con, "runs.running")) if not alive(run.run_id))
    for run in lost:
        land_run(con, run, now=now)
    return lost


def lost_runs(con: duckdb.DuckDBPyConnection, *, since: datetime) -> tuple[RunRecord, ...]:
    """Name the runs that were found to be lost since an instant, whoever found it."""
    return tuple(map(_run, ask(con, "runs.lost", since=since)))


def _run(row: Row) -> RunRecord:
    return RunRecord(**row | {name: tuple(json.loads(row[name]).items()) for name in ("counts", "versions")})


def land_codebook(con: duckdb.DuckDBPyConnection, state: CodebookState, *, now: datetime, run_id: str) -> None:
    """Record how a codebook stands, unless that is what was recorded last; one that becomes active relieves the others.

    Its text and how it labels the gold set are recorded once: both belong to the version.
    """
    with open_ledger(con, run_id=run_id, now=now) as ledger:
        known = {row["codebook_version"]: _declaration(row) for row in ask(con, "classifications.codebooks")}
        mine = known.get(state.codebook_version)
        ordinal = mine["ordinal"] if mine else len(known) + 1
        row = codebook_row(state, ordinal=ordinal)
        others = [other for version, other in known.items() if version != state.codebook_version]
        relieved = [other | {"is_active": False} for other in others if state.active and other["is_active"]]
        ledger.append("classifications.add_codebooks", [*relieved, *([row] if row != mine else [])])
        texts = [] if state.toml is None else [{"codebook_version": state.codebook_version, "codebook_toml": state.toml}]
        ledger.append("classifications.add_codebook_texts", texts)
        ledger.append("classifications.add_label_counts", label_count_rows(state))
