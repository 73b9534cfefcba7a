"""The headline of a page: of several statements the one that most of them make, without the outlet's name around it.

Refuses to shorten or to reword a headline; what is chosen stands on the page or in its feed, letter by letter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractors.feeds.text import clean_line
from extractors.pages.markup import word_key

# How much a statement counts. 2026-11, dev pages with a known title (news / others): JSON-LD alone is right on .86 / .79,
# the only <h1> on .73 / .85, og:title on .72 / .61 (often rewritten for sharing), <title> on .22 / .19. Together with these
# weights .86 / .84. JSON-LD outweighs the rest of the page, not the page and the feed together.
_LINKED = 5.0
_ONLY_HEADING = 2.5
_HEADING = 1.0  # the first of several; half of it the second, and so on
_SHARED = 1.0
_TWITTER = 0.5
_DOCUMENT = 1.0
_FEED = 3.0
_STAND_IN = 1.2  # on a page without <h1>; more than its <title> alone, less than <title> and og:title together
_LABEL_HEADING = 0.5  # a single word, 'Details' for one, is more often what the page is than what it says

_SEPARATOR = re.compile(r"\s+[|\-–—·•»«:/]+\s+|\s*[|»]\s*|\s+::\s+|\s*--+\s*")
_MAX_TITLE_CHARS = 500  # what is longer is a text in the wrong place
_MIN_TITLE_WORDS = 2
_MIN_WHOLE_WORDS = 4  # fewer may be a label
_WRITTEN_SOLID = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")  # words without spaces
_CUT_ENDS = ("…", "...", "..")


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """What the places of a page say its headline is; empty where they say nothing."""

    linked: str = ""  # JSON-LD headline
    shared: str = ""  # og:title
    twitter: str = ""
    headings: tuple[str, ...] = ()  # every <h1>, in order
    stand_in: str = ""  # what looks like a headline, where there is no <h1>
    document: str = ""  # <title>
    feed: str = ""  # of the feed's entry
    sites: tuple[str, ...] = ()  # names of the outlet, as far as known


def choose_title(titles: Titles) -> str:
    """Choose the best supported headline; empty where nothing is stated."""
    sites = frozenset(map(_solid, titles.sites)) - {""}
    statements = _statements(titles, sites) or _statements(titles, frozenset())  # an outlet called like the story, by a mistake of its own
    if not statements:
        return ""
    support: dict[str, float] = {}
    for text, weight in statements:
        support[word_key(text)] = support.get(word_key(text), 0.0) + weight
    chosen = max(statements, key=lambda statement: support[word_key(statement[0])])[0]
    shared = _without_site(clean_line(titles.shared), sites, frozenset())
    if _says_something(shared, sites) and _is_own_wording(titles, shared):
        return shared
    return _trimmed(_uncut(chosen, [text for text, _ in statements]), shared)


def _is_own_wording(titles: Titles, shared: str) -> bool:
    """Tell whether og:title alone was worded by hand, and all else is the one line made for search engines.

    A `<title>` that repeats the heading tells such a line. 2026-11, dev pages where it does, all other places agree and og:title says
    something else: og:title is the known title on 7 of 7 news pages and on none of 2 others; where `<title>` follows og:title, on 10 of 59.
    """
    heading = word_key(titles.headings[0]) if len(titles.headings) == 1 else ""
    others = {word_key(text) for text in (titles.linked, titles.twitter, titles.feed)} - {""}
    key = word_key(shared)
    if not heading or not word_key(titles.document).startswith(heading) or len(key.split()) < _MIN_WHOLE_WORDS:
        return False
    return others <= {heading} and f" {key} " not in f" {heading} " and f" {heading} " not in f" {key} "


def split_title(text: str) -> tuple[str, ...]:
    """Split a title at its bars and dashes."""
    return tuple(piece for piece in map(str.strip, _SEPARATOR.split(text)) if piece)


def _statements(titles: Titles, sites: frozenset[str]) -> list[tuple[str, float]]:
    """List each statement with its weight, outlet names taken off, in the order that decides ties."""
    headings = [text for text in map(clean_line, titles.headings) if _says_something(text, sites)]
    plain = [
        (clean_line(titles.linked), _LINKED),
        (clean_line(titles.feed), _FEED),
        *((text, _heading_weight(text, place, len(headings))) for place, text in enumerate(headings)),
        (clean_line(titles.stand_in), _STAND_IN),
        (clean_line(titles.shared), _SHARED),
        (clean_line(titles.twitter), _TWITTER),
    ]
    known = frozenset(word_key(text) for text, _ in plain)
    named = [(_without_site(text, sites, known), weight) for text, weight in plain]
    named.append((_without_site(clean_line(titles.document), sites, known, is_document=True), _DOCUMENT))
    return [(text, weight) for text, weight in named if _says_something(text, sites)]


def _heading_weight(text: str, place: int, count: int) -> float:
    if len(word_key(text).split()) == 1 and not _WRITTEN_SOLID.search(text):
        return _LABEL_HEADING
    return _ONLY_HEADING if count == 1 else _HEADING / (1 + place)


def _says_something(text: str, sites: frozenset[str]) -> bool:
    key = _solid(text)
    return bool(key) and len(text) <= _MAX_TITLE_CHARS and key not in sites


def _without_site(text: str, sites: frozenset[str], known: frozenset[str], *, is_document: bool = False) -> str:
    """Take the outlet's name (and sections beside it, in a <title>) off both ends."""
    for _ in range(3):
        marks = list(_SEPARATOR.finditer(text))
        if not marks:
            break
        head, tail = text[: marks[-1].start()], text[marks[-1].end() :]
        front, rest = text[: marks[0].start()], text[marks[0].end() :]
        if _is_name(tail, sites) or (is_document and word_key(head) in known):
            text = head
        elif _is_name(front, sites) or (is_document and word_key(rest) in known):
            text = rest
        else:
            break
    return text.strip()


def _is_name(text: str, sites: frozenset[str]) -> bool:
    """Tell whether a piece of a title is one of the outlet's names."""
    return _solid(text) in sites


def _solid(text: str) -> str:
    """Key of a name, however its words are spaced: 'The Wire', 'TheWire'."""
    return word_key(text).replace(" ", "")


def _uncut(chosen: str, texts: list[str]) -> str:
    """Replace a headline that was cut off by the whole one that begins with it."""
    end = next((end for end in _CUT_ENDS if chosen.endswith(end)), None)
    if end is None:
        return chosen
    start = word_key(chosen.removesuffix(end))
    whole = [text for text in texts if word_key(text).startswith(start) and not text.endswith(_CUT_ENDS)]
    return min(whole, key=len, default=chosen) if len(start.split()) >= _MIN_TITLE_WORDS else chosen


def _trimmed(chosen: str, shared: str) -> str:
    """Take what was put before or behind a headline for search engines off it, where og:title has it without.

    2026-11, where og:title is a part of the heading: the part is right on 19 of 27 dev pages.
    """
    key, part = word_key(chosen), word_key(shared)
    is_part = part != key and len(part.split()) >= _MIN_WHOLE_WORDS and f" {part} " in f" {key} "
    return shared if is_part else chosen
