"""Opening the warehouse: the private file for the one writer, the published file for everyone who reads.

Refuses to open a file that another program has open, that is damaged, or that a newer program wrote, and says which.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from extractors.errors import WarehouseError, WarehouseMissing
from warehouse import schema
from warehouse.memory import allow_little, allow_plenty
from warehouse.turns import Turn, take_turn

PRIVATE_NAME = "warehouse.duckdb"
COMPACTING = ".compacting"  # after its name: the private file that is being written anew
_MOST_THREADS = 4  # a landing is small; more threads only fight with the reading processes
_HELD_BY = re.compile(r"Conflicting lock is held in (?P<program>\S+) \(PID (?P<pid>\d+)\)")


class Writer:
    """The one connection that writes. Use it as a context manager; ask `take_turns` after every batch."""

    def __init__(self, private_dir: Path, *, purpose: str, turn: Turn, on_wait: Callable[[str], None] | None, whole_file: bool) -> None:
        self.path = private_dir / PRIVATE_NAME
        self.migrated: tuple[str, ...] = ()  # migrations applied when the file was opened
        self._whole_file = whole_file
        self._purpose = purpose
        self._on_wait = on_wait
        self._turn: Turn | None = turn
        self._con: duckdb.DuckDBPyConnection | None = None
        self._open()

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        """The connection; a new one after each turn, so never keep it across `take_turns`."""
        if self._con is None:
            raise WarehouseError(f"{self.path}: this writer is closed")
        return self._con

    def is_wanted(self) -> bool:
        """Whether another process waits for its turn."""
        return self._turn is not None and self._turn.is_wanted()

    def take_turns(self) -> bool:
        """Let the others write if any of them waits, then go on; True when it gave way. Commit before."""
        if not self.is_wanted():
            return False
        self.close()
        self._turn = take_turn(self.path.parent, purpose=self._purpose, on_wait=self._on_wait)
        self._open()
        return True

    def replace_file(self, new: Path) -> None:
        """Put `new`, closed and whole, in the place of the private file, and go on with that; the turn is kept."""
        self.con.close()
        self._con = None
        if (log := self.path.with_name(self.path.name + ".wal")).exists():
            raise WarehouseError(f"{log}: not empty after closing; the file beside it is kept")
        sync(new)
        new.replace(self.path)
        sync(self.path.parent)
        self._open()

    def close(self) -> None:
        """Close the file and give the lock back; closing twice is closing once."""
        try:
            if self._con is not None:
                self._con.close()
        finally:
            self._con = None
            if self._turn is not None:
                self._turn.release()
                self._turn = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _open(self) -> None:
        try:
            self._con = _open_private(self.path)
            self.migrated = schema.migrate(self._con)
            if not self._whole_file:
                allow_little(self._con)
        except BaseException:
            self.close()
            raise


def open_writer(
    private_dir: Path,
    *,
    purpose: str,
    wait_seconds: float | None = None,
    on_wait: Callable[[str], None] | None = None,
    whole_file: bool = False,
) -> Writer:
    """Wait for the writer's lock and open the private file, made and migrated where needed.

    `whole_file` says that its work is on all of it (checks, compaction, labelling anew), which takes more memory.
    None waits for ever; else WarehouseBusy names the holder after so many seconds (0: at once). `on_wait` hears once
    about each holder that is waited for longer than a second, here and in `take_turns`.
    """
    turn = take_turn(private_dir, purpose=purpose, wait_seconds=wait_seconds, on_wait=on_wait)
    return Writer(private_dir, purpose=purpose, turn=turn, on_wait=on_wait, whole_file=whole_file)


def pending_migrations(private_dir: Path, *, purpose: str, on_wait: Callable[[str], None] | None = None) -> tuple[str, ...]:
    """Name what opening the private file for writing would apply; changes nothing, but waits for the writer's turn."""
    path = private_dir / PRIVATE_NAME
    turn = take_turn(private_dir, purpose=purpose, on_wait=on_wait)
    try:
        with _start_engine(path) as con:
            if path.exists():
                _attach(con, path, name="warehouse", options="read_only")
            return schema.pending(con)
    finally:
        turn.release()


def open_readonly(path: Path, *, allow_files: bool = False) -> duckdb.DuckDBPyConnection:
    """Open the published file for questions: nothing can be written and, unless allowed, no other file be touched.

    Each call opens the file that is there now; a connection keeps its picture when a newer one is published.
    """
    con = open_unlocked(path)
    lock(con, allow_files=allow_files)
    return con


def open_unlocked(path: Path) -> duckdb.DuckDBPyConnection:
    """Open the published file for reading with the engine still free to attach; `lock` it before anybody may ask."""
    if not path.exists():
        raise WarehouseMissing(f"{path}: nothing has been published there yet; run `trilateral ingest` (or `trilateral demo`) first")
    con = _start_engine(path)
    # ATTACH, not duckdb.connect(path): a second connect in one process would be given the old file (duckdb#15912).
    _attach(con, path, name="trilateral", options="read_only")
    return con


def lock(con: duckdb.DuckDBPyConnection, *, allow_files: bool) -> None:
    """Keep questions to what is open: no other file unless allowed, and no setting changed."""
    if not allow_files:
        con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")


def open_copy(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a copy that nobody else knows of yet, for writing down what it is."""
    con = _start_engine(path)
    _attach(con, path, name="copy", options="read_write")
    return con


def sync(path: Path) -> None:
    """Have a file's bytes, or a folder's names, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open_private(path: Path) -> duckdb.DuckDBPyConnection:
    for left in path.parent.glob(f"{path.name}{COMPACTING}*"):  # of a compaction that was killed; as large as the file itself
        left.unlink(missing_ok=True)
    if not path.exists():
        _create(path)
    con = _start_engine(path)
    allow_plenty(con)
    con.execute("set threads = ?", [min(_MOST_THREADS, os.cpu_count() or 1)])
    _attach(con, path, name="warehouse", options="read_write")
    return con


def _create(path: Path) -> None:
    """Make an empty database under another name first, so that a killed process never leaves half a header behind."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with _start_engine(new) as con:
        _attach(con, new, name="warehouse", options="storage_version 'latest'")  # older ones have no zstd for bodies
    new.replace(path)


def _start_engine(path: Path) -> duckdb.DuckDBPyConnection:
    """Start an engine with no file yet, in UTC, which fetches no extensions and spills beside `path`."""
    con = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    con.execute("set TimeZone = 'UTC'")
    con.execute("set temp_directory = ?", [f"{path}.tmp"])
    return con


def _attach(con: duckdb.DuckDBPyConnection, path: Path, *, name: str, options: str) -> None:
    """Attach the file and use it; the engine is closed again where that fails."""
    quoted = str(path).replace("'", "''")
    try:
        con.execute(f"attach '{quoted}' as {name} ({options})")
        con.execute(f"use {name}")
    except duckdb.Error as error:
        con.close()
        raise WarehouseError(_explain(path, error)) from error


def _explain(path: Path, error: duckdb.Error) -> str:
    """Say what is wrong with a database file, in one line a person can act on."""
    words = str(error).strip().splitlines()[0]
    held = _HELD_BY.search(words)
    if held is not None:
        return f"{path}: opened by another program ({held['program']}, PID {held['pid']}); close it there and try again"
    if "not a valid DuckDB database file" in words:
        return f"{path}: not a DuckDB database; put it aside"
    return f"{path}: cannot be opened: {words}"
