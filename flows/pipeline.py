"""The stream itself: feeds are polled, pages fetched, read and landed, all at once, through bounded queues.

    dispatch → lanes (one per politeness scope: polls, then fetches) → readers (the cage) → lander (micro-batches)
        ↑                                                                                        │
        └──────────────── the warehouse is the queue: what landed is what is handed out next ────┘

Knows no Prefect, no HTTP and no SQL: it takes callables, so that a benchmark can time it and a debugger can step through
it. Memory is bounded by the queues, never by the run: a lane holds at most `Limits.per_scope` jobs, and every later
stage blocks the one before it. Nothing about pending work lives only here: what is not landed is still in the warehouse.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from extractors.records import Batch, CaptureRef, FeedState, FeedVisit, Outcome, PageRejection, PageState, Reading, Receipt, Visit

V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageVisit:
    """What one fetch of a page came to: captured, unchanged, put off or refused."""

    visit: Visit
    after: PageState
    rejection: PageRejection | None = None

    @property
    def capture(self) -> CaptureRef | None:
        """The fresh capture, where there is one to read."""
        return self.after.capture if self.after.stage == "captured" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the warehouse hands out at one time."""

    feeds: tuple[FeedState, ...] = ()
    pages: tuple[PageState, ...] = ()
    unread: tuple[PageState, ...] = ()  # captured by an earlier run, still to be read
    has_more: bool = False  # an archive is not at its end, though nothing of it may have fitted now


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the stream can take now; the rest of the queue stays in the warehouse."""

    polled_feeds: frozenset[str]  # feed ids that had their turn in this pass
    busy_pages: frozenset[str]  # url keys in flight
    full_scopes: frozenset[str]  # lanes that hold enough, and scopes that asked to be left alone
    per_scope: int  # how many pages of one scope at most
    pages: int  # how many pages at most
    unread: int  # how many captured pages fit into the reading queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The work itself. `hand_out`, `land` and `tend` block and run on one thread, which owns the warehouse."""

    hand_out: Callable[[Wanted], Work]
    scope_of_feed: Callable[[FeedState], str]
    poll: Callable[[FeedState], Coroutine[Any, Any, FeedVisit]]
    fetch: Callable[[PageState], Coroutine[Any, Any, PageVisit]]
    read: Callable[[PageState], Coroutine[Any, Any, tuple[Reading, PageState]]]
    own_visits: Callable[[], tuple[Visit, ...]]  # exchanges the fetcher made by itself (robots.txt)
    land: Callable[[Batch], Receipt]
    claim: Callable[[FeedState | PageState], bool]  # False: another process is at it
    tend: Callable[[], None]  # after each landing and about once a second: publish when due, give way to another writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the stream; all of memory follows from them."""

    scopes: int = 64  # lanes at once
    per_scope: int = 8  # jobs a lane holds
    connections: int = 1  # of one scope
    readers: int = 2
    reading_queue: int = 32  # captured pages waiting for a reader (references, not bodies)
    landing_queue: int = 200
    batch_articles: int = 100
    batch_seconds: float = 5.0
    run_seconds: float = 900.0
    reading_grace_seconds: float = 5.0  # given to the readers when the run is stopped
    hand_out_seconds: float = 0.25  # between two questions to the warehouse: every lane that runs low wakes the dispatcher
    tend_seconds: float = 1.0  # how long another writer waits at most while nothing lands


