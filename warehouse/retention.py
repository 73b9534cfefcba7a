"""Which WARC files may go, and which have gone. Knows no file itself: removing it is the caller's, after this has been told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import duckdb

from warehouse.sql import ask, transaction, write


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiredFile:
    """A WARC file that is given up."""

    file: str  # below the captures folder
    expired_at: datetime
    captures: int
    file_bytes: int


def expirable_files(con: duckdb.DuckDBPyConnection, *, before: datetime) -> tuple[tuple[str, int], ...]:
    """Name the files all of whose captures are older than `before` and read, with how many those are."""
    return tuple((row["file"], row["captures"]) for row in ask(con, "retention.expirable", before=before))


def expired_files(con: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Name the files that were given up, removed or not."""
    return tuple(row["file"] for row in ask(con, "retention.expired"))


def record_expired(con: duckdb.DuckDBPyConnection, files: Sequence[ExpiredFile]) -> None:
    """Write down that files are given up; once this returns they may be removed."""
    with transaction(con, "retention"):
        write(con, "retention.record", incoming=[asdict(file) for file in files])
