"""The warehouse as people could read it at an instant: the last publication at or before it, answered from today's file.

Every row of core carries the landing that brought it, so the past is a filter and not a copy. Refuses an instant at which
nothing had been published.
"""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files
from pathlib import Path

import duckdb

from extractors.errors import WarehouseMissing
from warehouse import schema
from warehouse.sql import ask
from warehouse.store import lock, open_readonly, open_unlocked


def open_as_of(path: Path, instant: datetime | None, *, allow_files: bool = False) -> duckdb.DuckDBPyConnection:
    """Open the published file so that its views answer as the last publication at or before `instant` did; None: as it is."""
    if instant is None:
        return open_readonly(path, allow_files=allow_files)
    con = open_unlocked(path)
    try:
        _go_back(con, path, instant)
        lock(con, allow_files=allow_files)
    except BaseException:
        con.close()
        raise
    return con


def _go_back(con: duckdb.DuckDBPyConnection, path: Path, instant: datetime) -> None:
    then = ask(con, "publish.as_of", instant=instant)
    if not then:
        first = ask(con, "publish.first")[0]["published_at"]
        when = f"the first publication was at {first:%Y-%m-%d %H:%M:%S} UTC" if first else "nothing was ever published by a run"
        raise WarehouseMissing(f"{path}: nothing could be read at {instant:%Y-%m-%d %H:%M:%S} UTC: {when}")
    con.execute("attach ':memory:' as past")
    con.execute("use past")
    ask(con, "publish.go_back", through_seq=then[0]["through_seq"])
    ask(con, "publish.go_back_to", published_at=then[0]["published_at"])
    con.execute((files("warehouse") / "past" / "tables.sql").read_text(encoding="utf-8"))
    schema.create_views(con)
