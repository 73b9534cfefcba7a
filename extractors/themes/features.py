"""What a learned reader sees of an article: stems, word pieces, lists, concepts, company and cues, hashed and per passage.

Keeps no word: a feature is a number in a table. Lists and cues carry no language, so what is learned in one serves the others.
"""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.themes.cues import PAIRS, Codebook
from extractors.themes.judgement import Finding
from extractors.themes.learned import BUCKETS
from extractors.themes.passages import Passage

NOWHERE = -1  # the passage of what only the whole text shows

# How much a kind of feature weighs beside the others: chosen between settings that gave micro-F1 .731 to .765 in cross-validation on
# two thirds of the development texts (2026-11-25). From "concept" on: chosen on all development texts and the training passages.
# Concepts took the passages from .66 to .70 in cross-validation and "cast" (who of the three is in the text at all) to .75; on real
# texts neither changed anything. The cues were tuned on the development texts, so these must not say what a cue is worth: on texts that
# no cue was tuned on (passages, news of other outlets) 4.0 gave average precision .826 and .732, 2.0 gives .845 and .745, none .850 and
# .74; "stem", "piece" and "text" went up by a half for another .003.
_WEIGHTS = {
    "stem": 3.0,
    "stems": 1.0,
    "piece": 2.4,
    "list": 2.5,
    "lists": 2.0,
    "cue": 2.0,
    "text": 1.2,
    "concept": 2.0,
    "concepts": 1.5,
    "dealing": 1.5,
    "near": 1.0,
    "told": 1.5,
    "cast": 2.5,
}
KINDS = tuple(_WEIGHTS)
_CONCEPT = "concept_"  # what the names of lists that no cue asks for begin with
_STEM = 6  # letters; of Arabic script, whose words are shorter, one fewer
_PIECE = 5  # letters
_ARTICLES = ("وال", "بال", "لل", "ال")  # written in front of an Arabic word; Persian stems that begin so lose it alike
_SMOOTH = 3.0  # a short text's few features count no more than they should


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """A text as numbers: which features, how strong, and which passage holds how much of each."""

    buckets: NDArray[np.int64]
    values: NDArray[np.float32]  # per feature
    owners: NDArray[np.int64]  # places in `buckets`, one a feature and passage
    passages: NDArray[np.int64]  # its passage
    shares: NDArray[np.float32]  # of the feature's occurrences
    words: int  # of the text, title included


def _stem(word: str) -> str:
    if not "\u0600" <= word[0] <= "\u06ff":
        return word[:_STEM]
    article = next((a for a in _ARTICLES if word.startswith(a) and len(word) - len(a) >= 3), "")
    return word[len(article) :][: _STEM - 1]


def _words(passage: Passage, small: frozenset[str]) -> list[str]:
    words = (passage.folded.text[start:end] for start, end in passage.words)
    return [word for word in words if len(word) > 1 and word not in small]


def _kind(kind: str, *names: str) -> str:
    """Concepts are counted apart from the lists that cues ask for: there are more of them, and each says less."""
    return f"concept{kind[4:]}" if any(name.startswith(_CONCEPT) for name in names) else kind


def _of_passage(passage: Passage, names: dict[int, str], small: frozenset[str]) -> Iterator[tuple[str, str]]:
    words = _words(passage, small)
    stems = [_stem(word) for word in words]
    yield from (("stem", stem) for stem in stems)
    yield from (("stems", f"{a} {b}") for a, b in itertools.pairwise(stems))
    for word in words:
        if len(word) > _PIECE:
            yield from (("piece", word[at : at + _PIECE]) for at in range(len(word) - _PIECE + 1))
    lists = sorted(names[bit] for bit in passage.hits)
    for name in lists:
        yield _kind("list", name), name
        if passage.part == "title":
            yield _kind("list", name), f"title {name}"
    for a, b in itertools.combinations(lists, 2):
        yield _kind("lists", a, b), f"{a} {b}"


