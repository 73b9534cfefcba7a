"""What a page states about its article: headline, authors, date, language, address and whether it may be read for free.

Gathers the statements once and leaves each choice to the module that knows it. Never asks trafilatura, whose loop over
every character of the JSON-LD costs half of its time. Refuses relative and foreign schemes as canonical addresses.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from extractors.feeds.text import clean_line
from extractors.pages.authors import find_authors
from extractors.pages.dating import find_published
from extractors.pages.headings import find_stand_in, read_headings
from extractors.pages.jsonld import LinkedArticle, find_linked_article, list_kinds, list_nodes
from extractors.pages.markup import meta_contents, text_of
from extractors.pages.scriptjson import read_scripted_article
from extractors.pages.titles import Titles, choose_title
from extractors.records import CaptureRef, PageHints, Published
from extractors.urls import join_url

_MAX_HOME_LINKS, _MAX_NAME_WORDS = 3, 5
_LANG_META = ("og:locale", "content-language", "dc.language", "language")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What is known of an article beside its text."""

    title: str
    authors: tuple[str, ...]
    published: Published
    canonical: str | None  # as claimed, absolute
    langs: tuple[str, ...]  # as declared, the most telling first
    is_free: bool | None  # isAccessibleForFree, where stated
    body: str  # JSON-LD articleBody, as stated
    is_stated_article: bool  # JSON-LD or og:type call it one
    kinds: frozenset[str]  # what else it calls itself, lower case: JSON-LD types, og:type, classes of the body


def read_metadata(tree: HtmlElement, *, capture: CaptureRef, hints: PageHints) -> Metadata:
    """Gather and choose. The feed's entry helps where the page is silent or undecided."""
    meta = meta_contents(tree)
    nodes = list_nodes(tree)
    linked = find_linked_article(nodes, url=capture.final_url)
    said = linked or read_scripted_article(tree)
    sites = tuple(_site_names(tree, meta, linked, capture.final_url))
    return Metadata(
        title=choose_title(_titles(tree, meta, said, sites, hints, capture.final_url)),
        authors=find_authors(tree, linked=said, meta=meta, sites=sites) or hints.authors,
        published=find_published(
            tree,
            linked=said,
            meta=meta,
            url=capture.final_url,
            timezone=hints.timezone,
            feed=hints.published,
            fetched_at=capture.fetched_at,
        ),
        canonical=_canonical(tree, meta, capture.final_url),
        langs=tuple(_declared_langs(tree, meta, linked, hints)),
        is_free=linked.is_free if linked else None,
        body=linked.body if linked else "",
        is_stated_article=linked is not None or "article" in meta.get("og:type", ()),
        kinds=frozenset(map(str.lower, (*list_kinds(nodes), *_page_kinds(tree, meta)))),
    )


def _titles(
    tree: HtmlElement, meta: dict[str, tuple[str, ...]], linked: LinkedArticle | None, sites: tuple[str, ...], hints: PageHints, url: str
) -> Titles:
    headings = tuple(read_headings(tree, url=url))
    document = next((text for text in map(text_of, tree.iter("title")) if text), "")
    return Titles(
        linked=linked.headline if linked else "",
        shared=_first(meta, "og:title"),
        twitter=_first(meta, "twitter:title"),
        headings=headings,
        stand_in="" if headings or linked else find_stand_in(tree, url=url, document=document),
        document=document,
        feed=hints.title,
        sites=sites,
    )


def _first(meta: dict[str, tuple[str, ...]], *keys: str) -> str:
    return next((contents[0] for key in keys if (contents := meta.get(key))), "")


def _site_names(tree: HtmlElement, meta: dict[str, tuple[str, ...]], linked: LinkedArticle | None, url: str) -> Iterator[str]:
    """List how the outlet is called: by itself, and by its address with and without ending."""
    yield from map(clean_line, (*meta.get("og:site_name", ()), *meta.get("application-name", ())))
    if linked and linked.publisher:
        yield linked.publisher
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    yield from _home_links(tree, host)
    yield host
    labels = host.split(".")
    yield from (labels[0], labels[-2]) if len(labels) > 1 else ()


def _home_links(tree: HtmlElement, host: str) -> Iterator[str]:
    """List what the first links to the front page are called: the outlet's name, in a masthead."""
    homes = ("/", host, f"{host}/")
    links = ((link, link.get("href") or "") for link in tree.iter("a"))
    hopeful = ((link, href) for link, href in links if href == "/" or href.endswith(homes[1:]))  # few of hundreds
    found = (link for link, href in hopeful if href and _after_scheme(href) in homes)
    for link in itertools.islice(found, _MAX_HOME_LINKS):
        text = text_of(link)
        if 0 < len(text.split()) <= _MAX_NAME_WORDS:
            yield text


def _after_scheme(href: str) -> str:
    return href.rpartition("//")[2].removeprefix("www.")


def _page_kinds(tree: HtmlElement, meta: dict[str, tuple[str, ...]]) -> Iterator[str]:
    yield from meta.get("og:type", ())
    for body in tree.iter("body"):
        yield from (body.get("class") or "").split()


def _canonical(tree: HtmlElement, meta: dict[str, tuple[str, ...]], url: str) -> str | None:
    links = [link.get("href") or "" for link in tree.iter("link") if "canonical" in (link.get("rel") or "").lower().split()]
    return next((address for link in (*links, *meta.get("og:url", ())) if (address := join_url(url, link))), None)


def _declared_langs(tree: HtmlElement, meta: dict[str, tuple[str, ...]], linked: LinkedArticle | None, hints: PageHints) -> Iterator[str]:
    """List the article's own word first, then the sources file's, then the page's, which is often the template's."""
    stated = (linked.lang if linked else "", hints.lang, tree.get("lang"), tree.get("xml:lang"), *(_first(meta, key) for key in _LANG_META))
    yield from filter(None, stated)