@dataclass(slots=True)
class Counts:
    """What a run has done so far; the one mutable thing that is shown while it runs."""

    feeds: int = 0
    feeds_unchanged: int = 0
    feeds_failed: int = 0
    entries_new: int = 0
    entries_changed: int = 0
    pages: int = 0
    pages_unchanged: int = 0
    pages_put_off: int = 0
    articles_new: int = 0
    versions_new: int = 0  # first ones included
    rejected: int = 0
    batches: int = 0
    landed_seq: int = 0

    @property
    def edits(self) -> int:
        """Versions of articles that were there before."""
        return self.versions_new - self.articles_new

    def note_feed(self, visit: FeedVisit) -> None:
        """One poll more."""
        self.feeds += 1
        self.feeds_unchanged += visit.visit.outcome == "not_modified"
        self.feeds_failed += visit.visit.outcome not in ("ok", "not_modified", "cancelled")

    def note_page(self, visit: PageVisit) -> None:
        """One fetch more."""
        self.pages += 1
        self.pages_unchanged += visit.visit.outcome == "not_modified"
        self.pages_put_off += visit.after.stage == "pending"

    def note_receipt(self, receipt: Receipt) -> None:
        """One landing acknowledged."""
        self.batches += 1
        self.landed_seq = receipt.landed_seq
        self.entries_new += receipt.entries_new
        self.entries_changed += receipt.entries_changed
        self.articles_new += receipt.articles_new
        self.versions_new += receipt.versions_new
        self.rejected += receipt.rejected


@dataclass(slots=True)
class _Lane:
    """The jobs of one scope, feeds before pages."""

    jobs: deque[FeedState | PageState] = field(default_factory=deque)
    workers: int = 0


_Landed = FeedVisit | PageVisit | tuple[Reading, PageState]


