"""Publishing: a whole copy of the private file takes the place of the one that people read, in one rename.

An open reader keeps the copy it opened and blocks nobody. Refuses to put anything in place that does not open and
answer; what was published before stands until then.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import subprocess
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from extractors.errors import WarehouseError
from warehouse.sql import ask, transaction, write
from warehouse.store import Writer, open_copy, open_readonly, sync
from warehouse.turns import is_alive

_log = logging.getLogger(__name__)

_REST_FACTOR = 10  # after a publication, rest at least this many times as long as it took (house rule)
# In the order in which they build on each other: each is kept as a table, then shown in the place of the view.
_KEPT = ("keep_schema", *(f"{verb}_{view}" for view in ("version_numbers", "deletions", "text_origins") for verb in ("keep", "show")))
_READ_ONLY = 0o444  # a plain `duckdb FILE` would otherwise open it for writing


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What was put in place."""

    published_at: datetime
    through_seq: int  # the last landing it holds
    seconds: float  # how long it took
    bytes: int  # size of the published file
    warnings: tuple[str, ...] = ()  # what was found beside it, in words


def publish(writer: Writer, target: Path, *, now: datetime) -> Publication:
    """Copy the private file to `target`; nothing may be written through `writer` meanwhile.

    Where that fails, WarehouseError says why, `target` is as it was and no half copy stays behind.
    """
    started = time.monotonic()
    copy = target.with_name(f".{target.name}.{os.getpid()}.publishing")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(target)
        _recover(writer, target)
        through_seq = _settle(writer)
        _copy(writer.path, copy)
        _stamp(copy, now=now, through_seq=through_seq)
        sync(copy)
        _prove(copy, through_seq=through_seq)
        copy.chmod(_READ_ONLY)
        size = copy.stat().st_size
        warnings = _remove_stray_wal(target)
        copy.replace(target)
        sync(target.parent)
        _record(writer.con, published_at=now, through_seq=through_seq)
    except (OSError, duckdb.Error) as error:
        raise WarehouseError(f"{target}: not published: {error}") from error
    finally:
        with contextlib.suppress(OSError):
            copy.unlink(missing_ok=True)
    return Publication(published_at=now, through_seq=through_seq, seconds=time.monotonic() - started, bytes=size, warnings=warnings)


def copy_private(writer: Writer, target: Path) -> int:
    """Copy the private file whole, with all that has landed; nothing may be written through `writer` meanwhile. The last landing in it."""
    through_seq = _settle(writer)
    _copy(writer.path, target)
    return through_seq


def next_publish_at(last_started: datetime, last_seconds: float, *, publish_seconds: float) -> datetime:
    """When to start the next publication while rows land, if the last one took `last_seconds` from `last_started` on.

    Early enough to be done before the published file is `publish_seconds` old, but after ten times as long a rest.
    """
    return last_started + timedelta(seconds=max(publish_seconds - last_seconds, last_seconds + _REST_FACTOR * last_seconds))


def _settle(writer: Writer) -> int:
    """Bring all that has landed from the log into the file that is copied; the last landing in it."""
    writer.con.execute("checkpoint")
    return int(ask(writer.con, "publish.last_landing")[0]["through_seq"])


def _record(con: duckdb.DuckDBPyConnection, *, published_at: datetime, through_seq: int) -> None:
    with transaction(con, "publication"):
        write(con, "publish.record", published_at=published_at, through_seq=through_seq)


def _stamp(copy: Path, *, now: datetime, through_seq: int) -> None:
    """Write into the copy that it is published, and what is costly to answer; the private file hears of the former once it stands.

    A publication that failed is none, and must not be one in what people later ask about the past.
    """
    with open_copy(copy) as con:
        _record(con, published_at=now, through_seq=through_seq)
        with transaction(con, "publication"):
            for statement in _KEPT:
                ask(con, f"publish.{statement}")
        con.execute("checkpoint")


def _recover(writer: Writer, target: Path) -> None:
    """Record the publication that stands, where a process died between putting it in place and writing that down.

    Not where somebody opened it for writing: then it says what they wrote.
    """
    if not target.exists() or target.with_name(target.name + ".wal").exists():
        return
    try:
        with open_readonly(target) as reader:
            standing = ask(reader, "publish.standing")
    except (WarehouseError, duckdb.Error) as error:
        _log.warning("%s: what stands there cannot be read and is replaced: %s", target, error)
        return
    for row in standing:
        if ask(writer.con, "publish.unrecorded", **row):
            _record(writer.con, published_at=row["published_at"], through_seq=row["through_seq"])


def _copy(private: Path, copy: Path) -> None:
    """Copy by another process: closing a descriptor of the file in this one would drop DuckDB's lock on it (fcntl)."""
    command = ["cp", "--reflink=auto", "--", str(private), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603 our own paths, no shell
    if done.returncode != 0:
        reason = done.stderr.strip() or f"cp ended with {done.returncode}"  # below zero: by that signal, as at a limit of file size
        raise WarehouseError(f"{copy.parent}: the copy to publish could not be made: {reason}")


def _prove(copy: Path, *, through_seq: int) -> None:
    """Open the copy as a reader will and compare what it says of itself."""
    with open_readonly(copy) as reader:
        answer = ask(reader, "publish.proof")
    if answer != [{"landed_seq": through_seq, "through_seq": through_seq}]:
        raise WarehouseError(f"{copy}: not published: the copy answers {answer}, not that it goes through landing {through_seq}")


def _remove_leftovers(target: Path) -> None:
    """Half copies of publishers that died; ours of an earlier time too, since there is one writer."""
    name = re.compile(rf"\.{re.escape(target.name)}\.(\d+)\.publishing(\.wal)?")
    for path in target.parent.iterdir():
        match = name.fullmatch(path.name)
        if match and (int(match[1]) == os.getpid() or not is_alive(int(match[1]))):
            path.unlink(missing_ok=True)


def _remove_stray_wal(target: Path) -> tuple[str, ...]:
    """Remove the log of somebody who opened the published file for writing; the next reader would replay it."""
    wal = target.with_name(target.name + ".wal")
    if not wal.exists():
        return ()
    wal.unlink()
    warning = f"{wal}: removed; somebody opened the published file for writing, and what they wrote is gone"
    _log.warning(warning)
    return (warning,)
