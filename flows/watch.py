"""`trilateral watch`: the stream pass after pass as feeds fall due, in one process, until somebody stops it. Knows no Prefect.

Between two passes it sleeps until the next feed or page is due, publishes what is due for it and gives other writers their
turn. The cage, the fetcher and the open WARC file outlive a pass, so that a pass costs what it fetches. Refuses to hold
anything that grows with the number of passes.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from extractors.archives.captures import CaptureWriter
from extractors.errors import SettingError, SourceError
from extractors.fetch.client import Fetcher
from extractors.fetch.clock import SYSTEM_CLOCK, Clock
from extractors.fetch.hosts import HostBook
from extractors.pages.cage import Cage
from extractors.records import RunRecord, RunStatus, Source, short_hash
from flows import codebooks
from flows.aftermath import see_to
from flows.desk import Blackout, Desk
from flows.interruption import Interruption, Say, interruptible
from flows.latency import Latency
from flows.manifest import write_manifest
from flows.pipeline import Counts, Stream
from flows.press import Press
from flows.run import alive_marker, begin_run, limits_of, load_sources, versions_of
from flows.settings import Settings, read_sources_text
from flows.shift import shift
from flows.tally import HostTally, run_log
from warehouse import landing, queue
from warehouse.arrivals import fresh_arrivals, last_landing
from warehouse.publish import Publication
from warehouse.store import Writer, open_writer

_LEAST_REST_SECONDS = 1.0  # between two passes: what falls due within it is done together
_MOST_REST_SECONDS = 60.0  # then the sources file is looked at, and what another process queued
_TEND_SECONDS = 1.0  # how long another writer waits at most while we sleep
_NOTE_SECONDS = 3600.0  # how often `runs` hears what has been done so far


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One pass that did something."""

    number: int
    counts: Counts
    seconds: float
    latency: Latency  # of what became queryable since the pass before


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchReport:
    """What a watch came to."""

    run: RunRecord
    passes: int
    counts: Counts
    latency: Latency


def watch(
    settings: Settings,
    *,
    seconds: float | None = None,  # None: until stopped
    say: Say = lambda _: None,
    on_progress: Callable[[Counts], None] = lambda _: None,
    on_pass: Callable[[Pass], None] = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
) -> WatchReport:
    """Keep ingesting as feeds fall due. A stop lands and publishes; an error of ours is raised after the run has been closed."""
    sources = load_sources(settings)
    started_at = clock.now()
    run_id = short_hash("run", "watch", started_at.isoformat(), str(os.getpid()))
    with (
        interruptible(say, exit_code=0) as interruption,
        run_log(settings.data_dir),
        alive_marker(settings.private_dir, run_id),
        open_writer(settings.private_dir, purpose="watch", on_wait=say) as writer,
    ):
        codebook = codebooks.choose(writer.con, run_id=run_id, now=started_at, say=say)
        remarks = (("orchestration", "none: a watch keeps its own clock"),)
        run = RunRecord(run_id=run_id, flow="watch", started_at=started_at, versions=versions_of(codebook.version) + remarks)
        begin_run(settings, writer, run, sources)
        watcher = _Watcher(
            settings=settings, writer=writer, run=run, sources=sources, say=say, on_progress=on_progress, on_pass=on_pass, clock=clock
        )
        status: RunStatus = "failed"
        try:
            asyncio.run(watcher.keep(interruption, seconds=seconds))
            status = "completed"
        finally:
            if watcher.press.has_news:
                watcher.press.publish_now()  # so that the row of the run knows how soon its last articles could be asked for
            watcher.note_run(status=status, ended_at=clock.now())
            try:
                watcher.press.publish_now()
            finally:
                write_manifest(settings, watcher.run, inputs={})
    return WatchReport(run=watcher.run, passes=watcher.passes, counts=watcher.counts, latency=watcher.latency)


