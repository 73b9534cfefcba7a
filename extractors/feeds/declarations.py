"""New sources for the sources file, as the TOML that a person would have written.

Only ever adds at the end: comments, order and spelling of what stands there are the owner's. Refuses what the file's own
checks refuse, before anything is written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from extractors.feeds.sources import parse_sources
from extractors.records import Source
from extractors.urls import url_key

_FIELDS = ("id", "name", "home", "country", "lang", "timezone", "owner", "affiliation", "family")


def add_sources(text: str, sources: Iterable[Source], *, name: str) -> str:
    """Give the sources file's text with the sources at its end. SourceError where the file would not be valid."""
    parse_sources(text, name=name)
    blocks = [_declare(source) for source in sources]
    if not blocks:
        return text
    extended = "\n".join((text.rstrip("\n") + "\n" if text.strip() else text, *blocks)).lstrip("\n")
    parse_sources(extended, name=f"{name} with what would be added")
    return extended


def leave_out_known(found: Iterable[Source], declared: Iterable[Source]) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """Take away the feeds that are declared already, and sources that have no other; also gives those feeds' addresses."""
    declared = tuple(declared)
    keys = {url_key(feed.url) for source in declared for feed in source.feeds}
    taken = {source.id for source in declared}
    known: list[str] = []
    fresh: list[Source] = []
    for source in found:
        feeds = tuple(feed for feed in source.feeds if url_key(feed.url) not in keys)
        known += [feed.url for feed in source.feeds if url_key(feed.url) in keys]
        if feeds or (not source.feeds and source.id not in taken):
            source_id = propose_id(source.id, taken=taken)
            taken.add(source_id)
            fresh.append(replace(source, id=source_id, feeds=feeds))
    return tuple(fresh), tuple(known)


def propose_id(outlet: str, *, taken: Collection[str]) -> str:
    """Make an id of a domain or another id: its first label, the whole of it where that is taken, then a number."""
    whole = re.sub(r"[^a-z0-9]+", "-", outlet.lower().encode("ascii", "ignore").decode()).strip("-") or "source"
    first = re.sub(r"[^a-z0-9-]+", "", outlet.lower().partition(".")[0]) or whole
    candidates = (outlet if re.fullmatch(r"[\w\-]+", outlet, re.ASCII) else first, whole)
    free = next((candidate for candidate in candidates if candidate not in taken), None)
    number = 2
    while free is None:
        free = None if f"{whole}-{number}" in taken else f"{whole}-{number}"
        number += 1
    return free


def _declare(source: Source) -> str:
    lines = ["[[source]]"]
    lines += [f"{name} = {_quote(value)}" for name in _FIELDS if (value := getattr(source, name))]
    if source.host_delay_seconds is not None:
        lines.append(f"host_delay_seconds = {float(source.host_delay_seconds)!r}")
    if not source.enabled:
        lines.append("enabled = false")
    rules = {"keep": source.extract.keep, "drop": source.extract.drop}
    stated = [f"{name} = [{', '.join(map(_quote, selectors))}]" for name, selectors in rules.items() if selectors]
    if stated:
        lines += ["[source.extract]", *stated]
    for feed in source.feeds:
        lines.append("[[source.feed]]")
        lines += [f"{name} = {_quote(value)}" for name in ("url", "lang", "seen_in") if (value := getattr(feed, name))]
    return "\n".join(lines) + "\n"


def _quote(text: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's, but for DEL, which TOML wants escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
