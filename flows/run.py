"""One run of the stream with its real parts: the writer, the fetcher, the captures, the cage. Knows no Prefect.

Order: take the writer's turn, close what a dead run left behind, register sources and codebook, stream, publish. A run
that is killed at any point leaves nothing for a person to mend: the next one begins with what this one left.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import fcntl
import os
import platform
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TextIO

from extractors.archives.captures import CaptureWriter, leftovers
from extractors.feeds.sources import parse_sources
from extractors.fetch.client import Fetcher
from extractors.fetch.clock import SYSTEM_CLOCK, Clock
from extractors.fetch.hosts import HostBook
from extractors.pages.cage import Cage
from extractors.records import Batch, RunRecord, RunStatus, Source, short_hash
from extractors.urls import scope_of
from flows import codebooks
from flows.aftermath import see_to
from flows.desk import Desk
from flows.interruption import EXIT_INTERRUPTED, Interruption, Say, interruptible
from flows.manifest import write_manifest
from flows.pipeline import Counts, Limits, Stages, Stream
from flows.press import Press
from flows.settings import Settings, read_sources_text
from flows.tally import HostTally, run_log
from warehouse import landing, queue
from warehouse.publish import Publication
from warehouse.store import Writer, open_writer

FROM_ARCHIVE = "archive_"  # in the names of WARC files that hold copies of an archive's pages
FLOW_RUN = "flow_run"  # the remark that names a run's twin in Prefect's history
_LATELY = timedelta(days=7)  # who closed a run's row may have had no Prefect server to tell: for so long the next ones do

OnLost = Callable[[tuple[RunRecord, ...]], None]  # hears of runs that died without a word


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run came to, for the one who started it."""

    run: RunRecord
    counts: Counts
    publication: Publication | None
    due_feeds_failed: bool  # every feed that was due failed

    @property
    def exit_code(self) -> int:
        """As contract.md has it: failures of single feeds and pages are landed values and still 0."""
        if self.run.status == "interrupted":
            return EXIT_INTERRUPTED
        return int(self.due_feeds_failed)


def load_sources(settings: Settings) -> tuple[Source, ...]:
    """The declared sources; SourceError or SettingError in one sentence."""
    text, name = read_sources_text(settings)
    return parse_sources(text, name=name)


def refuse_without_contact(settings: Settings) -> str | None:
    """Why a run that nobody watches may not start: publishers must know whom to write to."""
    if settings.contact is None and settings.reaches_public_hosts(load_sources(settings)):
        return "no `contact` is set: runs that nobody watches poll public hosts only with one; set it in trilateral.toml"
    return None


def limits_of(settings: Settings) -> Limits:
    """The bounds of a stream, as the operator wants them."""
    return Limits(
        connections=settings.host_connections,
        readers=settings.workers + 1,  # one more, so that no reading process waits for a landing
        batch_articles=settings.batch_articles,
        batch_seconds=settings.batch_seconds,
        run_seconds=settings.run_seconds,
    )


def run_stream(  # the whole order of a run, top to bottom
    settings: Settings,
    *,
    flow: str = "ingest",
    only: str | None = None,
    force: bool = False,
    offline: bool = False,
    say: Say = lambda _: None,
    on_progress: Callable[[Counts], None] = lambda _: None,
    remarks: tuple[tuple[str, str], ...] = (),
    on_lost: OnLost = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
) -> RunReport:
    """Poll what is due, fetch and read what is pending, land it, publish it. `offline`: only read what is captured."""
    sources = load_sources(settings)
    with open_run(settings, flow=flow, sources=sources, say=say, remarks=remarks, on_lost=on_lost, clock=clock) as conduct:
        stream = _stream(conduct, sources=sources, only=only, force=force, offline=offline, on_progress=on_progress)
        conduct.is_stopped = asyncio.run(stream)
    return conduct.report()


