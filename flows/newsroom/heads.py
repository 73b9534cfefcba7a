"""What stands in the head of a story's page: title, OpenGraph, JSON-LD, canonical address, as far as a layout writes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from typing import Any

from flows.newsroom.articles import Outlet, Story, path_of, url_of

_LOCALES = {"en": "en_GB", "ru": "ru_RU", "fa": "fa_IR", "ar": "ar_LB", "uk": "uk_UA", "tr": "tr_TR"}


def head_of(outlet: Outlet, story: Story, blocks: tuple[str, ...]) -> str:
    """The named blocks, and what every page has: its title and its feed."""
    first = (f"<title>{escape(story.title)} - {escape(outlet.name)}</title>", _feed_line(outlet))
    return "\n".join([*first, *(_BLOCKS[block](outlet, story) for block in blocks)])


def _feed_line(outlet: Outlet) -> str:
    kinds = {"atom": "application/atom+xml", "json": "application/feed+json"}
    kind = kinds.get(outlet.feed.format, "application/rss+xml")
    return f'<link rel="alternate" type="{kind}" title="{escape(outlet.name)}" href="{outlet.feed.path}">'


def _metas(attribute: str, rows: list[tuple[str, str]]) -> str:
    return "\n".join(f'<meta {attribute}="{name}" content="{escape(content)}">' for name, content in rows)


def _open_graph(outlet: Outlet, story: Story) -> str:
    rows = [
        ("og:type", "article"),
        ("og:site_name", outlet.name),
        ("og:locale", _LOCALES[outlet.lang]),
        ("og:url", url_of(outlet, path_of(outlet, story))),
        ("og:title", story.title),
        ("og:description", story.dek),
    ]
    return _metas("property", rows) + "\n" + _description(outlet, story)


def _open_graph_times(_: Outlet, story: Story) -> str:
    rows = [("article:published_time", story.published.isoformat()), ("article:section", story.section)]
    if story.revised is not None:
        rows.append(("article:modified_time", story.revised.isoformat()))
    return _metas("property", rows)


def _description(_: Outlet, story: Story) -> str:
    return _metas("name", [("description", story.dek)])


def _author(_: Outlet, story: Story) -> str:
    return _metas("name", [("author", ", ".join(story.authors))])


def _keywords(outlet: Outlet, story: Story) -> str:
    return _metas("name", [("keywords", f"{outlet.name}, {story.section}")])


def _dublin_core(outlet: Outlet, story: Story) -> str:
    rows = [("DC.title", story.title), ("DC.date", story.published.date().isoformat()), ("DC.language", outlet.lang)]
    return _metas("name", [*rows, *(("DC.creator", author) for author in story.authors)])


def _canonical(outlet: Outlet, story: Story) -> str:
    return f'<link rel="canonical" href="{escape(url_of(outlet, path_of(outlet, story)))}">'


def _news_article(outlet: Outlet, story: Story) -> dict[str, Any]:
    """https://schema.org/NewsArticle, without the text."""
    return {
        "@type": "NewsArticle",
        "headline": story.title,
        "description": story.dek,
        "articleSection": story.section,
        "inLanguage": outlet.lang,
        "datePublished": story.published.isoformat(),
        "dateModified": (story.revised or story.published).isoformat(),
        "author": [{"@type": "Person", "name": author} for author in story.authors],
        "publisher": {"@type": "NewsMediaOrganization", "name": outlet.name},
        "mainEntityOfPage": url_of(outlet, path_of(outlet, story)),
    }


def _json_ld(outlet: Outlet, story: Story) -> str:
    return _script({"@context": "https://schema.org"} | _news_article(outlet, story))


def _json_ld_graph(outlet: Outlet, story: Story) -> str:
    """The article between the page and the way to it, as blog systems write it."""
    page = {"@type": "WebPage", "url": url_of(outlet, path_of(outlet, story)), "name": f"{story.title} - {outlet.name}"}
    trail = {"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "position": 1, "name": story.section}]}
    return _script({"@context": "https://schema.org", "@graph": [page, trail, _news_article(outlet, story)]})


def _script(document: dict[str, Any]) -> str:
    text = json.dumps(document, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{text}</script>'


_BLOCKS: dict[str, Callable[[Outlet, Story], str]] = {
    "open_graph": _open_graph,
    "open_graph_times": _open_graph_times,
    "description": _description,
    "author": _author,
    "keywords": _keywords,
    "dublin_core": _dublin_core,
    "canonical": _canonical,
    "json_ld": _json_ld,
    "json_ld_graph": _json_ld_graph,
}
