"""The body of an article by our own reckoning: the smallest element that holds nearly all of a page's paragraphs, without its clutter.

A body split over several elements is joined, since what holds them all is chosen. Says how sure it is and refuses nothing:
what is uncertain is put to trafilatura (text.py). The tree is left as it was, and characters are not touched.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from extractors.pages.clutter import INLINE, NEVER, RARELY, UNREAD, is_clutter, is_clutter_line, is_unseen
from extractors.pages.tally import HOLDERS, count_characters, text_within

# All by the dev news pages, 2026-11-25: F1 .974 on either half of their domains (_SHARE and who is asked looked at both halves).
_SHARE = 0.75  # a child that holds so much of its parent's weight is the container instead of it
_MOST = 0.4  # of a page's weight: what holds more is never clutter, whatever its name
_PART = 0.3  # the same within a container
# What makes a body doubtful by itself, and what does so beside another: its length, the share of the page's body paragraphs
# that it holds, the share of all paragraphs that are not in clutter, and how near to the root, and so to the furniture, it is.
_FEW_CHARS, _SHORT_CHARS = 300, 800
_SPLIT, _LEFT_BEHIND = 0.8, 0.95
_MUCH_CLUTTER, _SOME_CLUTTER, _MUCH_CLUTTER_IF_NAMED = 0.6, 0.7, 0.5
# What is called a body, stands deep and is mostly no clutter is one, whatever is around it: 2026-11-25, on 17 dev pages with such
# a doubtful body trafilatura read the same.
_CLEAN, _DEEP = 0.65, 5
_BROADEST_DEPTH, _BROAD_DEPTH = 2, 3
_DOUBTS = 2  # of the lesser kind
_BODY_NAME = re.compile(r"(?:article|story|entry|post|news)[-_]{0,2}(?:body|content|text|copy)(?![a-z])", re.IGNORECASE)
_NAMED_LEVELS = 3  # the container and two around it

_LEAST_CHARS, _LEAST_WEIGHT, _LEAST_DIRECT, _FULL_CHARS = 25, 20, 60, 80
_LINK_SHARE, _LINK_LINE_CHARS, _ALL_LINK_SHARE = 0.6, 250, 0.95
_TITLE_LIKE_CHARS = 60
_FRAMES = frozenset(("div", "section"))
_OF_STORIES = ("li", "td")  # what a caption never has
_CAPTIONS_SHARE = 0.1  # of a body: where there is more below pictures, the pictures are what it is about
_CAPTION_CHARS = 250
_SLANTED = frozenset(("i", "em"))
_ALL_SLANTED, _POINTING_SHARE = 0.85, 0.25
_LEAVES = frozenset(("p", "li", "span", "blockquote"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_UNWEIGHED = UNREAD | {"a"}  # a link around whole blocks is a teaser
_IN_LAYOUT = ("p", "div", "table", "br", "script", "style", "ul", "h2", "h3", "a")  # a row with these is no row of data
_SENTENCE_END = re.compile(r"[.!?…。！？।؟:;\"”’»][\"')\]”’»]*\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What was taken for the body, and whether that may be believed without a second reading."""

    lines: tuple[str, ...] = ()
    is_certain: bool = False
    container: HtmlElement | None = field(default=None, compare=False)  # what holds it
    read: int | None = field(default=None, compare=False)  # characters people read on the page, spaces aside; None where nobody counted


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    text: str
    tag: str  # of the block that holds it
    link_chars: int
    slanted_chars: int = 0  # in italics
    is_caption: bool = False  # by what is around it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weights:
    """How much paragraph text, links subtracted, is below each element."""

    of: dict[HtmlElement, float]  # without what is in clutter
    every: dict[HtmlElement, float]  # clutter included
    total: float  # of the page, clutter included
    read: int  # characters people read on it, spaces aside


def find_body(tree: HtmlElement) -> Body:
    """Find the body of a page; no lines where there is no paragraph."""
    found = tree.find("body")
    root = tree if found is None else found
    weights = _weigh(root)
    whole = weights.of.get(root, 0.0)
    if not whole:
        return Body(read=weights.read)
    container = _choose(root, weights)
    lines = tuple(_without_clutter(_Renderer(weights, whole).render(container)))
    chars, depth = sum(map(len, lines)), sum(1 for _ in container.iterancestors())
    held, kept = weights.of[container] / whole, whole / weights.total
    is_doubtful = chars < _FEW_CHARS or held < _SPLIT or depth <= _BROADEST_DEPTH
    doubts = (chars < _SHORT_CHARS, held < _LEFT_BEHIND, kept < _SOME_CLUTTER, depth <= _BROAD_DEPTH)
    is_likely = kept >= _MUCH_CLUTTER and sum(doubts) < _DOUBTS
    is_clean = weights.of[container] >= _CLEAN * weights.every.get(container, weights.total) and depth >= _DEEP
    if not is_likely and (is_clean or (kept >= _MUCH_CLUTTER_IF_NAMED and held >= _LEFT_BEHIND)):
        is_likely = _is_named(container)
    return Body(lines=lines, is_certain=not is_doubtful and is_likely, container=container, read=weights.read)


def _is_named(container: HtmlElement) -> bool:
    """Tell whether an element, or one just around it, is called the body of an article."""
    near = itertools.islice(itertools.chain((container,), container.iterancestors()), _NAMED_LEVELS)
    return any(
        "articleBody" in (element.get("itemprop") or "") or _BODY_NAME.search(f"{element.get('class') or ''} {element.get('id') or ''}")
        for element in near
    )


def render_container(container: HtmlElement) -> tuple[str, ...]:
    """Render a body that is known to be all that stands in an element: nothing else on the page is looked at."""
    weights = _weigh(container)
    return tuple(_without_clutter(_Renderer(weights, weights.of.get(container, 0.0)).render(container)))


