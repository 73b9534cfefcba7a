"""Fold text for matching and find the way back: every position in the folded text names one in the original.

Folding drops case, accents, vowel signs, joiners and letter variants, so that one cue reads many spellings. It refuses to
change anything that is stored: spans always point into the text as it was given.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

# Letters that no decomposition brings together but that writers and keyboards mix.
_VARIANTS = {
    "ı": "i", "ł": "l", "đ": "d", "ґ": "г",
    "ي": "ی", "ى": "ی", "ے": "ی", "ك": "ک", "ة": "ه", "ە": "ه", "ہ": "ه", "ھ": "ه", "ۃ": "ه", "ٱ": "ا",
    "’": "'", "‘": "'", "ʼ": "'", "ʹ": "'", "`": "'", "´": "'",
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-",
}  # fmt: skip
_FOLDED_RANGES = ((0x00A0, 0x3000), (0xFB50, 0xFE00), (0xFE70, 0xFEFF), (0xFF01, 0xFFE6))
_TATWEEL = "\u0640"


def _fold_character(character: str) -> str:
    """The one character that stands for this one; itself where there is no single one."""
    bare = [c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)]
    low = bare[0].lower() if len(bare) == 1 else character
    folded = low if len(low) == 1 else character
    folded = _VARIANTS.get(folded, folded)
    if unicodedata.category(folded) == "Nd":
        return str(unicodedata.decimal(folded))
    return " " if unicodedata.category(folded) == "Zs" else folded


def _is_dropped(character: str) -> bool:
    return character == _TATWEEL or unicodedata.category(character) in {"Mn", "Me", "Cf"}


def _tables() -> tuple[dict[int, str], re.Pattern[str]]:
    """One-to-one replacements, and the characters that leave no trace in the folded text."""
    folds = {code: chr(code + 32) for code in range(ord("A"), ord("Z") + 1)} | {ord("`"): "'"}
    dropped = []
    for first, last in _FOLDED_RANGES:
        for code in range(first, last):
            character = chr(code)
            if _is_dropped(character):
                dropped.append(character)
            elif (folded := _fold_character(character)) != character:
                folds[code] = folded
    dropped += ["\u00ad", "\ufeff"]
    return folds, re.compile("[" + "".join(f"\\u{ord(c):04x}" for c in dropped) + "]+")


_FOLDS, _DROPPED = _tables()
_MANY = 16  # kinds of characters to replace, from which on one sweep with a table is faster than one sweep for each


@dataclass(frozen=True, slots=True)
class Folded:
    """A text folded for matching, with the way back into the original."""

    original: str
    text: str
    cuts: tuple[int, ...] = ()  # positions in `text` before which characters of the original were dropped
    dropped: tuple[int, ...] = ()  # how many until then, all cuts counted

    def start(self, index: int) -> int:
        """Where the folded character at `index` begins in the original."""
        place = bisect_right(self.cuts, index)
        return index + (self.dropped[place - 1] if place else 0)

    def end(self, index: int) -> int:
        """Where a folded stretch that ends before `index` ends in the original, marks on its last character included."""
        if index <= 0:
            return 0
        end = self.start(index - 1) + 1
        marks = _DROPPED.match(self.original, end)
        return marks.end() if marks else end

    def raw(self, start: int, end: int) -> str:
        """The original characters behind a folded stretch."""
        return self.original[self.start(start) : self.end(end)]


def fold(text: str) -> Folded:
    """Fold case, accents and letter variants one to one; drop marks and joiners, remembering where they stood."""
    pieces: list[str] = []
    cuts: list[int] = []
    dropped: list[int] = []
    kept_until, length, gone = 0, 0, 0
    for found in _DROPPED.finditer(text):
        pieces.append(text[kept_until : found.start()])
        length += found.start() - kept_until
        gone += found.end() - found.start()
        kept_until = found.end()
        cuts.append(length)
        dropped.append(gone)
    if not cuts:
        return Folded(text, _replace(text))
    pieces.append(text[kept_until:])
    return Folded(text, _replace("".join(pieces)), tuple(cuts), tuple(dropped))


def _replace(text: str) -> str:
    """Put for each character the one that stands for it; `str.translate` asks for every character of a text that is not ASCII."""
    marked = [character for character in set(text) if character > "\x7f" and ord(character) in _FOLDS]
    if len(marked) > _MANY:
        return text.translate(_FOLDS)
    text = text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass").replace("`", "'")  # bytes: ASCII alone
    for character in marked:
        text = text.replace(character, _FOLDS[ord(character)])
    return text
