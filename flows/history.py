"""Backfill: an archive's pages go through the stream that ingest uses, from where an earlier run stopped. Knows no Prefect.

Same cage, same landing, same writer's turns; only where pages come from differs. Refuses to begin twice on one target.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import fcntl
import math
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from extractors.archives.adapters import LATER, LINK_ARCHIVES, PAGE_ARCHIVES
from extractors.archives.history import Window, parse_bound
from extractors.archives.outlets import Outlets
from extractors.errors import SettingError, WarehouseBusy
from extractors.fetch.clock import SYSTEM_CLOCK, Clock
from extractors.records import Response, Source, short_hash
from flows.archive_desk import ArchiveDesk
from flows.interruption import EXIT_INTERRUPTED, Say
from flows.link_desk import LinkDesk
from flows.pipeline import Counts
from flows.purse import Purse, Tally
from flows.run import FROM_ARCHIVE, Conduct, OnLost, RunReport, limits_of, load_sources, open_desk, open_run, run_stages
from flows.settings import Settings

_TEND_SECONDS = 1.0
_ARCHIVE_QUEUE = 64  # pages of an archive that wait for a reader: they come faster than any publisher's


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a backfill is asked to do."""

    adapter: str
    target: str
    window: Window = field(default_factory=Window)
    limit: int | None = None  # pages
    max_requests: int | None = None
    max_bytes: int | None = None
    max_minutes: float | None = None
    only_declared: bool = False  # pages of declared sources and no others

    @property
    def asks_publishers(self) -> bool:
        """Whether it asks anybody for anything."""
        return self.adapter in LINK_ARCHIVES

    def purse(self, clock: Clock) -> Purse:
        """What it may spend, from now on."""
        return Purse(
            pages=self.limit,
            requests=self.max_requests,
            bytes=self.max_bytes,
            seconds=None if self.max_minutes is None else self.max_minutes * 60,
            started=clock.monotonic(),
            monotonic=clock.monotonic,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryReport:
    """What a backfill came to."""

    run: RunReport
    tally: Tally
    spent: str  # the budget that ended it; '' where it came to its end

    @property
    def exit_code(self) -> int:
        """As contract.md has it: 1 where nothing could be had of anything."""
        if self.run.run.status == "interrupted":
            return EXIT_INTERRUPTED
        return int(self.tally.units_failed > 0 and not (self.tally.units_done or self.tally.taken))


def window_of(since: str | None, until: str | None) -> Window:
    """Read both bounds; SettingError in one sentence."""
    bounds = []
    for name, text in (("since", since), ("until", until)):
        try:
            bounds.append(None if text is None else parse_bound(text, is_end=name == "until"))
        except ValueError as error:
            raise SettingError(f"--{name}: not a day or an instant: {text!r}; write it as 2026-03-01 or 2026-03-01T08:00+03:00") from error
    return Window(since=bounds[0], until=bounds[1])


def check_order(order: Order, *, offline: bool) -> None:
    """Say in one SettingError what is wrong with an order before anything begins."""
    if offline and order.adapter in LINK_ARCHIVES:
        raise SettingError(f"`backfill {order.adapter}` asks publishers: it cannot be done --offline")
    if order.adapter in LATER:
        raise SettingError(f"`backfill {order.adapter}` comes with a later release")
    if order.adapter not in (*PAGE_ARCHIVES, *LINK_ARCHIVES):
        known = ", ".join((*PAGE_ARCHIVES, *LINK_ARCHIVES, *LATER))
        raise SettingError(f"no such adapter: {order.adapter!r}; there are {known}")
    if order.window.since and order.window.until and order.window.since >= order.window.until:
        raise SettingError("--since is not before --until: nothing can lie between them")
    if order.adapter in LINK_ARCHIVES:
        LINK_ARCHIVES[order.adapter].begin(order.target)
    else:
        PAGE_ARCHIVES[order.adapter].slots(Path(order.target))


def run_backfill(
    settings: Settings,
    order: Order,
    *,
    offline: bool = False,
    say: Say = lambda _: None,
    on_progress: Callable[[Counts], None] = lambda _: None,
    remarks: tuple[tuple[str, str], ...] = (),
    on_lost: OnLost = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
) -> HistoryReport:
    """Take from an archive what is wanted and not held, newest first, until it or a budget is at its end."""
    check_order(order, offline=offline)
    sources = load_sources(settings)
    tally = Tally()
    purse = order.purse(clock)
    remarks = (*remarks, ("adapter", order.adapter), ("target", order.target))
    with (
        _alone(settings, order),
        open_run(settings, flow="backfill", sources=sources, say=say, remarks=remarks, on_lost=on_lost, clock=clock) as conduct,
    ):
        conduct.further_counts = tally.counts
        conduct.inputs = tally.inputs
        work = _from_links if order.asks_publishers else _from_pages
        conduct.is_stopped = asyncio.run(work(conduct, order, sources=sources, tally=tally, purse=purse, on_progress=on_progress))
    return HistoryReport(run=conduct.report(), tally=tally, spent=purse.why_spent(tally))


async def _from_pages(
    conduct: Conduct, order: Order, *, sources: tuple[Source, ...], tally: Tally, purse: Purse, on_progress: Callable[[Counts], None]
) -> bool:
    """Take pages out of an archive on this machine; no client is built, for there is nobody to ask."""
    archive = PAGE_ARCHIVES[order.adapter]
    limits = dataclasses.replace(limits_of(conduct.settings), reading_queue=_ARCHIVE_QUEUE, run_seconds=math.inf)
    async with open_desk(conduct, sources=sources, offline=True, captures_of=FROM_ARCHIVE) as desk:
        reader = ArchiveDesk(
            desk=desk,
            adapter=order.adapter,
            target=order.target,
            archive=archive,
            slots=archive.slots(Path(order.target)),
            window=order.window,
            outlets=Outlets(sources),
            only_declared=order.only_declared,
            purse=purse,
            tally=tally,
        )
        is_stopped = await run_stages(conduct, reader.stages(), limits, on_progress=on_progress)
        reader.finish()
        return is_stopped


async def _from_links(
    conduct: Conduct, order: Order, *, sources: tuple[Source, ...], tally: Tally, purse: Purse, on_progress: Callable[[Counts], None]
) -> bool:
    """Ask for an archive's documents, the newest first, and after each for the pages that it names."""
    limits = dataclasses.replace(limits_of(conduct.settings), run_seconds=math.inf)
    async with open_desk(conduct, sources=sources) as desk:
        reader = LinkDesk(
            desk=desk,
            adapter=order.adapter,
            target=order.target,
            archive=LINK_ARCHIVES[order.adapter],
            window=order.window,
            outlets=Outlets(sources),
            only_declared=order.only_declared,
            purse=purse,
            tally=tally,
        )
        reader.begin()
        if await run_stages(conduct, reader.stages(), limits, on_progress=on_progress):  # what an earlier run left
            return True
        asked = threading.Event()
        while not asked.is_set() and (document := reader.next_document()):
            response = await _interruptibly(conduct, reader.survey(document[1]), tend=desk.tend)
            conduct.interruption.does(asked.set)
            if response is None:
                return True
            if reader.take(*document, response) and await run_stages(conduct, reader.stages(), limits, on_progress=on_progress):
                return True
        return asked.is_set()


async def _interruptibly(conduct: Conduct, survey: Coroutine[Any, Any, Response], *, tend: Callable[[], None]) -> Response | None:
    """Await a document while others get their turn at the warehouse; None where somebody stopped the run."""
    exchange = asyncio.create_task(survey)
    conduct.interruption.does(partial(asyncio.get_running_loop().call_soon_threadsafe, exchange.cancel))
    while not exchange.done():
        await asyncio.wait({exchange}, timeout=_TEND_SECONDS)
        tend()
    return None if exchange.cancelled() else exchange.result()


@contextlib.contextmanager
def _alone(settings: Settings, order: Order) -> Iterator[None]:
    """Hold a lock on the target that dies with the process: two at once would do the same work."""
    folder = settings.private_dir / "backfills"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / short_hash("backfill", order.adapter, order.target)).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WarehouseBusy(f"backfill {order.adapter} {order.target}: another process is at it") from error
        yield
