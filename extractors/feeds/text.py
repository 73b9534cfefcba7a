"""Text without markup, control or bidirectional characters, as every record holds it.

Renders tags and entities, keeps what carries meaning (zero-width joiners and non-joiners, emoji) and normalises to NFC.
Refuses to guess words: nothing is added, translated or shortened but for the caps named here.
"""

from __future__ import annotations

import html
import re
import sys
import unicodedata
from collections.abc import Iterator

from lxml import etree

_MAX_LINE_CHARS = 16_384  # a longer "title" is an attack or a whole article

_BLOCK_NAMES = (
    "address article aside blockquote br caption center dd details dialog dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 "
    "h5 h6 header hgroup hr legend li main menu nav ol option p pre section summary table tbody tfoot thead title tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_CELLS = frozenset({"td", "th"})
_HIDDEN = frozenset({"script", "style", "template", "noscript", "iframe", "object", "svg", "head", "textarea", "select", "audio", "video"})
_INLINE_NAMES = (
    "a abbr acronym applet area audio b base basefont bdi bdo big body button canvas cite code col colgroup data datalist del dfn em embed "
    "font frame frameset html i iframe img input ins kbd label link map mark marquee math meta meter nobr noframes output param picture "
    "progress q rb rp rt ruby s samp slot small source span strike strong sub sup time track tt u var video wbr"
)
_NAMES = "|".join(sorted({*_BLOCKS, *_CELLS, *_HIDDEN, *_INLINE_NAMES.split()}, key=len, reverse=True))
# "x < y" and "<Reuters>" are words, not tags: only what HTML knows, comments and prefixed names (`o:p`) count as markup.
_STRAY_BRACKET = re.compile(rf"<(?!/?(?:{_NAMES})(?:[\s/>]|$)|/?[a-z][\w\-]*:[\w\-]+[\s/>]|[!?])", re.IGNORECASE)
_CDATA_MARKS = re.compile(r"<!\[CDATA\[|\]\]>")
_LINE_BREAKS = re.compile(r"\n[ \t\r\n]*")
_ENTITY = re.compile(r"&(?:#\d{1,8}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")


def clean_line(text: str) -> str:
    """Render a title, name or headline into one line. Markup that was escaped twice, as many feeds do, is rendered twice."""
    line = text[:_MAX_LINE_CHARS]
    if line.isascii() and line.isprintable() and "<" not in line and "&" not in line:  # most lines, and nothing to do
        return " ".join(line.split())
    for _ in range(2):
        line = _render(line)
    return " ".join(_normalise(line).split())


def markup_to_text(markup: str) -> str:
    """Render HTML into paragraphs separated by one newline; scripts, styles and forms' innards are left out."""
    return "\n".join(_paragraphs(_normalise(_render(markup))))


def plain_to_text(text: str) -> str:
    """Clean text that is declared to hold no markup: brackets and ampersands stay, lines become paragraphs."""
    return "\n".join(_paragraphs(_normalise(text)))


def _paragraphs(text: str) -> Iterator[str]:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return (line for line in lines if line)


def _invisible() -> dict[int, str | None]:
    """Characters that no reader sees and that fool those who compare, cut or display text, with what stands for them."""
    dropped = (
        *range(0x09),
        *(0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, *range(0x80, 0xA0)),  # C0 but tab and line breaks, DEL, C1
        *(0x00AD, 0x180E, 0x200B, *range(0x2060, 0x2065), *range(0x206A, 0x2070), 0xFEFF),  # soft hyphen, zero width, deprecated
        *(0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)),  # bidirectional marks, embeddings, isolates
        *range(0xD800, 0xE000),  # lone surrogates
        *(*range(0xFDD0, 0xFDF0), *range(0xFFF9, 0xFFFD)),  # noncharacters, interlinear and object marks
        *(plane * 0x10000 + low for plane in range(sys.maxunicode // 0x10000 + 1) for low in (0xFFFE, 0xFFFF)),
        *range(0xE0000, 0xE0080),  # tags
    )
    return {**dict.fromkeys(dropped), 0x0B: "\n", 0x0C: "\n", 0x0D: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n"}


_INVISIBLE = _invisible()
# Most texts have none, and to look is cheap, if what is beyond the first plane is one range for the pattern.
_MAYBE_INVISIBLE = re.compile(f"[{re.escape(''.join(chr(code) for code in _INVISIBLE if code < 0x10000))}\U00010000-\U0010ffff]")


def _normalise(text: str) -> str:
    return unicodedata.normalize("NFC", text.translate(_INVISIBLE) if _MAYBE_INVISIBLE.search(text) else text)


def _render(text: str) -> str:
    """Render markup: block elements and blank lines break the line, other line breaks are spaces as in HTML."""
    if "<" not in text:
        text = _unwrap(text)
        return _ENTITY.sub(lambda match: html.unescape(match[0]), text) if "&" in text else text
    visible = _CDATA_MARKS.sub("", text.translate(_INVISIBLE))
    source = f"<div>{_STRAY_BRACKET.sub('&lt;', visible)}</div>"
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, recover=True)
    root = etree.fromstring(source.encode("utf-8"), parser)
    return "".join(_visible_pieces(root)) if root is not None else ""


def _unwrap(text: str) -> str:
    return _LINE_BREAKS.sub(lambda match: " " if match[0].count("\n") == 1 else "\n", text) if "\n" in text else text


def _visible_pieces(root: etree._Element) -> Iterator[str]:
    # lxml's walk keeps no Python stack: markup nested ten thousand deep costs memory, not a RecursionError.
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        hidden = tag in _HIDDEN
        if event == "start":
            if hidden:
                walk.skip_subtree()
            elif tag in _BLOCKS:
                yield "\n"
            if element.text and not hidden:
                yield _unwrap(element.text) if tag != "pre" else element.text
        else:
            yield "\n" if tag in _BLOCKS else " " if tag in _CELLS else ""
            if element.tail:
                yield _unwrap(element.tail)
