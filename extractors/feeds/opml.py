"""OPML in and out (opml.org, 1.0 and 2.0): the list of feeds that every reader understands.

What OPML has no word for travels in attributes of our own namespace, so that a list comes back as it went. Refuses
addresses that are not http(s), and says which.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import cast

from lxml import etree

from extractors.errors import SourceError
from extractors.feeds.declarations import propose_id
from extractors.feeds.encoding import decode_feed
from extractors.feeds.entries import primary_tag
from extractors.feeds.repair import repair_xml
from extractors.feeds.text import clean_line
from extractors.records import Affiliation, ExtractRules, Feed, Source
from extractors.urls import join_url, normalise_url, registrable_domain, scope_of, url_key

_OWN = "urn:trilateral:sources"
_SEEN_IN = f"{{{_OWN}}}seen_in"
_PLAIN = ("country", "lang", "timezone", "owner", "affiliation", "family")
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlList:
    """The sources of an OPML file, and what was left out, in words."""

    sources: tuple[Source, ...] = ()
    problems: tuple[str, ...] = ()


def write_opml(sources: Iterable[Source]) -> str:
    """Write sources as OPML 2.0: an outline for each source, in it one for each feed."""
    root = etree.Element("opml", {"version": "2.0"}, nsmap={"trilateral": _OWN})
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "Sources of trilateral"
    body = etree.SubElement(root, "body")
    for source in sources:
        holder = etree.SubElement(body, "outline", _source_attributes(source))
        for feed in source.feeds:
            attributes = {"type": "rss", "text": source.name, "xmlUrl": feed.url, "htmlUrl": source.home, "language": feed.lang}
            etree.SubElement(holder, "outline", _spell({**attributes, _SEEN_IN: feed.seen_in}))
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8").decode() + "\n"


def _source_attributes(source: Source) -> dict[str, str]:
    own = {"id": source.id, **{name: getattr(source, name) for name in _PLAIN}}
    own["enabled"] = None if source.enabled else "false"
    own["host_delay_seconds"] = None if source.host_delay_seconds is None else repr(source.host_delay_seconds)
    own["keep"], own["drop"] = "\n".join(source.extract.keep), "\n".join(source.extract.drop)
    return _spell({"text": source.name, "htmlUrl": source.home}) | _spell({f"{{{_OWN}}}{name}": value for name, value in own.items()})


def _spell(attributes: dict[str, str | None]) -> dict[str, str]:
    """Leave out what is empty and what XML has no way to write."""
    return {name: _NOT_XML.sub("", value) for name, value in attributes.items() if value}


def read_opml(body: bytes, *, name: str) -> OpmlList:
    """Read an OPML file of any reader; SourceError where it is none. `name` stands for it in messages."""
    repaired = repair_xml(decode_feed(body).text)
    if repaired.root != "opml":
        raise SourceError(
            f"{name}: not an OPML file: {f'its first element is <{repaired.root[:50]}>' if repaired.root else 'no XML in it'}"
        )
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)
    root = etree.fromstring(repaired.text.encode("utf-8"), parser)
    if root is None:
        raise SourceError(f"{name}: {'; '.join(repaired.problems) or 'cannot be read'}")
    problems: list[str] = []
    sources: dict[str, Source] = {}
    outlets: dict[str, str] = {}  # to the id of its source
    for outline in _outlines(root):
        own_id = outline.get(f"{{{_OWN}}}id")
        if own_id:
            sources.setdefault(own_id, _own_source(outline, own_id, problems))
        elif (parent := outline.getparent()) is None or not parent.get(f"{{{_OWN}}}id"):
            _add_foreign(sources, outlets, outline, problems)
    return OpmlList(sources=tuple(_without_twins(sources.values(), problems)), problems=tuple(problems))


def _outlines(root: etree._Element) -> Iterator[etree._Element]:
    return (element for element in root.iter() if str(element.tag).rpartition("}")[2].lower() == "outline")


def _own_source(outline: etree._Element, source_id: str, problems: list[str]) -> Source:
    own = {name: outline.get(f"{{{_OWN}}}{name}") for name in (*_PLAIN, "enabled", "host_delay_seconds", "keep", "drop")}
    delay = own["host_delay_seconds"]
    feeds = (_feed_of(child, problems) for child in _outlines(outline) if child is not outline)
    return Source(
        id=source_id,
        name=_attribute(outline, "text") or source_id,
        home=_attribute(outline, "htmlUrl") or None,
        country=own["country"],
        lang=own["lang"],
        timezone=own["timezone"],
        owner=own["owner"],
        affiliation=cast("Affiliation | None", own["affiliation"]),  # checked when it enters the sources file
        family=own["family"],
        feeds=tuple(feed for feed in feeds if feed),
        extract=ExtractRules(keep=_lines(own["keep"]), drop=_lines(own["drop"])),
        host_delay_seconds=float(delay) if delay and re.fullmatch(r"\d+(?:\.\d+)?", delay) else None,
        enabled=own["enabled"] != "false",
    )


def _lines(text: str | None) -> tuple[str, ...]:
    return tuple(text.split("\n")) if text else ()


def _add_foreign(sources: dict[str, Source], outlets: dict[str, str], outline: etree._Element, problems: list[str]) -> None:
    """Put a stranger's feed to the source of its outlet: the domain of its home page, or else of the feed itself."""
    feed = _feed_of(outline, problems)
    if feed is None:
        return
    home = join_url(feed.url, _attribute(outline, "htmlUrl") or "")
    outlet = registrable_domain(home or feed.url) or scope_of(home or feed.url)
    known = sources.get(outlets.get(outlet, ""))
    if known is not None:
        sources[known.id] = replace(known, feeds=(*known.feeds, feed))
        return
    source_id = outlets[outlet] = propose_id(outlet, taken=sources)
    name = clean_line(_attribute(outline, "title") or _attribute(outline, "text")) or outlet
    sources[source_id] = Source(id=source_id, name=name, home=home or join_url(feed.url, "/"), feeds=(feed,))


def _feed_of(outline: etree._Element, problems: list[str]) -> Feed | None:
    """Give the feed of an outline; None for a folder or a link, and for an address that cannot be fetched, which is said."""
    stated = _attribute(outline, "xmlUrl")
    if not stated.strip():
        return None
    if normalise_url(stated) is None:
        problems.append(f"left out: not an http(s) address: {clean_line(stated)[:200]!r}")
        return None
    return Feed(url=stated.strip(), lang=primary_tag(_attribute(outline, "language")), seen_in=outline.get(_SEEN_IN))


def _attribute(outline: etree._Element, name: str) -> str:
    """Value of an attribute, whatever the case of its name: exporters differ on xmlUrl."""
    return next((str(value) for key, value in outline.attrib.items() if str(key).lower() == name.lower()), "")


def _without_twins(sources: Iterable[Source], problems: list[str]) -> Iterator[Source]:
    """Leave out a feed that stands in the list twice."""
    seen: set[str] = set()
    for source in sources:
        feeds: list[Feed] = []
        for feed in source.feeds:
            if url_key(feed.url) in seen:
                problems.append(f"left out: in the list twice: {feed.url}")
            else:
                seen.add(url_key(feed.url))
                feeds.append(feed)
        if feeds or not source.feeds:
            yield replace(source, feeds=tuple(feeds))
