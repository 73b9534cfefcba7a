"""Answers for people: any question in SQL, how the house stands, and questions worth asking first.

Refuses to write, and to format: rows come back as they are, for whoever shows them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

import duckdb
import pyarrow as pa

from extractors.errors import WarehouseError
from warehouse.sql import ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a query answered."""

    columns: tuple[str, ...]
    types: tuple[str, ...]  # DuckDB's names of them
    rows: tuple[tuple[Any, ...], ...]  # instants are naive and UTC, as in the database
    is_cut: bool = False  # there are more rows than the limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question in words and in SQL."""

    title: str
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How fresh the published file is."""

    published_at: datetime
    through_seq: int
    data_as_of: datetime | None  # None: nothing had landed


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The last run of a flow."""

    run_id: str
    flow: str
    started_at: datetime
    ended_at: datetime | None
    status: str
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTally:
    """How many feeds are in a state, and how many of them are due."""

    state: str
    feeds: int
    due: int
    next_poll_at: datetime | None  # of those that are not due yet


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubledFeed:
    """A feed that is throttled, blocked, failing or stopped, and why."""

    source_id: str
    url: str
    state: str
    last_outcome: str | None
    last_detail: str | None
    failures: float
    last_success_at: datetime | None
    next_poll_at: datetime | None
    next_poll_rule: str
    successor_url: str | None  # what its outlet's home page names instead


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """Where a feed that is gone may be found, by its outlet's home page."""

    url: str  # as declared
    successor_url: str
    successor_sought_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPages:
    """Pages that wait for the same thing."""

    stage: str  # 'pending' or 'captured'
    reason: str
    last_outcome: str | None  # of the attempt before; None: their first turn
    pages: int
    due: int
    next_due_at: datetime
    oldest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietSource:
    """A source whose polls succeed and bring nothing."""

    source_id: str
    name: str
    why: str  # by its own rhythm, where it has one
    last_success_at: datetime | None
    last_article_at: datetime | None  # None: it never brought any


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRecord:
    """How the house stands."""

    freshness: Freshness | None  # None: never published
    last_runs: tuple[LastRun, ...]  # one a flow, the youngest first
    feeds: tuple[FeedTally, ...]
    troubled_feeds: tuple[TroubledFeed, ...]
    backlog: tuple[WaitingPages, ...]
    quiet_sources: tuple[QuietSource, ...]
    articles: int
    relevant_articles: int
    rejections: int


def run_query(con: duckdb.DuckDBPyConnection, sql: str, *, limit: int | None = None) -> Answer:
    """Answer of one or more statements, the last one's rows, at most `limit`; WarehouseError with DuckDB's own words."""
    try:
        con.execute(sql)
        described = con.description or ()
        rows = con.fetchall() if limit is None else con.fetchmany(limit + 1)
    except duckdb.Error as error:
        raise WarehouseError(f"the query failed: {error}") from error
    return Answer(
        columns=tuple(column[0] for column in described),
        types=tuple(str(column[1]) for column in described),
        rows=tuple(rows[:limit]),
        is_cut=limit is not None and len(rows) > limit,
    )


def run_query_to_arrow(con: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """Answer with the types kept, for files that keep them too (Parquet)."""
    try:
        return con.execute(sql).to_arrow_table()
    except duckdb.Error as error:
        raise WarehouseError(f"the query failed: {error}") from error


def status(con: duckdb.DuckDBPyConnection, *, now: datetime) -> StatusRecord:
    """How the house stands at `now`."""
    freshness = [Freshness(**row) for row in ask(con, "status.freshness")]
    return StatusRecord(
        freshness=freshness[0] if freshness else None,
        last_runs=tuple(_last_run(**row) for row in ask(con, "status.last_runs")),
        feeds=tuple(FeedTally(**row) for row in ask(con, "status.feed_tallies", now=now)),
        troubled_feeds=tuple(TroubledFeed(**row) for row in ask(con, "status.troubled_feeds")),
        backlog=tuple(WaitingPages(**row) for row in ask(con, "status.backlog", now=now)),
        quiet_sources=tuple(QuietSource(**row) for row in ask(con, "status.quiet_sources", now=now)),
        **ask(con, "status.totals")[0],
    )


def successors(con: duckdb.DuckDBPyConnection) -> tuple[Successor, ...]:
    """Feeds that are gone and what their outlets' home pages name instead."""
    return tuple(Successor(**row) for row in ask(con, "status.successors"))


def _last_run(*, counts: str, **columns: Any) -> LastRun:
    return LastRun(counts=tuple(json.loads(counts).items()), **columns)


def demo_questions() -> tuple[Question, ...]:
    """Three questions that show what this is for, from `queries/demo_*.sql`."""
    return _questions("demo_")


def worked_questions() -> tuple[Question, ...]:
    """Ten questions as analysts ask them, from `queries/ask_*.sql`, to be taken as they are or as a beginning."""
    return _questions("ask_")


def _questions(prefix: str) -> tuple[Question, ...]:
    """Read the files of a kind, by name: the first line is the question in words."""
    found = sorted(
        (file for file in (files("warehouse") / "queries").iterdir() if file.name.startswith(prefix)), key=lambda file: file.name
    )
    texts = [file.read_text(encoding="utf-8").partition("\n") for file in found]
    return tuple(Question(title=title.removeprefix("-- "), sql=sql.strip()) for title, _, sql in texts)
