"""What all processes of one data folder share about hosts: whose turn it is, who was asked to wait, what robots.txt said.

One SQLite file. A call takes a fraction of a millisecond and is made on the event loop's own thread, so that being
cancelled can never leave a lease behind. Refuses to wait: the caller is told for how long and does it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from extractors.errors import TrilateralError
from extractors.records import Failure

MAX_PAUSE = timedelta(days=1)

_BUSY_SECONDS = 5.0  # for another process's transaction, which takes less than a millisecond
_POLL_SECONDS = 0.25  # between two looks at a lease that another process holds
_CLOCK_SLACK_SECONDS = 60.0  # callers look at the clock before they queue for the file, so a start may seem to lie ahead
_KEEP_CLAIMS = timedelta(days=1)  # after they were settled
_KEEP_ROBOTS = timedelta(days=7)  # after it expired

_SCHEMA = """
create table if not exists scopes (
  scope text primary key,
  started_at real not null default 0,     -- last start, or when it had been answered; seconds since the epoch
  delay_seconds real not null default 0,  -- what that start asks the next one to keep
  paused_until real not null default 0
) without rowid;
create table if not exists leases (
  lease_id integer primary key autoincrement,
  scope text not null,
  pid integer not null,
  process_started integer not null,       -- clock ticks after boot: a pid alone comes round again
  expires_at real not null
);
create table if not exists claims (
  name text primary key,                  -- of a feed or a page that a process is about to ask for
  pid integer not null,
  process_started integer not null,
  settled_at real                         -- when what came of it was landed; null: not yet
) without rowid;
create table if not exists robots (
  authority text primary key,
  expires_at real not null,
  body text not null,
  failure_kind text,
  failure_detail text
) without rowid;
"""
_SCOPE = "select started_at, delay_seconds, paused_until from scopes where scope = ?"
_START = """
insert into scopes (scope, started_at, delay_seconds) values (:scope, :started_at, :delay_seconds)
on conflict (scope) do update set started_at = excluded.started_at, delay_seconds = excluded.delay_seconds
"""
_LATER_START = "update scopes set started_at = max(started_at, :started_at) where scope = :scope"
_PAUSE = """
insert into scopes (scope, paused_until) values (:scope, :paused_until)
on conflict (scope) do update set paused_until = max(paused_until, excluded.paused_until)
"""
_LEASES = "select lease_id, pid, process_started, expires_at from leases where scope = ?"
_TAKE_LEASE = "insert into leases (scope, pid, process_started, expires_at) values (?, ?, ?, ?)"
_DROP_LEASE = "delete from leases where lease_id = ?"
_CLAIMED = "select pid, process_started, settled_at from claims where name = ?"
_CLAIM = "insert or replace into claims (name, pid, process_started, settled_at) values (?, ?, ?, null)"
_SETTLE = "update claims set settled_at = ? where name = ?"
_FORGET_CLAIMS = "delete from claims where settled_at < ?"
_ROBOTS = "select expires_at, body, failure_kind, failure_detail from robots where authority = ? and expires_at > ?"
_KEEP = """
insert or replace into robots (authority, expires_at, body, failure_kind, failure_detail)
values (:authority, :expires_at, :body, :failure_kind, :failure_detail)
"""
_FORGET = "delete from robots where expires_at < ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to one request in a scope, to be released after it."""

    lease_id: int
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nobody may start in the scope yet; ask again after so many seconds."""

    seconds: float
    paused_until: datetime | None = None  # the publisher asked for it


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsFile:
    """What an authority's robots.txt said, or why it could not be had (RFC 9309 §2.3.1)."""

    expires_at: datetime
    body: str = ""
    failure: Failure | None = None  # everything is disallowed


