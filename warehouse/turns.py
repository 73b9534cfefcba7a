"""Whose turn it is to write: one lock file beside the private database, and a queue of those who want it.

The lock is the kernel's (`flock`), so a killed holder frees it by dying; the file's text only says who holds it. Waiters
keep a ticket each, and whoever has waited longest goes first. Refuses to know what is being written.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from extractors.errors import WarehouseBusy, WarehouseError

_LOCK = "writer.lock"
_WANTS = "writer.wants"
_TICKET = re.compile(r"\d{20}\.\d+")  # when it was drawn, and by whom
_POLL_SECONDS = 0.02
_QUIET_SECONDS = 1.0  # shorter waits, as when two take turns after every batch, are not worth a line
_FRESH_SECONDS = 2.0  # a waiter touches its ticket at every poll; one that was stopped (Ctrl-Z) must not hold up the queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The right to write; `release` gives it back."""

    private_dir: Path
    lock_fd: int

    def release(self) -> None:
        """Give the lock back; the next in the queue takes it at its next poll."""
        with contextlib.suppress(OSError):
            os.ftruncate(self.lock_fd, 0)
        os.close(self.lock_fd)

    def is_wanted(self) -> bool:
        """Whether a living process is waiting for its turn."""
        return bool(_queue(self.private_dir))


def take_turn(private_dir: Path, *, purpose: str, wait_seconds: float | None = None, on_wait: Callable[[str], None] | None = None) -> Turn:
    """Wait for the writer's lock in the order of asking; None waits for ever, else WarehouseBusy names the holder.

    `on_wait` hears once about each holder that is waited for longer than a second.
    """
    try:
        (private_dir / _WANTS).mkdir(parents=True, exist_ok=True)
        lock_fd = os.open(private_dir / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise WarehouseError(f"{private_dir}: cannot keep the warehouse here: {error.strerror}") from error
    try:
        _wait(private_dir, lock_fd, wait_seconds=wait_seconds, on_wait=on_wait)
        _sign(lock_fd, purpose)
    except BaseException:
        os.close(lock_fd)
        raise
    return Turn(private_dir=private_dir, lock_fd=lock_fd)


def _wait(private_dir: Path, lock_fd: int, *, wait_seconds: float | None, on_wait: Callable[[str], None] | None) -> None:
    """Poll until this process is the first of the queue and the lock is free."""
    started = time.monotonic()
    # The monotonic clock is one for all processes of a machine, so the names sort by age whatever the calendar does.
    ticket = private_dir / _WANTS / f"{time.monotonic_ns():020d}.{os.getpid()}"
    told = ""
    try:
        while True:
            _touch(ticket)
            if _queue(private_dir)[:1] == [ticket.name] and _try_lock(lock_fd):
                return
            holder = _holder(private_dir)
            waited = time.monotonic() - started
            if wait_seconds is not None and waited >= wait_seconds:
                raise WarehouseBusy(f"{private_dir / _LOCK}: {holder}; waited {waited:.1f} s for it")
            if on_wait is not None and holder != told and waited >= _QUIET_SECONDS:
                on_wait(f"waiting for the warehouse: {holder}")
                told = holder
            time.sleep(_POLL_SECONDS)
    finally:
        ticket.unlink(missing_ok=True)


def _touch(ticket: Path) -> None:
    """Say that its owner still waits; by our own clock, since a file server's may differ."""
    ticket.touch()
    now = time.time()
    os.utime(ticket, (now, now))


def _try_lock(lock_fd: int) -> bool:
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _queue(private_dir: Path) -> list[str]:
    """Names of the tickets of living waiters, oldest first; what dead or stopped ones left is removed."""
    folder = private_dir / _WANTS
    living = []
    for name in sorted(entry.name for entry in folder.iterdir() if _TICKET.fullmatch(entry.name)):
        try:
            is_fresh = time.time() - (folder / name).stat().st_mtime < _FRESH_SECONDS
        except FileNotFoundError:
            continue  # it has just got its turn
        if is_fresh and is_alive(int(name.rpartition(".")[2])):
            living.append(name)
        else:
            (folder / name).unlink(missing_ok=True)  # a stopped waiter makes it anew when it goes on
    return living


def is_alive(pid: int) -> bool:
    """Whether a process of this number runs on this machine."""
    try:
        os.kill(pid, 0)
    except (OverflowError, ProcessLookupError):
        return False
    except PermissionError:
        return True  # somebody else's process
    return True


def _sign(lock_fd: int, purpose: str) -> None:
    """Write into the locked file who holds it, for people and for those who wait."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    text = json.dumps({"pid": os.getpid(), "purpose": purpose, "since": since}) + "\n"
    os.ftruncate(lock_fd, 0)
    os.pwrite(lock_fd, text.encode(), 0)


def find_holder(private_dir: Path) -> str | None:
    """Say who holds the lock at this moment; None: nobody."""
    try:
        lock_fd = os.open(private_dir / _LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return None if _try_lock(lock_fd) else _holder(private_dir)
    finally:
        os.close(lock_fd)


def _holder(private_dir: Path) -> str:
    """Who holds the lock, in words."""
    try:
        holder = json.loads((private_dir / _LOCK).read_text(encoding="utf-8"))
        return f"held by pid {holder['pid']} ({holder['purpose']}) since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "free, but others asked for it first"  # nobody has signed it: between two turns
