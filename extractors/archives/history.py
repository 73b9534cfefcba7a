"""What every way back in time has in common: slots, what is found in them, and the bounds of what is wanted.

An archive holds pages (WARC, a folder, rows) or links (a list, sitemaps, archived feeds). Pages are found one after the
other, each with the place at which its slot can be entered again; links come a document at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

from extractors.records import PageHints, Response

PassReason = Literal[
    "revisit",  # a WARC record that says the page was as before
    "no_page",  # a record of something else: a request, metadata, an image, a redirect, an error
    "outside",  # older or younger than asked for
    "broken",  # cannot be read
    "too_large",
    "no_address",  # a page that nobody says where it was
    "undeclared",  # of no declared source, where only those are wanted
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which pages are wanted, by the time their archive gives them: from `since` on, before `until`."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime | None) -> bool:
        """Whether an instant is inside; what has none cannot be outside."""
        return at is None or ((self.since is None or at >= self.since) and (self.until is None or at < self.until))

    def may_hold(self, first: datetime, last: datetime) -> bool:
        """Whether anything from `first` on and before `last` can be inside."""
        return (self.since is None or last > self.since) and (self.until is None or first < self.until)


def parse_bound(text: str, *, is_end: bool) -> datetime:
    """Read a day or an instant (UTC where it has no zone); a day that ends a window is wholly in it. ValueError otherwise."""
    at = datetime.fromisoformat(text)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    is_day = len(text) <= len("2026-03-01") and ":" not in text
    return at + timedelta(days=1) if is_end and is_day else at


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A part of an archive that can be worked through by itself."""

    name: str  # below its target: a file's name, a document's address
    path: Path | None = None  # of a local file or folder
    listed_at: datetime | None = None  # when it was last added to, as far as anybody says


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedPage:
    """A page that an archive holds, as if it had just come over the wire."""

    response: Response
    place: int  # to enter the slot again so that this page comes again
    hints: PageHints = field(default_factory=PageHints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """Something in an archive that is not taken, and why."""

    reason: PassReason
    where: str  # for people: a file and byte, a line
    place: int
    detail: str = ""
    at: datetime | None = None  # of a saved page: when it was saved


Found = ArchivedPage | Passed


class PageArchive(Protocol):
    """An archive of pages on this machine."""

    def slots(self, target: Path) -> tuple[Slot, ...]:
        """List the slots, the newest first; SettingError where there is nothing of the kind."""
        ...

    def find(self, slot: Slot, *, place: int, window: Window) -> Iterator[Found]:
        """Go through a slot from a place on; never raises for what is in it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The address of a page that an archive names."""

    url: str  # absolute
    at: datetime | None = None  # published, else last changed
    hints: PageHints = field(default_factory=PageHints)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextSlot:
    """A further document of the same archive."""

    address: str
    listed_at: datetime | None = None
    is_settled: bool = False  # what it holds never changes: once done it is not asked for again
    is_local: bool = False  # a file on this machine
    only_if_new: bool = False  # not worth asking for where this document brought nothing that is new


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a document of an archive names."""

    links: tuple[Link, ...] = ()
    slots: tuple[NextSlot, ...] = ()
    outside: int = 0  # links and documents left out by their dates
    problem: str = ""  # why it is not what was expected; '' where it is


class LinkArchive(Protocol):
    """An archive of links, whose documents are fetched."""

    def begin(self, target: str) -> tuple[NextSlot, ...]:
        """List the documents to begin with; SettingError for a target that cannot be one."""
        ...

    def read(self, response: Response, *, window: Window) -> Listing:
        """Read a document; never raises for what is in it."""
        ...