def _weigh(root: HtmlElement) -> _Weights:
    tally = count_characters(root)
    paragraphs = list(_paragraphs(root, tally.own))
    every: dict[HtmlElement, float] = {}
    for weight, line in paragraphs:
        for ancestor in line:
            every[ancestor] = every.get(ancestor, 0.0) + weight
    total = sum(weight for weight, _ in paragraphs)
    tags = NEVER | RARELY
    clutter = {element for element, weight in every.items() if weight < _MOST * total and (element.tag in tags or is_clutter(element))}
    kept: dict[HtmlElement, float] = {}
    for weight, line in paragraphs:
        if clutter.isdisjoint(line):
            for ancestor in (*line, root):
                kept[ancestor] = kept.get(ancestor, 0.0) + weight
    return _Weights(of=kept, every=every, total=total, read=tally.read)


def _paragraphs(root: HtmlElement, own: dict[HtmlElement, int]) -> Iterator[tuple[float, tuple[HtmlElement, ...]]]:
    """Yield the weight of what holds running text itself: characters, links counted against it; and the line from it up to the root."""
    paragraphs = ((element, float(len(" ".join(text_within(element).split())))) for element in root.iter("p"))
    holders = ((element, chars / 2 if element.tag == "li" else chars) for element, chars in own.items() if _holds_text(element, chars))
    for element, chars in itertools.chain(paragraphs, holders):
        if chars < _LEAST_CHARS:
            continue
        weight = chars - 2 * sum(len(text_within(link).strip()) for link in element.iter("a"))
        if weight < _LEAST_WEIGHT:
            continue
        line = tuple(_up_to(root, element))
        if not any(ancestor.tag in _UNWEIGHED for ancestor in line[1:]):
            yield weight if chars >= _FULL_CHARS else weight / 2, line


def _holds_text(element: HtmlElement, chars: int) -> bool:
    return chars >= _LEAST_DIRECT and element.tag in HOLDERS


def _up_to(root: HtmlElement, element: HtmlElement) -> Iterator[HtmlElement]:
    """Yield an element and its ancestors below the root."""
    at: HtmlElement | None = element
    while at is not None and at is not root:
        yield at
        at = at.getparent()


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
        self._slanted_chars = 0
        self._slants = 0  # elements of italics around
        self._pictures = 0  # elements around that hold a picture and a few words
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
            if self._slants:
                self._slanted_chars += len(text.strip())

    def _end(self, tag: str) -> None:
        text = " ".join("".join(self._pieces).split())
        if text:
            line = _Line(text=text, tag=tag, link_chars=self._link_chars, slanted_chars=self._slanted_chars, is_caption=self._pictures > 0)
            self._lines.append(line)
        self._pieces.clear()
        self._link_chars = self._slanted_chars = 0

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
                is_slanted = child.tag in _SLANTED
                self._slants += is_slanted
                self._walk(child, tag, in_link=in_link or child.tag == "a")
                self._slants -= is_slanted
        elif child.tag == "tr" and not any(True for _ in child.iter(*_IN_LAYOUT)):
            self._end(tag)
            cells = (" ".join("".join(cell.itertext()).split()) for cell in child.iterchildren("td", "th"))
            self._pieces.append(" | ".join(filter(None, cells)))
            self._end(child.tag)
        else:
            self._end(tag)
            if not self._is_left_out(child) and not self._is_clutter(child):
                is_picture = self._weights.get(child, 0.0) < _CAPTION_CHARS and _is_picture(child)
                self._pictures += is_picture
                self._walk(child, str(child.tag), in_link=in_link)
                self._end(str(child.tag))
                self._pictures -= is_picture

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
    captions = sum(len(line.text) for line in lines if line.is_caption)
    has_captions = captions <= _CAPTIONS_SHARE * sum(len(line.text) for line in lines)
    kept = []
    for line in lines:
        if line.is_caption and has_captions:
            continue
        share = line.link_chars / len(line.text)
        is_sentence = line.tag == "p" and len(line.text) >= _FULL_CHARS and _SENTENCE_END.search(line.text)
        is_links = share > _ALL_LINK_SHARE or (share > _LINK_SHARE and len(line.text) < _LINK_LINE_CHARS and not is_sentence)
        if not is_links and line.tag != "h1" and not is_clutter_line(line.text, link_share=share):
            kept.append(line)
    ending = len(kept)
    while ending > 1 and (_is_title_like(kept[ending - 1]) or _is_note(kept[ending - 1]) or _points_elsewhere(kept[ending - 1])):
        ending -= 1
    kept = kept[:ending]
    return [line.text for line in kept]


def _is_picture(element: HtmlElement) -> bool:
    """Tell whether an element holds a picture and, beside it, no more than a caption."""
    if (
        element.tag not in _FRAMES
        or next(element.iter("img", "picture"), None) is None
        or next(element.iter(*_OF_STORIES), None) is not None
    ):
        return False
    return len("".join(element.itertext()).strip()) < _CAPTION_CHARS


def _is_note(line: _Line) -> bool:
    """Tell whether a line at the end is a note to the story: all in italics, with a link in it."""
    return line.link_chars > 0 and line.slanted_chars >= _ALL_SLANTED * len(line.text)


def _points_elsewhere(line: _Line) -> bool:
    """Tell whether an entry of a list at the end is there for its link."""
    return line.tag == "li" and line.link_chars >= _POINTING_SHARE * len(line.text)


def _is_title_like(line: _Line) -> bool:
    return line.tag in _HEADINGS or (len(line.text) < _TITLE_LIKE_CHARS and not _SENTENCE_END.search(line.text))
