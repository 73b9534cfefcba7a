"""Learn the themes from labelled texts and write what was learned: `extractors/themes/learned.bin`.

    python -m training.themes FOLDER [FOLDER …]                  the file that is shipped
    python -m training.themes FOLDER [FOLDER …] --out FILE       the same elsewhere, for a trial
    python -m training.themes FOLDER [FOLDER …] --without cue    an ablation: no cues (or stem, stems, piece, list, lists, text)

Prints precision, recall and F1 of every output in cross-validation and sets its threshold there: the best F1 at a precision of
.75 or more, where that can be had. Nothing of a text is kept but weights of hashed features. Needs the extra `train`.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
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
_STRENGTH = 5.0  # inverse of the regularisation; of its neighbours only 10 and 30 were tried, on other weights: .752 and .747 (2026-11-25)
_CARRIED_COUNTS = 2.0  # a text that carries a theme counts so many times one that does not; most do not
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
                        only=theme.id,
                    )


def learn(texts: Sequence[LabelledText], *, codebook: Codebook, without: frozenset[str] = frozenset()) -> Learned:
    """Learn every output on all texts, with the threshold that cross-validation finds."""
    table = _table(texts, codebook, without)
    folds = np.array([zlib.crc32(text.id.encode()) % FOLDS for text in texts])
    outputs = _outputs(codebook)
    columns, biases, thresholds = [], [], []
    for output in outputs:
        asked, truth = _truth(texts, output)
        weights, bias = _fit(table[asked], truth)
        columns.append(weights)
        biases.append(bias)
        if "/" in output:  # a direction: the likeliest is taken
            thresholds.append(0.5)
            continue
        thresholds.append(
            _cross_validate(output, table[asked], truth, folds[asked], whole=np.array([not texts[n].only for n in asked], bool))
        )
    scales = np.array([max(float(np.abs(column).max()), 1e-9) / 127 for column in columns], np.float32)
    whole = np.stack([np.rint(column / scale) for column, scale in zip(columns, scales, strict=True)], axis=1)
    return Learned(
        outputs=outputs,
        thresholds=tuple(thresholds),
        biases=np.array(biases, np.float32),
        scales=scales,
        weights=whole.astype(np.int8),
    )


def _cross_validate(output: str, table: Any, truth: Any, folds: Any, *, whole: Any) -> float:
    """The threshold, found on whole texts that were not learned from."""
    chances = np.zeros(len(truth))
    for fold in range(FOLDS):
        left, held = folds != fold, folds == fold
        weights, bias = _fit(table[left], truth[left])
        chances[held] = 1 / (1 + np.exp(-(table[held] @ weights + bias)))
    return _threshold(output, chances[whole], truth[whole])


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


def _fit(table: Any, truth: Any) -> tuple[Any, float]:
    """Weights and bias; rare features are given more room than common ones, as in tf-idf."""
    if truth.all() or not truth.any():  # nothing to tell apart
        return np.zeros(BUCKETS, np.float32), 5.0 if truth.all() else -5.0
    texts_with = np.asarray((table > 0).sum(0)).ravel()
    room = np.log((1 + table.shape[0]) / (1 + texts_with)) + 0.3
    room = np.where(texts_with >= _FEWEST_TEXTS, room, 0).astype(np.float32)
    model = LogisticRegression(
        C=_STRENGTH, solver="liblinear", class_weight={False: 1.0, True: _CARRIED_COUNTS}, intercept_scaling=3.0, random_state=0
    )
    model.fit(table.multiply(room).tocsr(), truth)
    return model.coef_[0] * room, float(model.intercept_[0])


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
