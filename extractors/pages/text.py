"""The body of an article out of its page: a source's own rules first, then our own reckoning, trafilatura where that is unsure.

Hands out paragraphs separated by one newline, NFC, without control or direction characters; joiners and non-joiners are
spelling and stay. Refuses trafilatura's metadata: it costs as much as the text and knows less than the markup says.
"""

from __future__ import annotations

import html
import itertools
import logging
import re
from collections.abc import Iterable
from copy import deepcopy
from functools import lru_cache

import trafilatura
from lxml import etree
from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement, document_fromstring
from trafilatura.settings import Document

from extractors.errors import SourceError
from extractors.feeds.dates import parse_date
from extractors.feeds.months import jalali_month_of, month_of
from extractors.feeds.text import markup_to_text, plain_to_text
from extractors.pages.authors import clean_names
from extractors.pages.clutter import is_clutter_line, without_tail
from extractors.pages.containers import Body, find_body, render_container
from extractors.pages.markup import word_key
from extractors.pages.scriptjson import find_story
from extractors.records import ExtractRules

# Says at level ERROR of every hopeless page what we say with a Rejection.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)

_JOINERS = "\u200c\u200d"
# Printable, of one word with its neighbours, in no normalisation form and in no text: trafilatura takes them for letters.
_STAND_INS = tuple(chr(code) for code in range(0x10600, 0x10737))  # Linear A
_LEFT_OUT = ("script", "style", "noscript", "template", "svg", "iframe", "nav", "button", "select", "meta", "link")
_SHORT_CHARS = 250  # with less, the story may stand in a script's data
_TOO_LITTLE = 0.25  # of our own text: a fast second reading with less is read again in full
_AGREEMENT = 0.75  # of either reading's words in lines of the other; where they differ more, trafilatura is better (dev news, 2026-11-25)
_HEADER_LINES = 5
_MAX_HEADER_CHARS = 100
_MAX_DATE_WORDS = 3  # beside the month: the day of the week, 'Updated', a zone
_WORD = re.compile(r"[^\W\d_]+")
_CELL_EDGE = re.compile(r"(?<!\\)\|")
_SPACED = re.compile(r"[^\W_]\S*")  # once for what stands between two spaces and has a letter or a figure
_IDEOGRAPH = re.compile(r"[\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_UNSPACED = re.compile(r"[\u0e01-\u0e30\u0e32-\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0ebd-\u0ec6\u1000-\u102a\u1780-\u17b3]")
_MAY_BE_UNSPACED = re.compile(r"[\u0e01-\u17b3\u3005-\U0003ffff]")  # one quick look for both


def extract_text(tree: HtmlElement, *, rules: ExtractRules, body: Body | None = None) -> str:
    """Find the main text of a page; empty where there is none. The tree is left as it was.

    `body`: what `find_body` has found in this very tree already; with rules it is of no use.
    """
    text = _text_of_tree(_apply(tree, rules)) if rules.keep or rules.drop else _text_of_tree(tree, body)
    if len(text) >= _SHORT_CHARS:
        return text
    story = plain_to_text(find_story(tree))
    return story if len(story) > 2 * len(text) else text


def text_within(container: HtmlElement) -> str:
    """Read the text of an element that is known to hold the whole body."""
    return plain_to_text("\n".join(without_tail(render_container(container))))


def text_of_body(body: Body) -> str:
    """Write out a body's lines."""
    return plain_to_text("\n".join(without_tail(body.lines)))


def _text_of_tree(tree: HtmlElement, body: Body | None = None) -> str:
    """Read what the markup holds."""
    body = body or find_body(tree)
    text = text_of_body(body)
    if body.is_certain:
        return text
    lean = deepcopy(tree)
    etree.strip_elements(lean, *_LEFT_OUT, with_tail=False)  # trafilatura copies and searches the tree many times over
    second = _second_reading(lean, fast=True) if text else ""
    if len(second) <= _TOO_LITTLE * len(text):
        second = _second_reading(lean, fast=False)
    return text if _agree(text, second) else second or text


def _second_reading(tree: HtmlElement, *, fast: bool) -> str:
    lines = map(_plain_row, plain_to_text(_ask_trafilatura(tree, fast=fast)).split("\n"))
    return "\n".join(without_tail(tuple(line for line in lines if line and not is_clutter_line(line))))


def _agree(first: str, second: str) -> bool:
    """Tell whether two readings of a page hold nearly the same lines."""
    return min(_share_within(first, second), _share_within(second, first)) >= _AGREEMENT


def _share_within(text: str, other: str) -> float:
    """Measure what part of a text's words are in lines that the other text holds, too."""
    whole = word_key(other)
    keys = [word_key(line) for line in text.split("\n")]
    chars = sum(map(len, keys))
    return sum(len(key) for key in keys if key in whole) / chars if chars else 0.0


def text_of_markup(markup: str) -> str:
    """Render an `articleBody`, which may hold markup or entities, once or twice escaped, or neither."""
    text = markup_to_text(markup)
    return plain_to_text(html.unescape(text)) if "&" in text else text


def without_header(text: str, *, title: str, authors: Iterable[str]) -> str:
    """Take off the top what only repeats the headline, the authors or a date, each in a line of its own."""
    known = {word_key(title), *map(word_key, authors)} - {""}
    lines = text.split("\n")
    repeated = itertools.takewhile(lambda line: _repeats(line, known), lines[:_HEADER_LINES])
    return "\n".join(lines[len(list(repeated)) :])


@lru_cache(maxsize=4)  # asked for the same text by several
def count_words(text: str) -> int:
    """Count words between spaces; scripts without spaces count by the character (Chinese, Japanese) or by fours (Thai and the like)."""
    solid = unspaced = 0
    if _MAY_BE_UNSPACED.search(text):
        text, solid = _IDEOGRAPH.subn(" ", text)
        text, unspaced = _UNSPACED.subn(" ", text)
    return len(_SPACED.findall(text)) + solid + (unspaced + 3) // 4


def _apply(tree: HtmlElement, rules: ExtractRules) -> HtmlElement:
    """Copy a page without what the rules drop and, where one of their `keep` selectors finds something, with nothing else."""
    copy = deepcopy(tree)
    for selector in rules.drop:
        for element in _compile(selector)(copy):
            if element.getparent() is not None:
                element.drop_tree()
    kept = [element for selector in rules.keep for element in _compile(selector)(copy)]
    if not kept:
        return copy
    chosen = set(kept)
    outermost = [element for element in copy.iter() if element in chosen and not chosen.intersection(element.iterancestors())]
    page = document_fromstring("<html><body></body></html>")
    main = etree.SubElement(page[0], "main")  # in an <article> trafilatura may run paragraphs together
    for element in outermost:
        element.tail = None
        main.append(element)
    return page


@lru_cache(maxsize=256)
def _compile(selector: str) -> CSSSelector:
    """Compile a CSS selector of a source's rules; SourceError for one that is none."""
    try:
        return CSSSelector(selector, translator="html")
    except (etree.XPathError, SyntaxError, ValueError) as cause:
        raise SourceError(f"extract rules: not a CSS selector: {selector!r}: {cause}") from cause


def _ask_trafilatura(tree: HtmlElement, *, fast: bool) -> str:
    text = "".join(tree.itertext())
    if not any(joiner in text for joiner in _JOINERS):
        return _run(tree, fast=fast)
    # It drops characters that are not printable, joiners among them, and Persian words would run together.
    stand_ins = [char for char in _STAND_INS if char not in text][: len(_JOINERS)]
    there = str.maketrans(dict(zip(_JOINERS, stand_ins, strict=True)))
    back = str.maketrans(dict(zip(stand_ins, _JOINERS, strict=True)))
    return _run(_translated(tree, there), fast=fast).translate(back)


def _run(tree: HtmlElement, *, fast: bool) -> str:
    document = trafilatura.bare_extraction(tree, include_comments=False, with_metadata=False, fast=fast)
    return document.text or "" if isinstance(document, Document) else ""


def _translated(tree: HtmlElement, table: dict[int, str]) -> HtmlElement:
    """Copy a page with these characters replaced in all its text."""
    copy = deepcopy(tree)
    for element in copy.iter():
        if element.text:
            element.text = element.text.translate(table)
        if element.tail:
            element.tail = element.tail.translate(table)
    return copy


def _plain_row(line: str) -> str:
    """Undo what trafilatura makes of a table's row in Markdown's manner; rules between rows go."""
    if len(line) < 2 or line[0] != "|" or line[-1] != "|":
        return line
    cells = (cell.strip().replace("\\|", "|") for cell in _CELL_EDGE.split(line[1:-1]))
    return " | ".join(cell for cell in cells if cell.strip("-:"))


def _repeats(line: str, known: set[str]) -> bool:
    key = word_key(line)
    names = [word_key(name) for name in clean_names(line)] if len(line) <= _MAX_HEADER_CHARS else []
    return key in known or (bool(names) and known.issuperset(names)) or _is_date(line)


def _is_date(line: str) -> bool:
    """Tell whether a line holds a date and hardly anything else."""
    if len(line) > _MAX_HEADER_CHARS or parse_date(line, timezone=None, origin="").at is None:
        return False
    words = [word for word in _WORD.findall(line) if month_of(word) is None and jalali_month_of(word) is None]
    return len(words) <= _MAX_DATE_WORDS
