"""One item of any feed format as an `Entry`: addresses made absolute, text made plain, the best date chosen.

Refuses addresses that are not http(s): such an entry keeps an empty link, and the document says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from extractors.feeds.dates import parse_date
from extractors.feeds.text import clean_line, markup_to_text, plain_to_text
from extractors.records import NEVER_PUBLISHED, Entry, Published
from extractors.urls import join_url

_MAX_GUID_CHARS = 2048
_PRIMARY_TAG = re.compile(r"\s*([a-zA-Z]{2,3})(?![a-zA-Z])")
_NOT_LANGUAGES = frozenset({"und", "mul", "zxx", "mis", "xx"})
_ADDRESS = re.compile(r"[\w.+\-]+@[\w\-]+\.[\w.\-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedContext:
    """What an item inherits: where its document was found and what the sources file says."""

    url: str
    lang: str | None = None
    timezone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawText:
    """A text as the feed holds it; `plain` where the format declares that it has no markup."""

    value: str = ""
    plain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RawItem:
    """An item as the feed states it, whatever the format."""

    links: tuple[str, ...] = ()  # best first, relative ones already joined to an xml:base
    permalink: str = ""  # an id that may double as the link, where there is no other
    guid: str = ""
    title: str = ""
    summary: RawText = RawText()
    content: RawText = RawText()
    authors: tuple[str, ...] = ()
    dates: tuple[tuple[str, str], ...] = ()  # (text, origin), best first
    lang: str | None = None  # as the item itself states it


def build_entry(item: RawItem, *, place: int, context: FeedContext) -> tuple[Entry, tuple[str, ...]]:
    """Make the entry, and say in words what was wrong with it. `place` counts from 1; the link is empty where none is usable."""
    problems: list[str] = []
    link = _choose_link(item, context.url)
    if not link:
        stated = next((text for text in item.links if text.strip()), "")
        problems.append(f"entry {place}: link refused: {clean_line(stated)[:200]!r}" if stated else f"entry {place}: no link")
    published = _choose_date(item.dates, context.timezone)
    if item.dates and published is NEVER_PUBLISHED:
        problems.append(f"entry {place}: date not understood: {clean_line(item.dates[0][0])[:100]!r}")
    entry = Entry(
        guid=clean_line(item.guid)[:_MAX_GUID_CHARS] or None,
        link=link,
        title=clean_line(item.title),
        summary=_to_text(item.summary),
        content=_to_text(item.content),
        authors=tuple(dict.fromkeys(_names(item.authors))),
        published=published,
        lang=primary_tag(item.lang) or context.lang,
    )
    return entry, tuple(problems)


def primary_tag(tag: str | None) -> str | None:
    """Reduce a BCP 47 tag to its primary part, lower case; None for none, for names of languages and for `und`."""
    match = _PRIMARY_TAG.match(tag or "")
    found = match[1].lower() if match else None
    return None if found in _NOT_LANGUAGES else found


def _choose_link(item: RawItem, base: str) -> str:
    for text in (*item.links, item.permalink):
        link = join_url(base, text) if text else None
        if link:
            return link
    return ""


def _choose_date(dates: Iterable[tuple[str, str]], timezone: str | None) -> Published:
    for text, origin in dates:
        published = parse_date(text, timezone=timezone, origin=origin)
        if published is not NEVER_PUBLISHED:
            return published
    return NEVER_PUBLISHED


def _to_text(raw: RawText) -> str:
    return plain_to_text(raw.value) if raw.plain else markup_to_text(raw.value)


def _names(authors: Iterable[str]) -> Iterator[str]:
    """Give names without mail addresses; of `desk@gazette.example (Ann Lee)` the name in brackets."""
    for author in authors:
        name = clean_line(_ADDRESS.sub(" ", author)).strip(" ()<>,;")
        if name:
            yield name
