"""Processes that ours have started, as the kernel knows them (/proc). Signals only what it was told of, never by name."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process; a number alone comes round again."""

    pid: int
    parent: int
    began: int  # clock ticks after boot


def children_of(pid: int) -> tuple[Process, ...]:
    """Those that it started itself and that still run."""
    return tuple(process for process in _all() if process.parent == pid)


def descendants_of(pid: int) -> tuple[Process, ...]:
    """Those, theirs, and so on."""
    every = _all()
    found: list[Process] = []
    parents = {pid}
    while parents:
        generation = [process for process in every if process.parent in parents]
        found += generation
        parents = {process.pid for process in generation}
    return tuple(found)


def send(process: Process, number: signal.Signals) -> None:
    """Signal a process that still is the one it was."""
    now = _read(process.pid)
    if now is not None and now.began == process.began:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def await_that(is_so: Callable[[], bool], *, seconds: float) -> bool:
    """Wait until something is so; False where it is not in time."""
    ends_at = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() >= ends_at:
            return False
        time.sleep(_LOOK_SECONDS)
    return True


def _all() -> list[Process]:
    found = (_read(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit())
    return [process for process in found if process is not None]


def _read(pid: int) -> Process | None:
    """None: there is none, or only what its parent has not buried yet."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in {"Z", "X"} else Process(pid=pid, parent=int(fields[1]), began=int(fields[19]))
