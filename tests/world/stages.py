"""A `trilateral` command in a process of its own that says on a pipe which stage it enters and leaves, for a supervisor to kill it there.

`python -m world.stages PIPE ACKNOWLEDGED.jsonl COMMAND [--slow-disk]`, in a folder with a `trilateral.toml`. The program is
the real one and knows nothing of it: its doors are watched from here. A mark goes out before a stage begins and after it
has ended, so a process that died with an unanswered mark died inside. Each landing is written down and synced after its
commit has returned.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from extractors.archives import captures
from extractors.pages import cage
from extractors.records import Batch, Receipt
from flows import cli, engine
from flows.desk import Desk
from warehouse import landing, ledger, publish, schema, store
from world.driver import _acknowledged

PIECES = 4  # in which a slow disk takes a record
PIECE_SECONDS = 0.004
_READS = b"extractors.reading"  # in a task for the cage; others parse feeds


class Marks:
    """Says `+stage` and `-stage`, each with the machine's one monotonic clock; a line is written whole or not at all."""

    def __init__(self, pipe: int) -> None:
        os.set_inheritable(pipe, False)  # noqa: FBT003  positional only
        self._pipe = pipe

    def say(self, mark: str) -> None:
        os.write(self._pipe, f"{time.monotonic_ns()} {mark}\n".encode())

    @contextmanager
    def within(self, stage: str) -> Iterator[None]:
        """Left by an exception it is left, too: what died by itself was not killed there."""
        self.say(f"+{stage}")
        try:
            yield
        finally:
            self.say(f"-{stage}")

    def around(self, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def watched(*args: Any, **options: Any) -> Any:
            with self.within(stage):
                return function(*args, **options)

        return watched


def watch_stream(marks: Marks, *, is_slow_disk: bool) -> None:
    """Polling, appending to WARC, reading in the cage."""
    poll, work = Desk.poll, cage._Cell.work

    async def watched_poll(self: Desk, *args: Any) -> Any:
        with marks.within("polling"):
            return await poll(self, *args)

    def watched_work(self: Any, payload: bytes, seconds: float) -> Any:
        with marks.within("reading" if _READS in payload else "parsing"):
            return work(self, payload, seconds)

    Desk.poll = watched_poll  # type: ignore[method-assign]
    cage._Cell.work = watched_work  # type: ignore[method-assign]
    captures._OpenFile.append = marks.around(captures._OpenFile.append, "appending")  # type: ignore[method-assign]
    if is_slow_disk:
        captures.os = SimpleNamespace(**{**vars(os), "write": _write_slowly})  # type: ignore[attr-defined]


def _write_slowly(descriptor: int, data: memoryview) -> int:
    """Take less than all, as `write(2)` may, and some time; half a record is on the disk meanwhile."""
    written = os.write(descriptor, data[: max(1, len(data) // PIECES)])
    time.sleep(PIECE_SECONDS)
    return written


def watch_warehouse(marks: Marks, write_down: Callable[[Any], None]) -> None:
    """Landings with their transactions, checkpoints, migrations, and what lies between a copy and its renaming."""
    land, own_transaction, copy, close = landing.land, ledger.transaction, publish._copy, store.Writer.close
    here = threading.local()

    def watched_land(con: Any, batch: Batch, **options: Any) -> Receipt:
        here.is_batch = True
        try:
            receipt = land(con, batch, **options)
        finally:
            here.is_batch = False
        write_down(dataclasses.asdict(_acknowledged(receipt, batch)))
        return receipt

    @contextmanager
    def watched_transaction(con: Any, what: str) -> Iterator[None]:
        with marks.within("landing" if getattr(here, "is_batch", False) else "bookkeeping"), own_transaction(con, what):
            yield

    def watched_copy(*args: Any) -> None:
        copy(*args)
        marks.say("+publishing")

    def before_rename(event: str, args: tuple[Any, ...]) -> None:
        if event == "os.rename" and str(args[0]).endswith(".publishing"):
            marks.say("-publishing")

    def watched_close(self: store.Writer) -> None:
        with marks.within("checkpoint"):  # closing the file is one
            close(self)

    landing.land = watched_land
    ledger.transaction = watched_transaction  # type: ignore[assignment]
    schema.transaction = _migrating(marks, schema.transaction)
    publish._settle = marks.around(publish._settle, "checkpoint")
    publish._copy = watched_copy
    store.Writer.close = watched_close  # type: ignore[method-assign]
    sys.addaudithook(before_rename)


def _migrating(marks: Marks, transaction: Callable[..., AbstractContextManager[None]]) -> Any:
    @contextmanager
    def watched(con: Any, what: str) -> Iterator[None]:
        with marks.within("migrating"), transaction(con, what):
            yield

    return watched


def watch_server(marks: Marks) -> None:
    """From the start of a Prefect server on, all that a run does is done beside it; said again where its flow takes the writer's turn."""

    def before(event: str, args: tuple[Any, ...]) -> None:
        is_start = event == "subprocess.Popen" and "flows.prefect_server" in args[1]
        if is_start or (event == "open" and "prefect" in sys.modules and str(args[0]).endswith("writer.lock")):
            marks.say("+orchestrated")

    sys.addaudithook(before)


def watch_upkeep(marks: Marks) -> None:
    """Upkeep goes on from where the file is open to where its last word has been said; a small file is compacted, too."""
    from flows import tending
    from warehouse import compaction

    compaction._HOLES = 0.0
    compaction.compact.__kwdefaults__["least_blocks"] = 0
    tending.tend = marks.around(tending.tend, "maintaining")


def main(pipe: str, acknowledged_path: str, command: str, *flags: str) -> None:
    """Run the command as from a terminal; it ends the process with its own exit code."""
    marks = Marks(int(pipe))
    with Path(acknowledged_path).open("a", encoding="utf-8") as file:

        def write_down(row: Any) -> None:
            file.write(json.dumps(row) + "\n")
            file.flush()
            os.fsync(file.fileno())

        engine.CONFIGURED_SERVER_SECONDS = 0.0  # where a Prefect server is named that is none, do not wait for it
        watch_stream(marks, is_slow_disk="--slow-disk" in flags)
        watch_warehouse(marks, write_down)
        watch_server(marks)
        if command == "maintain":
            watch_upkeep(marks)
        cli.main(args=[command], prog_name="trilateral")


if __name__ == "__main__":
    main(*sys.argv[1:])
