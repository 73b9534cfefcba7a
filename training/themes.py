"""Learn the themes from labelled texts and write what was learned: `extractors/themes/learned.bin`.

    python -m training.themes FOLDER [FOLDER …]                  the file that is shipped
    python -m training.themes FOLDER [FOLDER …] --out FILE       the same elsewhere, for a trial
    python -m training.themes FOLDER [FOLDER …] --without cue    an ablation: no cues (or another of the kinds in features.py)

A folder of pages (cases.jsonl) is read with the project's own labels (training/labels). Prints precision, recall and F1 of every
output in cross-validation and sets its threshold there: the best F1 at a precision of .75 or more, where that can be had, on news
and on invented texts alike. Nothing of a text is kept but weights of hashed features. Needs the extra `train`.
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
from extractors.themes.learned import BUCKETS, SHORT, Learned, pack
from extractors.themes.passages import read_passages
from training.texts import LabelledText, read_folder

THEMES_FOLDER = Path(__file__).parent.parent / "extractors" / "themes"
FOLDS = 4
LEAST_PRECISION = 0.75
LEAST_THRESHOLD = 0.15
_INVENTED = ("written", "training")  # kinds of texts: easier to be precise on than on news, so neither may hide the other
_FEWEST_SHORT = 30  # short texts that carry an output, for it to have a threshold of its own in them
_DOUBT = 8  # texts' worth of the precision on all kinds that a kind's own is mixed with, where it has few
_SHORTFALL = 1.5  # what a threshold loses in F1 for every point of precision under the least
_LOOSENESS = 0.2  # regularisation, as a share of a text's own size: by outlet .2 gave real texts .732, .3 gave .729 (2026-11-25)
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
    table, words = _table(texts, codebook, without)
    folds = np.array([zlib.crc32(text.story.encode()) % FOLDS for text in texts])
    outputs = _outputs(codebook)
    columns, biases, thresholds, short_thresholds = [], [], [], []
    tally = _Tally(texts)
    table, room = _give_room(table)
    alike = np.asarray((table @ table.T).todense(), np.float64) + 1.0  # the one is the bias
    held = _Held(texts, alike, outputs, folds=folds)
    for output in outputs:
        asked, truth = _truth(texts, output)
        values = held.values(output)[asked]
        slope, height = _calibrate(values, truth)
        said = slope * held.said(output)[asked]
        columns.append((table[asked].T @ said).astype(np.float32) * room)
        biases.append(float(said.sum()) + height)
        chances = 1 / (1 + np.exp(-(slope * values + height)))
        whole = np.array([not texts[n].only for n in asked], bool)
        invented = np.array([texts[n].kind in _INVENTED for n in asked], bool)
        long, short = whole & (words[asked] >= SHORT), whole & (words[asked] < SHORT)
        thresholds.append(_threshold(output, chances[long], truth[long], invented=invented[long]))
        few = truth[short].sum() < _FEWEST_SHORT
        short_thresholds.append(thresholds[-1] if few else _threshold(output, chances[short], truth[short], invented=invented[short]))
        for texts_so_long, threshold in ((long, thresholds[-1]), (short, short_thresholds[-1])):
            tally.add(output, asked[texts_so_long], chances[texts_so_long], truth[texts_so_long], threshold=threshold)
    tally.tell()
    scales = np.array([max(float(np.abs(column).max()), 1e-9) / 127 for column in columns], np.float32)
    whole = np.stack([np.rint(column / scale) for column, scale in zip(columns, scales, strict=True)], axis=1)
    return Learned(
        outputs=outputs,
        thresholds=tuple(thresholds),
        short_thresholds=tuple(short_thresholds),
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


def _calibrate(values: Any, truth: Any) -> tuple[float, float]:
    """Slope and height that make probabilities of values."""
    if truth.all() or not truth.any():  # nothing to tell apart
        return 0.0, 5.0 if len(truth) and truth.all() else -5.0
    model = LogisticRegression(C=100.0).fit(values[:, None], truth)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def _outputs(codebook: Codebook) -> tuple[str, ...]:
    ways = (f"{pair}/{way}" for pair in PAIRS for way in get_args(Direction))
    return (*codebook.theme_ids, *PAIRS, *ways)


def _table(texts: Sequence[LabelledText], codebook: Codebook, without: frozenset[str]) -> tuple[Any, Any]:
    """Texts by features, and how many words each text has."""
    rows, buckets, values, words = [0], [], [], []
    for text in texts:
        passages = read_passages(text.title, text.text, text.lang, codebook=codebook)
        features = read_features(passages, list(ask(passages, codebook=codebook)), codebook=codebook, without=without)
        buckets.append(features.buckets)
        values.append(features.values)
        rows.append(rows[-1] + len(features.buckets))
        words.append(features.words)
    table = csr_matrix((np.concatenate(values), np.concatenate(buckets), rows), shape=(len(texts), BUCKETS))
    table.sum_duplicates()
    return table, np.array(words)


def _truth(texts: Sequence[LabelledText], output: str) -> tuple[Any, Any]:
    """Which texts are asked, and what they say: a direction is learned from texts that have the dyad."""
    pair, _, way = output.partition("/")
    if way:
        asked = np.array([n for n, text in enumerate(texts) if pair in dict(text.dyads)], np.int64)
        return asked, np.array([dict(texts[n].dyads)[pair] == way for n in asked], bool)
    asked = np.array([n for n, text in enumerate(texts) if text.only in {"", output}], np.int64)
    return asked, np.array([output in texts[n].themes or output in dict(texts[n].dyads) for n in asked], bool)


class _Fit:
    """Regularised least squares, solved in the texts and not in the features, of which there are more.

    What every output is asked is factored once; what one alone is asked (the codebook's sentences) is put beside it.
    """

    def __init__(self, alike: Any, texts: Any) -> None:
        self._alike, self._texts = alike, texts
        self._loose = _LOOSENESS * float(np.mean(np.diag(alike))) if len(alike) else 1.0
        self._factor = cho_factor(alike[np.ix_(texts, texts)] + np.eye(len(texts)) * self._loose, overwrite_a=True)

    def said(self, truth: Any, beside: Any) -> Any:
        """How much each text says for an output, of all texts; `truth` is of all texts too."""
        wanted, said = np.where(truth, 1.0, _NOT_CARRIED), np.zeros(len(self._alike))
        alone = said[self._texts] = cho_solve(self._factor, wanted[self._texts])
        if not len(beside):
            return said
        between = self._alike[np.ix_(self._texts, beside)]
        reach = cho_solve(self._factor, between)
        own = self._alike[np.ix_(beside, beside)] + np.eye(len(beside)) * self._loose - between.T @ reach
        said[beside] = np.linalg.solve(own, wanted[beside] - between.T @ alone)
        said[self._texts] = alone - reach @ said[beside]
        return said


class _Held:
    """What is held of every text by what was learned without its story, and what each text says once all are learned from."""

    def __init__(self, texts: Sequence[LabelledText], alike: Any, outputs: Sequence[str], *, folds: Any) -> None:
        self._values = {output: np.zeros(len(texts)) for output in outputs}
        self._said = {output: np.zeros(len(texts)) for output in outputs}
        whole = np.array([not text.only for text in texts], bool)
        together = [output for output in outputs if "/" not in output]
        for fold in range(FOLDS + 1):  # the last leaves out nothing
            left, out = folds != fold, np.flatnonzero(folds == fold)
            fits = dict.fromkeys(together, _Fit(alike, np.flatnonzero(left & whole)) if (left & whole).any() else None)
            for output in outputs:
                asked, true = _truth(texts, output)
                among = np.zeros(len(texts), bool)
                among[asked] = left[asked]
                if not among.any():
                    continue
                fit = fits.get(output)
                beside = np.flatnonzero(among & ~whole) if fit else np.zeros(0, np.int64)
                fit = fit or _Fit(alike, np.flatnonzero(among))
                truth = np.zeros(len(texts), bool)
                truth[asked] = true
                said = fit.said(truth, beside)
                if fold == FOLDS:
                    self._said[output] = said
                self._values[output][out] = alike[out] @ said

    def values(self, output: str) -> Any:
        """Per text, from the texts of other stories."""
        return self._values[output]

    def said(self, output: str) -> Any:
        """Per text, how much it says; zero where it was not asked."""
        return self._said[output]


def _threshold(output: str, chances: Any, truth: Any, *, invented: Any) -> float:
    """The probability from which the output stands; prints how good that was on texts that it was not learned from."""
    if "/" in output:  # of a pair's directions the likeliest is taken
        return 0.5
    best = (-1.0, 0.5)
    for threshold in np.arange(LEAST_THRESHOLD, 0.85, 0.01):
        said = chances >= threshold
        if (said & truth).any():
            apart = output not in PAIRS and invented.any() and not invented.all()
            parts = [invented, ~invented] if apart else [np.ones(len(truth), bool)]
            worth = float(np.mean([_worth(said, truth, part) for part in parts]))
            best = max(best, (worth, round(float(threshold), 2)))
    said = chances >= best[1]
    right, there = int((said & truth).sum()), int(truth.sum())
    precision, recall, f1 = right / max(1, int(said.sum())), right / max(1, there), 2 * right / max(1, int(said.sum()) + there)
    print(f"{output:26s} n={there:4d} P {precision:.3f} R {recall:.3f} F1 {f1:.3f} at {best[1]:.2f}")
    return best[1]


def _worth(said: Any, truth: Any, part: Any) -> float:
    """F1 on a part of the texts, less what its precision falls short."""
    overall = float((said & truth).sum() / said.sum())
    right, claimed, there = (int((which & part).sum()) for which in (said & truth, said, truth))
    precision = (right + _DOUBT * overall) / (claimed + _DOUBT)
    return 2 * right / max(1, claimed + there) - _SHORTFALL * max(0.0, LEAST_PRECISION - precision)


if __name__ == "__main__":
    raise SystemExit(main())
