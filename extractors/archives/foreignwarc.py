"""Anybody's WARC files: records one after the other, gz (a member a record, or one for all), zst (with a dictionary) or plain.

Takes `response` records of status 200 that may be web pages. Refuses nothing loudly: what is damaged, redirected, an
image or a revisit is passed with its reason, and the next record is read. Flat memory: a record too large is never held.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from extractors.archives.history import ArchivedPage, Found, Passed, Slot, Window
from extractors.archives.httpmessage import NotHttp, TooLarge, parse_message
from extractors.archives.members import Damaged, Member, walk
from extractors.archives.warc import CaptureRecord
from extractors.errors import SettingError
from extractors.records import Response
from extractors.urls import normalise_url

_NAMES = (".warc", ".warc.gz", ".warc.zst")
_MAX_BLOCK_BYTES = 24 * 2**20  # as received; a page is refused above 20 MiB decoded
_MAX_HEAD_BYTES = 64 * 1024
_TIMESTAMP = re.compile(r"(?<!\d)(20\d{12})(?!\d)")  # as crawlers put it into the names of their files
_NO_PAGE = re.compile(
    r"(?:image|video|audio|font)/|text/(?:css|javascript|plain|csv)|application/(?!xhtml|xml|octet-stream)", re.IGNORECASE
)


class WarcArchive:
    """`trilateral backfill warc FILE|FOLDER`."""

    def slots(self, target: Path) -> tuple[Slot, ...]:
        """List the files, the newest first: by the time in their names, else by when they were written."""
        if target.is_dir():
            paths = [path for path in target.rglob("*") if path.name.lower().endswith(_NAMES) and path.is_file()]
        else:
            paths = [target] if target.is_file() else []
        if not paths:
            raise SettingError(f"warc: no {', '.join(_NAMES)} file at '{target}'")
        found = [
            Slot(name=str(path.relative_to(target)) if path != target else path.name, path=path, listed_at=_dated(path)) for path in paths
        ]
        return tuple(sorted(found, key=lambda slot: (slot.listed_at or datetime.min.replace(tzinfo=UTC), slot.name), reverse=True))

    def find(self, slot: Slot, *, place: int, window: Window) -> Iterator[Found]:
        """Go through a file from a byte on."""
        if slot.path is None:
            raise ValueError(f"{slot.name}: not a file")
        with slot.path.open("rb") as file:
            for member in walk(file, start=place):
                yield from _in_member(member, name=slot.name, window=window)


def _dated(path: Path) -> datetime:
    found = _TIMESTAMP.search(path.name)
    if found:
        try:
            return datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            pass  # digits that are no date
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _in_member(member: Member, *, name: str, window: Window) -> Iterator[Found]:
    flow, problem = _Flow(member.pieces), member.problem
    try:
        for record in _records(flow):
            begins = member.offset + (record.begins if member.is_plain else 0)
            yield _judge(record, name=name, place=begins, window=window)
    except Damaged as error:
        problem = str(error)
    if problem:
        yield Passed(reason="broken", where=f"{name} at byte {member.offset}", place=member.offset, detail=problem)


# --- records ---------------------------------------------------------------------------------------------------------


class _Flow:
    """Bytes as they come out of a member, taken by the line or by count."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""
        self._at = 0
        self._passed = 0  # bytes that are held no longer

    @property
    def taken(self) -> int:
        """How many bytes were taken so far."""
        return self._passed + self._at

    def line(self) -> bytes | None:
        """Take the next line with its end; None: there is nothing more."""
        while (end := self._held.find(b"\n", self._at)) < 0:
            if len(self._held) - self._at > _MAX_HEAD_BYTES or not self._grow():
                line = self._held[self._at :]
                self._at = len(self._held)
                return line or None
        line = self._held[self._at : end + 1]
        self._at = end + 1
        return line

    def take(self, count: int) -> bytes:
        """Take so many bytes."""
        kept: list[bytes] = []
        while count > len(self._held) - self._at:
            kept.append(self._held[self._at :])
            count -= len(kept[-1])
            self._at = len(self._held)
            if not self._grow():
                raise Damaged("the record is shorter than it says")
        kept.append(self._held[self._at : self._at + count])
        self._at += count
        return b"".join(kept)

    def skip(self, count: int) -> None:
        """Pass over so many bytes."""
        while count > len(self._held) - self._at:
            count -= len(self._held) - self._at
            self._at = len(self._held)
            if not self._grow():
                raise Damaged("the record is shorter than it says")
        self._at += count

    def _grow(self) -> bool:
        piece = next(self._pieces, b"")
        self._passed += self._at
        self._held, self._at = self._held[self._at :] + piece, 0
        return bool(piece)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """A WARC record; `block` is kept of responses only."""

    fields: dict[str, str]  # names in lower case
    begins: int  # bytes, in its member
    block: bytes = b""
    is_too_large: bool = False
    problem: str = ""