@dataclass(slots=True, kw_only=True)
class _Watcher:
    """What a watch holds from pass to pass."""

    settings: Settings
    writer: Writer
    run: RunRecord
    sources: tuple[Source, ...]
    say: Say
    on_progress: Callable[[Counts], None]
    on_pass: Callable[[Pass], None]
    clock: Clock
    passes: int = 0
    counts: Counts = field(default_factory=Counts)
    latency: Latency = field(default_factory=Latency)
    press: Press = field(init=False)
    _fresh: Latency = field(default_factory=Latency)  # since the last pass that was told of
    _through_seq: int = field(init=False)
    _sources_text: str = field(init=False)
    _noted_at: datetime = field(init=False)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _stream: Stream | None = None
    _blackout: Blackout = field(default_factory=Blackout)
    _tally: HostTally = field(default_factory=HostTally)
    _held_by: str | None = None

    def __post_init__(self) -> None:
        self.press = Press(self.settings, self.writer, self.clock, on_published=self._measure)
        self._through_seq = last_landing(self.writer.con)
        self._sources_text, _ = read_sources_text(self.settings)
        self._noted_at = self.clock.now()

    async def keep(self, interruption: Interruption, *, seconds: float | None) -> None:
        """Pass after pass, until stopped or the time is over."""
        loop = asyncio.get_running_loop()
        interruption.does(partial(loop.call_soon_threadsafe, self.stop))
        ends_at = float("inf") if seconds is None else loop.time() + seconds
        hosts = HostBook(self.settings.private_dir / "hosts.sqlite")
        async with Cage(self.settings.workers) as cage, contextlib.AsyncExitStack() as tools:
            desk, day, rest_seconds = None, "", _LEAST_REST_SECONDS
            while not self._stop.is_set() and loop.time() < ends_at:
                today = f"{self.clock.now():%Y%m%d}"
                if self._heed_sources() or desk is None or day != today:
                    await tools.aclose()
                    desk, day = await self._open_desk(tools, cage, hosts), today
                has_done = await self._pass(desk, seconds=min(self.settings.run_seconds, ends_at - loop.time()))
                rest_seconds = _LEAST_REST_SECONDS if has_done else min(2 * rest_seconds, _MOST_REST_SECONDS)
                await self._rest(rest_seconds, ends_at=ends_at)
        interruption.does(lambda: None)  # it ends anyway

    def stop(self) -> None:
        """End the pass in order, then the watch."""
        self._stop.set()
        if self._stream is not None:
            self._stream.stop()

    def note_run(self, *, status: RunStatus = "running", ended_at: datetime | None = None) -> None:
        """Record in `runs` what has been done so far, and see to what a run sees to at its end."""
        delays = (("change", self.latency.since_change), ("poll", self.latency.since_poll))
        latency = {
            f"latency_{name}_{share}_ms": round(1000 * value)
            for name, delay in delays
            for share, value in (("p50", delay.p50_seconds), ("p95", delay.p95_seconds))
            if value is not None
        }
        counts = {"passes": self.passes, **dataclasses.asdict(self.counts), **latency}
        self.run = dataclasses.replace(self.run, status=status, ended_at=ended_at, counts=tuple(counts.items()))
        landing.land_run(self.writer.con, self.run, now=self.clock.now())
        see_to(self.settings, self.writer, run=self.run, tally=self._tally, say=self.say, now=self.clock.now())
        self._noted_at = self.clock.now()

    async def _open_desk(self, tools: contextlib.AsyncExitStack, cage: Cage, hosts: HostBook) -> Desk:
        """A desk with a new fetcher and a new WARC file; one holds a day at most, so that retention can take whole files."""
        policy = self.settings.fetch_policy(self.sources)
        fetcher = await tools.enter_async_context(Fetcher(policy, clock=self.clock, hosts=hosts))
        captures = CaptureWriter(self.settings.captures_dir, run_id=self.run.run_id)
        tools.callback(captures.close)
        return Desk(
            settings=self.settings,
            writer=self.writer,
            press=self.press,
            fetcher=fetcher,
            hosts=hosts,
            cage=cage,
            captures=captures,
            run_id=self.run.run_id,
            only=None,
            force=False,
            clock=self.clock,
            sources=self.sources,
            blackout=self._blackout,
            tally=self._tally,
        )

    async def _pass(self, desk: Desk, *, seconds: float) -> bool:
        """One pass over what is due; whether it did anything."""
        with shift(self.settings.private_dir, purpose="watch") as holder:
            if holder is not None:
                if holder != self._held_by:
                    self.say(f"another ingest is at work and does the same: {holder}")
                self._held_by = holder
                return False
            self._held_by = None
            began = self.clock.monotonic()
            desk.known_at.clear()
            desk.door.begin_pass()
            limits = dataclasses.replace(limits_of(self.settings), run_seconds=seconds)
            self._stream = Stream(desk.stages(), limits, counts=Counts(), on_progress=self.on_progress)
            if self._stop.is_set():
                self._stream.stop()
            counts = await self._stream.run()
            self._stream = None
        if not (counts.feeds or counts.pages or counts.batches):
            return False
        self.passes += 1
        self.counts = _sum(self.counts, counts)
        self.on_pass(Pass(number=self.passes, counts=counts, seconds=self.clock.monotonic() - began, latency=self._fresh))
        self._fresh = Latency()
        if self.clock.now() >= self._noted_at + timedelta(seconds=_NOTE_SECONDS):
            self.note_run()
        return True

    async def _rest(self, seconds: float, *, ends_at: float) -> None:
        """Sleep until something falls due, or for `seconds` where something is due that the last pass could not do."""
        now = self.clock.now()
        due = queue.next_due(self.writer.con, now)
        later = (due.later_at - now).total_seconds() if due.later_at else _MOST_REST_SECONDS
        wakes_in = min(max(later, _LEAST_REST_SECONDS), seconds if due.is_due else _MOST_REST_SECONDS, _MOST_REST_SECONDS)
        wakes_at = self.clock.monotonic() + wakes_in
        stopping = asyncio.create_task(self._stop.wait())
        try:
            while not self._stop.is_set() and asyncio.get_running_loop().time() < ends_at:
                self.press.publish_if_due()
                self.writer.take_turns()
                left = wakes_at - self.clock.monotonic()
                if left <= 0:
                    return
                sleeping = asyncio.ensure_future(self.clock.sleep(min(left, _TEND_SECONDS)))
                await asyncio.wait({stopping, sleeping}, return_when=asyncio.FIRST_COMPLETED)
                sleeping.cancel()
        finally:
            stopping.cancel()

    def _heed_sources(self) -> bool:
        """Take over a changed sources file; True where it has changed. One that is broken is said, and the last good one stands."""
        try:
            text, _ = read_sources_text(self.settings)
            if text == self._sources_text:
                return False
            self._sources_text = text
            sources = load_sources(self.settings)
        except (SettingError, SourceError, OSError) as error:
            self.say(f"the sources file cannot be used, the last good one stands: {error}")
            return False
        landing.land_sources(self.writer.con, sources, run_id=self.run.run_id, now=self.clock.now())
        self.sources = sources
        self.say(f"sources changed: {len(sources)} sources, {sum(len(source.feeds) for source in sources)} feeds")
        return True

    def _measure(self, publication: Publication) -> None:
        """Count how long it took for what is now published."""
        arrivals = fresh_arrivals(self.writer.con, after_seq=self._through_seq, through_seq=publication.through_seq)
        self._through_seq = publication.through_seq
        queryable_at = self.clock.now()
        self.latency.note(arrivals, queryable_at)
        self._fresh.note(arrivals, queryable_at)


def _sum(whole: Counts, part: Counts) -> Counts:
    """Counts of several passes as those of one."""
    added = {name: getattr(whole, name) + getattr(part, name) for name in Counts.__slots__}
    return Counts(**added | {"landed_seq": max(whole.landed_seq, part.landed_seq)})
