"""The stream's stages where pages come out of an archive on this machine instead of off the wire.

The archive is the queue: how far a unit has come lands in the same transaction as the readings before that place, so a run
that is killed goes on there, and what it had captured since is recognised. Refuses to put a poorer text over one that is held.
"""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from extractors.archives.captures import is_kept
from extractors.archives.history import ArchivedPage, Found, PageArchive, Passed, Slot, Window
from extractors.archives.outlets import Outlets
from extractors.archives.warc import record_of
from extractors.feeds.waits import NEVER_DUE
from extractors.records import (
    Article,
    Batch,
    CaptureRef,
    PageRejection,
    PageState,
    Reading,
    Receipt,
    Rejection,
    UnitState,
)
from extractors.urls import scope_of, url_key
from flows.desk import Desk
from flows.pipeline import Stages, Wanted, Work
from flows.purse import Purse, Tally
from warehouse import history, queue
from warehouse.history import HeldCapture, HeldText

HISTORY_PRIORITY = 2  # behind what feeds bring, first polls included
_DRAW_SECONDS = 0.5  # at a time: others want the warehouse's thread too
_LEAST_SHARE = 0.5  # of the words that are held: a text with fewer is poorer, whatever it says
_NO_ADDRESS_KEY = "file:"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """A page on its way through the stream."""

    unit_id: str
    place: int
    is_held: bool  # the queue knows the page from elsewhere: its state stays as it is


