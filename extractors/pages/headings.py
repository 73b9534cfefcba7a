"""What the `<h1>`s of a page say, without the kicker that many set above the headline inside the same element.

Refuses the outlet's own name as a heading: an `<h1>` around the logo, which links to the front page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from extractors.feeds.text import clean_line
from extractors.pages.markup import text_of

# 'Kicker' in the languages of style sheets, what only screen readers hear, and dates; as a word of a class name.
_ABOVE = re.compile(
    r"(?<![a-z])(?:kicker|over-?line|over-?title|eye-?brow|top-?line|roof-?line|roofing|dach-?zeile|spitz-?marke|pre-?title|super-?title|sup-?title"
    r"|ante-?titulo|surtitre|occhiello|rutitr|ro-?titr|sr-only|screen-?reader(?:-text)?|visually-?hidden|visuallyhidden|hidden|date|label|badge)(?![a-z])",
    re.IGNORECASE,
)
_MAX_ABOVE_WORDS = 12
_MIN_LEFT_WORDS = 3  # what remains is a headline; else the class meant something else


def read_headings(tree: HtmlElement, *, url: str) -> Iterator[str]:
    """Read every `<h1>` in order; empty ones and logos are left out."""
    for element in tree.iter("h1"):
        text = text_of(element)
        if text and not _is_logo(element, url):
            yield _without_kicker(element, text)


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
