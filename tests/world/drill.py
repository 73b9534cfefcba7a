"""The kill drill: runs of one world are killed with SIGKILL at seeded moments, the last one may end, and the losses are counted.

Everything is judged from outside of the program: from the server's log, from what each landing acknowledged, from the WARC
files' own bytes and from the published warehouse. One comparison judges sound and defective programs alike.
"""

from __future__ import annotations

import os
import random
import re
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import psutil

from flows.settings import Settings
from warehouse.store import open_readonly
from world.driver import Acknowledged, Driver, drive
from world.picture import is_locked, look, told
from world.server import World

_TARGET = re.compile(rb"^WARC-Target-URI: (\S+)\r$", re.MULTILINE)
_MOST_PAGES = 12  # that one run asks for before it is killed
_MOST_LANDINGS = 7
_NEW_ARTICLES = 4  # of each outlet, before each run
_LATER_SECONDS = 0.2  # a kill comes so much later at most: in the middle of something else


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """One killed run, as it looked right after."""

    moment: str  # in words, for the one who has to find out why
    asked: frozenset[str]  # urls of pages that it asked for
    on_disk: frozenset[str]  # urls of pages that lie whole in a WARC file, whichever run wrote them
    left_behind: tuple[str, ...]  # processes that outlived it by seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What is wrong after a drill; `Losses()` when nothing is. Keys are url keys unless said otherwise."""

    missing: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    invented: tuple[str, ...] = ()
    unacknowledged: tuple[str, ...] = ()  # acknowledged by a landing and not there
    fetched_again: tuple[str, ...] = ()  # urls asked for although they lay whole on the disk
    asked_too_often: tuple[str, ...] = ()  # urls
    findings: tuple[str, ...] = ()  # of the SQL checks
    left_behind: tuple[str, ...] = ()  # processes, locks, open files


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    """When to kill: so long after a run has asked for so many pages, or has acknowledged so many landings."""

    what: Literal["pages", "landings"]
    count: int
    later_seconds: float

    def __str__(self) -> str:
        return f"{self.later_seconds:.3f} s after {self.count} {self.what}"


