"""One ingest of a data folder at a time: a kernel lock that dies with its holder and says who that is.

Two ingests would not harm each other (claims and turns see to that); the second would only find nothing to do.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from flows.interruption import Say

_LOCK = "ingest.lock"
_POLL_SECONDS = 0.1
_QUIET_SECONDS = 1.0  # a watch between two passes gives way within that


@contextlib.contextmanager
def shift(private_dir: Path, *, purpose: str) -> Iterator[str | None]:
    """Take the shift if it is free; else yield, in words, who has it."""
    private_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(private_dir / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not _take(descriptor):
            yield _words(descriptor)
            return
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{purpose} (pid {os.getpid()})\n".encode(), 0)
        yield None
    finally:
        os.close(descriptor)


def find_shift(private_dir: Path) -> str | None:
    """Say who has the shift at this moment; None: nobody."""
    try:
        descriptor = os.open(private_dir / _LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _words(descriptor)
    finally:
        os.close(descriptor)
    return None


def _take(descriptor: int) -> bool:
    """Lock it; twice, since whoever only looks holds it for a moment."""
    for _ in range(2):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(_POLL_SECONDS)
    return False


def _words(descriptor: int) -> str:
    return os.pread(descriptor, 200, 0).decode(errors="replace").strip() or "another ingest"


@contextlib.contextmanager
def await_shift(private_dir: Path, *, purpose: str, say: Say) -> Iterator[None]:
    """Wait for the shift and take it; who is waited for longer than a second is said once."""
    began, told = time.monotonic(), ""
    while True:
        with shift(private_dir, purpose=purpose) as holder:
            if holder is None:
                yield
                return
        if holder != told and time.monotonic() - began >= _QUIET_SECONDS:
            say(f"waiting for another ingest to end: {holder}")
            told = holder
        time.sleep(_POLL_SECONDS)
