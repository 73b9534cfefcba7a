"""What a page says about itself in JSON-LD: found, repaired where publishers break it, and told apart from its neighbours.

Reads schema.org articles only and only what is stated; refuses to raise on any script and to follow any address.
"""

from __future__ import annotations

import contextlib
import html
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from lxml.html import HtmlElement

from extractors.feeds.text import clean_line
from extractors.pages.markup import word_key
from extractors.urls import url_key

_MAX_SCRIPT_CHARS = 2_000_000
_MAX_NODES = 20_000

_ARTICLE = re.compile(r"(?:.*article|.*posting|report|webpage:article)", re.IGNORECASE)  # NewsArticle, LiveBlogPosting …
_ORGANIZATION = re.compile(r".*organi[sz]ation|.*company|corporation|newsagency|brand", re.IGNORECASE)
_WRAPPER = re.compile(r"\A\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*.*?\*/)\s*|\s*(?:-->|//\s*\]\]>|\]\]>|;)\s*\Z", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrtu])|\\u(?![0-9a-fA-F]{4})')
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_SURROGATE = re.compile(r"[\ud800-\udfff]")

# Keys that lead from a page to *other* articles, or to things that have names of their own.
_ELSEWHERE = frozenset({"itemlistelement", "relatedlink", "citation", "mentions", "comment", "review", "author", "creator", "publisher"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Whom JSON-LD names as an author, and as what."""

    name: str
    is_organization: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedArticle:
    """The article a page describes in JSON-LD or other data; empty strings where it says nothing."""

    headline: str = ""
    authors: tuple[Author, ...] = ()
    published: str = ""
    modified: str = ""
    lang: str = ""
    body: str = ""  # as stated, paragraphs where it has any
    publisher: str = ""
    is_free: bool | None = None  # isAccessibleForFree, where stated
    printed: str = ""  # the date as readers are to see it, where the data holds both
    place: str = "json-ld"  # where all this stands: the first half of the date's origin


def read_linked_article(tree: HtmlElement, *, url: str) -> LinkedArticle | None:
    """Find the article that the page is by its JSON-LD: the one at `url`, else the first that has a headline and a date."""
    return find_linked_article(list_nodes(tree), url=url)


def list_nodes(tree: HtmlElement) -> tuple[dict[str, Any], ...]:
    """List the JSON-LD objects of a page, but for what stands in lists of other articles."""
    return tuple(_nodes(tree))


def list_kinds(nodes: Iterable[dict[str, Any]]) -> Iterator[str]:
    """List what the objects are, by the last part of their types."""
    return (kind for node in nodes for kind in _kinds(node))


def find_linked_article(nodes: Sequence[dict[str, Any]], *, url: str) -> LinkedArticle | None:
    """Find the article among the objects of a page, as `read_linked_article` does."""
    by_id = {node["@id"]: node for node in reversed(nodes) if isinstance(node.get("@id"), str) and len(node) > 2}
    articles = [node for node in nodes if _is_article(node) and (_first(node, "headline", "name") or node.get("datePublished"))]
    if not articles:
        return None
    own = articles[0] if len(articles) == 1 else max(articles, key=lambda node: _likeness(node, url))  # `max` keeps the first of equals
    return _article(own, by_id)


def _nodes(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    """Walk the objects of every block from the outside in; lists of other articles are left out."""
    queue: deque[Any] = deque()
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text:
            queue.append(parse_block(script.text))
    for _ in range(_MAX_NODES):
        if not queue:
            return
        value = queue.popleft()
        if isinstance(value, list):
            queue.extend(value)
        elif isinstance(value, dict):
            yield value
            queue.extend(child for key, child in value.items() if isinstance(child, dict | list) and key.lower() not in _ELSEWHERE)


def parse_block(text: str) -> Any:
    """Read one JSON-LD block as leniently as search engines do; None where nothing can be read."""
    if len(text) > _MAX_SCRIPT_CHARS:
        return None
    with contextlib.suppress(orjson.JSONDecodeError):
        return orjson.loads(text)
    for attempt in _repairs(text):
        with contextlib.suppress(orjson.JSONDecodeError):
            return orjson.loads(attempt)
        try:  # trailing junk, raw control characters, lone surrogates
            return json.JSONDecoder(strict=False).raw_decode(attempt)[0]
        except (ValueError, RecursionError):
            continue
    return None


def _repairs(text: str) -> Iterator[str]:
    """Hand out the block as it stands, then with one more kind of damage undone each time."""
    text = _WRAPPER.sub("", text).strip()
    yield text
    text = _TRAILING_COMMA.sub(r"\1", _BAD_ESCAPE.sub("", _CONTROL.sub(" ", text)))
    yield text
    if "&quot;" in text or "&#34;" in text:
        yield html.unescape(text)


def _article(node: dict[str, Any], by_id: dict[str, dict[str, Any]]) -> LinkedArticle:
    publisher = _resolve(node.get("publisher"), by_id)
    return LinkedArticle(
        headline=clean_line(_first(node, "headline") or _first(node, "name")),
        authors=tuple(_authors(node.get("author") or node.get("creator"), by_id)),
        published=_first(node, "datePublished") or _first(node, "dateCreated"),
        modified=_first(node, "dateModified"),
        lang=_first(node, "inLanguage"),
        body=_first(node, "articleBody"),
        publisher=clean_line(_first(publisher[0], "name")) if publisher else "",
        is_free=_is_free(node),
    )


def _is_article(node: dict[str, Any]) -> bool:
    return any(_ARTICLE.fullmatch(kind) for kind in _kinds(node))


def _kinds(node: dict[str, Any]) -> tuple[str, ...]:
    kinds = node.get("@type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return tuple(kind.rpartition("/")[2] for kind in listed if isinstance(kind, str))


def _likeness(node: dict[str, Any], url: str) -> tuple[bool, bool, bool]:
    """Judge how much a node looks like the page at `url`."""
    is_here = any(_same_page(address, url) for address in _addresses(node))
    return is_here, bool(node.get("headline")), bool(node.get("datePublished"))


def _addresses(node: dict[str, Any]) -> Iterator[str]:
    for key in ("url", "@id", "mainEntityOfPage"):
        value = node.get(key)
        for item in value if isinstance(value, list) else [value]:
            address = item.get("@id") or item.get("url") if isinstance(item, dict) else item
            if isinstance(address, str):
                yield address


def _same_page(address: str, url: str) -> bool:
    try:
        return url_key(address) == url_key(url)
    except ValueError:
        return False


def _first(node: dict[str, Any], *keys: str) -> str:
    """Find the first non-empty string under these keys, language-tagged values (`{"@value": …}`) and lists included."""
    for key in keys:
        value = node.get(key)
        for item in value if isinstance(value, list) else [value]:
            text = item.get("@value") or item.get("name") if isinstance(item, dict) else item
            if isinstance(text, str) and text.strip():
                return _SURROGATE.sub("", text).strip()
    return ""


def _resolve(value: Any, by_id: dict[str, dict[str, Any]]) -> list[Any]:
    """List the objects a property points to, references by `@id` followed once."""
    items = value if isinstance(value, list) else [value]
    return [
        by_id.get(item["@id"], item) if isinstance(item, dict) and isinstance(item.get("@id"), str) and "name" not in item else item
        for item in items
        if item
    ]


def _authors(value: Any, by_id: dict[str, dict[str, Any]]) -> Iterator[Author]:
    for item in _resolve(value, by_id):
        if isinstance(item, str):
            yield Author(name=clean_line(item), is_organization=False)
        elif isinstance(item, dict):
            organization = any(_ORGANIZATION.fullmatch(kind) for kind in _kinds(item))
            names = item.get("name")
            for name in names if isinstance(names, list) else [names or _given_name(item)]:
                if isinstance(name, str) and word_key(name):
                    yield Author(name=clean_line(name), is_organization=organization)
        elif isinstance(item, list):
            yield from _authors(item, by_id)


def _given_name(item: dict[str, Any]) -> str:
    return f"{_first(item, 'givenName')} {_first(item, 'familyName')}".strip()


def _is_free(node: dict[str, Any]) -> bool | None:
    stated = node.get("isAccessibleForFree")
    if isinstance(stated, str):
        stated = {"true": True, "false": False}.get(stated.rpartition("/")[2].strip().lower())
    return stated if isinstance(stated, bool) else None
