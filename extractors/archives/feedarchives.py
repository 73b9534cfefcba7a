"""Feeds that keep their history: archived and paged feeds (RFC 5005), and WordPress, by wp-json or by `?paged=`.

Archived documents never change and are asked for once; pages shift while one walks, so walking goes on until a page
brings nothing that is new. Refuses to walk on behind the oldest that is wanted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lxml import etree

from extractors.archives.history import Link, Listing, NextSlot, Window
from extractors.errors import SettingError
from extractors.feeds.dates import parse_date
from extractors.feeds.documents import parse_feed
from extractors.feeds.encoding import decode_feed
from extractors.feeds.repair import repair_xml
from extractors.feeds.text import clean_line, markup_to_text
from extractors.records import NEVER_PUBLISHED, Entry, FeedDocument, PageHints, Response
from extractors.urls import join_url, normalise_url

_WP_POSTS = "wp-json/wp/v2/posts"
_WP_PER_PAGE = 100
_GENERATOR = re.compile(r"<generator[^>]*>[^<]*wordpress", re.IGNORECASE)


class FeedArchives:
    """`trilateral backfill archive-feed URL`: from a feed back along `prev-archive`, else along `next`."""

    def begin(self, target: str) -> tuple[NextSlot, ...]:
        """Begin with the feed itself."""
        return (NextSlot(address=_require("archive-feed", target)),)

    def read(self, response: Response, *, window: Window) -> Listing:
        """Read a document's entries and where the older ones are."""
        if response.status != 200:
            return Listing(problem=f"status {response.status}")
        document = _document(response)
        if document.format == "unknown":
            return Listing(problem="; ".join(document.problems) or "not a feed")
        links = _feed_links(response)
        older: tuple[NextSlot, ...] = ()
        if address := join_url(response.final_url, links.get("prev-archive", "")) if links.get("prev-archive") else None:
            older = (NextSlot(address=address, is_settled=True),)
        elif address := join_url(response.final_url, links.get("next", "")) if links.get("next") else None:
            older = (NextSlot(address=address, only_if_new=True),)
        return _listing(document.entries, older=older, window=window)


class WordPress:
    """`trilateral backfill wordpress URL`: a site's home page or feed."""

    def begin(self, target: str) -> tuple[NextSlot, ...]:
        """Begin with the newest posts by wp-json; where that is closed, with the first page of the feed."""
        address = _require("wordpress", target)
        if re.search(r"/feed/?$|[?&]feed=", address):
            return (NextSlot(address=_with(address, paged="1")),)
        folder = address if address.endswith("/") else address + "/"
        return (NextSlot(address=f"{folder}{_WP_POSTS}?per_page={_WP_PER_PAGE}&page=1&_fields=link,date_gmt,title"),)

    def read(self, response: Response, *, window: Window) -> Listing:
        """Read a page of posts or of a feed, and where the next one is."""
        if _WP_POSTS in response.url:
            return _read_posts(response, window=window)
        if response.status == 404:
            return Listing()  # behind the last page
        if response.status != 200:
            return Listing(problem=f"status {response.status}")
        document = _document(response)
        if document.format == "unknown":
            return Listing(problem="; ".join(document.problems) or "not a feed")
        number = int(dict(parse_qsl(urlsplit(response.url).query)).get("paged", "1"))
        text = decode_feed(response.body, content_type=response.header("content-type")).text
        if number == 1 and not _GENERATOR.search(text):
            return Listing(problem="the feed does not say that WordPress made it; try `backfill archive-feed`")
        older = (NextSlot(address=_with(response.url, paged=str(number + 1)), only_if_new=True),) if document.entries else ()
        return _listing(document.entries, older=older, window=window)


def _require(adapter: str, target: str) -> str:
    address = normalise_url(target)
    if address is None:
        raise SettingError(f"{adapter}: not an http(s) address: {target!r}")
    return address


def _document(response: Response) -> FeedDocument:
    return parse_feed(response.body, url=response.final_url, content_type=response.header("content-type"))


def _feed_links(response: Response) -> dict[str, str]:
    """Find the links of the feed itself, by what they lead to; the first of each. Entries' own links are not among them."""
    text = repair_xml(decode_feed(response.body, content_type=response.header("content-type")).text).text
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root: etree._Element | None = etree.fromstring(text.encode("utf-8"), parser) if text else None
    links: dict[str, str] = {}
    for holder in _holders(root):
        for child in holder:
            if str(child.tag).rpartition("}")[2] == "link" and child.get("href"):
                links.setdefault((child.get("rel") or "alternate").lower(), str(child.get("href")))
    return links


def _holders(root: etree._Element | None) -> Iterator[etree._Element]:
    if root is not None:
        yield root
        yield from (child for child in root if str(child.tag).rpartition("}")[2] == "channel")


def _listing(entries: tuple[Entry, ...], *, older: tuple[NextSlot, ...], window: Window) -> Listing:
    links = tuple(
        Link(
            url=entry.link,
            at=entry.published.at,
            hints=PageHints(
                lang=entry.lang,
                title=entry.title,
                summary=entry.summary,
                content=entry.content,
                authors=entry.authors,
                published=entry.published,
            ),
        )
        for entry in entries
        if entry.link
    )
    kept = tuple(link for link in links if window.holds(link.at))
    dated = [link.at for link in links if link.at]
    is_behind = window.since is not None and bool(dated) and max(dated) < window.since
    return Listing(links=kept, slots=() if is_behind else older, outside=len(links) - len(kept))


def _read_posts(response: Response, *, window: Window) -> Listing:
    query = dict(parse_qsl(urlsplit(response.url).query))
    number = int(query["page"])
    posts = _posts_in(response)
    if posts is None:
        if number > 1:
            return Listing()  # behind the last page, WordPress answers 400
        feed = join_url(response.url.partition(_WP_POSTS)[0], "feed/")
        return Listing(slots=(NextSlot(address=_with(feed, paged="1")),) if feed else ())
    links = [link for post in posts if (link := _post_link(post, base=response.final_url))]
    kept = tuple(link for link in links if window.holds(link.at))
    dated = [link.at for link in links if link.at]
    is_behind = window.since is not None and bool(dated) and max(dated) < window.since
    is_last = number >= _whole(response.header("X-WP-TotalPages")) if response.header("X-WP-TotalPages") else len(posts) < _WP_PER_PAGE
    older = () if is_behind or is_last else (NextSlot(address=_with(response.url, page=str(number + 1)), only_if_new=True),)
    return Listing(links=kept, slots=older, outside=len(links) - len(kept))


def _posts_in(response: Response) -> list[dict[str, Any]] | None:
    if response.status != 200:
        return None
    try:
        posts = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    return [post for post in posts if isinstance(post, dict)] if isinstance(posts, list) else None


def _post_link(post: dict[str, Any], *, base: str) -> Link | None:
    link = post.get("link")
    url = join_url(base, link) if isinstance(link, str) else None
    if url is None:
        return None
    stated = post.get("date_gmt")
    published = parse_date(f"{stated}Z", timezone=None, origin="wp-json") if isinstance(stated, str) else NEVER_PUBLISHED
    title = post.get("title")
    rendered = title.get("rendered") if isinstance(title, dict) else title
    return Link(url=url, at=published.at, hints=PageHints(title=clean_line(markup_to_text(str(rendered or ""))), published=published))


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0


def _with(address: str, **parameters: str) -> str:
    """Set parameters of an address's query."""
    parts = urlsplit(address)
    query = {**dict(parse_qsl(parts.query, keep_blank_values=True)), **parameters}
    return urlunsplit(parts._replace(query=urlencode(query)))
