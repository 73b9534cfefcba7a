"""JSON Feed 1.0 and 1.1 (jsonfeed.org), read by ourselves: feedparser has no parser for it.

Forgives what real feeds get wrong: integer ids, numbers as dates, `author` beside `authors`, a trailing comma.
Refuses JSON that is not a feed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

from extractors.feeds.entries import FeedContext, RawItem, RawText, build_entry, primary_tag
from extractors.feeds.text import clean_line
from extractors.records import Entry, FeedDocument
from extractors.urls import join_url

_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_CONTROL = re.compile(r"[\x00-\x1f]")
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
    problems: list[str] = []
    try:
        feed = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:
            feed = orjson.loads(_TRAILING_COMMA.sub(r"\1", _CONTROL.sub(" ", text)))
        except orjson.JSONDecodeError:
            return None, [f"not JSON: {error}"]
        problems.append("not quite JSON; trailing commas or control characters were mended")
    if not isinstance(feed, dict):
        return None, ["JSON, but not a JSON Feed"]
    return feed, problems


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
