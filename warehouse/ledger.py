"""One landing: its number, its transaction, and the rows that are appended under that number.

A landing that appends nothing leaves no row of its own, so that landing a batch twice is landing it once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import duckdb

from warehouse.sql import Row, ask, transaction, write


class Ledger:
    """Appends rows under one `landed_seq` and knows whether there were any."""

    def __init__(self, con: duckdb.DuckDBPyConnection, *, last_seq: int) -> None:
        self.con = con
        self.landed_seq = last_seq + 1
        self._rows = 0

    @property
    def through_seq(self) -> int:
        """The number up to which everything has landed once this one is committed."""
        return self.landed_seq if self._rows else self.landed_seq - 1

    def append(self, statement: str, rows: Sequence[Row], **parameters: object) -> int:
        """Append rows by a named statement; how many were not there before."""
        return self._count(write(self.con, statement, incoming=rows, landed_seq=self.landed_seq, **parameters))

    def record(self, statement: str, **parameters: object) -> int:
        """Append what a named statement makes of rows that are there; how many."""
        return self._count(write(self.con, statement, incoming=None, landed_seq=self.landed_seq, **parameters))

    def _count(self, rows: int) -> int:
        self._rows += rows
        return rows


@contextmanager
def open_ledger(con: duckdb.DuckDBPyConnection, *, run_id: str, now: datetime) -> Iterator[Ledger]:
    """All that is landed inside is one transaction; it is committed when the block has been left."""
    with transaction(con, f"landing of run {run_id}"):
        ledger = Ledger(con, last_seq=ask(con, "runs.last_landing")[0]["landed_seq"])
        yield ledger
        if ledger.through_seq == ledger.landed_seq:
            write(con, "runs.add_landing", landed_seq=ledger.landed_seq, now=now, run_id=run_id)
