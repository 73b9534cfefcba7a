"""What there is to ask, and what one run brought: for the prompt and for the report a run leaves. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from warehouse.sql import ask


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedFeed:
    """A feed that a run polled in vain."""

    source_id: str
    url: str
    outcome: str
    detail: str  # '' where the outcome says it all
    next_at: datetime | None  # asked again then; naive, UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What one run brought; rows are in the order in which they are told."""

    by_source: tuple[tuple[str, int, int, int], ...]  # source, new articles, new versions, rejections
    by_theme: tuple[tuple[str, int, int], ...]  # theme, articles, passages
    failed_feeds: tuple[FailedFeed, ...]


def list_objects(con: duckdb.DuckDBPyConnection) -> tuple[tuple[str, str, str], ...]:
    """Name, kind and description of everything in `main`."""
    return tuple((row["object"], row["kind"], row["description"]) for row in ask(con, "guide.objects"))


def list_columns(con: duckdb.DuckDBPyConnection, name: str) -> tuple[tuple[str, str, str], ...]:
    """Name, type and description of each column of an object; nothing for one that is not there."""
    return tuple((row["column_name"], row["data_type"], row["description"]) for row in ask(con, "guide.columns", object=name))


def summarise_run(con: duckdb.DuckDBPyConnection, run_id: str) -> RunSummary:
    """Count what a run brought by source and by theme, and name the feeds that failed."""
    by_source = ask(con, "guide.run_by_source", run_id=run_id)
    by_theme = ask(con, "guide.run_by_theme", run_id=run_id)
    return RunSummary(
        by_source=tuple((row["source_id"], row["articles"], row["versions"], row["rejected"]) for row in by_source),
        by_theme=tuple((row["theme"], row["articles"], row["passages"]) for row in by_theme),
        failed_feeds=tuple(FailedFeed(**row) for row in ask(con, "guide.run_failed_feeds", run_id=run_id)),
    )
