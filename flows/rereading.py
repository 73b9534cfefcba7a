"""Re-extraction: what was captured is read again by today's extractor, and what it reads differently lands as its own doing.

Only the capture that shows what an article says now is read: a version is never put before a newer one, and none is lost.
Refuses to take an article away because today's extractor finds none in its page: that is counted.
"""

from __future__ import annotations

import asyncio
import dataclasses
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from extractors.archives.captures import is_kept
from extractors.feeds.waits import NEVER_DUE
from extractors.fetch.clock import SYSTEM_CLOCK, Clock
from extractors.reading import EXTRACTOR
from extractors.records import Article, Batch, PageState, Receipt, Source
from extractors.urls import scope_of
from flows.desk import Desk
from flows.interruption import Say
from flows.pipeline import Counts, Stages, Wanted, Work
from flows.purse import Tally
from flows.run import Conduct, OnLost, RunReport, limits_of, load_sources, open_desk, open_run, run_stages
from flows.settings import Settings
from warehouse import history, queue

_QUEUE = 64  # captures that wait for a reader


@dataclass(frozen=True, slots=True, kw_only=True)
class RereadingReport:
    """What a re-extraction came to."""

    run: RunReport
    tally: Tally

    @property
    def exit_code(self) -> int:
        """As the run's; captures that are gone are counted and no failure."""
        return self.run.exit_code


def run_reextract(
    settings: Settings,
    *,
    since: datetime | None = None,
    source: str | None = None,
    say: Say = lambda _: None,
    on_progress: Callable[[Counts], None] = lambda _: None,
    remarks: tuple[tuple[str, str], ...] = (),
    on_lost: OnLost = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
) -> RereadingReport:
    """Read again what another extractor read, the newest first; what has been read again is not read a third time."""
    sources, tally = load_sources(settings), Tally()
    with open_run(settings, flow="reextract", sources=sources, say=say, remarks=remarks, on_lost=on_lost, clock=clock) as conduct:
        conduct.further_counts = tally.counts
        conduct.is_stopped = asyncio.run(_reread(conduct, sources, tally, since=since, source=source, on_progress=on_progress))
    return RereadingReport(run=conduct.report(), tally=tally)


async def _reread(
    conduct: Conduct,
    sources: tuple[Source, ...],
    tally: Tally,
    *,
    since: datetime | None,
    source: str | None,
    on_progress: Callable[[Counts], None],
) -> bool:
    limits = dataclasses.replace(limits_of(conduct.settings), reading_queue=_QUEUE, run_seconds=math.inf)
    waiting = history.read_otherwise(conduct.writer.con, extractor=EXTRACTOR, since=since, source=source)
    async with open_desk(conduct, sources=sources, offline=True) as desk:
        reader = RereadingDesk(desk=desk, tally=tally, waiting=deque(waiting))
        return await run_stages(conduct, reader.stages(), limits, on_progress=on_progress)


@dataclass(slots=True, kw_only=True)
class RereadingDesk:
    """Hands out captures to be read again and lands what became of them; nothing is fetched and no page changes its turn."""

    desk: Desk
    tally: Tally
    waiting: deque[str]  # capture ids
    _refused: dict[str, PageState] = field(default_factory=dict)  # by capture id: pages that were no article

    def stages(self) -> Stages:
        """What the pipeline takes."""
        return dataclasses.replace(self.desk.stages(), hand_out=self.hand_out, land=self.land)

    def hand_out(self, wanted: Wanted) -> Work:
        """Give as many captures as fit; those whose file is gone are counted."""
        con = self.desk.writer.con
        self.desk.bookmark.follow(con)
        drawn = [self.waiting.popleft() for _ in range(min(wanted.unread, len(self.waiting)))]
        held = history.held_captures(con, drawn)
        states = {state.url_key: state for state in queue.pages_by_key(con, [found.capture.url_key for found in held.values()])}
        pages = []
        for capture_id in drawn:
            capture = held[capture_id].capture
            if not is_kept(self.desk.settings.captures_dir, capture):
                self.tally.gone += 1
                continue
            state = states.get(capture.url_key) or PageState(
                url_key=capture.url_key,
                url=capture.url,
                scope=scope_of(capture.url),
                due_at=NEVER_DUE,
                first_seen_at=capture.fetched_at,
            )
            if state.stage == "rejected":
                self._refused[capture_id] = state
            self.tally.taken += 1
            pages.append(dataclasses.replace(state, stage="captured", reason="revisit", capture=capture))
        return Work(unread=tuple(pages), has_more=bool(self.waiting))

    def land(self, batch: Batch) -> Receipt:
        """Land what was read of articles, and of pages that are one after all."""
        found = tuple(reading for reading in batch.readings if isinstance(reading.outcome, Article))
        self.tally.lost += sum(
            reading.capture.capture_id not in self._refused for reading in batch.readings if not isinstance(reading.outcome, Article)
        )
        after_all = [state for reading in found if (state := self._refused.pop(reading.capture.capture_id, None)) is not None]
        pages = tuple(dataclasses.replace(state, stage="read", reason="revisit", due_at=NEVER_DUE) for state in after_all)
        return self.desk.land(dataclasses.replace(batch, readings=found, pages=pages))
