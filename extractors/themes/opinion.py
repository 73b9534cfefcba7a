"""What the learned reader holds of a text: probabilities, and how much each passage speaks for them.

A sum and nothing else, so that every probability can be traced to the passages it comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.themes.features import NOWHERE, Features
from extractors.themes.learned import SHORT, Learned


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Opinion:
    """What the learned reader holds of one text."""

    learned: Learned
    features: Features
    chances: NDArray[np.float64]  # per output, 0..1

    def chance(self, output: str) -> float:
        """Probability of an output."""
        return float(self.chances[self.learned.place(output)])

    def stands(self, output: str) -> bool:
        """Whether its probability reaches its threshold in a text so long."""
        thresholds = self.learned.short_thresholds if self.features.words < SHORT else self.learned.thresholds
        return self.chance(output) >= thresholds[self.learned.place(output)]

    def spoken_for(self, output: str, *, passages: int) -> Sequence[float]:
        """How much each passage speaks for an output: its part of the sum, below zero where it speaks against."""
        at, features = self.learned.place(output), self.features
        parts = self.learned.weights[features.buckets, at] * self.learned.scales[at] * features.values
        here = features.passages != NOWHERE
        said = np.bincount(features.passages[here], (parts[features.owners] * features.shares)[here], minlength=passages)
        return [float(part) for part in said]


def weigh_features(features: Features, learned: Learned) -> Opinion:
    """Add up the weights of a text's features."""
    sums = (features.values @ learned.weights[features.buckets]) * learned.scales + learned.biases
    return Opinion(learned=learned, features=features, chances=1 / (1 + np.exp(-np.clip(sums.astype(np.float64), -30, 30))))
