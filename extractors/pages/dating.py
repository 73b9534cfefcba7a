"""When a page says it was published: JSON-LD, meta tags, `<time>`, and htmldate's guess at the day when all else is silent.

The most precise statement wins only over a vaguer one of the same days; refuses dates from after the page was fetched.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit

import htmldate
from lxml.html import HtmlElement

from extractors.feeds.dates import parse_date
from extractors.pages.authors import is_elsewhere
from extractors.pages.jsonld import LinkedArticle
from extractors.pages.markup import marked, text_of
from extractors.records import NEVER_PUBLISHED, Published

_META = (
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "mediator_published_time",
    "rnews:datepublished",
    "dcterms.created",
    "dcterms.issued",
    "dc.date.issued",
    "dc.date.created",
    "article.published",
    "published_time",
    "publish-date",
    "publish_date",
    "publishdate",
    "published-date",
    "publication_date",
    "citation_publication_date",
    "pubdate",
    "pub_date",
    "og:pubdate",
    "originalpublicationdate",
    "dcterms.date",
    "dc.date",
    "date",
)
_CLOCKS_WRONG = timedelta(hours=36)  # the day of the farthest zone, and clocks that are wrong
_SAME_STORY = timedelta(hours=36)  # a day known only as a date lies within 36 hours of any instant of it
_PRINTED_CLASS = re.compile(
    r"(?<![a-z])(?:pub(?:lish(?:ed)?)?|post(?:ed)?|article|news|entry)?[-_]?(?:date|time|datetime|timestamp|tarikh)(?![a-z])", re.IGNORECASE
)
_MAX_PRINTED_CHARS = 80
_UTC = re.compile(r"(?:Z|[+-]00:?00|UTC|GMT)\s*\Z", re.IGNORECASE)
_DAY_IN_ADDRESS = re.compile(r"(?<!\d)((?:19|20)\d\d)([/_-]?)(\d{1,2})\2(\d{1,2})(?!\d)")
_MAX_LINE_CHARS, _MAX_LINE_WORDS = 120, 8
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")  # in the digits of any script
_LINE_PARTS = re.compile(r"[|·•\n]")
_RIGHTS = re.compile(r"©|copyright|all rights|права защищены|الحقوق|حقوق", re.IGNORECASE)
_UNREAD = frozenset({"head", "title", "script", "style", "noscript", "template", "select", "option"})
_ZONE_STEP = timedelta(minutes=15)
_WESTERNMOST, _EASTERNMOST = timedelta(hours=-12), timedelta(hours=14)
_TIME_CLASSES = ("publish", "entry-date", "post-date", "article-date", "pubdate", "dateline")


def find_published(
    tree: HtmlElement,
    *,
    linked: LinkedArticle | None,
    meta: dict[str, tuple[str, ...]],
    url: str,
    timezone: str | None,
    feed: Published,
    fetched_at: datetime,
) -> Published:
    """Decide when the article was published. The feed's word counts where the page has none or a vaguer one."""
    stated = _stated(tree, linked=linked, meta=meta, read=functools.partial(_read, tree=tree, linked=linked, url=url, timezone=timezone))
    page = next((published for published in stated if _is_possible(published, fetched_at)), NEVER_PUBLISHED)
    if not _is_possible(feed, fetched_at):
        feed = NEVER_PUBLISHED
    if page.at is None:
        return feed if feed.at else _search(tree, url=url, timezone=timezone, fetched_at=fetched_at)
    return feed if feed.at and abs(feed.at - page.at) <= _SAME_STORY and _is_vaguer(page, feed) else page


def _is_vaguer(page: Published, feed: Published) -> bool:
    """Tell whether the feed knows the time where the page knows the day, or the zone where the page leaves it open."""
    if page.precision == "day":
        return feed.precision in {"minute", "second"}
    return page.zone == "unknown" and feed.zone == "stated" and feed.precision != "day"


def _read(text: str, origin: str, *, tree: HtmlElement, linked: LinkedArticle | None, url: str, timezone: str | None) -> Published:
    """Read one statement. A machine's UTC is not the outlet's calendar: the day in the address is, where some zone has it then.

    Unless the page prints the day of UTC itself; and what it prints with a time tells the day even without an address.
    """
    published = parse_date(text, timezone=timezone, origin=origin)
    if published.at is None or timezone or published.precision == "day" or not _UTC.search(text):
        return published
    if shown := next(_shown_days(tree, linked, published.at), None):
        return replace(published, on=shown)
    earliest, latest = (published.at + _WESTERNMOST).date(), (published.at + _EASTERNMOST).date()
    days = (_day_of(match) for match in _DAY_IN_ADDRESS.finditer(urlsplit(url).path))
    own = next((day for day in days if day and earliest <= day <= latest), published.on)
    if own == published.on or any(parse_date(text_of(node), timezone=None, origin="").on == published.on for node in _times(tree)):
        return published
    return replace(published, on=own)


