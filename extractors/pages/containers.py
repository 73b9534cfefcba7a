"""The body of an article by our own reckoning: the smallest element that holds nearly all of a page's paragraphs, without its clutter.

A body split over several elements is joined, since what holds them all is chosen. Says how sure it is and refuses nothing:
what is uncertain is put to trafilatura (text.py). The tree is left as it was, and characters are not touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from extractors.pages.clutter import INLINE, NEVER, RARELY, UNREAD, is_clutter, is_clutter_line, is_unseen

# All by the dev news pages, 2026-11-25: F1 .974 on either half of their domains (_SHARE and who is asked looked at both halves).
_SHARE = 0.75  # a child that holds so much of its parent's weight is the container instead of it
_MOST = 0.4  # of a page's weight: what holds more is never clutter, whatever its name
_PART = 0.3  # the same within a container
_CERTAIN_SHARE = 0.95  # of the page's body paragraphs within the container
_CERTAIN_KEPT = 0.6  # of the page's paragraphs not in clutter
_CERTAIN_CHARS = 800
_BROAD_DEPTH = 3  # so near to the root it holds the page's furniture, too

_LEAST_CHARS, _LEAST_WEIGHT, _LEAST_DIRECT, _FULL_CHARS = 25, 20, 60, 80
_LINK_SHARE, _LINK_LINE_CHARS = 0.6, 250
_TITLE_LIKE_CHARS = 60
_HOLDERS = frozenset(("div", "section", "td", "article", "main", "span", "li", "pre", "blockquote", "dd", "center", "font"))
_BLOCK_HOLDERS = frozenset(("div", "section", "td", "article", "li"))
_LEAVES = frozenset(("p", "li", "span", "blockquote"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_IN_LAYOUT = ("p", "div", "table", "br", "script", "style", "ul", "h2", "h3", "a")  # a row with these is no row of data
_SPACES = re.compile(r"\s+")
_SENTENCE_END = re.compile(r"[.!?…。！？।؟:;\"”’»][\"')\]”’»]*\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What was taken for the body, and whether that may be believed without a second reading."""

    lines: tuple[str, ...] = ()
    is_certain: bool = False
    container: HtmlElement | None = field(default=None, compare=False)  # what holds it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    text: str
    tag: str  # of the block that holds it
    link_chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weights:
    """How much paragraph text, links subtracted, is below each element."""

    of: dict[HtmlElement, float]  # without what is in clutter
    total: float  # of the page, clutter included


def find_body(tree: HtmlElement) -> Body:
    """Find the body of a page; no lines where there is no paragraph."""
    found = tree.find("body")
    root = tree if found is None else found
    weights = _weigh(root)
    whole = weights.of.get(root, 0.0)
    if not whole:
        return Body()
    container = _choose(root, weights)
    lines = tuple(_without_clutter(_Renderer(weights, whole).render(container)))
    is_certain = (
        sum(map(len, lines)) >= _CERTAIN_CHARS
        and weights.of[container] >= _CERTAIN_SHARE * whole
        and whole >= _CERTAIN_KEPT * weights.total
        and sum(1 for _ in container.iterancestors()) > _BROAD_DEPTH
    )
    return Body(lines=lines, is_certain=is_certain, container=container)


def render_container(container: HtmlElement) -> tuple[str, ...]:
    """Render a body that is known to be all that stands in an element: nothing else on the page is looked at."""
    weights = _weigh(container)
    return tuple(_without_clutter(_Renderer(weights, weights.of.get(container, 0.0)).render(container)))


def _weigh(root: HtmlElement) -> _Weights:
    paragraphs = [(element, weight, tuple(_up_to(root, element))) for element, weight in _paragraphs(root)]
    every: dict[HtmlElement, float] = {}
    for _, weight, line in paragraphs:
        for ancestor in line:
            every[ancestor] = every.get(ancestor, 0.0) + weight
    total = sum(weight for _, weight, _ in paragraphs)
    tags = NEVER | RARELY
    clutter = {element for element, weight in every.items() if weight < _MOST * total and (element.tag in tags or is_clutter(element))}
    kept: dict[HtmlElement, float] = {}
    for _, weight, line in paragraphs:
        if clutter.isdisjoint(line):
            for ancestor in (*line, root):
                kept[ancestor] = kept.get(ancestor, 0.0) + weight
    return _Weights(of=kept, total=total)


def _up_to(root: HtmlElement, element: HtmlElement) -> Iterator[HtmlElement]:
    """Yield an element and its ancestors below the root."""
    at: HtmlElement | None = element
    while at is not None and at is not root:
        yield at
        at = at.getparent()


def _paragraphs(root: HtmlElement) -> Iterator[tuple[HtmlElement, float]]:
    """Yield what holds running text itself, with its weight: characters, links counted against it."""
    for element in root.iter("p", *_HOLDERS):
        if element.tag == "p":
            chars: float = len(_SPACES.sub(" ", "".join(element.itertext())).strip())
        else:
            chars = _direct_chars(element)
            if chars < _LEAST_DIRECT:
                continue
            if element.tag == "li":
                chars /= 2
        if chars < _LEAST_CHARS:
            continue
        weight = chars - 2 * sum(len("".join(link.itertext()).strip()) for link in element.iter("a"))
        if weight >= _LEAST_WEIGHT and not any(ancestor.tag in UNREAD for ancestor in element.iterancestors()):
            yield element, weight if chars >= _FULL_CHARS else weight / 2


