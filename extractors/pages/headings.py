"""What the `<h1>`s of a page say, without the kicker that many set above the headline inside the same element.

Where there is none, what stands in for one: large type, a class that says so, a heading of a lower rank.
Refuses the outlet's own name as a heading: an `<h1>` around the logo, which links to the front page.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from extractors.feeds.text import clean_line
from extractors.pages.authors import is_elsewhere
from extractors.pages.markup import text_of, word_key

# 'Kicker' in the languages of style sheets, what only screen readers hear, and dates; as a word of a class name.
_ABOVE = re.compile(
    r"(?<![a-z])(?:kicker|over-?line|over-?title|eye-?brow|top-?line|roof-?line|roofing|dach-?zeile|spitz-?marke|pre-?title|super-?title|sup-?title"
    r"|ante-?titulo|surtitre|occhiello|rutitr|ro-?titr|sr-only|screen-?reader(?:-text)?|visually-?hidden|visuallyhidden|hidden|date|label|badge)(?![a-z])",
    re.IGNORECASE,
)
_MAX_ABOVE_WORDS = 12
_MIN_LEFT_WORDS = 3  # what remains is a headline; else the class meant something else
# 'Headline' as a word of a class name; and what may carry one.
_TITLE_CLASS = re.compile(
    r"(?<![a-z])(?:(?:post|entry|news|article|story|page|content|item|main)[-_]?(?:title|head(?:line|ing)?|ttl|hd)|headline|title|ttl|hd"
    r"|baslik|titr|titel|titulo|titre|zagolovok)(?![a-z])",  # codespell:ignore titel
    re.IGNORECASE,
)
_TITLE_TAGS = ("h2", "h3", "h4", "font", "div", "p", "span", "td", "strong", "b")
_LARGE_TYPE = re.compile(r"\+?[5-7]|\+[2-4]")  # <font size>, of 7; +2 is 5
_MIN_STAND_IN_WORDS, _MANY_WORDS, _MAX_STAND_IN_CHARS = 3, 5, 250
_MAX_ALIKE = 2  # more elements of one tag and class are a list of other stories
_MAX_LOOKED_AT = 5000


def read_headings(tree: HtmlElement, *, url: str) -> Iterator[str]:
    """Read every `<h1>` in order; empty ones and logos are left out."""
    for element in tree.iter("h1"):
        text = text_of(element)
        if text and not _is_logo(element, url):
            yield _without_kicker(element, text)


def find_stand_in(tree: HtmlElement, *, url: str, document: str) -> str:
    """Find the headline of a page without `<h1>`; `document` is its `<title>`, the better witness the longer it is. Empty where none is."""
    groups: dict[tuple[str, str], list[str]] = {}
    for element in itertools.islice(tree.iter(*_TITLE_TAGS), _MAX_LOOKED_AT):
        if _may_stand_in(element) and not is_elsewhere(element) and not _leads_on(element) and not _is_logo(element, url):
            groups.setdefault((str(element.tag), element.get("class") or element.get("size") or ""), []).append(text_of(element))
    key = word_key(document)
    texts = [text for texts in groups.values() if len(texts) <= _MAX_ALIKE for text in texts if _is_headline(text, key)]
    return max(texts, key=lambda text: (word_key(text) in key, len(text.split()) >= _MANY_WORDS), default="")


def _may_stand_in(element: HtmlElement) -> bool:
    """Tell whether an element is set like a headline and holds about as much."""
    if element.tag not in {"h2", "h3"}:
        large = element.tag == "font" and _LARGE_TYPE.fullmatch((element.get("size") or "").strip())
        if not large and not _TITLE_CLASS.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
            return False
    length = 0
    for piece in element.itertext():
        length += len(piece.strip())
        if length > _MAX_STAND_IN_CHARS:
            return False
    return length > 0


def _leads_on(element: HtmlElement) -> bool:
    """Tell whether a heading is a link, as above a teaser."""
    return element.find(".//a") is not None or any(node.tag == "a" for node in element.iterancestors())


def _is_headline(text: str, document: str) -> bool:
    """Tell whether a text is long enough for a headline; all that a short `<title>` says is the outlet's name."""
    words = len(text.split())
    return words >= _MIN_STAND_IN_WORDS and (words >= _MANY_WORDS or word_key(text) != document)


def _is_logo(element: HtmlElement, url: str) -> bool:
    """Tell whether all of a heading links to the front page of its host."""
    parent = element.getparent()
    link = element.find(".//a") if parent is None or parent.tag != "a" else parent
    if link is None or text_of(link) != text_of(element):
        return False
    try:
        target, host = urlsplit((link.get("href") or "#").strip()), urlsplit(url).hostname or ""
    except ValueError:
        return False
    leads_home = target.path in {"", "/"} and not target.query and (target.path == "/" or bool(target.netloc))
    return leads_home and urlsplit(url).path not in {"", "/"} and (not target.netloc or _is_same_host(target.hostname or "", host))


def _is_same_host(one: str, other: str) -> bool:
    return one.removeprefix("www.") == other.removeprefix("www.")


def _without_kicker(element: HtmlElement, text: str) -> str:
    """Take off the text of a first child whose class calls it a kicker, and the mark between it and the headline."""
    for child in element.iter():
        if child is element or not _ABOVE.search(f"{child.get('class') or ''} {child.get('itemprop') or ''}"):
            continue
        above = text_of(child)
        rest = clean_line(text.removeprefix(above)).lstrip(" :|/·•-–—")
        if above and text.startswith(above) and len(above.split()) <= _MAX_ABOVE_WORDS and len(rest.split()) >= _MIN_LEFT_WORDS:
            return rest
    return text
