"""Split a text into sentences and a sentence into clauses. Spans are code points of the text as given, trimmed.

Refuses to guess at grammar: a full stop after an abbreviation or an initial, or before a small letter, ends nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_LONGEST_SENTENCE = 900  # characters; what is longer is a list or a wall of text and is cut at a clause or a space
_STOP = re.compile(
    r"""(?:[.!?…؟۔。！？]+ [\u0300-\u036f\ufe0f]* ["'”’»›)\]]*) (?=\s|$) | \n+ | (?<=\s)[•▪■►](?=\s)""",
    re.VERBOSE,
)
_LAST_WORD = re.compile(r"([^\W\d_](?:[^\W_]|\.(?=[^\W_]))*)\.$")
_CLAUSE = re.compile(r"[,;:،؛]\s+|\s[–—-]\s+|—")
# What str.strip() takes, and marks that lists and copied pages leave at a line's edge.
_TRIM = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
    "\u200b\u200e\u200f\ufeff•▪■►*#|"
)


def _ends_here(text: str, found: re.Match[str], abbreviations: Collection[str]) -> bool:
    stop = found.group()
    if not stop.startswith(".") or stop.startswith(".."):
        return True
    following = text[found.end() : found.end() + 2].lstrip()
    if following[:1].islower():
        return False
    word = _LAST_WORD.search(text[max(0, found.start() - 24) : found.start() + 1])
    if word is None:
        return True
    said = word.group(1)
    return not (said.lower() in abbreviations or (len(said) == 1 and said.isupper()))


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    inner = piece.strip(_TRIM)
    if not inner:
        return start, start
    lead = len(piece) - len(piece.lstrip(_TRIM))
    return start + lead, start + lead + len(inner)


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut what is too long for a sentence, at a clause's end if there is one."""
    while end - start > _LONGEST_SENTENCE:
        half, full = start + _LONGEST_SENTENCE // 2, start + _LONGEST_SENTENCE
        marks = [m.end() for m in _CLAUSE.finditer(text, half, full)]
        space = text.rfind(" ", half, full)
        edge = marks[-1] if marks else space + 1 if space >= 0 else full
        yield start, edge
        start = edge
    yield start, end


def split_sentences(text: str, *, abbreviations: Collection[str] = ()) -> tuple[tuple[int, int], ...]:
    """Half-open spans of the sentences, without the white space around them and without empty ones."""
    edges: list[tuple[int, int]] = []
    start = 0
    for found in _STOP.finditer(text):
        if _ends_here(text, found, abbreviations):
            edges.append((start, found.end()))
            start = found.end()
    edges.append((start, len(text)))
    pieces = (_trim(text, *piece) for edge in edges for piece in _cut(text, *edge))
    return tuple((first, last) for first, last in pieces if last > first)


def clause_around(text: str, sentence: tuple[int, int], match: tuple[int, int], *, longest: int) -> tuple[int, int]:
    """The sentence itself, or, where it is longer than `longest`, the run of its clauses that holds the match."""
    start, end = sentence
    if end - start <= longest:
        return sentence
    marks = [(m.start(), m.end()) for m in _CLAUSE.finditer(text, start, end)]
    lefts = [start, *(after for _, after in marks if after <= match[0])]
    rights = [*(before for before, _ in marks if before >= match[1]), end]
    left, right = lefts.pop(), rights.pop(0)
    # A bare match is no proof: take neighbouring clauses in, later ones first, while they fit.
    while rights and rights[0] - left <= longest:
        right = rights.pop(0)
    while lefts and right - lefts[-1] <= longest:
        left = lefts.pop()
    return _trim(text, left, right)
