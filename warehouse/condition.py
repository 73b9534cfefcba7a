"""The condition of the house in words: per thing that can go wrong, how it stands. Reads only; who is told is the caller's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import duckdb

from warehouse.sql import ask

# Thresholds of 2026-11-25, by reasoning and not yet by a year of alerts: an outlet of ten pages in two days is the smallest
# whose share says anything, and half of the usual yield is a changed layout rather than a bad day.
_LEAST_FETCHED = 10
_LEAST_FETCHED_BEFORE = 20
_DROP = 0.5
_LEAST_GAPS = 10
_LEAST_SILENCE_SECONDS = 6 * 3600.0
_FORTNIGHT = timedelta(days=14)

Standing = Literal["well", "unwell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How one thing stands."""

    key: str  # names the thing for good: `quiet:gazette`
    standing: Standing
    words: str  # for people


def conditions(con: duckdb.DuckDBPyConnection, *, now: datetime) -> tuple[Condition, ...]:
    """Say how everything stands that could be told of."""
    return (*_rhythms(con), *_yields(con), *_arrivals(con, now))


def _rhythms(con: duckdb.DuckDBPyConnection) -> Iterator[Condition]:
    for row in ask(con, "condition.quiet_sources"):
        words = f"{row['name']} ({row['source_id']}) is quiet: {row['why']}" if row["is_quiet"] else f"{row['name']} brings news again"
        yield Condition(key=f"quiet:{row['source_id']}", standing="unwell" if row["is_quiet"] else "well", words=words)


def _yields(con: duckdb.DuckDBPyConnection) -> Iterator[Condition]:
    for row in ask(con, "condition.yields"):
        if row["fetched"] < _LEAST_FETCHED or row["fetched_before"] < _LEAST_FETCHED_BEFORE:
            continue
        share, before = row["extracted"] / row["fetched"], row["extracted_before"] / row["fetched_before"]
        is_low = share < _DROP * before
        words = (
            f"{row['source_id']}: {row['extracted']} of {row['fetched']} fetched pages became articles in two days, "
            f"{before:.0%} did in the fortnight before"
        )
        yield Condition(
            key=f"yield:{row['source_id']}",
            standing="unwell" if is_low else "well",
            words=f"{words}: its pages may have changed" if is_low else f"{words}: as usual again",
        )


def _arrivals(con: duckdb.DuckDBPyConnection, now: datetime) -> Iterator[Condition]:
    (row,) = ask(con, "condition.arrivals", since=now - _FORTNIGHT)
    if row["last_at"] is None or row["gaps"] < _LEAST_GAPS:
        return
    silence = (now - row["last_at"]).total_seconds()
    is_silent = silence > max(_LEAST_SILENCE_SECONDS, row["long_seconds"])
    words = f"no new article has landed since {row['last_at']:%Y-%m-%d %H:%M} UTC" if is_silent else "new articles land again"
    yield Condition(key="landing", standing="unwell" if is_silent else "well", words=words)
