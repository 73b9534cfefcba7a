"""The feeds that a home page names: declared in its head, linked in its body, and its news sitemaps.

Reads the one page it is given, and a document that is a feed itself finds itself. Refuses to guess addresses: nothing is
found that the page does not name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from extractors.feeds.documents import parse_feed
from extractors.feeds.entries import primary_tag
from extractors.feeds.text import clean_line
from extractors.pages.decode import decode_html
from extractors.pages.markup import meta_contents, parse_markup
from extractors.records import FeedFormat
from extractors.urls import join_url, registrable_domain, scope_of, url_key

HowFound = Literal["itself", "declared", "linked"]

_MAX_FOUND = 200
_MAX_FEED_CHARS = 500  # of an address that is looked at; the patterns' time grows with the square
_TYPES: dict[str, FeedFormat] = {
    "application/rss+xml": "rss",
    "application/rss": "rss",
    "application/x.rss+xml": "rss",
    "text/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/rdf+xml": "rdf",
    "application/feed+json": "json",
    "application/json": "json",
    "text/xml": "rss",
    "application/xml": "rss",
}
_BARE_TYPES = frozenset({"application/json", "text/xml", "application/xml"})  # believed only where the address agrees: WordPress' API
_FEED_PATH = re.compile(
    r"/(?:rss|rss2|feed|feeds?/(?:rss|atom|all|posts/default)|atom|rdf)/?\Z"
    r"|/(?:feed|rss|rss2|atom|index|news|all|export|main|top)?[\w\-]*\.(?:rss|rdf|atom)\Z"
    r"|/(?:[\w\-]*[_\-])?(?:feed|rss|rss2|atom)(?:[_\-][\w\-]*)?\.(?:xml|json|php|aspx?)\Z"
    r"|/(?:feed|rss)/[\w\-/]+(?:\.xml)?\Z",
    re.IGNORECASE,
)
_FEED_QUERY = re.compile(r"(?:\A|&)(?:feed|format|output|type|alt)=(?:rss2?|atom|rdf|feed|json-?feed)(?:&|\Z)", re.IGNORECASE)
_SITEMAP_PATH = re.compile(r"/[\w\-.]*(?:news[\w\-]*sitemap|sitemaps?[\w\-/]*news)[\w\-]*(?:\.xml|\.xml\.gz|\.php)?\Z", re.IGNORECASE)
_COMMENTS = re.compile(r"/comments/(?:feed|default)|\bcomments?\b.{0,20}\b(?:feed|rss)|комментари|نظرات|تعليقات", re.IGNORECASE)
_FORMAT_WORDS = re.compile(r"\b(?:rss(?: ?[12]\.0)?|atom(?: ?1\.0)?|json|rdf|feed)\b|[^\w]+", re.IGNORECASE)
_PREFERRED: tuple[FeedFormat, ...] = ("atom", "rss", "json", "rdf")  # Atom states its zone and its content's type
_HOSTERS = frozenset({"feedburner.com", "rss.app", "feedblitz.com"})  # they serve other outlets' feeds


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A feed address that a page names."""

    url: str
    format: FeedFormat  # as the page says; the document may be another
    title: str = ""
    lang: str | None = None
    how: HowFound
    is_comments: bool = False  # of readers, not of the newsroom


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSite:
    """What a home page says of itself and of its feeds, best first."""

    home: str
    name: str = ""
    lang: str | None = None
    feeds: tuple[FoundFeed, ...] = ()


def discover_feeds(body: bytes, *, url: str, content_type: str = "") -> FoundSite:
    """Read a page, or a feed, that was found at `url`; never raises for what it holds."""
    document = parse_feed(body, url=url, content_type=content_type)
    if document.format != "unknown":
        itself = FoundFeed(url=url, format=document.format, title=document.title, lang=document.lang, how="itself")
        return FoundSite(home=document.home or url, name=document.title, lang=document.lang, feeds=(itself,))
    tree = parse_markup(decode_html(body, content_type))
    if tree is None:
        return FoundSite(home=url)
    base = next((joined for link in tree.iter("base") if (joined := join_url(url, link.get("href") or ""))), url)
    unique: dict[str, FoundFeed] = {}
    for feed in (*_declared(tree, base), *_linked(tree, base)):
        if len(unique) < _MAX_FOUND and url_key(feed.url) != url_key(url):
            unique.setdefault(url_key(feed.url), feed)
    return FoundSite(home=url, name=_name_of(tree), lang=primary_tag(tree.get("lang")), feeds=tuple(unique.values()))


