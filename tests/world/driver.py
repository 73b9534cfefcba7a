"""One run of the stream in a process of its own, for tests to watch, stop and kill.

`python -m world.driver SETTINGS.json ACKNOWLEDGED.jsonl [--validators-first N] [--pace P --epoch E --for S] [--watch FILE]`.
Each landing is written down, and synced to the disk, after its commit has returned: what stands in that file has been
acknowledged. `--validators-first` builds in the defect that the kill drill is there to detect: from the N-th landing with
feeds on, a feed's new state is committed before its entries, and the process waits in between to be killed. `--watch`: every
address that the process connects to is written down, and names lead where `world.traps` says.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from extractors.fetch.clock import Clock
from extractors.records import Article, Batch, Receipt
from flows.run import run_stream
from flows.settings import Settings
from warehouse import landing
from world.traps import answer_names, watch_connections

_TESTS = Path(__file__).parent.parent
BETWEEN = "between"
_BETWEEN_RUNS_SECONDS = 0.2
_ALL_DUE_FEEDS_FAILED = 1  # which may be one that is to fail, alone in its pass: no reason to end the hour; a bug raises


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretched:
    """Time that passes faster for all processes of a test alike; sockets and the reading processes stay as they are."""

    pace: float  # world seconds in one second of the machine's clock
    epoch: float  # when world and machine showed the same time; seconds of `time.time()`
    seconds: float  # of world time, for which to keep ingesting

    def now(self) -> float:
        """Seconds since 1970, in the world."""
        return self.epoch + (time.time() - self.epoch) * self.pace

    def clock(self) -> Clock:
        """The world's time for the fetcher, the schedule and the warehouse."""
        return Clock(
            now=lambda: datetime.fromtimestamp(self.now(), UTC),
            monotonic=lambda: time.monotonic() * self.pace,
            sleep=lambda seconds: asyncio.sleep(seconds / self.pace),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """One landing whose commit has returned."""

    landed_seq: int
    entries: tuple[str, ...] = ()  # url keys
    captures: tuple[str, ...] = ()  # capture ids
    articles: tuple[str, ...] = ()  # url keys of readings that are articles


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver at work, as the test that started it sees it."""

    process: subprocess.Popen[bytes]
    acknowledged_path: Path
    output_path: Path

    def lines(self) -> list[str]:
        """What it has written down so far, whole lines only."""
        if not self.acknowledged_path.exists():
            return []
        return self.acknowledged_path.read_text(encoding="utf-8").rpartition("\n")[0].splitlines()

    def acknowledged(self) -> tuple[Acknowledged, ...]:
        """Every landing it has acknowledged."""
        rows = [json.loads(line) for line in self.lines() if line != json.dumps(BETWEEN)]
        return tuple(
            Acknowledged(
                landed_seq=row["landed_seq"],
                entries=tuple(row["entries"]),
                captures=tuple(row["captures"]),
                articles=tuple(row["articles"]),
            )
            for row in rows
        )

    def has_ended(self) -> bool:
        """Whether its process is no more."""
        return self.process.poll() is not None

    def is_between(self) -> bool:
        """Whether it stands between the two halves of a landing that was cut in two."""
        return self.lines()[-1:] == [json.dumps(BETWEEN)]

    def kill(self) -> None:
        """Kill -9, this one process only."""
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """Wait for its own end; its exit code."""
        return self.process.wait(timeout=60)

    def output(self) -> str:
        """What it said."""
        return self.output_path.read_text(encoding="utf-8")


@contextmanager
def drive(
    settings: Settings, name: str, *, validators_first: int | None = None, hours: Stretched | None = None, watch: Path | None = None
) -> Iterator[Driver]:
    """Start a driver; its files lie beside the data folder, under `name`. It is killed on leaving."""
    folder = settings.data_dir.parent
    settings_path, acknowledged, output = (folder / f"{name}.{kind}" for kind in ("settings.json", "acknowledged.jsonl", "output"))
    settings_path.write_text(settings.model_dump_json(), encoding="utf-8")
    command = [sys.executable, "-m", "world.driver", str(settings_path), str(acknowledged)]
    command += [] if validators_first is None else ["--validators-first", str(validators_first)]
    command += [] if hours is None else ["--pace", str(hours.pace), "--epoch", str(hours.epoch), "--for", str(hours.seconds)]
    command += [] if watch is None else ["--watch", str(watch)]
    paths = (str(_TESTS), str(_TESTS.parent), os.environ.get("PYTHONPATH", ""))
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    with (
        output.open("wb") as told,
        # a session of its own: whatever it leaves behind can be found by the session's number
        subprocess.Popen(command, env=environ, stdout=told, stderr=told, start_new_session=True) as process,
    ):
        driver = Driver(process, acknowledged, output)
        try:
            yield driver
        finally:
            if process.poll() is None:
                driver.kill()


def main(settings_path: str, acknowledged_path: str, *flags: str) -> int:
    """Run once, or again and again for a stretched time; the exit code a person would see."""
    settings = Settings.model_validate_json(Path(settings_path).read_text(encoding="utf-8"))
    given = dict(zip(flags[::2], flags[1::2], strict=True))
    validators_first = int(given["--validators-first"]) if "--validators-first" in given else None
    with Path(acknowledged_path).open("a", encoding="utf-8") as file, Path(given.get("--watch", os.devnull)).open("a", buffering=1) as seen:
        if "--watch" in given:
            answer_names()
            watch_connections(lambda address: print(address, file=seen))

        def write_down(row: Any) -> None:
            file.write(json.dumps(row) + "\n")
            file.flush()
            os.fsync(file.fileno())

        # A landing has one door; nothing outside of it hears of single rows, so it is watched at the door.
        landing.land = _watched(landing.land, write_down, validators_first=validators_first)
        if "--pace" not in given:
            return run_stream(settings, say=click.echo).exit_code
        hours = Stretched(pace=float(given["--pace"]), epoch=float(given["--epoch"]), seconds=float(given["--for"]))
        while hours.now() < hours.epoch + hours.seconds:
            code = run_stream(settings, say=click.echo, clock=hours.clock()).exit_code
            if code > _ALL_DUE_FEEDS_FAILED:
                return code
            time.sleep(_BETWEEN_RUNS_SECONDS)
        return 0


def _watched(land: Callable[..., Receipt], write_down: Callable[[Any], None], *, validators_first: int | None) -> Callable[..., Receipt]:
    feeds_landed = 0

    def watched(con: Any, batch: Batch, **options: Any) -> Receipt:
        nonlocal feeds_landed
        feeds_landed += any(visit.entries for visit in batch.feed_visits)
        if validators_first is not None and batch.feed_visits and feeds_landed >= validators_first:
            bare = tuple(dataclasses.replace(visit, entries=()) for visit in batch.feed_visits)
            land(con, Batch(feed_visits=bare), **options)
            write_down(BETWEEN)
            threading.Event().wait()
        receipt = land(con, batch, **options)
        write_down(dataclasses.asdict(_acknowledged(receipt, batch)))
        return receipt

    return watched


def _acknowledged(receipt: Receipt, batch: Batch) -> Acknowledged:
    return Acknowledged(
        landed_seq=receipt.landed_seq,
        entries=tuple(seen.url_key for visit in batch.feed_visits for seen in visit.entries),
        captures=tuple(capture.capture_id for capture in batch.captures),
        articles=tuple(reading.capture.url_key for reading in batch.readings if isinstance(reading.outcome, Article)),
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
