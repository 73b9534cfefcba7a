"""What a backfill would do, found out without writing anything to the warehouse."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from extractors.archives.adapters import PAGE_ARCHIVES
from extractors.archives.history import ArchivedPage
from extractors.archives.outlets import Outlets
from extractors.archives.warc import record_of
from extractors.errors import WarehouseMissing
from extractors.fetch.clock import SYSTEM_CLOCK, Clock
from extractors.records import Source
from extractors.urls import url_key
from flows.history import Order, check_order
from flows.purse import Tally
from flows.run import load_sources
from flows.settings import Settings
from warehouse import history
from warehouse.history import HeldCapture
from warehouse.store import open_readonly

_READING_SECONDS = 0.05  # a page in one process; 2026-11-25, the sample newsroom's pages on a loaded machine
_AT_ONCE = 64  # pages that are held and looked up together


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What would be done."""

    pages: int  # that would be taken
    requests: int
    minutes: float  # of reading, and of waiting one's turn where pages are fetched
    tally: Tally  # what was come across on the way
    is_whole: bool = True  # False: only a part of the archive was looked at


def estimate(settings: Settings, order: Order, *, clock: Clock = SYSTEM_CLOCK) -> Estimate:
    """Go through an archive as a backfill would, taking nothing."""
    check_order(order, offline=False)
    sources = load_sources(settings)
    tally, purse = Tally(), order.purse(clock)
    pages = 0
    with _held(settings) as held_captures:
        for drawn in _in_parts(_pages_of(order, sources, tally)):
            ids = {record_of(page.response, url_key(page.response.url)).capture_id: page for page in drawn}
            held = held_captures(list(ids))
            fresh = {capture_id: page for capture_id, page in ids.items() if capture_id not in held or not held[capture_id].has_outcome}
            tally.known += len(ids) - len(fresh)
            room = min(len(fresh), purse.pages_left(tally))
            tally.taken += room
            tally.bytes += sum(len(page.response.wire_body) for page in list(fresh.values())[:room])
            pages += room
            if purse.why_spent(tally):
                break
    minutes = pages * _READING_SECONDS / settings.workers / 60
    return Estimate(pages=pages, requests=0, minutes=minutes, tally=tally)


@contextlib.contextmanager
def _held(settings: Settings) -> Iterator[Callable[[Sequence[str]], dict[str, HeldCapture]]]:
    """Open what people can read, to look captures up in it; where nothing was ever published, nothing is held."""
    try:
        con = open_readonly(settings.published)
    except WarehouseMissing:
        yield lambda _: {}
        return
    with con:
        yield lambda capture_ids: history.held_captures(con, capture_ids)


def _pages_of(order: Order, sources: Sequence[Source], tally: Tally) -> Iterator[ArchivedPage]:
    archive, outlets = PAGE_ARCHIVES[order.adapter], Outlets(sources)
    for slot in archive.slots(Path(order.target)):
        for found in archive.find(slot, place=0, window=order.window):
            if not isinstance(found, ArchivedPage):
                tally.note_passed(found)
            elif not order.only_declared or outlets.of(found.response.url) is not None:
                yield found


def _in_parts(pages: Iterator[ArchivedPage]) -> Iterator[list[ArchivedPage]]:
    part: list[ArchivedPage] = []
    for page in pages:
        part.append(page)
        if len(part) == _AT_ONCE:
            yield part
            part = []
    if part:
        yield part
