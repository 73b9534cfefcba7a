"""How outlets print what they know: feed documents, and pages with everything around the text that sites put there.

Markup only; what is true comes from `world.truth`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from world.truth import Article, FeedKind, Outlet


def feed(kind: FeedKind, outlet: Outlet, entries: Sequence[Article], *, mark: str) -> tuple[str, str]:
    """Content type and text of a feed; `mark` is put behind every link."""
    if kind == "rss":
        return "application/rss+xml; charset=utf-8", _rss(outlet, entries, mark)
    if kind == "atom":
        return "application/atom+xml", _atom(outlet, entries, mark)
    return "application/feed+json", _json(outlet, entries, mark)


def home(outlet: Outlet) -> str:
    """An outlet's home page, as far as feed readers are concerned."""
    link = f'<link rel="alternate" type="application/rss+xml" title="{escape(outlet.name)}" href="{escape(outlet.renamed_feed_url)}">'
    return f"<!DOCTYPE html><html><head><title>{escape(outlet.name)}</title>{link}</head><body><p>Welcome</p></body></html>"


def page(article: Article, *, related: Iterable[Article]) -> str:
    """A web page around an article. Where its date and authors stand depends on the outlet."""
    outlet = article.outlet
    direction = ' dir="rtl"' if outlet.lang == "fa" else ""
    body = "\n".join(f"      <p>{escape(paragraph)}</p>" for paragraph in article.paragraphs)
    names = ", ".join(article.authors)
    sections = "".join(f'<li><a href="/section/{number}/">Section {number}</a></li>' for number in range(1, 7))
    teasers = "".join(f'<li><a href="{escape(other.url)}">{escape(other.title)}</a></li>' for other in related)
    local = article.published_at.astimezone(ZoneInfo(outlet.timezone))
    return f"""<!DOCTYPE html>
<html lang="{outlet.lang}"{direction}>
<head>
  <meta charset="utf-8">
  <title>{escape(article.title)} | {escape(outlet.name)}</title>
  <meta property="og:type" content="article">
  <meta property="og:site_name" content="{escape(outlet.name)}">
  <meta property="og:title" content="{escape(article.title)}">
  <meta name="description" content="{escape(article.summary)}">
  <link rel="canonical" href="{escape(article.url)}">
  {_stated(article, local)}
  <script>window.dataLayer = window.dataLayer || []; dataLayer.push({{"page": "article"}});</script>
</head>
<body>
  <header class="site-header"><a class="logo" href="/">{escape(outlet.name)}</a>
    <nav class="main-nav"><ul>{sections}</ul></nav></header>
  <main>
    <article>
      <h1>{escape(article.title)}</h1>
      <div class="byline"><span class="author">{escape(names)}</span>
        <time datetime="{local.isoformat()}">{local:%Y-%m-%d %H:%M}</time></div>
      <div class="share-buttons"><a href="/share/mail">Mail</a> <a href="/share/print">Print</a></div>
      <div class="article-body">
{body}
      </div>
    </article>
    <aside class="related"><h2>Related</h2><ul>{teasers}</ul></aside>
    <form class="newsletter" action="/newsletter"><p>Sign up</p><input name="mail"><button>OK</button></form>
  </main>
  <footer class="site-footer"><p>© {escape(outlet.name)}</p><a href="/imprint">Imprint</a> <a href="/privacy">Privacy</a></footer>
</body>
</html>
"""


def _stated(article: Article, local: datetime) -> str:
    """Date and authors as machines read them: as JSON-LD or as meta tags, by outlet."""
    if article.outlet.number % 2:
        tags = [f'<meta name="author" content="{escape(name)}">' for name in article.authors]
        return "\n  ".join([f'<meta property="article:published_time" content="{local.isoformat()}">', *tags])
    linked = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "datePublished": local.isoformat(),
        "author": [{"@type": "Person", "name": name} for name in article.authors],
        "publisher": {"@type": "Organization", "name": article.outlet.name},
    }
    text = json.dumps(linked, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>'


def _rss(outlet: Outlet, entries: Sequence[Article], mark: str) -> str:
    items = "".join(
        f"<item><title>{escape(entry.title)}</title><link>{escape(entry.url + mark)}</link>"
        f'<guid isPermaLink="false">{outlet.source_id}-{entry.number}</guid>'
        f"<description>{escape(escape(entry.summary))}</description>"
        + "".join(f"<dc:creator>{escape(name)}</dc:creator>" for name in entry.authors)
        + f"<pubDate>{format_datetime(entry.published_at.astimezone(ZoneInfo(outlet.timezone)))}</pubDate></item>\n"
        for entry in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{escape(outlet.name)}</title><link>http://{outlet.host}/</link><description>News</description>"
        f"<language>{outlet.lang}</language>\n{items}</channel></rss>\n"
    )


def _atom(outlet: Outlet, entries: Sequence[Article], mark: str) -> str:
    items = "".join(
        f"<entry><title>{escape(entry.title)}</title><id>tag:{outlet.host},2026:{entry.number}</id>"
        f'<link rel="alternate" type="text/html" href="{escape(entry.url + mark)}"/>'
        f"<published>{entry.published_at:%Y-%m-%dT%H:%M:%SZ}</published><updated>{entry.published_at:%Y-%m-%dT%H:%M:%SZ}</updated>"
        + "".join(f"<author><name>{escape(name)}</name></author>" for name in entry.authors)
        + f'<summary type="text">{escape(entry.summary)}</summary></entry>\n'
        for entry in entries
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.lang}">'
        f"<title>{escape(outlet.name)}</title><id>http://{outlet.host}/</id>"
        f'<link href="http://{outlet.host}/"/><updated>2026-03-03T06:00:00Z</updated>\n{items}</feed>\n'
    )


def _json(outlet: Outlet, entries: Sequence[Article], mark: str) -> str:
    items = [
        {
            "id": f"{outlet.source_id}-{entry.number}",
            "url": entry.url + mark,
            "title": entry.title,
            "summary": entry.summary,
            "content_text": entry.summary,
            "date_published": entry.published_at.astimezone(ZoneInfo(outlet.timezone)).isoformat(),
            "authors": [{"name": name} for name in entry.authors],
        }
        for entry in entries
    ]
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "home_page_url": f"http://{outlet.host}/",
        "language": outlet.lang,
    }
    return json.dumps(head | {"items": items}, ensure_ascii=False)
