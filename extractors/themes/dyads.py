"""How two of the three deal with each other: from passages that say so, and from themes that are a dealing by themselves.

Refuses co-mention: two names in one list are no dealing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extractors.records import Direction, DyadName
from extractors.themes.cues import Codebook
from extractors.themes.judgement import Finding
from extractors.themes.weights import ACCEPT, add_up, strongest_together

# The lesser direction's share of the greater from which a dealing is mixed (development texts, 2026-11: 0.45 gave direction
# right on .58 of the dyads found, 0.6 on .65).
_MIXED = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealing:
    """A dyad with its direction and the finding that shows it best."""

    pair: DyadName
    direction: Direction
    finding: Finding
    score: float


@dataclass(frozen=True, slots=True)
class _Vote:
    direction: Direction
    score: float
    finding: Finding


def weigh_dealings(found: Sequence[Finding], accepted: Sequence[tuple[Finding, float]], *, codebook: Codebook) -> Iterator[Dealing]:
    """Dealings that stand, by pair. `accepted` are the best findings of the themes' passages with their scores."""
    implied = {theme.id: theme.implies for theme in codebook.themes}
    votes: dict[DyadName, list[_Vote]] = defaultdict(list)
    for finding in found:
        if finding.cue.pair and finding.cue.direction:
            votes[finding.cue.pair].append(_Vote(finding.cue.direction, finding.score, finding))
    for finding, score in accepted:
        for pair, direction in implied[finding.cue.theme]:
            votes[pair].append(_Vote(direction, score, finding))
    for pair, said in sorted(votes.items()):
        score = _score(said)
        if score >= ACCEPT:
            direction = _direction(said)
            shown = [vote for vote in said if direction in {vote.direction, "mixed"}] or said
            best = max(shown, key=lambda vote: (vote.score, -vote.finding.passage))
            yield Dealing(pair=pair, direction=direction, finding=best.finding, score=score)


def _score(votes: Sequence[_Vote]) -> float:
    by_passage: dict[int, list[float]] = defaultdict(list)
    for vote in votes:
        by_passage[vote.finding.passage].append(vote.score)
    sums = {passage: add_up(scores) for passage, scores in by_passage.items()}
    return max(strongest_together(passage, sums) for passage in sums)


def _direction(votes: Sequence[_Vote]) -> Direction:
    nearer = sum(vote.score for vote in votes if vote.direction != "diverging")
    farther = sum(vote.score for vote in votes if vote.direction != "converging")
    if min(nearer, farther) >= _MIXED * max(nearer, farther):
        return "mixed"
    return "converging" if nearer > farther else "diverging"
