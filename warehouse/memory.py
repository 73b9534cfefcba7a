"""How much memory the writer's engine may take: little for a landing, whatever the size of the file; more where little is not enough.

Left alone, an engine keeps every page of the file that it has read: a landing took 2.5 GB at a million articles, and was no faster.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

_LITTLE = 256 * 2**20  # bytes
_LEAST_PLENTY = 512 * 2**20  # bytes
_SHARE = 0.25  # of the machine; reading processes need the rest (DuckDB alone would take 0.8)


def allow_little(con: duckdb.DuckDBPyConnection) -> None:
    """As much as a landing needs."""
    _allow(con, f"{_LITTLE // 2**20}MiB")


def allow_plenty(con: duckdb.DuckDBPyConnection) -> None:
    """A quarter of the machine: for work on the whole file."""
    share = max(_LEAST_PLENTY, int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * _SHARE))
    _allow(con, f"{share // 2**20}MiB")


@contextmanager
def plenty(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Allow plenty for a while."""
    (before,) = con.execute("select current_setting('memory_limit')").fetchall()[0]
    allow_plenty(con)
    try:
        yield
    finally:
        _allow(con, before)


def _allow(con: duckdb.DuckDBPyConnection, limit: str) -> None:
    con.execute("set memory_limit = ?", [limit])