@dataclass(slots=True, kw_only=True)
class ArchiveDesk:
    """Hands out the pages of an archive's slots, one slot after the other, and lands what becomes of them."""

    desk: Desk
    adapter: str
    target: str
    archive: PageArchive
    slots: tuple[Slot, ...]
    window: Window
    outlets: Outlets
    only_declared: bool
    purse: Purse
    tally: Tally
    _units: dict[str, UnitState] = field(default_factory=dict)
    _places: dict[str, int] = field(default_factory=dict)  # by unit: how far it was drawn
    _exhausted: set[str] = field(default_factory=set)
    _outstanding: dict[str, _Drawn] = field(default_factory=dict)  # by capture id, in the order drawn
    _refusals: list[PageRejection] = field(default_factory=list)
    _found: Iterator[tuple[str, Found]] | None = None
    _is_dry: bool = False

    def stages(self) -> Stages:
        """What the pipeline takes."""
        return dataclasses.replace(self.desk.stages(), hand_out=self.hand_out, read=self.read, land=self.land)

    def hand_out(self, wanted: Wanted) -> Work:
        """Draw as many pages as fit, leaving out what has had its outcome."""
        self.desk.bookmark.follow(self.desk.writer.con)
        drawn: list[PageState] = []
        ends_at = time.monotonic() + _DRAW_SECONDS
        while not self._is_dry and len(drawn) < wanted.unread and time.monotonic() < ends_at:
            room = min(wanted.unread - len(drawn), self.purse.pages_left(self.tally))
            if room <= 0 or self.purse.why_spent(self.tally) or self.desk.is_disk_low():
                self._is_dry = True
                break
            drawn += self._take(self._draw(room, ends_at=ends_at))
        return Work(unread=tuple(drawn), has_more=not self._is_dry)

    async def read(self, page: PageState) -> tuple[Reading, PageState]:
        """Have a page read: as it was read before where the queue knows it, else in full; it is never looked at again."""
        reading, after = await self.desk.read(page)
        return reading, dataclasses.replace(after, due_at=NEVER_DUE)

    def land(self, batch: Batch) -> Receipt:
        """Land what was read and how far the units have come with it."""
        kept, dropped = self._without_poorer(batch.readings)
        drawn = {reading.capture.capture_id: self._outstanding.pop(reading.capture.capture_id) for reading in batch.readings}
        states = tuple(
            page
            for page in batch.pages
            if page.capture and page.capture.capture_id not in dropped and not drawn[page.capture.capture_id].is_held
        )
        refusals, self._refusals = tuple(self._refusals), []
        return self.desk.land(
            dataclasses.replace(
                batch,
                captures=tuple(reading.capture for reading in batch.readings),
                readings=kept,
                pages=states,
                rejections=refusals,
                units=self._progress(),
            )
        )

    def finish(self) -> None:
        """Land how far the units have come with what brought nothing to read."""
        units, refusals = self._progress(), tuple(self._refusals)
        if units or refusals:
            self.desk.land(Batch(units=units, rejections=refusals))

    # --- drawing -----------------------------------------------------------------------------------------------------

    def _draw(self, room: int, *, ends_at: float) -> list[tuple[str, ArchivedPage]]:
        """Go on through the slots until so many pages are found or the time is over."""
        if self._found is None:
            self._found = self._walk()
        pages: list[tuple[str, ArchivedPage]] = []
        while len(pages) < room and time.monotonic() < ends_at:
            drawn = next(self._found, None)
            if drawn is None:
                self._is_dry = True
                break
            unit_id, found = drawn
            self._places[unit_id] = found.place
            if isinstance(found, ArchivedPage):
                pages.append((unit_id, found))
            else:
                self._pass(found)
        return pages

    def _walk(self) -> Iterator[tuple[str, Found]]:
        known = {unit.unit_id: unit for unit in history.units(self.desk.writer.con, adapter=self.adapter, target=self.target)}
        for slot in self.slots:
            fresh = UnitState(
                adapter=self.adapter,
                target=self.target,
                slot=slot.name,
                since_at=self.window.since,
                until_at=self.window.until,
                input_hash=hash_of(slot),
                listed_at=slot.listed_at,
                updated_at=self.desk.clock.now(),
            )
            self.tally.inputs[slot.name] = fresh.input_hash
            unit = known.get(fresh.unit_id, fresh)
            if unit.stage == "done" and unit.input_hash:
                self.tally.units_known += 1
                continue
            self._units[unit.unit_id] = unit
            for found in self.archive.find(slot, place=unit.place, window=self.window):
                yield unit.unit_id, found
            self._exhausted.add(unit.unit_id)

    def _pass(self, passed: Passed) -> None:
        self.tally.note_passed(passed)
        if passed.reason == "no_address":
            key = _NO_ADDRESS_KEY + passed.where
            if key not in history.refused_pages(self.desk.writer.con, (key,)):
                refused = Rejection(reason="no_address", detail=passed.detail)
                at = passed.at or self.desk.clock.now()
                self._refusals.append(PageRejection(url_key=key, url=key, source_id=None, rejection=refused, attempts=1, at=at))

    def _take(self, drawn: list[tuple[str, ArchivedPage]]) -> list[PageState]:
        """Bring pages to the disk and into a state to be read, but for those that were before."""
        con, now = self.desk.writer.con, self.desk.clock.now()
        records = [(unit_id, found, record_of(found.response, url_key(found.response.url))) for unit_id, found in drawn]
        held = history.held_captures(con, [record.capture_id for _, _, record in records])
        states = {state.url_key: state for state in queue.pages_by_key(con, [record.url_key for _, _, record in records])}
        pages = []
        for unit_id, found, record in records:
            before = held.get(record.capture_id)
            if record.fetched_at > now:
                self.tally.note_passed(Passed(reason="broken", where=record.url, place=found.place, detail="dated in the future"))
            elif record.capture_id in self._outstanding or (before and before.has_outcome):
                self.tally.known += 1
            elif self.only_declared and self.outlets.of(record.url) is None:
                self.tally.note_passed(Passed(reason="undeclared", where=record.url, place=found.place))
            else:
                capture = self._captured(found, record.url_key, before)
                state = states.get(record.url_key)
                self._outstanding[capture.capture_id] = _Drawn(unit_id=unit_id, place=found.place, is_held=state is not None)
                self.tally.taken += 1
                self.tally.bytes += capture.body_bytes
                unit = self._units[unit_id]
                self._units[unit_id] = dataclasses.replace(unit, pages=unit.pages + 1)
                pages.append(self._new_page(found, capture) if state is None else _again(state, capture))
        return pages

    def _captured(self, found: ArchivedPage, key: str, before: HeldCapture | None) -> CaptureRef:
        """The copy that a killed run has left, else a fresh one: also where retention has taken that away."""
        if before is not None and is_kept(self.desk.settings.captures_dir, before.capture):
            return before.capture
        return self.desk.captures.append(found.response, url_key=key)

    def _new_page(self, found: ArchivedPage, capture: CaptureRef) -> PageState:
        source = self.outlets.of(capture.url)
        hints = found.hints
        if source is not None:
            hints = dataclasses.replace(
                hints, source_id=source.id, lang=hints.lang or source.lang, timezone=source.timezone, extract=source.extract
            )
        return PageState(
            url_key=capture.url_key,
            url=capture.url,
            scope=scope_of(capture.url),
            stage="captured",
            due_at=NEVER_DUE,
            first_seen_at=capture.fetched_at,
            last_outcome="ok",
            capture=capture,
            hints=hints,
            ingest_path=f"backfill:{self.adapter}",
            priority=HISTORY_PRIORITY,
        )

    # --- landing -----------------------------------------------------------------------------------------------------

    def _without_poorer(self, readings: tuple[Reading, ...]) -> tuple[tuple[Reading, ...], frozenset[str]]:
        """Leave out what would put a poorer text, or none, over one that is held; also the capture ids of those."""
        kept, dropped = without_poorer(readings, history.held_texts(self.desk.writer.con, addresses_of(readings)))
        self.tally.poorer += len(dropped)
        return kept, dropped

    def _progress(self) -> tuple[UnitState, ...]:
        """Say how far each unit has come: up to the first of its pages that is still on its way."""
        waiting: dict[str, int] = {}
        for drawn in self._outstanding.values():
            waiting.setdefault(drawn.unit_id, drawn.place)
        moved = []
        for unit_id, unit in list(self._units.items()):
            is_done = unit_id in self._exhausted and unit_id not in waiting
            place = waiting.get(unit_id, self._places.get(unit_id, unit.place))
            moved.append(dataclasses.replace(unit, place=place, stage="done" if is_done else "open"))
            self._units[unit_id] = moved[-1]
            if is_done:
                del self._units[unit_id]
                self.tally.units_done += 1
        return tuple(moved)


