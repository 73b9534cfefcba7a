"""The stream's stages where an archive names addresses: its documents are asked for one by one, their pages by the stream.

A document's pages land as pending together with the unit that named them, so nothing that was listed is listed again, and
what is pending is fetched by the next run of the same backfill. Refuses to ask for a page that is known.
"""

from __future__ import annotations

import asyncio
import dataclasses
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from extractors.archives.history import Link, LinkArchive, Listing, NextSlot, Window
from extractors.archives.httpmessage import plain_response
from extractors.archives.outlets import Outlets
from extractors.feeds.waits import NEVER_DUE
from extractors.fetch.client import Fetcher
from extractors.fetch.clock import Clock
from extractors.fetch.visits import outcome_of, visit_of
from extractors.records import Batch, PageState, Reading, Receipt, Rejection, Response, UnitState, Visit
from extractors.urls import scope_of, url_key
from flows.archive_desk import HISTORY_PRIORITY, addresses_of, hash_of_file, without_poorer
from flows.desk import Desk
from flows.pipeline import PageVisit, Stages, Wanted, Work
from flows.purse import Purse, Tally
from warehouse import history, queue

_ROBOTS = "/robots.txt"
_TRANSIENT = frozenset({"throttled", "server_error", "cancelled"})


@dataclass(slots=True, kw_only=True)
class LinkDesk:
    """Works through the documents of an archive, the newest first, and hands out the pages that they name."""

    desk: Desk
    adapter: str
    target: str
    archive: LinkArchive
    window: Window
    outlets: Outlets
    only_declared: bool
    purse: Purse
    tally: Tally
    _known: dict[str, UnitState] = field(default_factory=dict)  # every unit of the target, by id
    _waiting: dict[str, tuple[UnitState, NextSlot]] = field(default_factory=dict)  # documents to ask for, by unit id
    _asked: set[str] = field(default_factory=set)  # unit ids of this run
    _handed: set[str] = field(default_factory=set)  # url keys
    _fetched: set[str] = field(default_factory=set)

    def stages(self) -> Stages:
        """What the pipeline takes."""
        return dataclasses.replace(self.desk.stages(), hand_out=self.hand_out, fetch=self.fetch, read=self.read, land=self.land)

    # --- documents ---------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Take up what an earlier run left, and the documents that the archive begins with."""
        units = history.units(self.desk.writer.con, adapter=self.adapter, target=self.target)
        self._known = {unit.unit_id: unit for unit in units if (unit.since_at, unit.until_at) == (self.window.since, self.window.until)}
        for slot in self.archive.begin(self.target):
            self._note(slot)
        for unit in self._known.values():
            if unit.stage != "done" and not unit.input_hash:
                self._waiting.setdefault(unit.unit_id, (unit, NextSlot(address=unit.slot, listed_at=unit.listed_at)))

    def next_document(self) -> tuple[UnitState, NextSlot] | None:
        """Give the newest document that is still to be asked for; None: there is none, or nothing is left to spend."""
        if not self._waiting or self.purse.why_spent(self.tally):
            return None
        unit_id = min(self._waiting, key=lambda one: (-_age(self._waiting[one][0]), self._waiting[one][0].slot))
        self._asked.add(unit_id)
        return self._waiting.pop(unit_id)

    async def survey(self, slot: NextSlot) -> Response:
        """Have a document: off the disk, or politely off the wire."""
        self.tally.documents += 1
        response = await read_document(self.desk.door if not slot.is_local else None, slot, clock=self.desk.clock)
        if not slot.is_local and not slot.address.endswith(_ROBOTS):
            self.tally.requests += 1
            self.tally.bytes += len(response.wire_body)
        return response

    def take(self, unit: UnitState, slot: NextSlot, response: Response) -> int:
        """Land what a document names: its pages as pending, further documents as units; how many pages are new."""
        outcome = outcome_of(response)
        visits: tuple[Visit, ...] = ()
        if not slot.is_local:
            visits = self.desk.door.take_visits()
            self.tally.requests += len(visits)
        if not slot.is_local and not unit.slot.endswith(_ROBOTS):
            visits = (*visits, visit_of(response, kind="archive", source_id=None))
        if response.failure is not None or outcome in _TRANSIENT:
            self._fail(unit, visit_of(response, kind="archive", source_id=None).detail or outcome, visits)
            return 0
        listing = self.archive.read(response, window=self.window)
        if listing.outside:
            self.tally.passed["outside"] = self.tally.passed.get("outside", 0) + listing.outside
        if listing.problem and not (listing.links or listing.slots):
            self._fail(unit, listing.problem, visits)
            return 0
        if listing.problem:
            self.tally.note_problem(f"{unit.slot}: {listing.problem}")
        done = dataclasses.replace(unit, stage="done", pages=unit.pages + len(listing.links), detail="")
        self._known[done.unit_id] = done
        pages = self._pages_of(listing, done)
        further = self._further(listing, has_new=bool(pages))
        self.desk.land(Batch(visits=visits, pages=pages, units=(done, *further)))
        self.tally.units_done += 1
        return len(pages)

    def _fail(self, unit: UnitState, why: str, visits: tuple[Visit, ...]) -> None:
        self.tally.units_failed += 1
        self.tally.note_problem(f"{unit.slot}: {why}")
        failed = dataclasses.replace(unit, stage="failed", detail=why)
        self._known[failed.unit_id] = failed
        self.desk.land(Batch(visits=visits, units=(failed,)))

    def _note(self, slot: NextSlot) -> UnitState | None:
        """Put a document among those to be asked for; None where it was asked for in this run, or need not be again."""
        fresh = UnitState(
            adapter=self.adapter,
            target=self.target,
            slot=slot.address,
            since_at=self.window.since,
            until_at=self.window.until,
            input_hash=hash_of_file(Path(slot.address)) if slot.is_local else "",
            listed_at=slot.listed_at,
            updated_at=self.desk.clock.now(),
        )
        if slot.is_local:
            self.tally.inputs[slot.address] = fresh.input_hash
        before = self._known.get(fresh.unit_id)
        if fresh.unit_id in self._asked or fresh.unit_id in self._waiting:
            return None
        if before and before.stage == "done" and _has_all_of(before, slot):
            self.tally.units_known += 1
            return None
        unit = dataclasses.replace(before or fresh, listed_at=slot.listed_at, stage="open")
        self._known[unit.unit_id] = unit
        self._waiting[unit.unit_id] = (unit, slot)
        return unit

    def _further(self, listing: Listing, *, has_new: bool) -> tuple[UnitState, ...]:
        wanted = [slot for slot in listing.slots if has_new or not slot.only_if_new]
        return tuple(unit for slot in wanted if (unit := self._note(slot)) is not None)

    def _pages_of(self, listing: Listing, unit: UnitState) -> tuple[PageState, ...]:
        """Make pages of the links that nobody knows, in such an order that the newest are asked for first."""
        links = {url_key(link.url): link for link in reversed(listing.links)}
        known = history.known_pages(self.desk.writer.con, list(links))
        self.tally.known += len(known)
        pages, now = [], self.desk.clock.now()
        for place, (key, link) in enumerate(reversed(links.items())):
            if key in known:
                continue
            if self.only_declared and self.outlets.of(link.url) is None:
                self.tally.passed["undeclared"] = self.tally.passed.get("undeclared", 0) + 1
                continue
            pages.append(self._page(key, link, unit, now=now, place=place))
        return tuple(pages)

    def _page(self, key: str, link: Link, unit: UnitState, *, now: datetime, place: int) -> PageState:
        source = self.outlets.of(link.url)
        hints = link.hints
        if source is not None:
            hints = dataclasses.replace(
                hints, source_id=source.id, lang=hints.lang or source.lang, timezone=source.timezone, extract=source.extract
            )
        return PageState(
            url_key=key,
            url=link.url,
            scope=scope_of(link.url),
            due_at=now,
            # it was there by then; where nobody says when, the list's own order is kept
            first_seen_at=min(link.at, now) if link.at else now - timedelta(microseconds=place),
            hints=hints,
            ingest_path=f"backfill:{self.adapter}",
            priority=HISTORY_PRIORITY,
            unit_id=unit.unit_id,
        )

    # --- pages -------------------------------------------------------------------------------------------------------

    def hand_out(self, wanted: Wanted) -> Work:
        """Ask the warehouse what waits for this backfill, as much of it as may still be spent."""
        con, now, busy = self.desk.writer.con, self.desk.clock.now(), tuple(wanted.busy_pages)
        self.desk.bookmark.follow(con)
        units = tuple(self._known)
        unread = queue.unread_captures(con, limit=wanted.unread, exclude_keys=busy, units=units)
        pages: tuple[PageState, ...] = ()
        on_their_way = len((self._handed - self._fetched) & wanted.busy_pages)
        room = min(wanted.pages, self.purse.pages_left(self.tally) - on_their_way)
        if room > 0 and not self.purse.why_spent(self.tally):
            full = tuple(wanted.full_scopes)
            pages = queue.pending_pages(
                con, now=now, per_scope=wanted.per_scope, limit=room, exclude_keys=busy, exclude_scopes=full, units=units
            )
        self._handed.update(page.url_key for page in pages)
        return self.desk.prepared(Work(pages=pages, unread=unread), now=now)

    async def fetch(self, page: PageState) -> PageVisit:
        """Fetch a page; what it cost is noted."""
        visit = await self.desk.fetch(page)
        self._fetched.add(page.url_key)
        self.tally.taken += 1
        self.tally.requests += 1
        self.tally.bytes += visit.visit.body_bytes
        return visit

    async def read(self, page: PageState) -> tuple[Reading, PageState]:
        """Have a page read; it is never looked at again."""
        reading, after = await self.desk.read(page)
        return reading, dataclasses.replace(after, due_at=NEVER_DUE)

    def land(self, batch: Batch) -> Receipt:
        """Land what was fetched and read, but for what shows less of an article than is held."""
        held = history.held_texts(self.desk.writer.con, addresses_of(batch.readings))
        _, dropped = without_poorer(batch.readings, held)
        self.tally.poorer += len(dropped)
        self.tally.requests += len(batch.visits) - sum(visit.kind == "page" for visit in batch.visits)
        return self.desk.land(_released(_in_favour_of_held(batch, dropped)))


