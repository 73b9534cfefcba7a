"""How far a text can be trusted to be a story: how much of it stands in links, and how much of the page is something else.

Measures and refuses to judge: whoever reads the figures decides, and stubs.py does for pages that are no article.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from lxml.html import HtmlElement

from extractors.pages.tally import count_but_spaces, count_read, text_within

_MIN_LINK_CHARS = 4  # shorter words occur outside links, too
_MAX_LINKS = 500
_DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Two shares in 0..1."""

    link_density: float  # of the text's characters, those that stand in links, of its container or else of the page
    boilerplate_share: float  # of the characters people read on the page, spaces aside, those that are not in the text


def measure_quality(tree: HtmlElement, text: str, *, read: int | None = None, within: HtmlElement | None = None) -> Quality:
    """Measure a text against the page it was read from; a text from elsewhere (JSON-LD, the feed) counts as if it stood there.

    `read`: the characters that people read on the page, spaces aside, where somebody has counted them; `within`: what is known
    to hold the text, so that its links are no other's.
    """
    if read is None:
        read = sum(map(count_read, tree.iter("body")))
    boilerplate_share = max(0.0, 1.0 - count_but_spaces(text) / read) if read else 0.0
    link_density = _link_density(tree if within is None else within, text)
    return Quality(link_density=round(link_density, _DIGITS), boilerplate_share=round(boilerplate_share, _DIGITS))


def _link_density(tree: HtmlElement, text: str) -> float:
    if not text:
        return 0.0
    links = {" ".join(text_within(link).split()) for link in islice(tree.iter("a"), _MAX_LINKS) if link.get("href")}
    found = [link for link in links if len(link) >= _MIN_LINK_CHARS and link in text]
    # A link within another's words is counted with those.
    outermost = [link for link in found if not any(link is not other and link in other for other in found)]
    return min(1.0, sum(map(len, outermost)) / len(text))
