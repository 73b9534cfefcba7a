"""One parse of a page, shared by everything that reads it, and the plain questions asked of the tree.

Refuses to judge: which of several titles or dates is right is decided where it is used. Nothing here changes a tree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from extractors.feeds.text import clean_line
from extractors.pages.decode import encode_characters

# The parser would stop or fail at them.
_NOT_XML = bytes((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20)))
_MISSPELT_HTML = re.compile(rb"(<html[^>]{0,2000}?)/>", re.IGNORECASE)
_HEAD_BYTES = 20_000  # where the page's own <html> stands
_DOCTYPE = re.compile(rb"\A\s*<\s?!\s?doctype[^>]{0,2000}>", re.IGNORECASE)

_WORD = re.compile(r"\w+")
_WITH_ITEMPROP = etree.XPath("descendant-or-self::*/@itemprop/..")  # three times as fast as asking each element
_META_KEYS = ("property", "name", "itemprop")
_UNREAD = frozenset({"script", "style", "noscript", "template", "svg"})
_INLINE_NAMES = "a abbr b bdi bdo big cite code em font i ins kbd mark q s small span strong sub sup tt u wbr"
_INLINE = frozenset(_INLINE_NAMES.split())


def parse_markup(page: str | bytes) -> HtmlElement | None:
    """Parse a page, decoded or as `page_in_utf8` hands it out; None where there is no element in it."""
    data = encode_characters(page) if isinstance(page, str) else page
    # libxml2 drops the page behind a doctype or an <html> that closes itself (bugs.launchpad.net/lxml/+bug/1955915).
    head = data[:_HEAD_BYTES]
    mended = _MISSPELT_HTML.sub(rb"\1>", _DOCTYPE.sub(b"", head, count=1), count=1)
    if mended != head:
        data = mended + data[_HEAD_BYTES:]
    data = data.translate(None, _NOT_XML)
    # Without huge_tree the parser silently drops what is nested deeper than 256: pages that never close their <font>.
    parser = HTMLParser(encoding="utf-8", huge_tree=True, collect_ids=False, default_doctype=False, remove_comments=True, remove_pis=True)
    # lxml.html asks Python for the class of every element it hands out, a tenth of a page's time; one class serves us for all.
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    try:
        tree = document_fromstring(data, parser=parser)
    except etree.XMLSyntaxError as cause:
        if cause.code == etree.ErrorTypes.ERR_NO_MEMORY:  # a page that bombs is no empty one
            raise MemoryError("while parsing a page") from cause
        return None
    except etree.LxmlError:
        return None
    return tree if len(tree) else None


def text_of(element: HtmlElement) -> str:
    """Gather the text within an element that people read, as one clean line."""
    if len(element) or element.tag in _UNREAD:
        return clean_line("".join(_pieces(element)))
    return clean_line(element.text or "")


def meta_contents(tree: HtmlElement) -> dict[str, tuple[str, ...]]:
    """Gather the contents of the `<meta>` elements by lower-case property, name or itemprop, in order."""
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = (element.get("content") or "").strip()
        if content:
            for name in {name.strip().lower() for name in map(element.get, _META_KEYS) if name}:
                found.setdefault(name, []).append(content)
    return {name: tuple(contents) for name, contents in found.items() if name}


def marked(tree: HtmlElement, name: str) -> Iterator[HtmlElement]:
    """Find what microdata calls by this name, in order."""
    return (element for element in _WITH_ITEMPROP(tree) if name in element.get("itemprop").split())


@lru_cache(maxsize=128)  # a headline, its variants and the outlet's names are compared many times
def word_key(text: str) -> str:
    """Reduce a line to what its spellings have in common: NFKC, case folded, word characters only, single spaces."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def _pieces(element: HtmlElement) -> Iterator[str]:
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, node in walk:
        edge = "" if node.tag in _INLINE else " "
        if event == "start":
            yield edge
            if node.tag in _UNREAD:
                walk.skip_subtree()
            elif node.text:
                yield node.text
        else:
            yield edge
            if node.tail and node is not element:
                yield node.tail
