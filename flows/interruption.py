"""SIGINT and SIGTERM, as contract.md has them: the first asks a run to stop in order, the second kills the process."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

EXIT_INTERRUPTED = 130

Say = Callable[[str], None]


class Interruption:
    """What the first signal does at this point of a run; before anything was begun it ends the process."""

    def __init__(self, say: Say, *, exit_code: int = EXIT_INTERRUPTED) -> None:
        self._say = say
        self._exit_code = exit_code
        self._act: Callable[[], object] | None = None
        self._is_asked = False

    def does(self, act: Callable[[], object]) -> None:
        """From here on the first signal calls this, on the main thread and between two of its steps."""
        self._act = act

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        del number, frame
        if self._is_asked:
            os._exit(EXIT_INTERRUPTED)
        self._is_asked = True
        if self._act is None:
            raise SystemExit(self._exit_code)
        self._say("stopping: open requests are cancelled, what is captured is read for a few seconds and landed; once more kills")
        self._act()


@contextlib.contextmanager
def interruptible(say: Say, *, exit_code: int = EXIT_INTERRUPTED) -> Iterator[Interruption]:
    """Take both signals over, if this is the main thread, and give them back at the end; `exit_code` where nothing was begun."""
    interruption = Interruption(say, exit_code=exit_code)
    numbers = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
    before = {number: signal.signal(number, interruption.on_signal) for number in numbers}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
