"""News sitemaps as feeds: the addresses of the last two days with headline, date and language.

Refuses what is no news: a plain sitemap says when pages changed, not what was published, and an index holds no pages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from extractors.feeds.entries import FeedContext, RawItem, build_entry, primary_tag
from extractors.feeds.repair import Repaired
from extractors.feeds.text import clean_line
from extractors.records import Entry, FeedDocument

SITEMAP_ROOTS = frozenset({"urlset", "sitemapindex"})
_NEWS_NAMESPACE = "schemas/sitemap-news"  # of both http and https, www and not, 0.84 and 0.9
_SHOWN_CHILDREN = 3


def parse_news_sitemap(repaired: Repaired, *, context: FeedContext) -> FeedDocument:
    """Read a sitemap; format 'unknown' where it lists no news."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)
    root: etree._Element | None = etree.fromstring(repaired.text.encode("utf-8"), parser)  # None where nothing can be recovered
    problems = list(repaired.problems)
    if root is None:
        return FeedDocument(format="unknown", problems=(*problems, "the sitemap cannot be read"))
    if parser.error_log:
        problems.append(f"not well-formed: {clean_line(parser.error_log[0].message)[:200]}")
    if repaired.root == "sitemapindex":
        return FeedDocument(format="unknown", problems=(*problems, _say_index(root)))
    pages = [child for child in root if _name(child) == "url"]
    news = [(page, found) for page in pages if (found := _child(page, "news")) is not None]
    if not news and _NEWS_NAMESPACE not in repaired.text:
        return FeedDocument(format="unknown", problems=(*problems, "a plain sitemap, not a news sitemap: no address in it has <news:news>"))
    if others := len(pages) - len(news):
        problems.append(f"left out, because without <news:news>: {others} of {len(pages)} addresses")
    items = [_raw_item(page, found) for page, found in news]
    stated = Counter(tag for item in items if (tag := primary_tag(item.lang)))
    lang = context.lang or next((tag for tag, _ in stated.most_common(1)), None)
    # The source's word stands where the whole document agrees with itself, as with a feed's <language>.
    alike = next(iter(stated)) if len(stated) == 1 else None
    inherited = replace(context, lang=lang)
    entries: list[Entry] = []
    for place, item in enumerate(items, 1):
        own = replace(item, lang=None) if alike and primary_tag(item.lang) == alike else item
        entry, entry_problems = build_entry(own, place=place, context=inherited)
        entries.append(entry)
        problems += entry_problems
    title = next((name for _, found in news if (name := clean_line(_text(_child(found, "publication"), "name")))), "")
    return FeedDocument(format="sitemap", title=title, lang=lang, entries=tuple(entries), problems=tuple(problems))


def _say_index(root: etree._Element) -> str:
    children = [address for child in root if (address := clean_line(_text(child, "loc")))]
    likely = sorted(children, key=lambda address: "news" not in address.lower())[:_SHOWN_CHILDREN]
    named = f"; name one of its {len(children)}, such as {', '.join(likely)}" if likely else ""
    return f"an index of sitemaps, not a news sitemap{named}"


def _raw_item(page: etree._Element, news: etree._Element) -> RawItem:
    stated = ((_text(news, "publication_date"), "feed"), (_text(page, "lastmod"), "feed:updated"))
    return RawItem(
        links=tuple(filter(None, (_text(page, "loc"),))),
        title=_text(news, "title"),
        dates=tuple((text, origin) for text, origin in stated if text),
        lang=_text(_child(news, "publication"), "language") or None,
    )


def _name(element: etree._Element) -> str:
    """Local name in lower case: prefixes are what the publisher likes them to be."""
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()


def _children(holder: etree._Element | None, name: str) -> Iterator[etree._Element]:
    return (child for child in (holder if holder is not None else ()) if _name(child) == name)


def _child(holder: etree._Element | None, name: str) -> etree._Element | None:
    return next(_children(holder, name), None)


def _text(holder: etree._Element | None, name: str) -> str:
    """Text of a child; empty where there is none."""
    return next((text for child in _children(holder, name) if (text := "".join(child.itertext()).strip())), "")