async def read_document(fetcher: Fetcher | None, slot: NextSlot, *, clock: Clock) -> Response:
    """Have a document: off the disk, or politely off the wire; a robots.txt from what is known of it."""
    if slot.is_local or fetcher is None:
        body = await asyncio.to_thread(Path(slot.address).read_bytes)
        return plain_response(slot.address, body, content_type="", started_at=clock.now())
    if slot.address.endswith(_ROBOTS):
        robots = await fetcher.robots_of(slot.address)  # the fetcher wants it anyway: it is asked for once
        return plain_response(slot.address, robots.body.encode(), content_type="text/plain", started_at=clock.now(), failure=robots.failure)
    return await fetcher.fetch(slot.address, kind="archive")


def _age(unit: UnitState) -> float:
    return unit.listed_at.timestamp() if unit.listed_at else float("inf")


def _has_all_of(before: UnitState, slot: NextSlot) -> bool:
    """Whether a document that was read holds nothing that was not in it then, as far as anybody says."""
    return slot.is_settled or bool(before.input_hash) or (slot.listed_at is not None and slot.listed_at <= before.updated_at)


def _in_favour_of_held(batch: Batch, dropped: frozenset[str]) -> Batch:
    """Refuse what adds nothing to an article that is held, since the page itself must come to something."""
    why = Rejection(reason="duplicate", detail="the article is held under another address, or more of it is")
    readings = tuple(
        Reading(capture=reading.capture, outcome=why)
        if reading.capture.capture_id in dropped and not isinstance(reading.outcome, Rejection)
        else reading
        for reading in batch.readings
    )
    pages = tuple(
        dataclasses.replace(page, stage="rejected")
        if page.stage == "read" and page.capture and page.capture.capture_id in dropped
        else page
        for page in batch.pages
    )
    return dataclasses.replace(batch, readings=readings, pages=pages)


def _released(batch: Batch) -> Batch:
    """Let go of the pages that have come to something: what feeds say of them later is ingest's business."""
    pages = tuple(dataclasses.replace(page, unit_id=None) if page.stage in ("read", "rejected") else page for page in batch.pages)
    return dataclasses.replace(batch, pages=pages)


def _capture_id(page: PageState) -> str:
    return page.capture.capture_id if page.capture else ""
