"""RSS, Atom and RDF through feedparser, which is handed clean UTF-8 and nothing else; news sitemaps go to their own reader.

It is never given an address or a bare body (it would fetch the one and open the other as a file name), and what it
says about links, dates and markup is read again by our own rules.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import feedparser
from lxml import etree

from extractors.feeds.entries import FeedContext, RawItem, RawText, build_entry, primary_tag
from extractors.feeds.repair import Repaired, repair_xml, split_items
from extractors.feeds.sitemap import SITEMAP_ROOTS, parse_news_sitemap
from extractors.feeds.text import clean_line
from extractors.feeds.wishes import is_complete, read_skip_days, read_skip_hours, read_ttl_seconds
from extractors.records import Entry, FeedDocument, FeedFormat
from extractors.urls import join_url

_FORMATS: dict[str, FeedFormat] = {"rss": "rss", "feed": "atom", "rdf": "rdf"}
_PAGE_ROOTS = frozenset({"html", "head", "body", "script", "meta", "div"})
_HEADERS = {"content-type": "application/xml; charset=utf-8"}
_ROOT_TAG = re.compile(r"<[A-Za-z_][^<>]*>")
_POSITION = re.compile(r"^<unknown>:\d+:\d+: ")  # in the repaired text, which nobody has before them
_NOTHING = feedparser.FeedParserDict({"bozo": True, "bozo_exception": "nothing to parse", "entries": [], "feed": {}})
_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'


def parse_xml_feed(text: str, *, context: FeedContext) -> FeedDocument:
    """Read a document of any XML feed format; format 'unknown' where it is none."""
    repaired = repair_xml(text)
    problems = list(repaired.problems)
    if repaired.root in _PAGE_ROOTS:
        return FeedDocument(format="unknown", problems=("this is a web page, not a feed",))
    if not repaired.text:
        return FeedDocument(format="unknown", problems=tuple(problems))
    if repaired.root in SITEMAP_ROOTS:
        return parse_news_sitemap(repaired, context=context)
    parsed, fault = _parse(repaired, context.url)
    if fault:
        problems.append(f"not well-formed: {fault}")
    kind = _format_of(repaired.root, parsed)
    if kind == "unknown":
        what = f"its first element is <{repaired.root[:50]}>" if repaired.root else "there is no element in it"
        return FeedDocument(format="unknown", problems=(*problems, f"not a feed: {what}"))
    feed: dict[str, Any] = parsed.feed
    document_lang = primary_tag(dict.get(feed, "language"))
    inherited = FeedContext(url=context.url, lang=context.lang or document_lang, timezone=context.timezone)
    entries: list[Entry] = []
    for place, item in enumerate(parsed.entries, 1):
        entry, entry_problems = build_entry(_raw_item(item, kind, document_lang), place=place, context=inherited)
        entries.append(entry)
        problems += entry_problems
    return FeedDocument(
        format=kind,
        title=clean_line(_string(feed, "title")),
        home=join_url(context.url, _string(feed, "link")),
        lang=inherited.lang,
        entries=tuple(entries),
        problems=tuple(problems),
        ttl_seconds=read_ttl_seconds(feed),
        skip_hours=read_skip_hours(repaired.text),
        skip_days=read_skip_days(repaired.text),
        is_complete=is_complete(repaired.text),
        hub=next((link for link in _links(feed, ("hub",))), None),
    )


def _parse(repaired: Repaired, url: str) -> tuple[Any, str]:
    """Parse as a whole; if that fails and loses items, item by item. Gives what found more, and what was wrong in words."""
    parsed = _feedparse(repaired.text.encode("utf-8"), url)
    if not parsed.bozo:
        return parsed, ""
    fault = _POSITION.sub("", clean_line(str(parsed.bozo_exception)))[:200]
    if len(parsed.entries) < repaired.items:
        salvaged = _salvage(repaired.text, url)
        if len(salvaged.entries) > len(parsed.entries):
            return salvaged, f"{fault}; read item by item"
    return parsed, fault


def _salvage(text: str, url: str) -> Any:
    """Close each item by itself, so that what one of them leaves open, or crashes on, costs no other."""
    head, items = split_items(text)
    opening = _ROOT_TAG.search(head)
    root_tag = opening[0] if opening else "<rss>"
    root = _recover(head if opening else root_tag)
    alone = [item for item in (_recover(root_tag + item) for item in items) if item is not None and len(item)]
    if root is None:
        return _NOTHING
    holder = next((child for child in root if str(child.tag).rpartition("}")[2] == "channel"), root)
    documents = [etree.tostring(item, encoding="utf-8") for item in alone]
    for item in alone:
        holder.append(item[0])
    parsed = _feedparse(etree.tostring(root, encoding="utf-8"), url)
    if not parsed.bozo:
        return parsed
    parts = [_feedparse(document, url) for document in documents]
    return feedparser.FeedParserDict({**parsed, "entries": [entry for part in parts for entry in part.entries]})


def _recover(xml: str) -> etree._Element | None:
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)
    return etree.fromstring(_DECLARATION + xml.encode("utf-8"), parser)


def _feedparse(xml: bytes, url: str) -> Any:
    """Hand clean UTF-8 to feedparser; where it crashes, the result has no entries and `bozo` set."""
    try:
        return feedparser.parse(
            io.BytesIO(_DECLARATION + xml),
            response_headers={**_HEADERS, "content-location": url},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except Exception as error:  # noqa: BLE001 - hostile input makes it raise anything (KeyError 'tags'); it costs what was handed over
        return feedparser.FeedParserDict({**_NOTHING, "bozo_exception": f"feedparser failed: {type(error).__name__}: {error}"})


def _format_of(root: str, parsed: Any) -> FeedFormat:
    if root in _FORMATS:
        return _FORMATS[root]
    version = str(parsed.get("version") or "")
    if version.startswith("atom"):
        return "atom"
    return "rss" if version or parsed.entries else "unknown"


# feedparser's dictionaries answer for keys that are not there (`updated` gives `published`), with a warning:
# only `dict.get` says what the document holds.


def _string(holder: dict[str, Any], key: str) -> str:
    value = dict.get(holder, key)
    return value if isinstance(value, str) else ""


def _raw_item(item: dict[str, Any], kind: FeedFormat, document_lang: str | None) -> RawItem:
    detail: dict[str, Any] = dict.get(item, "title_detail") or {}
    lang = dict.get(detail, "language")
    guid = _string(item, "id")
    content = _longest_content(item)
    # In RSS and RDF `updated` is what dc:date says, the only date there is; in Atom it is a later edit.
    updated_origin = "feed:updated" if kind == "atom" else "feed"
    stated = ((_string(item, "published"), "feed"), (_string(item, "created"), "feed"), (_string(item, "updated"), updated_origin))
    return RawItem(
        links=tuple(dict.fromkeys(_item_links(item))),
        permalink=guid if dict.get(item, "guidislink", True) else "",  # an id is one unless it says otherwise; absent for rdf:about
        guid=guid,
        title=_string(item, "title"),
        summary=_raw_text(_string(item, "summary"), dict.get(item, "summary_detail"), kind),
        content=content,
        authors=tuple(_authors(item, kind)),
        dates=tuple((text, origin) for text, origin in stated if text),
        lang=lang if primary_tag(lang) != document_lang else None,
    )


def _item_links(item: dict[str, Any]) -> Iterator[str]:
    """Give the addresses of an item, best first: feedburner's original, the link, other alternates, what it is about."""
    link = _string(item, "link")
    is_copied_id = dict.get(item, "guidislink") and link == _string(item, "id")  # feedparser fills a missing link with the id
    yield from filter(None, (_string(item, "feedburner_origlink"), "" if is_copied_id else link))
    yield from _links(item, ("alternate",))
    yield from _links(item, ("related", "via"))
    yield from _links(item, ("self",))  # the entry's own document: better than none


