"""How one wording of an article differs from the one before it. Pure; refuses to know where either came from."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

DiffKind = Literal["first", "cosmetic", "material", "metadata", "unknown"]

_NUMBER = re.compile(r"\d+")


def diff_kind(before: tuple[str, str] | None, after: tuple[str, str]) -> DiffKind:
    """Compare (title, text) with the (title, text) before it; None where there is none.

    'cosmetic': the same letters and digits whatever their case. 'metadata': another title over the same text.
    'material': other numbers, or in another order. 'unknown': something else, nobody has looked yet.
    """
    if before is None:
        return "first"
    if _letters(before) == _letters(after):
        return "cosmetic"
    if before[1] == after[1]:
        return "metadata"
    if _numbers(before) != _numbers(after):
        return "material"
    return "unknown"


def _letters(wording: tuple[str, str]) -> list[str]:
    return ["".join(filter(str.isalnum, part.casefold())) for part in wording]


def _numbers(wording: tuple[str, str]) -> list[str]:
    """In Western digits, whatever digits the publisher writes."""
    return ["".join(str(unicodedata.decimal(digit)) for digit in number) for part in wording for number in _NUMBER.findall(part)]
