"""Sitemaps as a way back: indexes, sitemaps, gzipped or not, and what robots.txt says where they are.

The date that counts for an address is the one its news entry states, else the one in the address, else `lastmod`. Refuses
to fetch what its own name or date says is outside of what is wanted.
"""

from __future__ import annotations

import re
import zlib
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO

from lxml import etree

from extractors.archives.history import Link, Listing, NextSlot, Window
from extractors.errors import SettingError
from extractors.feeds.dates import parse_date
from extractors.feeds.entries import primary_tag
from extractors.feeds.text import clean_line
from extractors.records import NEVER_PUBLISHED, PageHints, Response
from extractors.urls import join_url, normalise_url

MAX_SITEMAP_BYTES = 50 * 2**20  # decoded; sitemaps.org
_YEAR_MONTH = re.compile(r"(?<!\d)(20\d\d|19[89]\d)[-_/.]?(0[1-9]|1[0-2])(?:[-_/.]?(0[1-9]|[12]\d|3[01]))?(?!\d)")
_YEAR = re.compile(r"(?<!\d)(20\d\d|19[89]\d)(?!\d)")
_DIRECTIVE = re.compile(rb"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


class Sitemaps:
    """`trilateral backfill sitemap URL`: a sitemap, an index, or a site, whose robots.txt is asked."""

    def begin(self, target: str) -> tuple[NextSlot, ...]:
        """Begin with the document itself; of a site, with its robots.txt."""
        address = normalise_url(target)
        if address is None:
            raise SettingError(f"sitemap: not an http(s) address: {target!r}")
        is_site = address.partition("://")[2].partition("/")[2] == ""
        return (NextSlot(address=(join_url(address, "/robots.txt") or address) if is_site else address),)

    def read(self, response: Response, *, window: Window) -> Listing:
        """Read an index, a sitemap or a robots.txt."""
        base = response.final_url
        if base.rpartition("/")[2] == "robots.txt":
            body = response.body if response.status == 200 else b""
            named = [address for found in _DIRECTIVE.findall(body) if (address := join_url(base, found.decode("utf-8", "replace")))]
            if not named:
                named = [address for address in (join_url(base, "/sitemap.xml"),) if address]
            return Listing(slots=tuple(NextSlot(address=address) for address in dict.fromkeys(named)))
        if response.status != 200:
            return Listing(problem=f"status {response.status}")
        try:
            body = _inflate(response.body)
        except ValueError as error:
            return Listing(problem=str(error))
        if not body.lstrip().startswith((b"<", b"\xef\xbb\xbf<")):
            return _read_lines(body, base=base, window=window)
        return _read_xml(body, base=base, window=window)


def _inflate(body: bytes) -> bytes:
    """Undo the gzip that a `.xml.gz` is; what can be had of one that is cut short is kept."""
    if not body.startswith(b"\x1f\x8b\x08"):
        return body
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = unpacker.decompress(body, MAX_SITEMAP_BYTES)
    except zlib.error as error:
        raise ValueError(f"looks like gzip but cannot be inflated: {error}") from error
    if unpacker.unconsumed_tail:
        raise ValueError(f"a sitemap of more than {MAX_SITEMAP_BYTES} bytes")
    return plain


def _read_lines(body: bytes, *, base: str, window: Window) -> Listing:
    """Read a sitemap that is a plain list of addresses (sitemaps.org)."""
    addresses = [address for line in body.decode("utf-8", "replace").splitlines() if (address := normalise_url(line.strip()))]
    if not addresses:
        return Listing(problem=f"not a sitemap: it begins with {body[:40]!r}")
    links = [Link(url=address, at=day[0] if (day := span_in(address)) else None) for address in addresses]
    del base
    kept = tuple(link for link in links if window.holds(link.at))
    return Listing(links=kept, outside=len(links) - len(kept))


@dataclass(slots=True)
class _Found:
    links: list[Link] = field(default_factory=list)
    slots: list[NextSlot] = field(default_factory=list)
    outside: int = 0
    seen: int = 0


def _read_xml(body: bytes, *, base: str, window: Window) -> Listing:
    found = _Found()
    root = ""
    try:
        for element in _elements(body):
            name = _name(element)
            root = root or _name(element.getroottree().getroot())
            if name == "sitemap":
                _note_child(found, element, base=base, window=window)
            elif name == "url":
                _note_page(found, element, base=base, window=window)
            else:
                continue
            element.clear()
    except etree.XMLSyntaxError as error:
        if not found.seen:
            return Listing(problem=f"not a sitemap: {clean_line(str(error))[:200]}")
    if not found.seen and root not in ("urlset", "sitemapindex"):
        return Listing(problem=f"not a sitemap, but <{root or '?'}>")
    links = sorted(found.links, key=lambda link: link.at or datetime.min.replace(tzinfo=UTC), reverse=True)
    return Listing(links=tuple(links), slots=tuple(found.slots), outside=found.outside)


def _elements(body: bytes) -> Iterator[etree._Element]:
    """Give each element as it ends; a document that is cut off gives what came before."""
    parser = etree.iterparse(
        BytesIO(body),
        events=("end",),
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    for _, element in parser:
        yield element


def _note_child(found: _Found, element: etree._Element, *, base: str, window: Window) -> None:
    address = join_url(base, _text(element, "loc"))
    if address is None:
        return
    found.seen += 1
    changed_at = _instant(_text(element, "lastmod"))
    span = span_in(address)
    is_outside = (span is not None and not window.may_hold(*span)) or (
        changed_at is not None and window.since is not None and changed_at < window.since
    )
    if is_outside:
        found.outside += 1
    else:
        listed_at = span[1] if span else changed_at
        found.slots.append(NextSlot(address=address, listed_at=listed_at))


def _note_page(found: _Found, element: etree._Element, *, base: str, window: Window) -> None:
    address = join_url(base, _text(element, "loc"))
    if address is None:
        return
    found.seen += 1
    news = next((child for child in element if _name(child) == "news"), None)
    published = parse_date(_text(news, "publication_date"), timezone=None, origin="sitemap") if news is not None else NEVER_PUBLISHED
    span = span_in(address)
    changed_at = _instant(_text(element, "lastmod"))
    in_address = span if span and span[1] - span[0] <= timedelta(days=1) else None
    at: datetime | None
    if published.at:
        is_inside, at = window.holds(published.at), published.at
    elif in_address:
        is_inside, at = window.may_hold(*in_address), in_address[0]
    else:
        is_inside, at = window.holds(changed_at), changed_at
    if not is_inside:
        found.outside += 1
        return
    publication = next((child for child in news if _name(child) == "publication"), None) if news is not None else None
    hints = PageHints(title=clean_line(_text(news, "title")), lang=primary_tag(_text(publication, "language") or None), published=published)
    found.links.append(Link(url=address, at=at, hints=hints))


def span_in(address: str) -> tuple[datetime, datetime] | None:
    """Find the year, month or day that an address is of: its first instant, and the first one after it."""
    path = address.partition("://")[2].partition("/")[2]
    if found := _YEAR_MONTH.search(path):
        year, month = int(found[1]), int(found[2])
        day = int(found[3]) if found[3] else 0
        last = monthrange(year, month)[1]
        if day > last:
            return None
        first = datetime(year, month, day or 1, tzinfo=UTC)
        return first, first + timedelta(days=1 if day else last)
    if found := _YEAR.search(path):
        return datetime(int(found[1]), 1, 1, tzinfo=UTC), datetime(int(found[1]) + 1, 1, 1, tzinfo=UTC)
    return None


def _instant(text: str) -> datetime | None:
    return parse_date(text, timezone=None, origin="sitemap").at if text else None


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()


def _text(holder: etree._Element | None, name: str) -> str:
    children = (child for child in (holder if holder is not None else ()) if _name(child) == name)
    return next((text for child in children if (text := "".join(child.itertext()).strip())), "")