class HostBook:
    """The file that all processes share. Opened at the first call; safe to use from several threads."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._guard = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def acquire(self, scope: str, delay: float, now: datetime, *, connections: int = 1, lease_seconds: float = 60.0) -> Lease | Wait:
        """Start a request in a scope now, or learn how long to wait. `delay`: seconds after the last start, and before the next."""
        at = now.timestamp()
        with self._transaction() as book:
            wait = _wait_for_turn(book, scope, delay, at)
            if _count_leases(book, scope, at) >= connections:
                wait = wait or Wait(seconds=_POLL_SECONDS)
            if wait is not None:
                return wait
            book.execute(_START, {"scope": scope, "started_at": at, "delay_seconds": delay})
            taken = book.execute(_TAKE_LEASE, (scope, os.getpid(), _process_started(os.getpid()), at + lease_seconds))
            return Lease(lease_id=int(taken.lastrowid or 0), scope=scope)

    def release(self, lease: Lease, *, counted_from: datetime) -> None:
        """Give a lease back. `counted_from`: when the server had surely seen the request; the delay runs from there."""
        with self._transaction() as book:
            book.execute(_DROP_LEASE, (lease.lease_id,))
            book.execute(_LATER_START, {"scope": lease.scope, "started_at": counted_from.timestamp()})

    def pause(self, scope: str, until: datetime) -> None:
        """Start nothing in a scope before `until`; a longer pause stands."""
        with self._transaction() as book:
            book.execute(_PAUSE, {"scope": scope, "paused_until": until.timestamp()})

    def claim(self, name: str, *, known_at: datetime) -> bool:
        """Claim what is about to be asked for; False: another process is at it, or has landed it since the caller knew it was due."""
        with self._transaction() as book:
            row = book.execute(_CLAIMED, (name,)).fetchone()
            if row is not None:
                pid, process_started, settled_at = row
                is_stale = settled_at is not None and settled_at >= known_at.timestamp()
                is_theirs = settled_at is None and pid != os.getpid() and process_started == _process_started(pid)
                if is_stale or is_theirs:
                    return False
            book.execute(_CLAIM, (name, os.getpid(), _process_started(os.getpid())))
            return True

    def settle(self, names: Iterable[str], now: datetime) -> None:
        """Note that what came of these claims has landed, so that every process finds it in the warehouse."""
        with self._transaction() as book:
            book.executemany(_SETTLE, [(now.timestamp(), name) for name in names])
            book.execute(_FORGET_CLAIMS, ((now - _KEEP_CLAIMS).timestamp(),))

    def find_pause(self, scope: str, now: datetime) -> datetime | None:
        """Look up until when nothing may start in a scope, or at a single address that was paused; None: it may."""
        with self._transaction() as book:
            row = book.execute(_SCOPE, (scope,)).fetchone()
        if row is None or row[2] <= now.timestamp():
            return None
        return datetime.fromtimestamp(row[2], UTC)

    def find_robots(self, authority: str, now: datetime) -> RobotsFile | None:
        """Look up what is known of an authority's robots.txt; None: nothing, or nothing any more."""
        with self._transaction() as book:
            row = book.execute(_ROBOTS, (authority, now.timestamp())).fetchone()
        if row is None:
            return None
        expires_at, body, kind, detail = row
        failure = None if kind is None else Failure(kind=kind, detail=detail)
        return RobotsFile(expires_at=datetime.fromtimestamp(expires_at, UTC), body=body, failure=failure)

    def keep_robots(self, authority: str, robots: RobotsFile, now: datetime) -> None:
        """Remember a robots.txt until it expires."""
        with self._transaction() as book:
            book.execute(_FORGET, ((now - _KEEP_ROBOTS).timestamp(),))
            book.execute(
                _KEEP,
                {
                    "authority": authority,
                    "expires_at": robots.expires_at.timestamp(),
                    "body": robots.body,
                    "failure_kind": robots.failure.kind if robots.failure else None,
                    "failure_detail": robots.failure.detail if robots.failure else None,
                },
            )

    def copy_to(self, target: Path | str) -> None:
        """Copy the book as it stands between two transactions to another file."""
        with self._guard:
            try:
                book = self._connection = self._connection or _open(self._path)
                with contextlib.closing(sqlite3.connect(target)) as copy:
                    book.backup(copy)
            except sqlite3.Error as error:
                raise TrilateralError(f"{self._path}: not copied: {error}") from error

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._guard:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One BEGIN IMMEDIATE … COMMIT; whatever SQLite cannot do names the file."""
        with self._guard:
            try:
                book = self._connection = self._connection or _open(self._path)
                book.execute("begin immediate")
                try:
                    yield book
                except BaseException:
                    book.execute("rollback")
                    raise
                book.execute("commit")
            except sqlite3.Error as error:
                raise TrilateralError(f"{self._path}: {error}") from error


def _open(path: Path) -> sqlite3.Connection:
    """Open the file; the first of several processes makes it, under a lock on its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with contextlib.ExitStack() as unless_ready:
            connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            unless_ready.callback(connection.close)
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = normal")
            connection.executescript(_SCHEMA)
            unless_ready.pop_all()
    finally:
        os.close(folder)
    return connection


def _wait_for_turn(book: sqlite3.Connection, scope: str, delay: float, at: float) -> Wait | None:
    row = book.execute(_SCOPE, (scope,)).fetchone()
    if row is None:
        return None
    started_at, kept_delay, paused_until = row
    paused_until = min(paused_until, at + MAX_PAUSE.total_seconds())
    if paused_until > at:
        return Wait(seconds=paused_until - at, paused_until=datetime.fromtimestamp(paused_until, UTC))
    if started_at > at + _CLOCK_SLACK_SECONDS:  # the wall clock was set back
        book.execute(_START, {"scope": scope, "started_at": at, "delay_seconds": kept_delay})
        started_at = at
    seconds = started_at + max(delay, kept_delay) - at
    return Wait(seconds=seconds) if seconds > 0 else None


def _count_leases(book: sqlite3.Connection, scope: str, at: float) -> int:
    """Leases that hold; those of dead processes and those over their time are dropped."""
    held = 0
    for lease_id, pid, process_started, expires_at in book.execute(_LEASES, (scope,)).fetchall():
        if expires_at > at and process_started == _process_started(pid):
            held += 1
        else:
            book.execute(_DROP_LEASE, (lease_id,))
    return held


def _process_started(pid: int) -> int | None:
    """When a process began, in clock ticks after boot; None: there is none, or only what its parent has not buried yet."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in {"Z", "X"} else int(fields[19])
