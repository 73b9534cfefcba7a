"""How long WARC files are kept: whole files go once all they hold is older than `keep_captures_days` and read.

What is removed is written down before, so that a killed process leaves a file too many and never a row too few. Refuses to
touch a file that is not of our own making, one that is still open, and any while a backup is being made.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from flows.settings import Settings
from warehouse.retention import ExpiredFile, expirable_files, expired_files, record_expired
from warehouse.store import Writer

_OURS = "trilateral-"
_FOR_EVER = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """What retention took away."""

    files: int = 0
    captures: int = 0
    file_bytes: int = 0


def expire_captures(settings: Settings, writer: Writer, *, now: datetime) -> Expiry:
    """Remove the WARC files whose time is over, and those that an earlier process wrote down and did not live to remove."""
    if settings.keep_captures_days == _FOR_EVER:
        return Expiry()
    with captures_lock(settings.private_dir, is_shared=False) as is_ours:
        if not is_ours:
            return Expiry()  # a backup is reading them: the next run sees to it
        days = settings.keep_captures_days
        before = now - timedelta(days=days) if days else now + timedelta(days=1)
        found = [
            ExpiredFile(file=name, expired_at=now, captures=captures, file_bytes=path.stat().st_size)
            for name, captures in expirable_files(writer.con, before=before)
            if (path := _sealed(settings.captures_dir, name)) is not None
        ]
        if found:
            record_expired(writer.con, found)
        for name in expired_files(writer.con):
            if (path := _sealed(settings.captures_dir, name)) is not None:
                path.unlink(missing_ok=True)
    return Expiry(files=len(found), captures=sum(file.captures for file in found), file_bytes=sum(file.file_bytes for file in found))


def _sealed(captures_dir: Path, name: str) -> Path | None:
    """The file, where it is one that we wrote and closed."""
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts or not parts.name.startswith(_OURS):
        return None
    path = captures_dir / name
    return path if path.is_file() else None


@contextlib.contextmanager
def captures_lock(private_dir: Path, *, is_shared: bool) -> Iterator[bool]:
    """Keep WARC files where they are (shared, waited for), or have them to oneself; False where somebody keeps them."""
    private_dir.mkdir(parents=True, exist_ok=True)
    with (private_dir / "captures.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
