"""Headline, authors and date of a story in script data, out of the objects that hold its body.

Knows the words for them, not the frameworks. Refuses dates and names of anything but these objects: lists hold other stories.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from extractors.feeds.dates import parse_date
from extractors.feeds.text import clean_line, markup_to_text
from extractors.pages.jsonld import Author, LinkedArticle

_HEADLINES = (
    *("headline", "headlines", "title", "heading", "baslik", "titulo", "ueberschrift", "titre", "titolo"),
    "titel",  # codespell:ignore titel
    "name",
)
_AUTHORS = (
    *(
        "authors",
        "author",
        "bylines",
        "byline",
        "credits",
        "creator",
        "creators",
        "contributors",
        "writers",
        "writer",
        "reporters",
        "reporter",
    ),
    *("correspondent", "by", "yazar", "muhabir", "autor", "autores", "autoren", "auteur", "auteurs", "autore"),  # codespell:ignore autor
)
_PUBLISHED = (
    *("firstpublishdate", "firstpublished", "firstpublishedat", "datepublished", "publishedat", "publishdate", "publisheddate"),
    *("publicationdate", "publishedon", "publishtime", "published", "pubdate", "displaydate", "date"),
    *("yayintarihi", "tarih", "fecha", "datum", "createdat", "created", "datecreated"),
)
_PRINTED = re.compile(
    r"(?:display|publish|local|formatted)\w*(?:date|time|local|display|formatted)|(?:date|time)(?:display|local|formatted|text|label)"
)
_NAMES: tuple[str, ...] = ("name", "displayname", "fullname", "authorname", "adsoyad", "nombre", "nom", "title")
_GIVEN, _FAMILY = ("firstname", "givenname", "first"), ("lastname", "familyname", "surname", "last")
_WRITES = re.compile(r"author|writ|report|correspond|byline|journal", re.IGNORECASE)
_MIN_WORDS, _MAX_WORDS = 2, 4  # of a name under a key of another language
_MAX_TITLE_CHARS = 500
_MILLISECONDS = 100_000_000_000
_LAST_SECOND = 4_102_444_800  # 2100


def has_headline(around: tuple[dict[str, Any], ...]) -> bool:
    """Tell whether the objects around a body name a headline."""
    return any(_headline(_plain_keys(node)) for node in around)


def describe(around: tuple[dict[str, Any], ...]) -> LinkedArticle | None:
    """Gather what the objects around a body, the innermost first, say of it; None where they name no headline."""
    nodes = [_plain_keys(node) for node in around]
    headline = next(filter(None, map(_headline, nodes)), "")
    if not headline:
        return None
    return LinkedArticle(
        headline=headline,
        authors=next(filter(None, (tuple(_authors(node)) for node in nodes)), ()),
        published=next(filter(None, map(_published, nodes)), ""),
        printed=next(filter(None, map(_printed, nodes)), ""),
        place="script",
    )


def _plain_keys(node: dict[str, Any]) -> dict[str, Any]:
    """Spell all keys alike: published_at, publishedAt and published-at are one."""
    return {re.sub(r"[_\-]", "", key).lower(): value for key, value in node.items()}


def _headline(node: dict[str, Any]) -> str:
    for key in _HEADLINES:
        text = clean_line(markup_to_text(_text(node.get(key))))
        if text and len(text) <= _MAX_TITLE_CHARS:
            return text
    return ""


def _text(value: Any) -> str:
    """Read a string, or the one an object holds under a name for its main form."""
    if isinstance(value, dict):
        value = next(
            (value[key] for key in ("basic", "rendered", "default", "text", "value", "iso", "utc") if isinstance(value.get(key), str)), ""
        )
    return value if isinstance(value, str) else ""


def _authors(node: dict[str, Any]) -> Iterator[Author]:
    for key in _AUTHORS:
        names = list(_names(node.get(key)))
        if names:
            yield from (Author(name=name, is_organization=False) for name in names)
            return


def _names(value: Any) -> Iterator[str]:
    """List the names in a string, an object with a name, or a list of them; who did something else is left out."""
    if isinstance(value, str):
        yield from filter(None, (clean_line(markup_to_text(value)),))
    elif isinstance(value, list):
        for item in value:
            yield from _names(item)
    elif isinstance(value, dict):
        person = _plain_keys(value)
        role = person.get("role") or person.get("type")
        if isinstance(role, str) and "role" in person and not _WRITES.search(role):
            return
        if isinstance(person.get("by"), list):  # credits, beside which stand photographers
            yield from _names(person["by"])
        elif name := _name(person):
            yield name


def _name(person: dict[str, Any]) -> str:
    given, family = (next(filter(None, (_text(person.get(key)) for key in keys)), "") for keys in (_GIVEN, _FAMILY))
    stated = next(filter(None, (_text(person.get(key)) for key in _NAMES)), "") or f"{given} {family}".strip()
    return clean_line(stated) or next((text for text in person.values() if isinstance(text, str) and _is_name(text)), "")


def _is_name(text: str) -> bool:
    words = text.split()
    return _MIN_WORDS <= len(words) <= _MAX_WORDS and all(word[0].isupper() and word.replace("-", "").isalpha() for word in words)


def _published(node: dict[str, Any]) -> str:
    for key in _PUBLISHED:
        value = node.get(key)
        text = _from_epoch(value) if isinstance(value, int | float) else _text(value)
        if parse_date(text, timezone=None, origin="").at:
            return text
    return ""


def _from_epoch(value: float) -> str:
    """Read seconds or milliseconds since 1970; empty for a number that is none."""
    seconds = value / 1000 if value >= _MILLISECONDS else value
    return datetime.fromtimestamp(seconds, UTC).isoformat() if 0 < seconds < _LAST_SECOND else ""


def _printed(node: dict[str, Any]) -> str:
    """Find the date as it is shown to readers, beside the machine's."""
    found = (value for key, value in node.items() if isinstance(value, str) and _PRINTED.fullmatch(key))
    return next((text for text in found if parse_date(text, timezone=None, origin="").at), "")
