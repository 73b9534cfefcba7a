"""When a page says it was published: JSON-LD, meta tags, `<time>`, and htmldate's guess at the day when all else is silent.

The most precise statement wins only over a vaguer one of the same days; refuses dates from after the page was fetched.
"""

from __future__ import annotations

import functools
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
from extractors.pages.markup import text_of
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
    stated = _stated(tree, linked=linked, meta=meta, read=functools.partial(_read, tree=tree, url=url, timezone=timezone))
    page = next((published for published in stated if _is_possible(published, fetched_at)), NEVER_PUBLISHED)
    if not _is_possible(feed, fetched_at):
        feed = NEVER_PUBLISHED
    if page.at is None:
        return feed if feed.at else _guess(tree, url=url, timezone=timezone, fetched_at=fetched_at)
    return feed if feed.at and abs(feed.at - page.at) <= _SAME_STORY and _is_vaguer(page, feed) else page


def _is_vaguer(page: Published, feed: Published) -> bool:
    """Tell whether the feed knows the time where the page knows the day, or the zone where the page leaves it open."""
    if page.precision == "day":
        return feed.precision in {"minute", "second"}
    return page.zone == "unknown" and feed.zone == "stated" and feed.precision != "day"


def _read(text: str, origin: str, *, tree: HtmlElement, url: str, timezone: str | None) -> Published:
    """Read one statement. A machine's UTC is not the outlet's calendar: the day in the address is, where some zone has it then.

    Unless the page prints the day of UTC itself.
    """
    published = parse_date(text, timezone=timezone, origin=origin)
    if published.at is None or timezone or published.precision == "day" or not _UTC.search(text):
        return published
    earliest, latest = (published.at + _WESTERNMOST).date(), (published.at + _EASTERNMOST).date()
    days = (_day_of(match) for match in _DAY_IN_ADDRESS.finditer(urlsplit(url).path))
    own = next((day for day in days if day and earliest <= day <= latest), published.on)
    if own == published.on or any(parse_date(text_of(node), timezone=None, origin="").on == published.on for node in _times(tree)):
        return published
    return replace(published, on=own)


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
        yield read(linked.published, "json-ld:datePublished")
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
        yield read(linked.modified, "json-ld:dateModified")


def _times(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Find elements that carry the article's time: those that say so first, then any `<time>` that is not another article's."""
    marked = [node for node in tree.iter() if "datePublished" in (node.get("itemprop") or "").split() and node.tag != "meta"]
    times = [node for node in tree.iter("time", "abbr") if node.tag == "time" or "published" in (node.get("class") or "").split()]
    called = [node for node in times if node.get("pubdate") is not None or any(word in (node.get("class") or "") for word in _TIME_CLASSES)]
    yield from (node for node in [*marked, *called, *times] if not is_elsewhere(node))


def _printed(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Find short elements whose class calls them a date: all that many Persian, Russian and Arabic pages have."""
    for element in tree.iter("span", "div", "p", "li", "small", "em", "i", "td", "a", "b", "strong"):
        name = f"{element.get('class') or ''} {element.get('id') or ''}"
        if _PRINTED_CLASS.search(name) and not is_elsewhere(element) and 0 < len(text_of(element)) <= _MAX_PRINTED_CHARS:
            yield element


def _is_possible(published: Published, fetched_at: datetime) -> bool:
    return published.at is not None and published.at <= fetched_at + _CLOCKS_WRONG


def _guess(tree: HtmlElement, *, url: str, timezone: str | None, fetched_at: datetime) -> Published:
    """Guess the day by htmldate's patterns in address, markup and text."""
    latest = datetime.combine((fetched_at + timedelta(days=1)).date(), time())
    day = htmldate.find_date(tree, url=url, original_date=True, max_date=latest)
    if not day or day.endswith("-01-01"):  # what htmldate makes of a bare year, in a copyright line for one
        return NEVER_PUBLISHED
    return parse_date(day, timezone=timezone, origin="htmldate")
