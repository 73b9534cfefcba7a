"""JSON Feed 1.0 and 1.1 (jsonfeed.org), read by ourselves: feedparser has no parser for it.

Forgives what real feeds get wrong: integer ids, numbers as dates, `author` beside `authors`, a trailing comma,
an end that never came. Refuses JSON that is not a feed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from extractors.feeds.entries import FeedContext, RawItem, RawText, build_entry, primary_tag
from extractors.feeds.text import clean_line
from extractors.records import Entry, FeedDocument
from extractors.urls import join_url

_STRING = r"\"(?:[^\"\\]|\\.)*+(?:\"|\\?\Z)"  # one that is never closed is read once, not once for each quote in it
_TRAILING_COMMA = re.compile(rf"{_STRING}|,(\s*+[}}\]])", re.DOTALL)  # strings first: a comma in one of them is text
_ITEMS = re.compile(r"\"items\"\s*:\s*\[")
_ITEM_START = re.compile(r"[\s,]*\{")
_FIELD = re.compile(r"\"(version|title|home_page_url|language)\"\s*:\s*(\"(?:[^\"\\\x00-\x1f]|\\[\"\\/bfnrt])*+\")")
_LENIENT = json.JSONDecoder(strict=False)  # control characters in strings, NaN, integers of any length
_VERSION = "jsonfeed.org/version/"


def parse_json_feed(text: str, *, context: FeedContext) -> FeedDocument:
    """Read a JSON Feed document; format 'unknown' where it is none."""
    feed, problems = _load(text)
    if feed is None:
        return FeedDocument(format="unknown", problems=tuple(problems))
    version = feed.get("version")
    items = feed.get("items")
    is_stated = isinstance(version, str) and _VERSION in version
    if not is_stated and not isinstance(items, list):
        return FeedDocument(format="unknown", problems=(*problems, "JSON, but not a JSON Feed"))
    if not is_stated:
        problems.append("no JSON Feed version is stated")
    lang = context.lang or primary_tag(_text(feed.get("language")))
    inherited = FeedContext(url=context.url, lang=lang, timezone=context.timezone)
    entries: list[Entry] = []
    for place, item in enumerate(items if isinstance(items, list) else (), 1):
        if not isinstance(item, dict):
            problems.append(f"entry {place}: not an object")
            continue
        entry, entry_problems = build_entry(_raw_item(item, feed), place=place, context=inherited)
        entries.append(entry)
        problems += entry_problems
    return FeedDocument(
        format="json",
        title=clean_line(_text(feed.get("title"))),
        home=join_url(context.url, _text(feed.get("home_page_url"))),
        lang=lang,
        entries=tuple(entries),
        problems=tuple(problems),
        hub=next(_hubs(feed), None),
    )


def _load(text: str) -> tuple[dict[str, Any] | None, list[str]]:
    """Load what is JSON, else what it nearly is, else the items that are whole."""
    problems: list[str] = []
    try:
        feed = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        mended = _TRAILING_COMMA.sub(lambda match: match[1] or match[0], text)
        try:
            feed = _LENIENT.decode(mended)
            problems.append("not quite JSON; trailing commas, control characters or the like were mended")
        except (ValueError, RecursionError):
            feed = _salvage(mended)
            if feed is None:
                return None, [f"not JSON: {error}"]
            problems.append(f"not JSON: {error}; read item by item")
    if not isinstance(feed, dict):
        return None, ["JSON, but not a JSON Feed"]
    return feed, problems


def _salvage(text: str) -> dict[str, Any] | None:
    """Read the items before the first that is broken or cut off, and the feed's own texts; None where no item is whole."""
    opening = _ITEMS.search(text)
    if not opening:
        return None
    items: list[Any] = []
    position = opening.end()
    while start := _ITEM_START.match(text, position):
        try:
            item, position = _LENIENT.raw_decode(text, start.end() - 1)
        except (ValueError, RecursionError):
            break
        items.append(item)
    if not items:
        return None
    feed: dict[str, Any] = {"items": items}
    for name, value in _FIELD.findall(text[: opening.start()]):
        feed[name] = _LENIENT.decode(value)
    return feed


def _raw_item(item: dict[str, Any], feed: dict[str, Any]) -> RawItem:
    guid = _text(item.get("id"))
    markup, plain = _text(item.get("content_html")), _text(item.get("content_text"))
    published, modified = _text(item.get("date_published")), _text(item.get("date_modified"))
    return RawItem(
        links=tuple(link for link in (_text(item.get("url")), _text(item.get("external_url"))) if link),
        permalink=guid if guid.startswith(("http://", "https://")) else "",
        guid=guid,
        title=_text(item.get("title")),
        summary=RawText(value=_text(item.get("summary")), plain=True),
        content=RawText(value=markup) if markup else RawText(value=plain, plain=True),
        authors=tuple(_authors(item)) or tuple(_authors(feed)),
        dates=tuple((text, origin) for text, origin in ((published, "feed"), (modified, "feed:updated")) if text),
        lang=_text(item.get("language")) or None,
    )


def _authors(holder: dict[str, Any]) -> Iterator[str]:
    """Give the names of 1.1's `authors` and 1.0's `author`."""
    several = holder.get("authors")
    for author in (*(several if isinstance(several, list) else ()), holder.get("author")):
        name = _text(author.get("name")) if isinstance(author, dict) else _text(author)
        if name:
            yield name


def _hubs(feed: dict[str, Any]) -> Iterator[str]:
    hubs = feed.get("hubs")
    for hub in hubs if isinstance(hubs, list) else ():
        if isinstance(hub, dict) and _text(hub.get("url")):
            yield _text(hub.get("url"))


def _text(value: object) -> str:
    """Take a string as it is and a number as its digits; anything else is nothing."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
