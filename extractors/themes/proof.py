"""The words of an article that prove a finding: the sentence or its clauses, with the one before where that names the actors."""

from __future__ import annotations

from collections.abc import Sequence

from extractors.records import Part
from extractors.themes.judgement import Finding
from extractors.themes.passages import Passage
from extractors.themes.sentences import clause_around

_LONGEST_SENTENCE = 420  # characters; a longer sentence is cut down to the clauses that hold the cue's words
_LONGEST_REACH = 600  # characters; neighbours that would make a quote longer stay outside


def prove(finding: Finding, passages: Sequence[Passage], *, title: str, text: str) -> tuple[Part, int, int]:
    """Part, start and end (code points, half-open) of what a reader should be shown."""
    passage = passages[finding.passage]
    first, last = passages[finding.reach[0]], passages[finding.reach[1]]
    if first is not last and last.end - first.start <= _LONGEST_REACH:
        return passage.part, first.start, last.end
    match = passage.span_of(finding.first, finding.last)
    whole = title if passage.part == "title" else text
    return passage.part, *clause_around(whole, (passage.start, passage.end), match, longest=_LONGEST_SENTENCE)


def prove_together(at: int, said: Sequence[float], passages: Sequence[Passage], *, whole: str) -> tuple[Part, int, int]:
    """The same for a passage that speaks as a whole: with the neighbour that speaks more for it, where the quote stays short.

    `said` is what each passage says, below zero against. What no cue names is seldom said in one sentence: of thirteen single ones
    two readers accepted four.
    """
    passage = passages[at]
    beside = [n for n in (at - 1, at + 1) if 0 <= n < len(passages) and passages[n].part == passage.part and said[n] > 0]
    if beside:
        other = passages[max(beside, key=lambda n: said[n])]
        start, end = min(passage.start, other.start), max(passage.end, other.end)
        if end - start <= _LONGEST_REACH:
            return passage.part, start, end
    match = passage.span_of(0, 1)
    return passage.part, *clause_around(whole, (passage.start, passage.end), match, longest=_LONGEST_SENTENCE)
