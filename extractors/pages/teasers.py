"""Teasers of other pages: a headline that is a link, and a few words below it, several of a kind.

Says what part of a text they are. Refuses single ones, and blocks with as much text as a story.
"""

from __future__ import annotations

from lxml.html import HtmlElement

from extractors.pages.markup import text_of, word_key

_HEADINGS = ("h2", "h3", "h4")
_MIN_TEASERS = 3
_MIN_HEADLINE_WORDS = 2
_MAX_TEASER_CHARS = 600
_MAX_HEADINGS = 500  # looked at


def share_of_teasers(tree: HtmlElement, text: str) -> float:
    """Measure what part of a text's words stands in lines of teasers; 0.0 where a page has fewer than three."""
    teasers = [key for block in _blocks(tree) if len(shown := text_of(block)) <= _MAX_TEASER_CHARS and (key := word_key(shown))]
    if len(set(teasers)) < _MIN_TEASERS:
        return 0.0
    keys = [key for line in text.split("\n") if (key := word_key(line))]
    whole = "\n".join(teasers)
    return sum(len(key) for key in keys if key in whole) / max(sum(map(len, keys)), 1)


def _blocks(tree: HtmlElement) -> list[HtmlElement]:
    """Find the widest element around each linked headline that holds no other one."""
    headings = [node for node in tree.iter(*_HEADINGS) if _is_link(node)][:_MAX_HEADINGS]
    counts: dict[HtmlElement, int] = {}
    for heading in headings:
        for around in heading.iterancestors():
            counts[around] = counts.get(around, 0) + 1
    blocks = []
    for heading in headings:
        block = heading
        for around in heading.iterancestors():
            if counts[around] > 1:
                break
            block = around
        blocks.append(block)
    return blocks


def _is_link(heading: HtmlElement) -> bool:
    """Tell whether all of a heading is a link to another place than this page."""
    parent = heading.getparent()
    link = parent if parent is not None and parent.tag == "a" else heading.find(".//a")
    if link is None or (link.get("href") or "#").startswith("#"):
        return False
    shown = text_of(heading)
    return len(shown.split()) >= _MIN_HEADLINE_WORDS and (link is parent or text_of(link) == shown)