@dataclass(slots=True, kw_only=True)
class Conduct:
    """A run that goes on: what it works with, and what it has come to."""

    settings: Settings
    writer: Writer
    press: Press
    interruption: Interruption
    clock: Clock
    run: RunRecord
    counts: Counts = field(default_factory=Counts)
    tally: HostTally = field(default_factory=HostTally)
    further_counts: Callable[[], tuple[tuple[str, int], ...]] = tuple  # of what the stream does not count
    inputs: dict[str, str] = field(default_factory=dict)  # SHA-256 of what the run reads, by name
    is_stopped: bool = False  # somebody asked it to end early
    publication: Publication | None = None

    def report(self) -> RunReport:
        """Say what it came to."""
        failed = self.counts.feeds > 0 and self.counts.feeds_failed == self.counts.feeds
        return RunReport(run=self.run, counts=self.counts, publication=self.publication, due_feeds_failed=failed)


@contextlib.contextmanager
def open_run(
    settings: Settings,
    *,
    flow: str,
    sources: tuple[Source, ...],
    say: Say,
    remarks: tuple[tuple[str, str], ...],
    on_lost: OnLost = lambda _: None,
    clock: Clock,
) -> Iterator[Conduct]:
    """Have a run begin and, whatever happens inside, end: recorded, published, its manifest written."""
    started_at = clock.now()
    run_id = short_hash("run", flow, started_at.isoformat(), str(os.getpid()))
    with (
        interruptible(say) as interruption,
        run_log(settings.data_dir),
        alive_marker(settings.private_dir, run_id, words=dict(remarks).get(FLOW_RUN, "")),
        open_writer(settings.private_dir, purpose=flow, on_wait=say) as writer,
    ):
        codebook = codebooks.choose(writer.con, run_id=run_id, now=started_at, say=say)
        run = RunRecord(run_id=run_id, flow=flow, started_at=started_at, versions=versions_of(codebook.version) + remarks)
        on_lost(begin_run(settings, writer, run, sources))
        press = Press(settings, writer, clock)
        conduct = Conduct(settings=settings, writer=writer, press=press, interruption=interruption, clock=clock, run=run)
        status: RunStatus = "failed"
        try:
            yield conduct
            status = "interrupted" if conduct.is_stopped else "completed"
        finally:
            counts = (*dataclasses.asdict(conduct.counts).items(), *conduct.further_counts())
            conduct.run = dataclasses.replace(run, ended_at=clock.now(), status=status, counts=counts)
            landing.land_run(writer.con, conduct.run, now=clock.now())
            see_to(settings, writer, run=conduct.run, tally=conduct.tally, say=say, now=clock.now())
            try:
                conduct.publication = press.publish_now()
            finally:
                write_manifest(settings, conduct.run, inputs=conduct.inputs)


def versions_of(codebook_version: str) -> tuple[tuple[str, str], ...]:
    """What a run runs with, by name."""
    packages = ("trilateral", "prefect", "duckdb", "trafilatura", "feedparser")
    return (*((name, metadata.version(name)) for name in packages), ("python", platform.python_version()), ("codebook", codebook_version))


@contextlib.contextmanager
def alive_marker(private_dir: Path, run_id: str, *, words: str = "") -> Iterator[None]:
    """Hold a lock that dies with the process, so that the next run can tell a run that goes on from one that was killed."""
    folder = private_dir / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    for left in sorted(folder.iterdir()):
        _is_alive(private_dir, left.name)  # removes it where not: a run that died before it was recorded is in no table
    path = folder / run_id
    with _lock_new(path) as file:
        file.write(words)
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _lock_new(path: Path) -> TextIO:
    """Make a file and lock it; made anew where another process found it unlocked, and removed it, in between."""
    while True:
        file = path.open("w")
        fcntl.flock(file, fcntl.LOCK_EX)
        if path.exists():
            return file
        file.close()


def _is_alive(private_dir: Path, run_id: str) -> bool:
    path = private_dir / "runs" / run_id
    try:
        if _is_locked(path):
            return True
    except FileNotFoundError:
        return False
    path.unlink(missing_ok=True)
    return False


def living_flow_runs(private_dir: Path) -> tuple[str, ...]:
    """Prefect's ids of the runs of this data folder that go on."""
    folder = private_dir / "runs"
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    living = []
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            words = (folder / name).read_text(encoding="utf-8")
            if words and _is_locked(folder / name):
                living.append(words)
    return tuple(living)