def choose_feeds(feeds: Iterable[FoundFeed]) -> tuple[FoundFeed, ...]:
    """Choose those worth polling: declared ones before linked ones, no readers' comments, one format of each, news sitemaps."""
    wanted = [feed for feed in feeds if not feed.is_comments]
    sitemaps = [feed for feed in wanted if feed.format == "sitemap"]
    others = [feed for feed in wanted if feed.format != "sitemap"]
    stated = [feed for feed in others if feed.how != "linked"] or others
    one_of_each: dict[str, FoundFeed] = {}
    for feed in stated:
        name = _FORMAT_WORDS.sub(" ", feed.title.lower()).strip()
        subject = f"{name}|{feed.lang or ''}" if feed.title else feed.url
        held = one_of_each.get(subject)
        if held is None:
            one_of_each[subject] = feed
        elif held.format == feed.format:
            one_of_each[feed.url] = feed  # the same title twice in one format: two feeds, carelessly named
        elif _PREFERRED.index(feed.format) < _PREFERRED.index(held.format):
            one_of_each[subject] = feed
    return (*one_of_each.values(), *sitemaps)


def _declared(tree: HtmlElement, base: str) -> Iterator[FoundFeed]:
    """Read `<link rel=alternate>` (RSS autodiscovery, WHATWG HTML §4.6.7.1) and `<link rel=sitemap>`, wherever they stand."""
    for link in tree.iter("link"):
        relations = frozenset((link.get("rel") or "").lower().split())
        address = join_url(base, link.get("href") or "")
        if not address or not relations & {"alternate", "feed", "sitemap"}:
            continue
        title = clean_line(link.get("title") or "")
        if "sitemap" in relations:
            if _is_news_sitemap(address):
                yield FoundFeed(url=address, format="sitemap", title=title, how="declared")
            continue
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        if kind not in _TYPES and "feed" not in relations:
            continue
        if kind in _BARE_TYPES and not _is_feed_address(address):
            continue
        yield FoundFeed(
            url=address,
            format=_TYPES.get(kind, "rss"),
            title=title,
            lang=primary_tag(link.get("hreflang")),
            how="declared",
            is_comments=_is_comments(title, address),
        )


def _linked(tree: HtmlElement, base: str) -> Iterator[FoundFeed]:
    """Read links in the text whose own address says that they lead to a feed of the same outlet."""
    for anchor in tree.iter("a"):
        address = join_url(base, anchor.get("href") or "")
        if not address or not _is_of_outlet(address, base):
            continue
        title = clean_line(anchor.get("title") or anchor.text_content())[:200]
        if _is_news_sitemap(address):
            yield FoundFeed(url=address, format="sitemap", title=title, how="linked")
        elif _is_feed_address(address):
            kind: FeedFormat = "atom" if "atom" in urlsplit(address).path.lower() else "json" if address.endswith(".json") else "rss"
            yield FoundFeed(url=address, format=kind, title=title, how="linked", is_comments=_is_comments(title, address))


def _is_feed_address(url: str) -> bool:
    parts = urlsplit(url[:_MAX_FEED_CHARS])
    return bool(_FEED_PATH.search(parts.path) or _FEED_QUERY.search(parts.query)) or registrable_domain(url) == "feedburner.com"


def _is_news_sitemap(url: str) -> bool:
    return bool(_SITEMAP_PATH.search(urlsplit(url[:_MAX_FEED_CHARS]).path))


def _is_comments(title: str, url: str) -> bool:
    return bool(_COMMENTS.search(title) or _COMMENTS.search(url))


def _is_of_outlet(url: str, base: str) -> bool:
    domain = registrable_domain(base)
    if domain is None:
        return scope_of(url) == scope_of(base)
    return registrable_domain(url) in {domain, *_HOSTERS}


def _name_of(tree: HtmlElement) -> str:
    """What the outlet calls itself: og:site_name, else the title up to the first bar or dash."""
    stated = next((text for value in meta_contents(tree).get("og:site_name", ()) if (text := clean_line(value))), "")
    if stated:
        return stated
    title = next((clean_line(element.text_content()) for element in tree.iter("title")), "")
    return re.split(r"\s+[|–—·•-]\s+", title)[0][:100]