def _shown_days(tree: HtmlElement, linked: LinkedArticle | None, at: datetime) -> Iterator[date]:
    """List the days on which this instant is printed: beside the machine's own date, by a clock that differs from UTC as zones do."""
    machines = (node for node in marked(tree, "datePublished") if node.tag in {"meta", "time"})
    beside = (text_of(parent) for node in machines if (parent := node.getparent()) is not None and parent.tag not in {"head", "body"})
    minute = at.replace(second=0, microsecond=0)
    for text in (linked.printed if linked else "", *itertools.islice(beside, 1)):
        shown = parse_date(text, timezone=None, origin="") if len(text) <= _MAX_PRINTED_CHARS else NEVER_PUBLISHED
        if shown.at is None or shown.on is None or shown.precision == "day":
            continue
        apart = shown.at.replace(second=0) - minute
        if not apart or (shown.zone == "unknown" and _WESTERNMOST <= apart <= _EASTERNMOST and not apart % _ZONE_STEP):
            yield shown.on


def _day_of(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return None


def _stated(
    tree: HtmlElement, *, linked: LinkedArticle | None, meta: dict[str, tuple[str, ...]], read: Callable[[str, str], Published]
) -> Iterator[Published]:
    """Read every statement, in the order of belief."""
    if linked:
        yield read(linked.published, f"{linked.place}:datePublished")
    for key in _META:
        for content in meta.get(key, ()):
            yield read(content, f"meta:{key}")
    for element in _times(tree):
        stated = element.get("datetime") or element.get("content") or element.get("title") or ""
        for text in (stated, text_of(element)):
            yield read(text, "time")
    for element in _printed(tree):
        yield read(text_of(element), "text")
    if linked:
        yield read(linked.modified, f"{linked.place}:dateModified")


def _times(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Find elements that carry the article's time: those that say so first, then any `<time>` that is not another article's."""
    named = [node for node in marked(tree, "datePublished") if node.tag != "meta"]
    times = [node for node in tree.iter("time", "abbr") if node.tag == "time" or "published" in (node.get("class") or "").split()]
    called = [node for node in times if node.get("pubdate") is not None or any(word in (node.get("class") or "") for word in _TIME_CLASSES)]
    yield from (node for node in [*named, *called, *times] if not is_elsewhere(node))


def _printed(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Find short elements whose class calls them a date: all that many Persian, Russian and Arabic pages have."""
    for element in tree.iter("span", "div", "p", "li", "small", "em", "i", "td", "a", "b", "strong"):
        name = f"{element.get('class') or ''} {element.get('id') or ''}"
        if _PRINTED_CLASS.search(name) and not is_elsewhere(element) and 0 < len(text_of(element)) <= _MAX_PRINTED_CHARS:
            yield element


def _is_possible(published: Published, fetched_at: datetime) -> bool:
    return published.at is not None and published.at <= fetched_at + _CLOCKS_WRONG


def _search(tree: HtmlElement, *, url: str, timezone: str | None, fetched_at: datetime) -> Published:
    """Look for the day where nothing marks it: by htmldate, then in lines that hold a date and hardly anything else."""
    guess = _guess(tree, url=url, timezone=timezone, fetched_at=fetched_at)
    if guess.at:
        return guess
    lines = (parse_date(line, timezone=timezone, origin="text") for line in _date_lines(tree))
    return next((published for published in lines if _is_possible(published, fetched_at)), NEVER_PUBLISHED)


def _date_lines(tree: HtmlElement) -> Iterator[str]:
    """Find short lines that name a day, a month and a year beside a few words: 'Text: Ann Lee | 8 November 2026'."""
    for element in tree.iter():
        if not isinstance(element.tag, str) or element.tag in _UNREAD:
            continue
        for text in (element.text, *(child.tail for child in element)):
            if not text or len(text) > _MAX_LINE_CHARS or not _YEAR.search(text) or _RIGHTS.search(text):
                continue
            for line in _LINE_PARTS.split(text):
                if len(line.split()) <= _MAX_LINE_WORDS and _YEAR.search(line) and not is_elsewhere(element):
                    yield line


def _guess(tree: HtmlElement, *, url: str, timezone: str | None, fetched_at: datetime) -> Published:
    """Guess the day by htmldate's patterns in address, markup and text."""
    latest = datetime.combine((fetched_at + timedelta(days=1)).date(), time())
    day = htmldate.find_date(tree, url=url, original_date=True, max_date=latest)
    if not day or day.endswith("-01-01"):  # what htmldate makes of a bare year, in a copyright line for one
        return NEVER_PUBLISHED
    return parse_date(day, timezone=timezone, origin="htmldate")