def _records(flow: _Flow) -> Iterator[_Record]:
    """Go through the records of a member; after what is none, on to the next line that begins one."""
    is_lost = False
    while True:
        begins = flow.taken
        line = flow.line()
        if line is None:
            return
        if not line.strip() or (is_lost and not line.startswith(b"WARC/")):
            continue
        if not line.startswith(b"WARC/"):
            is_lost = True
            yield _Record(fields={}, begins=begins, problem=f"no record where one should begin, but {line[:40]!r}")
            continue
        is_lost = False
        fields = _read_fields(flow)
        try:
            length = int(fields["content-length"])
        except (KeyError, ValueError):
            is_lost = True
            yield _Record(fields=fields, begins=begins, problem="a record without a Content-Length")
            continue
        is_wanted = fields.get("warc-type", "").lower() == "response"
        if not is_wanted or length > _MAX_BLOCK_BYTES:
            flow.skip(length)
            yield _Record(fields=fields, begins=begins, is_too_large=is_wanted)
        else:
            yield _Record(fields=fields, begins=begins, block=flow.take(length))


def _read_fields(flow: _Flow) -> dict[str, str]:
    fields: dict[str, str] = {}
    size, name = 0, ""
    while (line := flow.line()) is not None and line.strip():
        size += len(line)
        if size > _MAX_HEAD_BYTES:
            raise Damaged(f"the head of a record is longer than {_MAX_HEAD_BYTES} bytes")
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if text[0] in " \t" and name:
            fields[name] += " " + text.strip()
            continue
        name, _, value = text.partition(":")
        name = name.strip().lower()
        fields[name] = value.strip()
    return fields


# --- which of them are pages -----------------------------------------------------------------------------------------


def _judge(record: _Record, *, name: str, place: int, window: Window) -> Found:
    url = record.fields.get("warc-target-uri", "").strip("<>")
    where = f"{name} at byte {place}" + (f": {url}" if url else "")
    kind = record.fields.get("warc-type", "").lower()
    if record.problem:
        return Passed(reason="broken", where=where, place=place, detail=record.problem)
    if kind != "response":
        return Passed(reason="revisit" if kind == "revisit" else "no_page", where=where, place=place, detail=kind)
    at = _instant(record.fields.get("warc-date", ""))
    if at is None:
        return Passed(reason="broken", where=where, place=place, detail="a record without a date that can be read")
    if not window.holds(at):
        return Passed(reason="outside", where=where, place=place, at=at)
    if record.is_too_large or normalise_url(url) is None:
        what = f"more than {_MAX_BLOCK_BYTES} bytes" if record.is_too_large else "not an http(s) address"
        return Passed(reason="too_large" if record.is_too_large else "no_page", where=where, place=place, detail=what)
    return _as_page(record, url=url, at=at, where=where, place=place)


def _as_page(record: _Record, *, url: str, at: datetime, where: str, place: int) -> Found:
    try:
        message = parse_message(record.block)
    except TooLarge as error:
        return Passed(reason="too_large", where=where, place=place, detail=str(error))
    except NotHttp as error:
        return Passed(reason="broken", where=where, place=place, detail=str(error))
    content_type = next((value for name, value in message.headers if name.lower() == "content-type"), "")
    if message.status != 200 or _NO_PAGE.match(content_type.strip()):
        return Passed(reason="no_page", where=where, place=place, detail=f"{message.status} {content_type}".strip())
    asked, final = CaptureRecord.addresses_in(record.fields) or (url, url)
    response = Response(
        url=asked,
        final_url=final,
        status=message.status,
        reason=message.reason,
        headers=message.headers,
        body=message.body,
        wire_body=message.wire_body,
        started_at=at,
        duration_ms=0,
    )
    return ArchivedPage(response=response, place=place)


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
