"""Learn the themes from labelled texts and write what was learned: `extractors/themes/learned.bin`.

    python -m training.themes FOLDER [FOLDER …]                  the file that is shipped
    python -m training.themes FOLDER [FOLDER …] --out FILE       the same elsewhere, for a trial
    python -m training.themes FOLDER [FOLDER …] --without cue    an ablation: no cues (or another of the kinds in features.py)

Prints precision, recall and F1 of every output in cross-validation and sets its threshold there: the best F1 at a precision of
.75 or more, where that can be had. Nothing of a text is kept but weights of hashed features. Needs the extra `train`.
"""

from __future__ import annotations

import argparse
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from extractors.records import Direction
from extractors.themes.codebook import load_codebook
from extractors.themes.cues import PAIRS, Codebook
from extractors.themes.features import KINDS, read_features
from extractors.themes.judgement import ask
from extractors.themes.learned import BUCKETS, Learned, pack
from extractors.themes.passages import read_passages
from training.texts import LabelledText, read_folder

THEMES_FOLDER = Path(__file__).parent.parent / "extractors" / "themes"
FOLDS = 4
LEAST_PRECISION = 0.75
LEAST_THRESHOLD = 0.15
_SHORTFALL = 1.5  # what a threshold loses in F1 for every point of precision under the least
_LOOSENESS = 0.3  # regularisation, as a share of a text's own size: .03 and .1 did .01 worse in cross-validation (2026-11-25)
_NOT_CARRIED = -0.4  # where a text that carries a theme is 1: most do not, and they count less
_FEWEST_TEXTS = 2  # with a feature; what only one text has is not learned


def main() -> int:
    """Read, cross-validate, learn, write."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("folders", nargs="+", type=Path)
    command.add_argument("--out", type=Path, default=THEMES_FOLDER / "learned.bin")
    command.add_argument("--without", action="append", default=[], choices=KINDS)
    asked = command.parse_args()
    book, actors = ((THEMES_FOLDER / name).read_text(encoding="utf-8") for name in ("codebook.toml", "actors.toml"))
    codebook = load_codebook(book, actors)
    texts = [text for folder in asked.folders for text in read_folder(folder)] + list(samples_of(codebook))
    learned = learn(texts, codebook=codebook, without=frozenset(asked.without))
    asked.out.write_bytes(pack(learned))
    print(f"{len(texts)} texts, {asked.out.stat().st_size / 1e6:.2f} MB -> {asked.out}")
    return 0


def samples_of(codebook: Codebook) -> Iterator[LabelledText]:
    """The codebook's own sentences: what a cue is for carries its theme, what it must not fire on does not. The rest is not asked."""
    for theme in codebook.themes:
        for cue in theme.cues:
            for carried, samples in ((True, cue.examples), (False, cue.near_misses)):
                for lang, text in samples:
                    yield LabelledText(
                        id=f"{cue.id} {carried} {lang}",
                        lang=lang,
                        kind="codebook",
                        title="",
                        text=text,
                        themes=frozenset({theme.id} if carried else ()),
                        dyads=(),
                        story=cue.id,
                        only=theme.id,
                    )


def learn(texts: Sequence[LabelledText], *, codebook: Codebook, without: frozenset[str] = frozenset()) -> Learned:
    """Learn every output on all texts, with the threshold that cross-validation finds."""
    table = _table(texts, codebook, without)
    folds = np.array([zlib.crc32(text.story.encode()) % FOLDS for text in texts])
    outputs = _outputs(codebook)
    columns, biases, thresholds = [], [], []
    tally = _Tally(texts)
    table, room = _give_room(table)
    alike = np.asarray((table @ table.T).todense(), np.float64) + 1.0  # the one is the bias
    for output in outputs:
        asked, truth = _truth(texts, output)
        among = alike[np.ix_(asked, asked)]
        values = _cross_validate(among, truth, folds=folds[asked])
        slope, height = _calibrate(values, truth)
        said = slope * _fit(among, truth)
        columns.append((table[asked].T @ said).astype(np.float32) * room)
        biases.append(float(said.sum()) + height)
        chances = 1 / (1 + np.exp(-(slope * values + height)))
        whole = np.array([not texts[n].only for n in asked], bool)
        # of a pair's directions the likeliest is taken
        thresholds.append(0.5 if "/" in output else _threshold(output, chances[whole], truth[whole]))
        tally.add(output, asked[whole], chances[whole], truth[whole], threshold=thresholds[-1])
    tally.tell()
    scales = np.array([max(float(np.abs(column).max()), 1e-9) / 127 for column in columns], np.float32)
    whole = np.stack([np.rint(column / scale) for column, scale in zip(columns, scales, strict=True)], axis=1)
    return Learned(
        outputs=outputs,
        thresholds=tuple(thresholds),
        biases=np.array(biases, np.float32),
        scales=scales,
        weights=whole.astype(np.int8),
    )