def _direct_chars(element: HtmlElement) -> int:
    """Count the characters an element holds itself, not in blocks of its own."""
    chars = len(element.text.strip()) if element.text else 0
    for child in element:
        if child.tail:
            chars += len(child.tail.strip())
        if child.text and child.tag in INLINE and child.tag not in UNREAD and child.tag != "span" and element.tag in _BLOCK_HOLDERS:
            chars += len(child.text)
    return chars


def _choose(root: HtmlElement, weights: _Weights) -> HtmlElement:
    """Go down from the root for as long as one child holds nearly all."""
    at = root
    while True:
        heaviest = max((child for child in at if child in weights.of), key=weights.of.__getitem__, default=None)
        if heaviest is None or heaviest.tag in _LEAVES or weights.of[heaviest] < _SHARE * weights.of[at]:
            return at
        at = heaviest


class _Renderer:
    """Turns a container into lines, one for each block, and leaves clutter out."""

    def __init__(self, weights: _Weights, whole: float) -> None:
        self._weights = weights.of
        self._part = _PART * whole
        self._pieces: list[str] = []
        self._link_chars = 0
        self._lines: list[_Line] = []

    def render(self, container: HtmlElement) -> list[_Line]:
        """Render one container."""
        self._walk(container, str(container.tag), in_link=False)
        self._end(str(container.tag))
        return self._lines

    def _add(self, text: str | None, *, in_link: bool) -> None:
        if text:
            self._pieces.append(text)
            if in_link:
                self._link_chars += len(text.strip())

    def _end(self, tag: str) -> None:
        text = _SPACES.sub(" ", "".join(self._pieces)).strip()
        if text:
            self._lines.append(_Line(text=text, tag=tag, link_chars=self._link_chars))
        self._pieces.clear()
        self._link_chars = 0

    def _walk(self, element: HtmlElement, tag: str, *, in_link: bool) -> None:
        self._add(element.text, in_link=in_link)
        for child in element:
            self._visit(child, tag, in_link=in_link)
            self._add(child.tail, in_link=in_link)

    def _visit(self, child: HtmlElement, tag: str, *, in_link: bool) -> None:
        if child.tag == "br":
            if tag != "p" or _is_paragraph_break(child):
                self._end(tag)
            else:
                self._pieces.append(" ")
        elif child.tag in INLINE:
            if not self._is_left_out(child) and not is_unseen(child) and not (self._is_alone(child) and self._is_clutter(child)):
                self._walk(child, tag, in_link=in_link or child.tag == "a")
        elif child.tag == "tr" and not any(True for _ in child.iter(*_IN_LAYOUT)):
            self._end(tag)
            cells = (_SPACES.sub(" ", "".join(cell.itertext())).strip() for cell in child.iterchildren("td", "th"))
            self._pieces.append(" | ".join(filter(None, cells)))
            self._end(child.tag)
        else:
            self._end(tag)
            if not self._is_left_out(child) and not self._is_clutter(child):
                self._walk(child, str(child.tag), in_link=in_link)
                self._end(str(child.tag))

    def _is_left_out(self, child: HtmlElement) -> bool:
        return child.tag in NEVER or (child.tag in RARELY and self._weights.get(child, 0.0) <= self._part)

    def _is_clutter(self, child: HtmlElement) -> bool:
        return self._weights.get(child, 0.0) < self._part and is_clutter(child)

    def _is_alone(self, child: HtmlElement) -> bool:
        """Tell whether an inline element is a line of its own: what stands within a sentence is never clutter."""
        return not (child.tail or "").strip() and not "".join(self._pieces).strip()


def _is_paragraph_break(element: HtmlElement) -> bool:
    """Tell whether a `<br>` is followed by another."""
    following = element.getnext()
    return following is not None and following.tag == "br" and not (element.tail or "").strip()


def _without_clutter(lines: list[_Line]) -> list[str]:
    kept = []
    for line in lines:
        share = line.link_chars / len(line.text)
        is_sentence = line.tag == "p" and len(line.text) >= _FULL_CHARS and _SENTENCE_END.search(line.text)
        is_links = share > _LINK_SHARE and len(line.text) < _LINK_LINE_CHARS and not is_sentence
        if not is_links and line.tag != "h1" and not is_clutter_line(line.text, link_share=share):
            kept.append(line)
    while kept and _is_title_like(kept[-1]):  # a heading with nothing below it
        kept.pop()
    return [line.text for line in kept]


def _is_title_like(line: _Line) -> bool:
    return line.tag in _HEADINGS or (len(line.text) < _TITLE_LIKE_CHARS and not _SENTENCE_END.search(line.text))