def _links(holder: dict[str, Any], relations: tuple[str, ...]) -> Iterator[str]:
    for link in dict.get(holder, "links") or ():
        if _string(link, "rel") in relations and _string(link, "href"):
            yield _string(link, "href")


def _raw_text(value: str, detail: dict[str, Any] | None, kind: FeedFormat) -> RawText:
    """Only Atom's `type="text"` is believed: RSS has no way to say that a text is plain, and feeds escape markup anyway."""
    return RawText(
        value=value, plain=kind == "atom" and bool(detail) and _string(detail or {}, "type") == "text/plain" and "</" not in value
    )


def _longest_content(item: dict[str, Any]) -> RawText:
    texts = [
        RawText(value=_string(content, "value"), plain=_string(content, "type") == "text/plain" and "</" not in _string(content, "value"))
        for content in dict.get(item, "content") or ()
        if _string(content, "type") in {"text/plain", "text/html", "application/xhtml+xml", ""}
    ]
    return max(texts, key=lambda text: len(text.value), default=RawText())


def _authors(item: dict[str, Any], kind: FeedFormat) -> Iterator[str]:
    """Give the names; where RSS puts a mail address and a name into one text, that text: feedparser cuts it in the wrong place."""
    stated = _string(item, "author")
    named = [_string(author, "name") for author in dict.get(item, "authors") or ()]
    yield from filter(None, [stated] if kind != "atom" and "@" in stated else named or [stated])
