"""Compaction: the private file written anew, without the holes that replaced rows left in it.

The new file is made by the migrations, filled table by table in the order of landing, proved to hold as many rows, and takes
the old one's place in one rename. Refuses to begin while there is little to win.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from extractors.errors import WarehouseError
from warehouse import schema
from warehouse.sql import ask
from warehouse.store import COMPACTING, Writer

# Below this share of empty blocks, or this many blocks (64 MiB), copying gigabytes wins too little; DuckDB fills holes first.
_HOLES = 0.25
_LEAST_BLOCKS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    """How large the file was, and is."""

    bytes_before: int
    bytes_after: int


def compact(writer: Writer, *, least_blocks: int = _LEAST_BLOCKS) -> Compaction | None:
    """Write the private file anew where at least a quarter of it is empty; None where it is not worth it."""
    writer.con.execute("checkpoint")
    (blocks,) = ask(writer.con, "compaction.blocks")
    if blocks["total_blocks"] < least_blocks or blocks["free_blocks"] < _HOLES * blocks["total_blocks"]:
        return None
    before = writer.path.stat().st_size
    new = writer.path.with_name(writer.path.name + COMPACTING)
    new.unlink(missing_ok=True)
    try:
        _write_anew(writer.con, new)
        writer.replace_file(new)
    except (OSError, duckdb.Error) as error:
        raise WarehouseError(f"{writer.path}: not compacted: {str(error).strip().splitlines()[0]}") from error
    finally:
        new.unlink(missing_ok=True)
        new.with_name(new.name + ".wal").unlink(missing_ok=True)
    return Compaction(bytes_before=before, bytes_after=writer.path.stat().st_size)


def _write_anew(con: duckdb.DuckDBPyConnection, new: Path) -> None:
    """Make and fill the new file; ends with the old one in use."""
    quoted = str(new).replace("'", "''")
    con.execute(f"attach '{quoted}' as compacted (storage_version 'latest')")
    try:
        con.execute("use compacted")
        schema.migrate(con)
        for table in ask(con, "compaction.tables"):
            con.execute(table["emptying"])
            con.execute(table["filling"])
            if con.execute(table["proof"]).fetchone() != (True,):
                raise WarehouseError(f"{new}: not compacted: {table['table_name']} did not come over whole")
        con.execute("checkpoint compacted")
    finally:
        con.execute("use warehouse")
        con.execute("detach compacted")
