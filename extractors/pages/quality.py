"""How far a text can be trusted to be a story: how much of it stands in links, and how much of the page is something else.

Measures and refuses to judge: whoever reads the figures decides, and stubs.py does for pages that are no article.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement

from extractors.pages.markup import text_of

_READ = etree.XPath("//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript or ancestor::template or ancestor::svg)]")
_MIN_LINK_CHARS = 4  # shorter words occur outside links, too
_MAX_LINKS = 500
_DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Two shares in 0..1."""

    link_density: float  # of the text's characters, those that stand in links on the page
    boilerplate_share: float  # of the characters people read on the page, those that are not in the text


def measure_quality(tree: HtmlElement, text: str) -> Quality:
    """Measure a text against the page it was read from; a text from elsewhere (JSON-LD, the feed) counts as if it stood there."""
    return Quality(link_density=round(_link_density(tree, text), _DIGITS), boilerplate_share=round(_boilerplate_share(tree, text), _DIGITS))


def _link_density(tree: HtmlElement, text: str) -> float:
    if not text:
        return 0.0
    links = {text_of(link) for _, link in zip(range(_MAX_LINKS), tree.iter("a"), strict=False) if link.get("href")}
    found = [link for link in links if len(link) >= _MIN_LINK_CHARS and link in text]
    # A link within another's words is counted with those.
    outermost = [link for link in found if not any(link is not other and link in other for other in found)]
    return min(1.0, sum(map(len, outermost)) / len(text))


def _boilerplate_share(tree: HtmlElement, text: str) -> float:
    read = sum(len(" ".join(piece.split())) for piece in _READ(tree))
    return max(0.0, 1.0 - len(text) / read) if read else 0.0