@dataclass(slots=True, kw_only=True)
class Drill:
    """`drill.kill_runs(8)`, `drill.finish()`, `drill.losses()`; the seed decides the moments."""

    world: World
    settings: Settings
    seed: int
    deaths: list[Death] = field(default_factory=list)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    asked_at_end: Counter[str] = field(default_factory=Counter)  # urls of pages, by the last run

    def kill_runs(self, runs: int) -> None:
        """So many times: let every outlet publish something, start a run and kill it, unless it ends before its moment."""
        chance = random.Random(self.seed)
        for number in range(runs):
            moment = _any_moment(chance)
            self.publish_everywhere()
            with drive(self.settings, f"run{number}") as driver:
                before = self.world.received
                self._await(moment, driver, before=before)
                self._kill(driver, str(moment), before=before)

    def publish_everywhere(self) -> None:
        """Give every outlet new articles, so that each run has a feed to lose."""
        for outlet in self.world.truth.outlets:
            for _ in range(_NEW_ARTICLES):
                self.world.publish(outlet.number)

    def kill_between(self, *, feeds_landed: int) -> None:
        """Kill a defective run that has committed a feed's validators and not yet its entries."""
        before = self.world.received
        with drive(self.settings, "defective", validators_first=feeds_landed) as driver:
            self.world.wait_until(lambda: driver.is_between() or driver.has_ended(), what="validators have landed alone", seconds=60)
            assert driver.is_between(), driver.output()
            self._kill(driver, "between validators and entries", before=before)

    def finish(self) -> None:
        """Let a last run come to its own end."""
        before = self.world.received
        with drive(self.settings, "last") as driver:
            assert driver.end() == 0, driver.output()
            self.acknowledged += driver.acknowledged()
        self.world.settle()
        self.asked_at_end = Counter(self._pages_since(before))

    def losses(self) -> Losses:
        """Everything that should not be so."""
        truth, picture = told(self.world.truth.articles), look(self.settings.published)
        return Losses(
            missing=tuple(sorted(truth.keys() - picture.articles.keys())),
            altered=tuple(sorted(key for key, article in picture.articles.items() if truth.get(key, article) != article)),
            invented=tuple(sorted(picture.articles.keys() - truth.keys())),
            unacknowledged=tuple(self._unacknowledged()),
            fetched_again=tuple(self._fetched_again()),
            asked_too_often=tuple(self._asked_too_often()),
            findings=tuple(f"{finding.check}: {finding.detail}" for finding in picture.findings),
            left_behind=(*(name for death in self.deaths for name in death.left_behind), *_left_behind(self.settings)),
        )

    def __str__(self) -> str:
        lines = (f"{death.moment}: {len(death.asked)} asked for, {len(death.on_disk)} on disk" for death in self.deaths)
        return "\n".join((f"seed {self.seed} of moments, {self.world.seed} of the world", *lines))

    def _await(self, moment: _Moment, driver: Driver, *, before: int) -> None:
        def has_come() -> bool:
            seen = len(self._pages_since(before)) if moment.what == "pages" else len(driver.lines())
            return seen >= moment.count or driver.has_ended()

        self.world.wait_until(has_come, what=str(moment), seconds=60)
        time.sleep(moment.later_seconds)

    def _kill(self, driver: Driver, moment: str, *, before: int) -> None:
        """Kill, and look at what is left; a run that had ended by itself is no death."""
        has_ended = driver.has_ended()
        driver.kill()
        self.world.settle()
        self.acknowledged += driver.acknowledged()
        if has_ended:
            assert driver.process.returncode == 0, driver.output()
            return
        self.deaths.append(
            Death(
                moment=moment,
                asked=frozenset(self._pages_since(before)),
                on_disk=frozenset(whole_on_disk(self.settings.captures_dir)),
                left_behind=tuple(_outliving(driver.process.pid)),
            )
        )

    def _pages_since(self, before: int) -> list[str]:
        return [exchange.url for exchange in (*self.world.log(since=before), *self.world.open_exchanges()) if exchange.kind == "page"]

    def _unacknowledged(self) -> Iterator[str]:
        with open_readonly(self.settings.published) as con:
            queries = {
                "landing": "select landed_seq from core.landings",
                "entry": "select url_key from raw.entries",
                "capture": "select capture_id from raw.captures",
                "article": "select url_key from core.article_urls",
            }
            there = {what: {row[0] for row in con.execute(query).fetchall()} for what, query in queries.items()}
        for landing in self.acknowledged:
            said = {"landing": (landing.landed_seq,), "entry": landing.entries, "capture": landing.captures, "article": landing.articles}
            yield from (f"{what} {key}" for what, keys in said.items() for key in keys if key not in there[what])

    def _fetched_again(self) -> Iterator[str]:
        later = [*(death.asked for death in self.deaths[1:]), frozenset(self.asked_at_end)]
        for death, asked in zip(self.deaths, later, strict=False):
            yield from sorted(death.on_disk & asked)

    def _asked_too_often(self) -> Iterator[str]:
        """A page may be asked for once, and once more for each death that came before it lay on the disk."""
        excused = Counter(url for death in self.deaths for url in death.asked - death.on_disk)
        asked = Counter(exchange.url for exchange in self.world.log("page"))
        yield from (f"{url}: {count} times" for url, count in sorted(asked.items()) if count > 1 + excused[url])


def _any_moment(chance: random.Random) -> _Moment:
    later_seconds = chance.uniform(0, _LATER_SECONDS)
    if chance.random() < 0.5:
        return _Moment(what="pages", count=chance.randint(1, _MOST_PAGES), later_seconds=later_seconds)
    return _Moment(what="landings", count=chance.randint(1, _MOST_LANDINGS), later_seconds=later_seconds)


def whole_on_disk(captures_dir: Path) -> Iterator[str]:
    """Addresses of every whole WARC record, sealed or not: read from the bytes, without asking the program."""
    for path in captures_dir.rglob("*.warc.gz*"):
        rest = path.read_bytes()
        while rest:
            member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            try:
                record = member.decompress(rest)
            except zlib.error:
                break
            if not member.eof:
                break
            yield from (match[1].decode() for match in _TARGET.finditer(record))
            rest = member.unused_data


def _outliving(session: int) -> list[str]:
    """Processes of a killed driver's session that are still there after ten seconds."""
    ends_at = time.monotonic() + 10
    while True:
        found = list(_processes_of(session))
        if not found or time.monotonic() > ends_at:
            return found
        time.sleep(0.02)


def _processes_of(session: int) -> Iterator[str]:
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                yield f"{process.pid} {' '.join(process.cmdline())}"
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue


def _left_behind(settings: Settings) -> Iterator[str]:
    """Locks, tickets, run markers and half-made files that no run should leave."""
    if is_locked(settings.private_dir / "writer.lock"):
        yield "writer.lock is held"
    for folder, pattern in (
        (settings.captures_dir, "*.open"),
        (settings.private_dir / "writer.wants", "*"),
        (settings.private_dir / "runs", "*"),
    ):
        yield from (str(path.relative_to(settings.data_dir)) for path in folder.rglob(pattern))
    for path in settings.data_dir.rglob("*"):
        if path.name.endswith((".new", ".publishing", ".tmp", ".wal")) and path.parent != settings.private_dir:
            yield str(path.relative_to(settings.data_dir))