class Stream:
    """One pass over what is due. Make it, `await run()`, read `counts`."""

    def __init__(
        self, stages: Stages, limits: Limits, *, counts: Counts | None = None, on_progress: Callable[[Counts], None] = lambda _: None
    ) -> None:
        self.counts = Counts() if counts is None else counts
        self._stages = stages
        self._limits = limits
        self._on_progress = on_progress
        self._stop = asyncio.Event()
        self._woken = asyncio.Event()
        self._lanes: dict[str, _Lane] = {}
        self._exchanges: set[asyncio.Task[Any]] = set()
        self._polled: set[str] = set()
        self._busy: set[str] = set()  # url keys handed out and not yet landed with an outcome
        self._left: set[str] = set()  # url keys that another process is at: not again in this pass
        self._resting: set[str] = set()  # scopes that are paused for longer than an exchange waits: not again in this pass
        self._reading: asyncio.Queue[PageState] = asyncio.Queue(limits.reading_queue)
        self._landing: asyncio.Queue[_Landed] = asyncio.Queue(limits.landing_queue)
        self._unlanded = 0
        self._is_closing = False
        self._desk = ThreadPoolExecutor(1, "warehouse")

    def stop(self) -> None:
        """Start nothing new, cancel what is open, read for a few seconds more, land, return. Call it on the loop's thread."""
        self._stop.set()
        self._woken.set()
        for exchange in self._exchanges:
            exchange.cancel()

    @property
    def is_stopped(self) -> bool:
        """Whether somebody asked the stream to end early."""
        return self._stop.is_set()

    async def run(self) -> Counts:
        """Run until nothing is due, `run_seconds` are over or `stop` was called. Bugs in a stage are raised."""
        try:
            async with asyncio.TaskGroup() as crew:
                readers = [crew.create_task(self._keep_reading()) for _ in range(self._limits.readers)]
                lander = crew.create_task(self._keep_landing())
                tender = crew.create_task(self._keep_tending())
                await self._dispatch(crew)
                await self._close_lanes()
                await self._finish_reading()
                for task in readers:
                    task.cancel()
                self._is_closing = True
                await self._landing.join()
                lander.cancel()
                tender.cancel()
            if visits := self._stages.own_visits():
                await self._land_batch(Batch(visits=visits))
            return self.counts
        finally:
            self._desk.shutdown()

    # --- handing out -------------------------------------------------------------------------------------------------

    async def _dispatch(self, crew: asyncio.TaskGroup) -> None:
        """Keep the lanes filled until the warehouse has nothing more that this pass may start."""
        ends_at = asyncio.get_running_loop().time() + self._limits.run_seconds
        while not self._stop.is_set() and asyncio.get_running_loop().time() < ends_at:
            self._woken.clear()
            work = await self._at_the_desk(lambda: self._stages.hand_out(self._wanted()))
            await self._take_in(crew, work)
            if work.has_more and self._reading.empty() and not self._lanes:
                continue
            # a landing that came in meanwhile has set `_woken`: its new pages must be asked for before giving up
            if not (self._lanes or self._busy or self._unlanded or work.has_more or self._woken.is_set()):
                return
            try:
                async with asyncio.timeout_at(ends_at):
                    await self._woken.wait()
                    if self._lanes or not self._reading.empty():
                        await self._pause()
            except TimeoutError:
                return

    async def _take_in(self, crew: asyncio.TaskGroup, work: Work) -> None:
        """Put what was handed out where it is worked on."""
        for feed in work.feeds:
            if self._enter(crew, self._stages.scope_of_feed(feed), feed):
                self._polled.add(feed.feed_id)
        for page in work.pages:
            if self._enter(crew, page.scope, page):
                self._busy.add(page.url_key)
        for page in work.unread:
            self._busy.add(page.url_key)
            await self._reading.put(page)

    async def _pause(self) -> None:
        """Let a few more wakes come together; a stop is heeded at once."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.hand_out_seconds):
                await self._stop.wait()

    def _wanted(self) -> Wanted:
        full = frozenset(scope for scope, lane in self._lanes.items() if len(lane.jobs) >= self._limits.per_scope // 2)
        return Wanted(
            polled_feeds=frozenset(self._polled),
            busy_pages=frozenset(self._busy | self._left),
            full_scopes=full | self._resting,
            per_scope=self._limits.per_scope,
            pages=(self._limits.scopes - len(full)) * self._limits.per_scope,
            unread=self._limits.reading_queue - self._reading.qsize(),
        )

    def _enter(self, crew: asyncio.TaskGroup, scope: str, job: FeedState | PageState) -> bool:
        """Put a job into its lane; False where no lane more may open: the job stays where it is, in the warehouse."""
        if scope not in self._lanes and len(self._lanes) >= self._limits.scopes:
            return False
        lane = self._lanes.setdefault(scope, _Lane())
        if isinstance(job, FeedState):
            lane.jobs.appendleft(job)  # what is new comes before what is waiting
        else:
            lane.jobs.append(job)
        if lane.workers < min(self._limits.connections, len(lane.jobs)):
            lane.workers += 1
            crew.create_task(self._work_through(scope, lane))
        return True

    async def _work_through(self, scope: str, lane: _Lane) -> None:
        """Do a lane's jobs one after the other; a slow host holds back nobody but itself."""
        while lane.jobs and not self._stop.is_set():
            job = lane.jobs.popleft()
            if not self._stages.claim(job):
                self._leave(job)
                continue
            outcome = await (self._poll(job) if isinstance(job, FeedState) else self._fetch(job))
            if outcome == "cancelled":
                self._rest(scope, lane)
            self._on_progress(self.counts)
            if len(lane.jobs) < self._limits.per_scope // 2:
                self._woken.set()
        lane.workers -= 1
        if not lane.workers:
            del self._lanes[scope]
        self._woken.set()

    def _leave(self, job: FeedState | PageState) -> None:
        """Leave a job to the process that is at it, for the rest of the pass."""
        if isinstance(job, PageState):
            self._busy.discard(job.url_key)
            self._left.add(job.url_key)

    def _rest(self, scope: str, lane: _Lane) -> None:
        """Leave a paused scope alone for the rest of the pass; its pages stay pending in the warehouse."""
        self._resting.add(scope)
        self._busy.difference_update(job.url_key for job in lane.jobs if isinstance(job, PageState))
        lane.jobs.clear()

    async def _poll(self, feed: FeedState) -> Outcome:
        visit = await self._exchange(self._stages.poll(feed))
        if visit is None:
            return "cancelled"
        self.counts.note_feed(visit)
        await self._hand_over(visit)
        return visit.visit.outcome

    async def _fetch(self, page: PageState) -> Outcome:
        visit = await self._exchange(self._stages.fetch(page))
        if visit is None:
            self._busy.discard(page.url_key)
            return "cancelled"
        self.counts.note_page(visit)
        await self._hand_over(visit)
        if visit.capture is not None and not self._stop.is_set():
            await self._reading.put(visit.after)
        return visit.visit.outcome

    async def _exchange(self, work: Coroutine[Any, Any, V]) -> V | None:
        """Await work that `stop` may cancel: None then, and the warehouse still holds what it was for."""
        exchange = asyncio.create_task(work)
        self._exchanges.add(exchange)
        try:
            return await exchange
        except asyncio.CancelledError:
            if not self._stop.is_set():
                raise
            return None
        finally:
            self._exchanges.discard(exchange)

    async def _close_lanes(self) -> None:
        """Let open exchanges end (or be cancelled by `stop`); what has not begun stays pending in the warehouse."""
        for lane in self._lanes.values():
            lane.jobs.clear()
        while self._lanes:
            self._woken.clear()
            await self._woken.wait()

    # --- reading -----------------------------------------------------------------------------------------------------

    async def _keep_reading(self) -> None:
        while True:
            page = await self._reading.get()
            try:
                await self._hand_over(await self._stages.read(page))
            finally:
                self._reading.task_done()
            if self._reading.qsize() <= self._limits.reading_queue // 2:
                self._woken.set()

    async def _finish_reading(self) -> None:
        """Read what is captured; once the run is stopped, for a few seconds only."""
        reading, stopping = asyncio.create_task(self._reading.join()), asyncio.create_task(self._stop.wait())
        await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not reading.done():
            await asyncio.wait({reading}, timeout=self._limits.reading_grace_seconds)
        reading.cancel()
        stopping.cancel()

    # --- landing -----------------------------------------------------------------------------------------------------

    async def _hand_over(self, item: _Landed) -> None:
        self._unlanded += 1
        await self._landing.put(item)

    async def _keep_landing(self) -> None:
        """Land in micro-batches: so many articles, or so many seconds, or as soon as nothing upstream will add to it."""
        while True:
            items = [await self._landing.get()]
            closes_at = asyncio.get_running_loop().time() + self._limits.batch_seconds
            while len(items) < self._limits.landing_queue and sum(isinstance(item, tuple) for item in items) < self._limits.batch_articles:
                try:
                    async with asyncio.timeout_at(closes_at if self._is_working() else 0):
                        items.append(await self._landing.get())
                except TimeoutError:
                    break
            await self._land(items)
            self._unlanded -= len(items)
            for _ in items:
                self._landing.task_done()
            self._woken.set()

    def _is_working(self) -> bool:
        """Whether a lane or a reader may still bring something for the batch in hand."""
        return not self._is_closing and bool(self._lanes or not self._reading.empty())

    async def _land(self, items: list[_Landed]) -> None:
        batch = _batch_of(items, own_visits=self._stages.own_visits())
        await self._land_batch(batch)
        self._busy.difference_update(page.url_key for page in batch.pages if page.stage != "captured")
        self._on_progress(self.counts)
        await self._at_the_desk(self._stages.tend)

    async def _keep_tending(self) -> None:
        """While all wait for a slow host nothing lands, and yet somebody may want to write or to read."""
        while True:
            await asyncio.sleep(self._limits.tend_seconds)
            await self._at_the_desk(self._stages.tend)

    async def _land_batch(self, batch: Batch) -> None:
        self.counts.note_receipt(await self._at_the_desk(lambda: self._stages.land(batch)))

    async def _at_the_desk(self, function: Callable[[], V]) -> V:
        """Run what touches the warehouse on the one thread that owns it."""
        return await asyncio.get_running_loop().run_in_executor(self._desk, function)


def _batch_of(items: list[_Landed], *, own_visits: tuple[Visit, ...]) -> Batch:
    """One landing transaction out of what the stages brought, the newest state of a page last."""
    feed_visits = tuple(item for item in items if isinstance(item, FeedVisit))
    page_visits = tuple(item for item in items if isinstance(item, PageVisit))
    readings = tuple(item for item in items if isinstance(item, tuple))
    return Batch(
        feed_visits=feed_visits,
        visits=own_visits + tuple(visit.visit for visit in page_visits),
        captures=tuple(visit.capture for visit in page_visits if visit.capture is not None),
        readings=tuple(reading for reading, _ in readings),
        rejections=tuple(visit.rejection for visit in page_visits if visit.rejection is not None),
        pages=tuple(visit.after for visit in page_visits) + tuple(page for _, page in readings),
    )
