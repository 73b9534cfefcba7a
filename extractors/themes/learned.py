"""What was learned: one linear model for each theme and dealing, in one small file.

Deterministic: weights are whole numbers with one scale an output. Refuses a file that is not in its form.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.errors import CodebookError

BUCKETS = 1 << 18  # features are hashed into so many
SHORT = 60  # words: fewer are a summary or a brief, whose few features make every probability lower
_MAGIC = b"trilateral themes 3\n"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learned:
    """Weights of every output: a theme, a pair ('us_iran'), or a pair's direction ('us_iran/mixed')."""

    outputs: tuple[str, ...]
    thresholds: tuple[float, ...]  # probability from which an output stands
    short_thresholds: tuple[float, ...]  # the same in a text of fewer than SHORT words
    biases: NDArray[np.float32]
    scales: NDArray[np.float32]  # a weight is its whole number times its output's scale
    weights: NDArray[np.int8]  # bucket x output

    def place(self, output: str) -> int:
        """Column of an output."""
        return self.outputs.index(output)


def pack(learned: Learned) -> bytes:
    """The file: a first line that names it, a line of JSON, the weights compressed."""
    head = {
        "outputs": learned.outputs,
        "thresholds": learned.thresholds,
        "short_thresholds": learned.short_thresholds,
        "biases": [round(float(bias), 5) for bias in learned.biases],
        "scales": [float(scale) for scale in learned.scales],
    }
    return _MAGIC + json.dumps(head).encode() + b"\n" + zlib.compress(learned.weights.tobytes(), 9)


def unpack(data: bytes) -> Learned:
    """Read what `pack` wrote. Raises `CodebookError` on anything else."""
    if not data.startswith(_MAGIC):
        raise CodebookError("learned.bin: not a file of learned themes of this version; train it anew")
    line, _, packed = data[len(_MAGIC) :].partition(b"\n")
    try:
        head = json.loads(line)
        weights = np.frombuffer(zlib.decompress(packed), np.int8).reshape(BUCKETS, len(head["outputs"]))
        return Learned(
            outputs=tuple(head["outputs"]),
            thresholds=tuple(float(threshold) for threshold in head["thresholds"]),
            short_thresholds=tuple(float(threshold) for threshold in head["short_thresholds"]),
            biases=np.array(head["biases"], np.float32),
            scales=np.array(head["scales"], np.float32),
            weights=weights,
        )
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise CodebookError(f"learned.bin: damaged: {error}") from error