def _is_locked(path: Path) -> bool:
    with path.open("r") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def note_start(settings: Settings, writer: Writer, run: RunRecord) -> tuple[RunRecord, ...]:
    """Close the runs that died and record that this one began; the dead of the last days."""
    landing.close_lost_runs(writer.con, now=run.started_at, alive=lambda run_id: _is_alive(settings.private_dir, run_id))
    landing.land_run(writer.con, run, now=run.started_at)
    return landing.lost_runs(writer.con, since=run.started_at - _LATELY)


def begin_run(settings: Settings, writer: Writer, run: RunRecord, sources: tuple[Source, ...]) -> tuple[RunRecord, ...]:
    """Everything that stands before the first request: what a dead run left, what people declare, that this run began; the dead."""
    now = run.started_at
    lost = note_start(settings, writer, run)
    landing.land_sources(writer.con, sources, run_id=run.run_id, now=now)
    recover_captures(settings, writer, run_id=run.run_id, now=now)
    return lost


def recover_captures(settings: Settings, writer: Writer, *, run_id: str, now: datetime) -> int:
    """Queue for reading what a run that died had captured; nothing captured is fetched again. How many pages."""
    with leftovers(settings.captures_dir) as found:
        # the newest capture of a page wins; what was copied from an archive, that archive's next backfill reads
        refs = {ref.url_key: ref for ref in sorted(found, key=lambda ref: ref.fetched_at) if FROM_ARCHIVE not in ref.file}
        unread = tuple(
            dataclasses.replace(
                page,
                stage="captured",
                capture=refs[page.url_key],
                last_outcome="ok",
                etag=refs[page.url_key].etag,  # of the capture, not of one before it
                last_modified=refs[page.url_key].last_modified,
            )
            for page in queue.pages_by_key(writer.con, tuple(refs))
            if page.stage in ("pending", "read") and (page.capture is None or page.capture.fetched_at < refs[page.url_key].fetched_at)
        )
        if found:
            landing.land(writer.con, Batch(captures=found, pages=unread), run_id=run_id, now=now, scope_of=scope_of)
    return len(unread)


async def _stream(
    conduct: Conduct,
    *,
    sources: tuple[Source, ...],
    only: str | None,
    force: bool,
    offline: bool,
    on_progress: Callable[[Counts], None],
) -> bool:
    """Run the stream to its end; True when somebody stopped it."""
    async with open_desk(conduct, sources=sources, only=only, force=force, offline=offline) as desk:
        return await run_stages(conduct, desk.stages(), limits_of(conduct.settings), on_progress=on_progress)


@contextlib.asynccontextmanager
async def open_desk(
    conduct: Conduct,
    *,
    sources: tuple[Source, ...],
    only: str | None = None,
    force: bool = False,
    offline: bool = False,
    captures_of: str = "",
) -> AsyncIterator[Desk]:
    """Open everything a desk works with; `offline`: no client is built. `captures_of` begins the names of its WARC files."""
    settings, run_id = conduct.settings, conduct.run.run_id
    hosts = HostBook(settings.private_dir / "hosts.sqlite")
    async with contextlib.AsyncExitStack() as parts:
        parts.callback(hosts.close)
        policy = settings.fetch_policy(sources)
        fetcher = None if offline else await parts.enter_async_context(Fetcher(policy, clock=conduct.clock, hosts=hosts))
        cage = await parts.enter_async_context(Cage(settings.workers))
        captures = parts.enter_context(contextlib.closing(CaptureWriter(settings.captures_dir, run_id=captures_of + run_id)))
        yield Desk(
            settings=settings,
            writer=conduct.writer,
            press=conduct.press,
            fetcher=fetcher,
            hosts=hosts,
            cage=cage,
            captures=captures,
            run_id=run_id,
            only=only,
            force=force,
            clock=conduct.clock,
            sources=sources,
            tally=conduct.tally,
        )


async def run_stages(conduct: Conduct, stages: Stages, limits: Limits, *, on_progress: Callable[[Counts], None]) -> bool:
    """Run one stream; True when somebody stopped it."""
    stream = Stream(stages, limits, counts=conduct.counts, on_progress=on_progress)
    conduct.interruption.does(partial(asyncio.get_running_loop().call_soon_threadsafe, stream.stop))
    await stream.run()
    conduct.interruption.does(lambda: None)  # it ends anyway
    return stream.is_stopped
