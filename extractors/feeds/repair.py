"""Feed XML made safe and, where its fault is a common one, well-formed, before feedparser sees it.

Removes the document type with all it could expand or fetch, characters and references that XML forbids, and closes
CDATA that nobody closed. Refuses to change what a well-formed document says.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import html5

_MAX_ENTITY_CHARS = 256  # of one declared value: company names and signs, never a text
_MAX_EXPANSION_CHARS = 2**20  # of a whole document
_MAX_ATTRIBUTES = 200  # of one tag; feedparser's time grows with the square of them (50,000: 33 s)
_MAX_PREFIXES = 100  # likewise
_MAX_LOOSE_ENDS = 2_000  # tags never ended, elements never closed; feedparser's time grows with the square of them as well

_XML_DECLARATION = re.compile(r"<\?xml\b[^>]*?\?>", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)
_DOCTYPE_TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|<!--.*?-->|[\[\]>]", re.DOTALL)
_ENTITY_NAME = re.compile(r"<!ENTITY\s+([\w.\-]+)")
_ENTITY_DECLARATION = re.compile(r"<!ENTITY\s+([\w.\-]+)\s+(?:\"([^\"]*)\"|'([^']*)')\s*>")
_CHARACTER_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|(\d{1,10}));")
_SURROGATE_PAIR = re.compile(r"&#(?:x0*(d[89ab][0-9a-f]{2})|0*(5[56]\d{3}));&#(?:x0*(d[c-f][0-9a-f]{2})|0*(5[67]\d{3}));", re.IGNORECASE)
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OPENING = re.compile(r"<!\[CDATA\[|<!--")
_CLOSING_TAG = re.compile(r"</(?:title|description|summary|content|content:encoded|link|guid|author|item|entry)\s*>", re.IGNORECASE)
_AMPERSAND = re.compile(r"&(?:#(?:x([0-9a-fA-F]{1,8})|(\d{1,10}))|([A-Za-z_][\w.\-]{0,63}));|&")
_ROOT = re.compile(r"<(?:[A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)")
_ITEM = re.compile(r"<(?:[A-Za-z_][\w.\-]*:)?(?:item|entry)[\s/>]", re.IGNORECASE)
_ITEM_OR_CDATA = re.compile(rf"{_ITEM.pattern}|<!\[CDATA\[", re.IGNORECASE)
_TAG = re.compile(r"<[A-Za-z_][^<>]*")
_START = re.compile(r"<[A-Za-z_]")
_PREFIX = re.compile(r"\bxmlns:([\w.\-]+)")
_OWN_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """A feed's XML without declaration and document type, and what had to be done to it."""

    text: str
    root: str = ""  # local name of the first element, lower case
    items: int = 0  # how many `item` or `entry` tags stand outside of CDATA and comments
    problems: tuple[str, ...] = ()


def repair_xml(text: str) -> Repaired:
    """Prepare a document for feedparser; the text is empty where it would be dangerous to parse."""
    start = text.find("<")
    if start < 0:
        return Repaired(text="", problems=("nothing in it looks like XML",))
    problems = ["text before the first tag was skipped"] if text[:start].strip() else []
    body, entities, doctype_problems = _strip_doctype(_XML_DECLARATION.sub("", text[start:], count=1))
    problems += doctype_problems
    if _FORBIDDEN.search(body):
        problems.append("characters that XML forbids were removed")
        body = _FORBIDDEN.sub("", body)
    if body.count("<![CDATA[") > body.count("]]>"):
        problems.append("a CDATA section is never closed")
    segments = tuple(_segments(body))
    markup = tuple(piece for is_markup, piece in segments if is_markup)
    root = next((match[1].lower() for piece in markup if (match := _ROOT.search(piece))), "")
    danger = _danger_in(markup)
    if danger:
        return Repaired(text="", root=root, problems=(*problems, danger))
    references = _References(entities)
    repaired = "".join(references.mend(piece) if is_markup else piece for is_markup, piece in segments)
    if references.refused:
        problems.append(f"entities were not expanded: {', '.join(sorted(references.refused)[:5])}")
    items = sum(len(_ITEM.findall(piece)) for piece in markup)
    return Repaired(text=repaired.strip(), root=root, items=items, problems=tuple(problems))


def _strip_doctype(text: str) -> tuple[str, dict[str, str], list[str]]:
    """Cut the document type out; keep of it the entities that are short plain text; the others stand for nothing."""
    opening = _DOCTYPE.search(text, 0, 16_384)
    if not opening:
        return text, {}, []
    depth = 0
    for token in _DOCTYPE_TOKEN.finditer(text, opening.end()):
        depth += {"[": 1, "]": -1}.get(token[0], 0)
        if token[0] == ">" and depth <= 0:
            subset = text[opening.end() : token.start()]
            declared = _ENTITY_DECLARATION.findall(subset)
            kept = {name: value for name, double, single in declared if (value := _plain_value(double or single)) is not None}
            refused = sorted(set(_ENTITY_NAME.findall(subset)) - kept.keys())
            problems = [f"entities of the document type were refused: {', '.join(refused[:5])}"] if refused else []
            return text[: opening.start()] + text[token.end() :], kept | dict.fromkeys(refused, ""), problems
    return text[: opening.start()] + text[opening.end() :], {}, ["the document type is never closed"]


