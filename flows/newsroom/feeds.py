"""An outlet's stories as its feed: RSS 2.0 with summaries or full text, Atom, RSS 1.0, JSON Feed, each with its own dates.

Refuses to be tidy: the entries that lead nowhere stand between the others, as in life.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape

from flows.newsroom.articles import Dialect, Edition, Outlet, Story, feed_link, stories_in, url_of

_ZONE_NAMES = {"+0000": "GMT", "-0500": "EST"}  # RFC 822 §5: many feeds still name these


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One entry, of whatever format."""

    link: str
    guid: str
    title: str
    summary: str
    published: datetime
    updated: datetime
    authors: tuple[str, ...] = ()
    paragraphs: tuple[str, ...] = ()


def render_feed(outlet: Outlet, edition: Edition) -> tuple[str, str]:
    """Content type and text of the outlet's feed in an edition."""
    content_type, write = _DIALECTS[outlet.feed.format]
    return f"{content_type}; charset={outlet.encoding}", write(outlet, _items(outlet, edition))


def _items(outlet: Outlet, edition: Edition) -> list[_Item]:
    """Stories and dead ends, newest first."""
    items = [_item_of(outlet, story) for story in stories_in(outlet, edition)]
    items += [
        _Item(
            link=url_of(outlet, end.path),
            guid=f"{outlet.id}:{end.path}",
            title=end.title,
            summary=end.summary,
            published=end.published,
            updated=end.published,
        )
        for end in outlet.dead_ends
    ]
    return sorted(items, key=lambda item: item.published, reverse=True)


def _item_of(outlet: Outlet, story: Story) -> _Item:
    return _Item(
        link=feed_link(outlet, story),
        guid=f"{outlet.id}:{story.slug}",
        title=story.title,
        summary=story.dek,
        published=story.published,
        updated=story.revised or story.published,
        authors=story.authors,
        paragraphs=story.paragraphs,
    )


def _rss(outlet: Outlet, items: list[_Item]) -> str:
    return _rss_document(outlet, [_rss_item(item) for item in items])


def _rss_full(outlet: Outlet, items: list[_Item]) -> str:
    return _rss_document(outlet, [_rss_item(item, content=_encoded_content(item)) for item in items])


def _rss_document(outlet: Outlet, items: list[str]) -> str:
    return f"""<?xml version="1.0" encoding="{outlet.encoding}"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"\
 xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel>
<title>{escape(outlet.name)}</title>
<link>{url_of(outlet, "/")}</link>
<description>{escape(outlet.name)}</description>
<language>{outlet.lang}</language>
<atom:link href="{url_of(outlet, outlet.feed.path)}" rel="self" type="application/rss+xml"/>
{"".join(items)}</channel>
</rss>
"""


def _rss_item(item: _Item, *, content: str = "") -> str:
    creators = "".join(f"<dc:creator>{escape(author)}</dc:creator>\n" for author in item.authors)
    return f"""<item>
<title>{escape(item.title)}</title>
<link>{escape(item.link)}</link>
<guid isPermaLink="false">{escape(item.guid)}</guid>
<pubDate>{_rfc_822(item.published)}</pubDate>
{creators}<description>{escape(item.summary)}</description>
{content}</item>
"""


def _encoded_content(item: _Item) -> str:
    """Full text as the content module of RSS 1.0 has it."""
    html = "".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in item.paragraphs)
    return f"<content:encoded><![CDATA[{html}]]></content:encoded>\n" if html else ""


def _rfc_822(moment: datetime) -> str:
    head, _, zone = format_datetime(moment).rpartition(" ")
    return f"{head} {_ZONE_NAMES.get(zone, zone)}"


def _atom(outlet: Outlet, items: list[_Item]) -> str:
    """RFC 4287."""
    newest = max(item.updated for item in items)
    return f"""<?xml version="1.0" encoding="{outlet.encoding}"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.lang}">
<title>{escape(outlet.name)}</title>
<id>tag:{outlet.host},2026:world</id>
<link rel="self" href="{url_of(outlet, outlet.feed.path)}"/>
<link rel="alternate" type="text/html" href="{url_of(outlet, "/")}"/>
<updated>{newest.isoformat()}</updated>
{"".join(_atom_entry(outlet, item) for item in items)}</feed>
"""


def _atom_entry(outlet: Outlet, item: _Item) -> str:
    authors = "".join(f"<author><name>{escape(author)}</name></author>\n" for author in item.authors)
    return f"""<entry>
<id>tag:{outlet.host},2026:{escape(item.guid)}</id>
<title>{escape(item.title)}</title>
<link rel="alternate" type="text/html" href="{escape(item.link)}"/>
<published>{item.published.isoformat()}</published>
<updated>{item.updated.isoformat()}</updated>
{authors}<summary>{escape(item.summary)}</summary>
</entry>
"""


def _rdf(outlet: Outlet, items: list[_Item]) -> str:
    """RSS 1.0 with Dublin Core, https://web.resource.org/rss/1.0/spec."""
    order = "".join(f'<rdf:li rdf:resource="{escape(item.link)}"/>' for item in items)
    return f"""<?xml version="1.0" encoding="{outlet.encoding}"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"\
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="{url_of(outlet, outlet.feed.path)}">
<title>{escape(outlet.name)}</title>
<link>{url_of(outlet, "/")}</link>
<description>{escape(outlet.name)}</description>
<dc:language>{outlet.lang}</dc:language>
<items><rdf:Seq>{order}</rdf:Seq></items>
</channel>
{"".join(_rdf_item(item) for item in items)}</rdf:RDF>
"""


def _rdf_item(item: _Item) -> str:
    creators = "".join(f"<dc:creator>{escape(author)}</dc:creator>\n" for author in item.authors)
    return f"""<item rdf:about="{escape(item.link)}">
<title>{escape(item.title)}</title>
<link>{escape(item.link)}</link>
<description>{escape(item.summary)}</description>
{creators}<dc:date>{item.published.isoformat(timespec="minutes")}</dc:date>
</item>
"""


def _json(outlet: Outlet, items: list[_Item]) -> str:
    """JSON Feed 1.1, https://www.jsonfeed.org/version/1.1."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "home_page_url": url_of(outlet, "/"),
        "feed_url": url_of(outlet, outlet.feed.path),
        "language": outlet.lang,
        "items": [
            {
                "id": item.guid,
                "url": item.link,
                "title": item.title,
                "summary": item.summary,
                "content_text": item.paragraphs[0] if item.paragraphs else item.summary,
                "date_published": item.published.isoformat(),
                "date_modified": item.updated.isoformat(),
                "authors": [{"name": author} for author in item.authors],
            }
            for item in items
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


_DIALECTS: dict[Dialect, tuple[str, Callable[[Outlet, list[_Item]], str]]] = {
    "rss": ("application/rss+xml", _rss),
    "rss_full": ("text/xml", _rss_full),
    "atom": ("application/atom+xml", _atom),
    "rdf": ("application/rdf+xml", _rdf),
    "json": ("application/feed+json", _json),
}
