"""What a backfill would do, found out without writing anything to the warehouse.

Of an archive of links some documents are asked for, as politely as in earnest (turns are noted in the host book), and the
rest is reckoned from them.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from extractors.archives.adapters import LINK_ARCHIVES, PAGE_ARCHIVES
from extractors.archives.history import ArchivedPage, Listing
from extractors.archives.outlets import Outlets
from extractors.archives.warc import record_of
from extractors.errors import WarehouseMissing
from extractors.fetch.client import Fetcher
from extractors.fetch.clock import SYSTEM_CLOCK, Clock
from extractors.fetch.hosts import HostBook
from extractors.records import Source
from extractors.urls import scope_of, url_key
from flows.history import Order, check_order
from flows.link_desk import read_document
from flows.purse import Tally
from flows.run import load_sources
from flows.settings import Settings
from warehouse import history
from warehouse.history import HeldCapture
from warehouse.store import open_readonly

_READING_SECONDS = 0.05  # a page in one process; 2026-11-25, the sample newsroom's pages on a loaded machine
_MOST_DOCUMENTS = 10  # of an archive of links that are asked for
_AT_ONCE = 64  # pages that are held and looked up together


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What would be done."""

    pages: int  # that would be taken
    requests: int  # for them and for the documents that name them
    minutes: float  # of reading, and of waiting one's turn where pages are fetched
    tally: Tally  # what was come across on the way
    is_whole: bool = True  # False: only a part of the archive was looked at


def estimate(settings: Settings, order: Order, *, clock: Clock = SYSTEM_CLOCK) -> Estimate:
    """Go through an archive as a backfill would, taking nothing."""
    check_order(order, offline=False)
    sources = load_sources(settings)
    with _published(settings) as published:
        if order.asks_publishers:
            return asyncio.run(_of_links(settings, order, sources, published, clock=clock))
        return _of_pages(settings, order, sources, published, clock=clock)


def _of_pages(settings: Settings, order: Order, sources: tuple[Source, ...], published: _Published, *, clock: Clock) -> Estimate:
    tally, purse = Tally(), order.purse(clock)
    for drawn in _in_parts(_pages_of(order, sources, tally)):
        ids = {record_of(page.response, url_key(page.response.url)).capture_id: page for page in drawn}
        held = published.captures(list(ids))
        fresh = [page for capture_id, page in ids.items() if capture_id not in held or not held[capture_id].has_outcome]
        tally.known += len(ids) - len(fresh)
        room = min(len(fresh), purse.pages_left(tally))
        tally.taken += room
        tally.bytes += sum(len(page.response.wire_body) for page in fresh[:room])
        if purse.why_spent(tally):
            break
    return Estimate(pages=tally.taken, requests=0, minutes=tally.taken * _READING_SECONDS / settings.workers / 60, tally=tally)


async def _of_links(settings: Settings, order: Order, sources: tuple[Source, ...], published: _Published, *, clock: Clock) -> Estimate:
    archive, outlets, tally = LINK_ARCHIVES[order.adapter], Outlets(sources), Tally()
    waiting, seen = list(archive.begin(order.target)), set[str]()
    keys: dict[str, str] = {}
    listings = 0  # documents that named pages
    async with Fetcher(settings.fetch_policy(sources), clock=clock, hosts=HostBook(settings.private_dir / "hosts.sqlite")) as fetcher:
        while waiting and tally.documents < _MOST_DOCUMENTS:
            slot = waiting.pop(0)
            if slot.address in seen:
                continue
            seen.add(slot.address)
            tally.documents += 1
            tally.requests += not slot.is_local
            response = await read_document(fetcher, slot, clock=clock)
            listing = archive.read(response, window=order.window) if response.failure is None else Listing(problem=response.failure.detail)
            if listing.problem:
                tally.note_problem(f"{slot.address}: {listing.problem}")
            tally.passed["outside"] = tally.passed.get("outside", 0) + listing.outside
            named = {url_key(link.url): link.url for link in listing.links if not order.only_declared or outlets.of(link.url) is not None}
            known = published.pages(list(named))
            tally.known += len(known)
            listings += bool(listing.links)
            keys |= {key: url for key, url in named.items() if key not in known}
            waiting = sorted(
                [*listing.slots, *waiting], key=lambda one: one.listed_at.timestamp() if one.listed_at else math.inf, reverse=True
            )
    share = 1 + len(waiting) / max(listings, 1)
    room = min(order.purse(clock).pages_left(Tally()), round(len(keys) * share))
    scopes = Counter(scope_of(url) for url in keys.values())
    longest = max(scopes.values(), default=0) / max(len(keys), 1) * room
    seconds = longest * settings.host_delay_seconds / settings.host_connections
    requests = room + tally.documents + len(waiting)
    return Estimate(pages=room, requests=requests, minutes=seconds / 60, tally=tally, is_whole=not waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Published:
    """What people can read, asked what of an archive is known."""

    captures: Callable[[Sequence[str]], dict[str, HeldCapture]]
    pages: Callable[[Sequence[str]], frozenset[str]]


@contextlib.contextmanager
def _published(settings: Settings) -> Iterator[_Published]:
    """Open what people can read; where nothing was ever published, nothing is known."""
    try:
        con = open_readonly(settings.published)
    except WarehouseMissing:
        yield _Published(captures=lambda _: {}, pages=lambda _: frozenset())
        return
    with con:
        yield _Published(captures=partial(history.held_captures, con), pages=partial(history.known_pages, con))


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
