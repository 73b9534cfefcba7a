"""Files of JSON rows, one page a line: `url` and one of `html`, `html_path` (may be .gz) or `text`.

Also read where they are there: `title`, `authors`, `date` or `published_at`, `lang`, `fetched_at`. A row that is no JSON or
has no address is passed with its line; what exporters of other tools name otherwise has to be renamed first.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, BinaryIO, cast

from extractors.archives.history import ArchivedPage, Found, Passed, Slot, Window
from extractors.archives.httpmessage import MAX_PAGE_BYTES, plain_response
from extractors.archives.savedpages import read_file
from extractors.errors import SettingError
from extractors.feeds.dates import parse_date
from extractors.feeds.entries import primary_tag
from extractors.records import NEVER_PUBLISHED, PageHints, Published
from extractors.urls import normalise_url

_NAMES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_MAX_LINE_BYTES = 2 * MAX_PAGE_BYTES


class RowFiles:
    """`trilateral backfill jsonl FILE|FOLDER`."""

    def slots(self, target: Path) -> tuple[Slot, ...]:
        """List the files, the last written first."""
        paths = [path for path in target.rglob("*") if path.name.lower().endswith(_NAMES)] if target.is_dir() else [target]
        paths = [path for path in paths if path.is_file()]
        if not paths:
            raise SettingError(f"jsonl: no {', '.join(_NAMES)} file at '{target}'")
        written = [(datetime.fromtimestamp(path.stat().st_mtime, UTC), path) for path in paths]
        return tuple(
            Slot(name=path.name if path == target else str(path.relative_to(target)), path=path, listed_at=at)
            for at, path in sorted(written, reverse=True)
        )

    def find(self, slot: Slot, *, place: int, window: Window) -> Iterator[Found]:
        """Go through a file from a line on."""
        if slot.path is None:
            raise ValueError(f"{slot.name}: not a file")
        written_at = datetime.fromtimestamp(slot.path.stat().st_mtime, UTC)
        number = 0
        with _open(slot.path) as file:
            try:
                while line := file.readline(_MAX_LINE_BYTES + 1):
                    if number >= place and line.strip():
                        where = _Where(text=f"{slot.name}: line {number + 1}", place=number, folder=slot.path.parent, written_at=written_at)
                        yield _read(line, where, window=window)
                    number += 1
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                yield Passed(reason="broken", where=f"{slot.name}: after line {number}", place=number, detail=str(error))


def _open(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path, "rb")) if path.name.lower().endswith(".gz") else path.open("rb")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Where:
    """A line and what is around it."""

    text: str  # for people
    place: int
    folder: Path
    written_at: datetime


def _read(line: bytes, where: _Where, *, window: Window) -> Found:
    if len(line) > _MAX_LINE_BYTES:
        return Passed(reason="too_large", where=where.text, place=where.place, detail=f"a line of more than {_MAX_LINE_BYTES} bytes")
    try:
        row = json.loads(line)
        if not isinstance(row, dict):
            raise TypeError("not an object")  # noqa: TRY301  said below, with what else a line can be
        body, content_type = _body_of(row, where.folder)
    except (OSError, EOFError, ValueError, TypeError, RecursionError, zlib.error) as error:
        return Passed(reason="broken", where=where.text, place=where.place, detail=str(error))
    published = _published_of(row)
    fetched_at = parse_date(_text(row, "fetched_at"), timezone="UTC", origin="").at or published.at or where.written_at
    if not window.holds(published.at or fetched_at):
        return Passed(reason="outside", where=where.text, place=where.place, at=published.at or fetched_at)
    if len(body) > MAX_PAGE_BYTES:
        return Passed(reason="too_large", where=where.text, place=where.place, detail=f"more than {MAX_PAGE_BYTES} bytes of page")
    url = _text(row, "url")
    if normalise_url(url) is None:
        detail = f"not an address: {url[:200]!r}" if url else "a row without `url`"
        return Passed(reason="no_address", where=where.text, place=where.place, detail=detail, at=fetched_at)
    hints = PageHints(
        lang=primary_tag(_text(row, "lang") or None),
        title=_text(row, "title"),
        authors=tuple(str(name) for name in row["authors"]) if isinstance(row.get("authors"), list) else (),
        published=published,
    )
    response = plain_response(url, body, content_type=content_type, started_at=fetched_at)
    return ArchivedPage(response=response, place=where.place, hints=hints)


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    return value.strip() if isinstance(value, str) else ""


def _published_of(row: dict[str, Any]) -> Published:
    stated = next((text for key in ("published_at", "date") if (text := _text(row, key))), "")
    return parse_date(stated, timezone=None, origin="jsonl") if stated else NEVER_PUBLISHED


def _body_of(row: dict[str, Any], folder: Path) -> tuple[bytes, str]:
    """Find the page of a row; a bare text becomes the plainest page there is, and is read like any other."""
    if isinstance(row.get("html"), str):
        return row["html"].encode("utf-8", "replace"), "text/html; charset=utf-8"
    if isinstance(row.get("html_path"), str):
        return read_file(folder / row["html_path"]), "text/html"
    if isinstance(row.get("text"), str):
        return _as_markup(row).encode("utf-8", "replace"), "text/html; charset=utf-8"
    raise ValueError("a row without `html`, `html_path` or `text`")


def _as_markup(row: dict[str, Any]) -> str:
    title, lang = escape(_text(row, "title")), escape(_text(row, "lang"))
    paragraphs = "".join(f"<p>{escape(line.strip())}</p>\n" for line in row["text"].splitlines() if line.strip())
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta property="og:type" content="article"></head>'
        f"<body><main><article><h1>{title}</h1>\n{paragraphs}</article></main></body></html>"
    )
