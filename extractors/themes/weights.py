"""How findings add up: within a passage, and between passages that stand close enough to speak of one thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# A score from which a finding stands. On the development texts (2026-11) micro-F1 was .757 at .45, .775 at .5, .758 at .53.
ACCEPT = 0.5
# What one passage of a long text must score if no other passage speaks of the theme: there it is mostly said in passing.
ALONE_IN_LONG_TEXT = 0.7
LONG_TEXT = 20  # passages
_TOGETHER = 3  # passages; what lies further apart is not said together
_HELPERS = 3  # passages that may stand together: many faint words do not make a statement


def add_up(scores: Iterable[float]) -> float:
    """Doubts multiply: two findings of .3 are worth .51."""
    doubt = 1.0
    for score in scores:
        doubt *= 1 - score
    return round(1 - doubt, 3)


def strongest_together(passage: int, sums: Mapping[int, float]) -> float:
    """A passage's score with the strongest of those near it; `sums` holds each passage's own."""
    near = sorted(score for other, score in sums.items() if abs(other - passage) <= _TOGETHER)
    return add_up(near[-_HELPERS:])
