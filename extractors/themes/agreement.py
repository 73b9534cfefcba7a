"""Where cues and the learned reader come together: which themes and dealings stand, and which passages prove them.

A theme stands by its probability; its proof is the passage that speaks most for it, named by the cue that fired there or, where
none did, as learned. What no passage speaks for does not stand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from extractors.records import Direction, DyadName, Part
from extractors.themes.cues import PAIRS, Codebook
from extractors.themes.judgement import Finding
from extractors.themes.opinion import Opinion
from extractors.themes.passages import Passage
from extractors.themes.proof import prove, prove_together

_ALSO = 0.8  # of what the best passage says, what another must say to be shown as well; of those below, two readers accepted 2 or 3 in 8
_MOST_PROOFS = 3  # passages a theme
_FEWEST_WORDS = 4  # a shorter passage proves nothing by itself
_AID = 0.2  # score from which a cue that fired helps a theme to stand
_UNAIDED_IN_FEW_WORDS = 0.8  # probability from which a theme stands without a cue where a handful of words is all there is to resemble
_FEW_WORDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A passage that shows a theme or a dealing: the cue's id, where, and how surely."""

    name: str  # theme or pair
    cue: str
    part: Part
    start: int
    end: int
    score: float


class Agreement:
    """One text with its cues' findings and the learned reader's opinion of it."""

    def __init__(self, title: str, text: str, *, passages: Sequence[Passage], found: Sequence[Finding], opinion: Opinion) -> None:
        self._whole = {"title": title, "text": text}
        self._passages, self._opinion = passages, opinion
        self._fired: dict[str, dict[int, list[Finding]]] = defaultdict(lambda: defaultdict(list))
        for finding in found:
            self._fired[finding.cue.theme or str(finding.cue.pair)][finding.passage].append(finding)

        words = sum(len(passage.words) for passage in passages)
        self._unaided = _UNAIDED_IN_FEW_WORDS if words < _FEW_WORDS else 0.0

    def _aided(self, theme: str) -> bool:
        return any(finding.score >= _AID for findings in self._fired.get(theme, {}).values() for finding in findings)

    def themes(self, codebook: Codebook) -> Iterator[Proof]:
        """The proofs of every theme that stands."""
        for theme in codebook.themes:
            if self._opinion.stands(theme.id) and (self._aided(theme.id) or self._opinion.chance(theme.id) >= self._unaided):
                yield from self._prove(theme.id, output=theme.id)

    def dealings(self) -> Iterator[tuple[DyadName, Direction, Proof]]:
        """Every pair that stands, with its likeliest direction and the passage that shows it best."""
        for pair in PAIRS:
            if self._opinion.stands(pair):
                ways: tuple[Direction, ...] = get_args(Direction)
                way = max(ways, key=lambda way: self._opinion.chance(f"{pair}/{way}"))
                for proof in list(self._prove(pair, output=pair))[:1]:
                    yield pair, way, proof

    def _prove(self, name: str, *, output: str) -> Iterator[Proof]:
        """The passages that speak for it, strongest first; one in which a cue fired goes before one that only resembles."""
        said = self._opinion.spoken_for(output, passages=len(self._passages))
        score = round(self._opinion.chance(output), 3)
        fired = self._fired.get(name, {})
        able = [at for at, part in enumerate(said) if part > 0 and (at in fired or len(self._passages[at].words) >= _FEWEST_WORDS)]
        shown = [at for at in able if at in fired] or able
        shown.sort(key=lambda at: (-said[at], at))
        for at in shown[:_MOST_PROOFS]:
            if said[at] < _ALSO * said[shown[0]]:
                return
            if at in fired:
                best = max(fired[at], key=lambda finding: finding.score)
                part, start, end = prove(best, self._passages, title=self._whole["title"], text=self._whole["text"])
                yield Proof(name=name, cue=best.cue.id, part=part, start=start, end=end, score=score)
            else:
                part, start, end = prove_together(at, said, self._passages, whole=self._whole[self._passages[at].part])
                yield Proof(name=name, cue=f"{name}.learned", part=part, start=start, end=end, score=score)
