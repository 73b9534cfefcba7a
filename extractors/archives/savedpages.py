"""A folder of saved pages: HTML as browsers and savers write it, MHTML, gzipped or not.

Where a page was, it must say itself: an MHTML header, the comment that browsers and SingleFile leave, its canonical link.
Refuses to guess: a page that does not say so has no address.
"""

from __future__ import annotations

import email
import email.policy
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from extractors.archives.history import ArchivedPage, Found, Passed, Slot, Window
from extractors.archives.httpmessage import MAX_PAGE_BYTES, plain_response
from extractors.errors import SettingError
from extractors.pages.decode import decode_html
from extractors.pages.markup import parse_markup
from extractors.urls import normalise_url

_HTML = (".html", ".htm", ".xhtml")
_MHTML = (".mhtml", ".mht")
_HEAD_BYTES = 8192  # where savers leave their comment
_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)\s*(\S+)\s*-->", re.IGNORECASE)
_SINGLE_FILE = re.compile(
    rb"<!--\s*Page saved with SingleFile\s+url:\s*(\S+)(?:\s+saved date:\s*([^\r\n]+?)\s*(?:[\r\n]|-->))?", re.IGNORECASE
)
_SCRIPT_DATE = re.compile(r"\w{3} (\w{3} \d{1,2} \d{4} \d{2}:\d{2}:\d{2}) GMT([+-]\d{4})")  # as JavaScript prints a Date


class SavedPages:
    """`trilateral backfill folder DIR`."""

    def slots(self, target: Path) -> tuple[Slot, ...]:
        """The folder is one slot: what is known in it is passed over quickly."""
        if not target.is_dir():
            raise SettingError(f"folder: no such folder: '{target}'")
        return (Slot(name=".", path=target),)

    def find(self, slot: Slot, *, place: int, window: Window) -> Iterator[Found]:
        """Go through the files, the last saved first. There is no place to go on at: a folder changes under one's hands."""
        del place
        if slot.path is None:
            raise ValueError(f"{slot.name}: not a folder")
        for saved_at, path in sorted(_files(slot.path), reverse=True):
            yield _read(path, name=str(path.relative_to(slot.path)), saved_at=saved_at, window=window)


def _files(folder: Path) -> Iterator[tuple[datetime, Path]]:
    for path in folder.rglob("*"):
        if path.name.lower().removesuffix(".gz").endswith(_HTML + _MHTML) and path.is_file():
            yield datetime.fromtimestamp(path.stat().st_mtime, UTC), path


def _read(path: Path, *, name: str, saved_at: datetime, window: Window) -> Found:
    try:
        body = read_file(path)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        return Passed(reason="broken", where=name, place=0, detail=str(error), at=saved_at)
    if len(body) > MAX_PAGE_BYTES:
        return Passed(reason="too_large", where=name, place=0, detail=f"more than {MAX_PAGE_BYTES} bytes", at=saved_at)
    if path.name.lower().removesuffix(".gz").endswith(_MHTML):
        return _read_mhtml(body, name=name, saved_at=saved_at, window=window)
    url, stated_at = _stated_in(body[:_HEAD_BYTES])
    return _as_page(url or _canonical(body), body, "text/html", name=name, at=stated_at or saved_at, window=window)


def read_file(path: Path) -> bytes:
    """Read a file, gunzipped where it is, and no more of it than a page may be."""
    with path.open("rb") as file:
        raw = file.read(MAX_PAGE_BYTES + 1)
    if not raw.startswith(b"\x1f\x8b\x08"):
        return raw
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    body = unpacker.decompress(raw, MAX_PAGE_BYTES + 1)
    if not unpacker.eof and len(body) <= MAX_PAGE_BYTES:
        raise ValueError("the gzip stream ends early")
    return body


def _as_page(url: str | None, body: bytes, content_type: str, *, name: str, at: datetime, window: Window) -> Found:
    if not window.holds(at):
        return Passed(reason="outside", where=name, place=0, at=at)
    if url is None or normalise_url(url) is None:
        what = (
            f"what it calls its address is none: {url[:200]!r}"
            if url
            else "no saver's comment, no canonical link, no og:url says where it was"
        )
        return Passed(reason="no_address", where=name, place=0, detail=what, at=at)
    return ArchivedPage(response=plain_response(url, body, content_type=content_type, started_at=at), place=0)


def _stated_in(head: bytes) -> tuple[str | None, datetime | None]:
    """Find what a browser or SingleFile noted when it saved the page."""
    if found := _SINGLE_FILE.search(head):
        return found[1].decode("utf-8", "replace"), _script_date((found[2] or b"").decode("utf-8", "replace"))
    if found := _SAVED_FROM.search(head):
        return found[1].decode("utf-8", "replace"), None
    return None, None


def _script_date(text: str) -> datetime | None:
    found = _SCRIPT_DATE.match(text)
    return datetime.strptime(f"{found[1]} {found[2]}", "%b %d %Y %H:%M:%S %z").astimezone(UTC) if found else None


def _canonical(body: bytes) -> str | None:
    tree = parse_markup(decode_html(body, "text/html"))
    if tree is None:
        return None
    stated = (
        *tree.xpath("//link[contains(concat(' ', @rel, ' '), ' canonical ')]/@href"),
        *tree.xpath("//meta[@property='og:url']/@content"),
    )
    return next((str(url).strip() for url in stated if normalise_url(str(url).strip())), None)


def _read_mhtml(body: bytes, *, name: str, saved_at: datetime, window: Window) -> Found:
    message = email.message_from_bytes(body, _class=EmailMessage, policy=email.policy.compat32)
    parts = [part for part in message.walk() if part.get_content_type() in ("text/html", "application/xhtml+xml")]
    root = str(message.get_param("start") or "").strip("<>") if message.is_multipart() else ""
    page = next((part for part in parts if root and (part["Content-ID"] or "").strip("<>") == root), parts[0] if parts else None)
    if page is None:
        return Passed(reason="broken", where=name, place=0, detail="an MHTML file without a page in it", at=saved_at)
    payload = page.get_payload(decode=True)
    html = payload if isinstance(payload, bytes) else b""
    charset = page.get_content_charset()
    stated = (message["Snapshot-Content-Location"], page["Content-Location"], message["Content-Location"])
    url = next((str(place).strip() for place in stated if place and normalise_url(str(place).strip())), None)
    content_type = f"text/html; charset={charset}" if charset else "text/html"
    return _as_page(url or _canonical(html), html, content_type, name=name, at=_mail_date(message["Date"]) or saved_at, window=window)


def _mail_date(text: str | None) -> datetime | None:
    try:
        at = parsedate_to_datetime(str(text))
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
