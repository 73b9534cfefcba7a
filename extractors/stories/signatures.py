"""What a text is recognised by when it comes again: whole, cut, with other paragraphs around it, or edited.

MinHash by one permutation (Li, Owen and Zhang 2012), empty slots filled by rotation (Shrivastava and Li 2014): one hash a
shingle, so that a text costs a fraction of a millisecond. Refuses to compare: that is SQL, over bands as rows.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from hashlib import blake2b
from zlib import crc32

import numpy as np
import numpy.typing as npt

from extractors.records import TextSignature
from extractors.stories.credits import find_credit
from extractors.themes.normalise import fold

# Chosen on 2026-11-25 by arithmetic, before any run: two of 32 bands' 2 slots meet with probability 1 - (1 - J²)³², that
# is 0.73 at a Jaccard similarity of 0.2 (a cut to a fifth), 0.98 at 0.33, and 0.003 at 0.01 (strangers in one language).
SLOTS = 64
_ROWS = 2  # slots a band
_SHINGLE_WORDS = 3  # an edited word breaks three shingles
_SLOT_BITS = 32
_SLOT_MASK = (1 << _SLOT_BITS) - 1
_EMPTY = 1 << _SLOT_BITS  # more than any slot holds
_ROTATION = 0x9E3779B1  # any odd number: tells a borrowed slot from its lender's own
_WORD = re.compile(r"\w+")
_GAMMA = np.uint64(0x9E3779B97F4A7C15)


def sign_text(text: str, *, authors: tuple[str, ...] = ()) -> TextSignature:
    """Sign a text, and say which agency it is credited to. The title is left out: every outlet writes its own."""
    hashes = _shingle_hashes(text)
    slots = _fill(hashes)
    return TextSignature(shingles=len(hashes), slots=slots, bands=tuple(_bands(slots)), agency=find_credit(text, authors=authors))


def _shingle_hashes(text: str) -> npt.NDArray[np.uint64]:
    """64-bit hashes of the text's distinct runs of words; of all its words where it is shorter than one run."""
    words = _WORD.findall(fold(text).text)
    coded = "\n".join(words).encode("utf-8", "surrogatepass").split(b"\n") if words else []  # in one sweep
    codes = np.fromiter(map(crc32, coded), np.uint64, len(words))
    if len(codes) < _SHINGLE_WORDS:
        codes = np.concatenate([codes, np.zeros(_SHINGLE_WORDS - len(codes), np.uint64)])
    runs = np.zeros(len(codes) - _SHINGLE_WORDS + 1, np.uint64)
    for start in range(_SHINGLE_WORDS):
        runs = _mix(runs + codes[start : start + len(runs)])
    runs.sort()  # many times as fast as `np.unique`, which hashes
    distinct: npt.NDArray[np.uint64] = runs[np.concatenate([[True], runs[1:] != runs[:-1]])]
    return distinct


def _mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014): every bit of a value touches every bit of its hash."""
    values = values + _GAMMA
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _fill(hashes: npt.NDArray[np.uint64]) -> tuple[int, ...]:
    """Put each hash into the slot its lowest bits name and keep the smallest of each; an empty slot borrows from the next."""
    places, rests = hashes % np.uint64(SLOTS), hashes >> np.uint64(64 - _SLOT_BITS)
    lowest = np.full(SLOTS, _EMPTY, np.uint64)
    np.minimum.at(lowest, places.astype(np.intp), rests)
    least = {place: rest for place, rest in enumerate(lowest.tolist()) if rest != _EMPTY}
    return tuple(_borrow(least, place) for place in range(SLOTS))


def _borrow(least: dict[int, int], place: int) -> int:
    if place in least:  # as nearly always
        return least[place]
    distance = next(step for step in range(1, SLOTS) if (place + step) % SLOTS in least)
    return (least[(place + distance) % SLOTS] + distance * _ROTATION) & _SLOT_MASK


def _bands(slots: tuple[int, ...]) -> Iterable[int]:
    """Keys, signed 64 bits as SQL has them, two of which are equal where the same band holds the same slots."""
    for start in range(0, SLOTS, _ROWS):
        key = blake2b(struct.pack(f"<{1 + _ROWS}I", start, *slots[start : start + _ROWS]), digest_size=8).digest()
        yield int.from_bytes(key, "little", signed=True)
