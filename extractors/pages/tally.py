"""One walk over a page that counts its characters: what each element holds itself, and how much there is to read in all.

Counts and refuses to weigh: what is a paragraph and what a body is decided where it is looked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement

from extractors.pages.clutter import INLINE, UNREAD

HOLDERS = frozenset(("div", "section", "td", "article", "main", "span", "li", "pre", "blockquote", "dd", "center", "font"))
_BLOCK_HOLDERS = frozenset(("div", "section", "td", "article", "li"))
_COUNTED = INLINE - UNREAD - {"span"}  # words within a line of text
_UNREAD = frozenset(("script", "style", "noscript", "template"))
_ASCII = bytes(range(0x80))
_SPACES_AND_OTHERS = bytes((*(code for code in _ASCII if chr(code).isspace()), *range(0x80, 0x100)))
_ALL_TEXT = etree.XPath("string()", smart_strings=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was counted."""

    own: dict[HtmlElement, int]  # characters that one of HOLDERS holds itself, not in blocks of its own
    read: int  # characters people read, spaces aside


def count_characters(root: HtmlElement) -> Tally:
    """Walk all that stands in an element; it takes a good part of a page's time, so once must do."""
    own: dict[HtmlElement, int] = {}
    pieces: list[str] = []
    for element in root.iter():
        if text := element.text:
            tag = element.tag
            if tag not in _UNREAD:
                pieces.append(text)
            if tag in HOLDERS and (chars := len(text.strip())):
                own[element] = own.get(element, 0) + chars
            if tag in _COUNTED and element is not root:
                around = element.getparent()
                if around is not None and around.tag in _BLOCK_HOLDERS:
                    own[around] = own.get(around, 0) + len(text)
        if (tail := element.tail) and element is not root:
            pieces.append(tail)
            if (chars := len(tail.strip())) and (around := element.getparent()) is not None:
                own[around] = own.get(around, 0) + chars
    return Tally(own=own, read=_chars(pieces))


def count_read(root: HtmlElement) -> int:
    """Count the characters people read in an element, spaces aside, where nothing else is asked."""
    pieces = [text] if (text := root.text) and root.tag not in _UNREAD else []
    for element in root.iterdescendants():
        if (text := element.text) and element.tag not in _UNREAD:
            pieces.append(text)
        if text := element.tail:
            pieces.append(text)
    return _chars(pieces)


def _chars(pieces: list[str]) -> int:
    return count_but_spaces("".join(pieces))  # spaces between blocks are the markup's


def count_but_spaces(text: str) -> int:
    """Count characters that are no spaces, those in ASCII as bytes: several times as fast as splitting at spaces."""
    data = text.encode("utf-8", "surrogatepass")
    others = data.translate(None, _ASCII).decode("utf-8", "surrogatepass")  # whole characters, since none has an ASCII byte in it
    return len(data.translate(None, _SPACES_AND_OTHERS)) + len("".join(others.split()))


def text_within(element: HtmlElement) -> str:
    """Gather all the text in an element as it stands, whoever reads it."""
    text: str = _ALL_TEXT(element) if len(element) else element.text or ""
    return text
