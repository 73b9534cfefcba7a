"""How far a text can be trusted to be a story: how much of it stands in links, and how much of the page is something else.

Measures and refuses to judge: whoever reads the figures decides, and stubs.py does for pages that are no article.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lxml.html import HtmlElement

_UNREAD = frozenset(("script", "style", "noscript", "template"))
_MIN_LINK_CHARS = 4  # shorter words occur outside links, too
_MAX_LINKS = 500
_DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Two shares in 0..1."""

    link_density: float  # of the text's characters, those that stand in links on the page
    boilerplate_share: float  # of the characters people read on the page, spaces aside, those that are not in the text


def measure_quality(tree: HtmlElement, text: str) -> Quality:
    """Measure a text against the page it was read from; a text from elsewhere (JSON-LD, the feed) counts as if it stood there."""
    return Quality(link_density=round(_link_density(tree, text), _DIGITS), boilerplate_share=round(_boilerplate_share(tree, text), _DIGITS))


def _link_density(tree: HtmlElement, text: str) -> float:
    if not text:
        return 0.0
    links = {_line_of(link) for link in islice(tree.iter("a"), _MAX_LINKS) if link.get("href")}
    found = [link for link in links if len(link) >= _MIN_LINK_CHARS and link in text]
    # A link within another's words is counted with those.
    outermost = [link for link in found if not any(link is not other and link in other for other in found)]
    return min(1.0, sum(map(len, outermost)) / len(text))


def _line_of(link: HtmlElement) -> str:
    return " ".join((("".join(link.itertext()) if len(link) else link.text) or "").split())


def _boilerplate_share(tree: HtmlElement, text: str) -> float:
    read = len("".join("".join(_read(tree)).split()))  # spaces between blocks are the markup's
    return max(0.0, 1.0 - len("".join(text.split())) / read) if read else 0.0


def _read(tree: HtmlElement) -> Iterator[str]:
    """Yield the pieces of text in the body that people read."""
    for body in tree.iter("body"):
        for element in body.iter():
            if (text := element.text) and element.tag not in _UNREAD:
                yield text
            if (tail := element.tail) and element is not body:
                yield tail