def _plain_value(value: str) -> str | None:
    """Value of a declared entity with its character references undone; None for markup, nesting and whole texts."""
    plain = _CHARACTER_REFERENCE.sub(lambda match: _character(match[1], match[2]), value)
    return plain if len(plain) <= _MAX_ENTITY_CHARS and "<" not in value and "&" not in _CHARACTER_REFERENCE.sub("", value) else None


def _character(hexadecimal: str | None, decimal: str | None) -> str:
    """Give the character of a reference: nothing for a control, U+FFFD for what is none."""
    code = int(hexadecimal, 16) if hexadecimal else int(decimal or "0")
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        return "\ufffd"
    return _FORBIDDEN.sub("", chr(code))


class _References:
    """Mends what follows an ampersand, and counts what declared entities add to the document."""

    def __init__(self, declared: dict[str, str]) -> None:
        self._declared = declared
        self._left_chars = _MAX_EXPANSION_CHARS
        self.refused: set[str] = set()

    def mend(self, markup: str) -> str:
        """Every reference is one that XML itself knows, or the character it stands for; other ampersands are escaped."""
        if "&" not in markup:
            return markup
        return _AMPERSAND.sub(self._respell, _SURROGATE_PAIR.sub(_join_pair, markup))

    def _respell(self, match: re.Match[str]) -> str:
        if match[1] or match[2]:
            character = _character(match[1], match[2])
            return character if character in {"", "\ufffd"} else match[0]
        name = match[3]
        if name in _OWN_ENTITIES:
            return match[0]
        value = self._declared.get(name or "")
        if value is not None and self._left_chars < len(value):
            self.refused.add(name)
            return ""
        if value is not None:
            self._left_chars -= len(value)
        else:
            value = html5.get(f"{name};") if name else None
        return f"&amp;{match[0][1:]}" if value is None else _escape(value)


def _escape(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _join_pair(match: re.Match[str]) -> str:
    """Undo a character above U+FFFF that was written as two UTF-16 halves."""
    high = int(match[1], 16) if match[1] else int(match[2])
    low = int(match[3], 16) if match[3] else int(match[4])
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    return "\ufffd"


def _segments(text: str) -> Iterator[tuple[bool, str]]:
    """Cut a document into markup (True) and CDATA (False), each CDATA section closed; comments are left out."""
    position = 0
    last_close = {"<!--": text.rfind("-->"), "<![CDATA[": text.rfind("]]>")}
    while opening := _OPENING.search(text, position):
        yield True, text[position : opening.start()]
        if opening[0] == "<!--":
            # An unclosed comment hides nothing: its mark alone is dropped.
            closed = opening.end() <= last_close["<!--"]
            position = text.index("-->", opening.end()) + 3 if closed else opening.end()
            continue
        end = text.index("]]>", opening.end()) if opening.end() <= last_close["<![CDATA["] else len(text)
        following = text.find("<![CDATA[", opening.end(), end)
        unclosed = following >= 0 or end == len(text)
        close = _CLOSING_TAG.search(text, opening.end(), following if following >= 0 else end) if unclosed else None
        if close:
            yield False, f"{text[opening.start() : close.start()]}]]>"
            position = close.start()
        else:
            yield False, f"{text[opening.start() : end]}]]>"
            position = end + 3
    yield True, text[position:]


def _danger_in(markup: tuple[str, ...]) -> str:
    """Say in words why no parser should be given this markup; empty where there is no reason."""
    if any(piece.count("=") > _MAX_ATTRIBUTES and _has_crowded_tag(piece) for piece in markup):
        return f"a tag has more than {_MAX_ATTRIBUTES} attributes; the document was not parsed"
    if len({prefix for piece in markup for prefix in _PREFIX.findall(piece)}) > _MAX_PREFIXES:
        return f"more than {_MAX_PREFIXES} namespaces; the document was not parsed"
    if sum(piece.count("<") - piece.count(">") for piece in markup) > _MAX_LOOSE_ENDS:
        return f"more than {_MAX_LOOSE_ENDS} tags are never ended; the document was not parsed"
    if sum(len(_START.findall(piece)) - piece.count("</") - piece.count("/>") for piece in markup) > _MAX_LOOSE_ENDS:
        return f"more than {_MAX_LOOSE_ENDS} elements are never closed; the document was not parsed"
    return ""


def _has_crowded_tag(markup: str) -> bool:
    return any(tag[0].count("=") > _MAX_ATTRIBUTES for tag in _TAG.finditer(markup))


def split_items(text: str) -> tuple[str, tuple[str, ...]]:
    """Cut a repaired document before each of its items: what stands before the first, and the pieces."""
    cuts: list[int] = []
    position = 0
    while found := _ITEM_OR_CDATA.search(text, position):
        if found[0] == "<![CDATA[":
            end = text.find("]]>", found.end())  # absent where a comment stood inside of the mark
            position = end + 3 if end >= 0 else len(text)
        else:
            cuts.append(found.start())
            position = found.end()
    bounds = [*cuts, len(text)]
    return text[: bounds[0]], tuple(text[start:end] for start, end in itertools.pairwise(bounds))
