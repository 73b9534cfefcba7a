"""What is new to the world among what landed, with the instants that tell how soon it came. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from warehouse.sql import ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An article from a feed that had been polled before it carried the article."""

    first_seen_at: datetime  # the poll that brought it
    changed_at: datetime | None  # when its feed began to carry it, as far as stated; None: no such instant is stated


def fresh_arrivals(con: duckdb.DuckDBPyConnection, *, after_seq: int, through_seq: int) -> tuple[Arrival, ...]:
    """Return the articles first landed after one landing and up to another, without the backlog of feeds polled for the first time."""
    return tuple(Arrival(**row) for row in ask(con, "arrivals.fresh", after_seq=after_seq, through_seq=through_seq))


def last_landing(con: duckdb.DuckDBPyConnection) -> int:
    """Return the number of the last landing, 0 before the first."""
    return int(ask(con, "runs.last_landing")[0]["landed_seq"])
