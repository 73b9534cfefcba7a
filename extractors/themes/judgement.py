"""Ask the cues of a codebook what each passage shows: found, or nearly found and why it was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extractors.themes.cues import Codebook, Cue, Slot
from extractors.themes.passages import Passage

_BEFORE, _AFTER = 2, 1  # passages on either side whose words count as near
_SUBJECT_EVERY = 20  # a text is about what comes back in two passages, and in one more for every so many
_CARRIED = 0.9  # what a cue's score is worth when a word that it needs stands outside the passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A cue that a passage answers, or answers but for `why`."""

    cue: Cue
    passage: int  # index
    first: int  # words of the passage, half-open
    last: int
    reach: tuple[int, int]  # passages, both included, that hold every word the cue needs, as far as they lie around
    score: float
    why: str = ""  # '': found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Surroundings:
    """What stands outside the passages: the title's words and what the whole text is about, as lists (bits)."""

    title: int
    subjects: int


def _tightest(passage: Passage, slots: Sequence[Slot]) -> tuple[int, int]:
    """The shortest run of words that holds a hit of every slot, as seen from each hit of the first."""
    choices = [sorted({span for bit, spans in passage.hits.items() if bit & slot.lists for span in spans}) for slot in slots]
    runs = []
    for run in choices[0]:
        for spans in choices[1:]:
            run = min(((min(run[0], a), max(run[1], b)) for a, b in spans), key=lambda r: (r[1] - r[0], r))  # noqa: PLW2901
        runs.append(run)
    return min(runs, key=lambda r: (r[1] - r[0], r))


def _find_near(slot: Slot, passages: Sequence[Passage], index: int) -> int | None:
    """The closest passage of the same part that has a word of the slot; those before come first."""
    order = [index, *(index - n for n in range(1, _BEFORE + 1)), *(index + n for n in range(1, _AFTER + 1))]
    here = passages[index].part
    return next((n for n in order if 0 <= n < len(passages) and passages[n].part == here and passages[n].lists & slot.lists), None)


def _judge(cue: Cue, passages: Sequence[Passage], index: int, around: _Surroundings) -> Finding:
    passage = passages[index]
    first, last = _tightest(passage, cue.all)
    why, score, reach = "", cue.score, [index]
    if cue.within is not None and last - first > cue.within:
        why = f"its words stand {last - first} words apart, more than {cue.within}"
    for slot in cue.none:
        if slot.lists & passage.lists:
            why = f"refused beside '{slot.text}'"
    for slot in cue.about:
        if not slot.lists & around.subjects:
            why = f"the text is not about '{slot.text}'"
    for slot in cue.near:
        found = _find_near(slot, passages, index)
        if found is not None:
            reach.append(found)
        elif not slot.lists & around.title:
            why = f"no '{slot.text}' in it, around it or in the title"
        if found != index:
            score = cue.score * _CARRIED
    return Finding(cue=cue, passage=index, first=first, last=last, reach=(min(reach), max(reach)), score=score, why=why)


def _surroundings(passages: Sequence[Passage]) -> _Surroundings:
    needed = 2 + len(passages) // _SUBJECT_EVERY
    counts: Counter[int] = Counter()
    title = 0
    for passage in passages:
        counts.update(dict.fromkeys(passage.hits, needed if passage.part == "title" else 1))
        title |= passage.lists if passage.part == "title" else 0
    return _Surroundings(title=title, subjects=sum(bit for bit, count in counts.items() if count >= needed))


def ask(passages: Sequence[Passage], *, codebook: Codebook) -> Iterator[Finding]:
    """Every cue whose words are in a passage, in the passages' order."""
    around = _surroundings(passages)
    for index, passage in enumerate(passages):
        asked: set[int] = set()
        for bit in passage.hits:
            for cue in codebook.by_list.get(bit, ()):
                if id(cue) in asked:
                    continue
                asked.add(id(cue))
                if all(slot.lists & passage.lists for slot in cue.all):
                    yield _judge(cue, passages, index, around)