def _of_dealings(passages: Sequence[Passage], names: dict[int, str], small: frozenset[str]) -> Iterator[tuple[int, str, str]]:
    """Who stands with what: two of the three with every list of their sentence, and one sentence's names with the next one's lists."""
    lists = [frozenset(names[bit] for bit in passage.hits) for passage in passages]
    stems = [[_stem(word) for word in _words(passage, small)] for passage in passages]
    cast = " ".join(actor for actor in ("us", "russia", "iran") if any(actor in here for here in lists))
    for at, here in enumerate(lists):
        for pair, both in PAIRS.items():
            if here.issuperset(both):
                yield from ((at, "dealing", f"{pair} {name}") for name in sorted(here.difference(both)))
                yield from ((at, "told", f"{pair} {stem}") for stem in stems[at])
        yield from ((at, "cast", f"{cast} {name}") for name in sorted(here))
        if at and passages[at - 1].part == passages[at].part:
            before = lists[at - 1]
            yield from ((at, "near", f"{a} {b}") for a in sorted(before - here) for b in sorted(here - before))


def _of_findings(found: Sequence[Finding]) -> Iterator[tuple[int, str, str]]:
    for finding in found:
        name = f"{finding.cue.id}/{finding.cue.pair}" if finding.cue.pair else finding.cue.id
        yield finding.passage, "cue", f"not {name}" if finding.why else name


def read_features(
    passages: Sequence[Passage], found: Sequence[Finding], *, codebook: Codebook, without: frozenset[str] = frozenset()
) -> Features:
    """Every feature of a text but the kinds left out. `found` are the cues' answers, refused ones included."""
    names = {words.bit: words.name for words in codebook.lists.values()}
    small = frozenset(itertools.chain.from_iterable(language.function_words for language in codebook.languages))
    counts: dict[str, dict[int, dict[int, int]]] = {kind: {} for kind in KINDS}

    def count(at: int, kind: str, name: str) -> None:
        bucket = zlib.crc32(f"{kind} {name}".encode()) % BUCKETS
        places = counts[kind].setdefault(bucket, {})
        places[at] = places.get(at, 0) + 1

    for at, passage in enumerate(passages):
        for kind, name in _of_passage(passage, names, small):
            count(at, kind, name)
    for at, kind, name in itertools.chain(_of_findings(found), _of_dealings(passages, names, small)):
        count(at, kind, name)
    everywhere = sorted({name for passage in passages for bit in passage.hits if not (name := names[bit]).startswith(_CONCEPT)})
    for a, b in itertools.combinations(everywhere, 2):
        count(NOWHERE, "text", f"{a} {b}")
    kept = {kind: of_kind for kind, of_kind in counts.items() if kind not in without}
    return _gather(kept, words=sum(len(passage.words) for passage in passages))


def _gather(counts: dict[str, dict[int, dict[int, int]]], *, words: int) -> Features:
    """Damp what is repeated and give every kind the same length, however long the text."""
    buckets: list[int] = []
    values: list[float] = []
    owners: list[int] = []
    passages: list[int] = []
    shares: list[float] = []
    for kind, of_kind in counts.items():
        totals = {bucket: sum(places.values()) for bucket, places in of_kind.items()}
        damped = {bucket: 1 + math.log(total) for bucket, total in totals.items()}
        length = math.sqrt(_SMOOTH + sum(value * value for value in damped.values()))
        for bucket, places in of_kind.items():
            owners += [len(buckets)] * len(places)
            passages += places
            shares += [n / totals[bucket] for n in places.values()]
            buckets.append(bucket)
            values.append(damped[bucket] * _WEIGHTS[kind] / length)
    return Features(
        buckets=np.array(buckets, np.int64),
        values=np.array(values, np.float32),
        owners=np.array(owners, np.int64),
        passages=np.array(passages, np.int64),
        shares=np.array(shares, np.float32),
        words=words,
    )