def _again(state: PageState, capture: CaptureRef) -> PageState:
    """A page that the queue knows, to be read as it was read first."""
    return dataclasses.replace(state, stage="captured", reason="revisit", capture=capture)


def addresses_of(readings: tuple[Reading, ...]) -> tuple[str, ...]:
    """List every address that these readings speak of."""
    return tuple({key for reading in readings for key in (reading.capture.url_key, *(url.url_key for url in reading.urls))})


def without_poorer(readings: tuple[Reading, ...], held: Mapping[str, HeldText]) -> tuple[tuple[Reading, ...], frozenset[str]]:
    """Part readings from those that add nothing to an article that is held; the capture ids of the latter."""
    dropped = {reading.capture.capture_id for reading in readings if _adds_nothing(reading, held)}
    return tuple(reading for reading in readings if reading.capture.capture_id not in dropped), frozenset(dropped)


def _adds_nothing(reading: Reading, held: Mapping[str, HeldText]) -> bool:
    """Whether a page shows less of an article than is held, or is another address of it: its other wording would pass for an edit."""
    known = held.get(reading.capture.url_key)
    if known is None:
        return any(url.url_key in held for url in reading.urls)
    article = reading.outcome
    if not isinstance(article, Article):
        return True
    return (known.access == "full" and article.access != "full") or article.word_count < known.word_count * _LEAST_SHARE


def hash_of(slot: Slot) -> str:
    """SHA-256 of a local file; '' for what is none."""
    if slot.path is None or slot.path.is_dir():
        return ""
    return hash_of_file(slot.path)


def hash_of_file(path: Path) -> str:
    """SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
