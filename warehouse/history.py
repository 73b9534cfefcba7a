"""What backfills ask of the warehouse: how far their units are, what is held already, and how much of it.

Reads only. Refuses to decide what a better capture is: it says what we hold, and the caller compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from extractors.records import Access, CaptureRef, UnitState
from warehouse.queue import capture_of
from warehouse.sql import ask


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCapture:
    """A capture that we have, and whether it was read or refused."""

    capture: CaptureRef
    has_outcome: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldText:
    """How much of an article its latest version shows."""

    access: Access
    word_count: int


def units(con: duckdb.DuckDBPyConnection, *, adapter: str, target: str) -> tuple[UnitState, ...]:
    """List the units of a target, the newest first."""
    return tuple(UnitState(**row) for row in ask(con, "history.units", adapter=adapter, target=target))


def held_captures(con: duckdb.DuckDBPyConnection, capture_ids: Sequence[str]) -> dict[str, HeldCapture]:
    """Find, by id, those among these captures that we hold."""
    rows = ask(con, "history.captured", capture_ids=list(capture_ids)) if capture_ids else []
    return {row["capture_id"]: HeldCapture(capture=capture_of(row), has_outcome=row["has_outcome"]) for row in rows}


def held_texts(con: duckdb.DuckDBPyConnection, url_keys: Sequence[str]) -> dict[str, HeldText]:
    """Find, by page, what we hold of those among these pages that are an article."""
    rows = ask(con, "history.held", url_keys=list(url_keys)) if url_keys else []
    return {row["url_key"]: HeldText(access=row["access"], word_count=row["word_count"]) for row in rows}


def refused_pages(con: duckdb.DuckDBPyConnection, url_keys: Sequence[str]) -> frozenset[str]:
    """Find those among these pages that were ever refused."""
    return frozenset(row["url_key"] for row in ask(con, "history.refused", url_keys=list(url_keys))) if url_keys else frozenset()


def known_pages(con: duckdb.DuckDBPyConnection, url_keys: Sequence[str]) -> frozenset[str]:
    """Find those among these pages that are queued, or another address of an article that we hold."""
    return frozenset(row["url_key"] for row in ask(con, "pages.known", url_keys=list(url_keys))) if url_keys else frozenset()


def read_otherwise(con: duckdb.DuckDBPyConnection, *, extractor: str, since: datetime | None, source: str | None) -> tuple[str, ...]:
    """List the captures that show what articles say now and that another extractor read, and those that were refused; newest first."""
    return tuple(row["capture_id"] for row in ask(con, "history.read_otherwise", extractor=extractor, since=since, source=source))