class _Tally:
    """What cross-validation got right, by kind of text: themes, pairs, and the likeliest direction of a pair."""

    def __init__(self, texts: Sequence[LabelledText]) -> None:
        self._texts = texts
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._ways: dict[tuple[str, int], tuple[float, bool]] = {}

    def add(self, output: str, asked: Any, chances: Any, truth: Any, *, threshold: float) -> None:
        """One output's answers to the texts at `asked`."""
        pair, _, way = output.partition("/")
        for n, chance, true in zip(asked, chances, truth, strict=True):
            if way:
                self._ways[pair, n] = max(self._ways.get((pair, n), (-1.0, False)), (float(chance), bool(true)))
                continue
            what, said = "dyads" if pair in PAIRS else "themes", chance >= threshold
            self._counts[self._texts[n].kind, what, "said"] += int(said)
            self._counts[self._texts[n].kind, what, "there"] += int(true)
            self._counts[self._texts[n].kind, what, "right"] += int(said and true)

    def tell(self) -> None:
        """Print a line a kind."""
        for kind in sorted({text.kind for text in self._texts if not text.only}):
            ways = [right for (_, n), (_, right) in sorted(self._ways.items()) if self._texts[n].kind == kind]
            line = f"cross-validated {kind:9s}"
            for what in ("themes", "dyads"):
                right, said, there = (self._counts[kind, what, name] for name in ("right", "said", "there"))
                line += f" {what} P {right / max(1, said):.3f} R {right / max(1, there):.3f} F1 {2 * right / max(1, said + there):.3f} |"
            print(f"{line} direction {sum(ways) / max(1, len(ways)):.3f}")


def _give_room(table: Any) -> tuple[Any, Any]:
    """Rare features are given more room than common ones, as in tf-idf; what too few texts have is left out."""
    texts_with = np.asarray((table > 0).sum(0)).ravel()
    room = np.log((1 + table.shape[0]) / (1 + texts_with)) + 0.3
    room = np.where(texts_with >= _FEWEST_TEXTS, room, 0).astype(np.float32)
    return table.multiply(room).tocsr(), room


def _cross_validate(alike: Any, truth: Any, *, folds: Any) -> Any:
    """What is held of every text by what was learned without its story."""
    values = np.zeros(len(truth))
    for fold in range(FOLDS):
        left, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        values[held] = alike[np.ix_(held, left)] @ _fit(alike[np.ix_(left, left)], truth[left])
    return values


def _calibrate(values: Any, truth: Any) -> tuple[float, float]:
    """Slope and height that make probabilities of values."""
    if truth.all() or not truth.any():  # nothing to tell apart
        return 0.0, 5.0 if len(truth) and truth.all() else -5.0
    model = LogisticRegression(C=100.0).fit(values[:, None], truth)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def _outputs(codebook: Codebook) -> tuple[str, ...]:
    ways = (f"{pair}/{way}" for pair in PAIRS for way in get_args(Direction))
    return (*codebook.theme_ids, *PAIRS, *ways)


def _table(texts: Sequence[LabelledText], codebook: Codebook, without: frozenset[str]) -> Any:
    rows, buckets, values = [0], [], []
    for text in texts:
        passages = read_passages(text.title, text.text, text.lang, codebook=codebook)
        features = read_features(passages, list(ask(passages, codebook=codebook)), codebook=codebook, without=without)
        buckets.append(features.buckets)
        values.append(features.values)
        rows.append(rows[-1] + len(features.buckets))
    table = csr_matrix((np.concatenate(values), np.concatenate(buckets), rows), shape=(len(texts), BUCKETS))
    table.sum_duplicates()
    return table


def _truth(texts: Sequence[LabelledText], output: str) -> tuple[Any, Any]:
    """Which texts are asked, and what they say: a direction is learned from texts that have the dyad."""
    pair, _, way = output.partition("/")
    if way:
        asked = np.array([n for n, text in enumerate(texts) if pair in dict(text.dyads)], np.int64)
        return asked, np.array([dict(texts[n].dyads)[pair] == way for n in asked], bool)
    asked = np.array([n for n, text in enumerate(texts) if text.only in {"", output}], np.int64)
    return asked, np.array([output in texts[n].themes or output in dict(texts[n].dyads) for n in asked], bool)


def _fit(alike: Any, truth: Any) -> Any:
    """How much each text says: regularised least squares, solved in the texts and not in the features, of which there are more."""
    if not len(truth):
        return np.zeros(0)
    loose = np.eye(len(truth)) * (_LOOSENESS * float(np.mean(np.diag(alike))))
    return cho_solve(cho_factor(alike + loose, overwrite_a=True), np.where(truth, 1.0, _NOT_CARRIED))


def _threshold(output: str, chances: Any, truth: Any) -> float:
    """The probability from which the output stands; prints how good that was on texts that it was not learned from."""
    best = (-1.0, 0.5, 0.0, 0.0)
    for threshold in np.arange(LEAST_THRESHOLD, 0.85, 0.01):
        said = chances >= threshold
        right = int((said & truth).sum())
        if not right:
            continue
        precision, recall = right / int(said.sum()), right / int(truth.sum())
        worth = 2 * precision * recall / (precision + recall) - _SHORTFALL * max(0.0, LEAST_PRECISION - precision)
        best = max(best, (worth, round(float(threshold), 2), precision, recall))
    _, threshold, precision, recall = best
    f1 = 2 * precision * recall / (precision + recall) if precision else 0.0
    print(f"{output:26s} n={int(truth.sum()):4d} P {precision:.3f} R {recall:.3f} F1 {f1:.3f} at {threshold:.2f}")
    return threshold


if __name__ == "__main__":
    raise SystemExit(main())
