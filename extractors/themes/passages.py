"""Cut title and text into passages (sentences) and read every word list in each of them.

Refuses nothing: what a passage shows is the cues' business.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from extractors.records import Part
from extractors.themes.cues import Codebook, WordList
from extractors.themes.languages import languages_of
from extractors.themes.normalise import Folded, fold
from extractors.themes.sentences import split_sentences
from extractors.themes.words import tokenise

_SHOUTED_WORDS = 4  # a passage of at least so many words without a small letter is written in capitals


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A sentence of the title or the text with the words found in it."""

    part: Part
    start: int  # code points, half-open, in the part
    end: int
    folded: Folded  # of the sentence alone
    words: tuple[tuple[int, int], ...]  # spans in folded.text
    hits: Mapping[int, tuple[tuple[int, int], ...]]  # list (bit) -> spans in `words`
    lists: int  # all bits of `hits`

    def span_of(self, first: int, last: int) -> tuple[int, int]:
        """Words `first` to `last` (half-open) as a span of the part."""
        return self.start + self.folded.start(self.words[first][0]), self.start + self.folded.end(self.words[last - 1][1])


_Hits = Mapping[int, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class _Sentence:
    part: Part
    start: int
    end: int
    folded: Folded
    spans: tuple[tuple[int, int], ...]
    words: tuple[str, ...]


def _sentences(title: str, text: str, codebook: Codebook) -> Iterator[_Sentence]:
    parts: tuple[tuple[Part, str], ...] = (("title", title), ("text", text))
    for part, whole in parts:
        for start, end in split_sentences(whole, abbreviations=codebook.abbreviations):
            folded = fold(whole[start:end])
            spans = tuple(tokenise(folded.text))
            if spans:
                yield _Sentence(part, start, end, folded, spans, tuple(folded.text[a:b] for a, b in spans))


def _hits(sentence: _Sentence, codebook: Codebook, languages: int) -> _Hits:
    said = sentence.folded.original
    shouted = len(sentence.words) >= _SHOUTED_WORDS and said.upper() == said
    found = codebook.vocabulary.find(
        sentence.words,
        languages=languages,
        raw=lambda n: "" if shouted else sentence.folded.raw(*sentence.spans[n]),
    )
    hits: dict[int, list[tuple[int, int]]] = {}
    for hit in found:
        lists = hit.lists
        while lists:
            bit = lists & -lists
            hits.setdefault(bit, []).append((hit.start, hit.end))
            lists ^= bit
    return {bit: tuple(sorted(set(spans))) for bit, spans in hits.items()}


def _take_back(found: _Hits, lists: Sequence[WordList]) -> _Hits:
    """Without the words of these lists, wherever else they count."""
    kept = dict(found)
    for words in lists:
        doubted = set(found.get(words.bit, ()))
        for bit, spans in kept.items():
            if bit & words.family:
                kept[bit] = tuple(span for span in spans if span not in doubted)
    return {bit: spans for bit, spans in kept.items() if spans}


def read_passages(title: str, text: str, lang: str | None, *, codebook: Codebook) -> tuple[Passage, ...]:
    """Every sentence of title and text that has words, in order, with the word lists found in it."""
    sentences = tuple(_sentences(title, text, codebook))
    words = list(itertools.chain.from_iterable(sentence.words for sentence in sentences))
    languages = languages_of(words, lang, languages=codebook.languages)
    hits = [_hits(sentence, codebook, languages) for sentence in sentences]
    present = sum(set(itertools.chain.from_iterable(hits)))
    doubted = [words for words in codebook.lists.values() if words.unless & present]
    return tuple(
        Passage(
            part=sentence.part,
            start=sentence.start,
            end=sentence.end,
            folded=sentence.folded,
            words=sentence.spans,
            hits=(kept := _take_back(found, doubted) if doubted else found),
            lists=sum(kept),
        )
        for sentence, found in zip(sentences, hits, strict=True)
    )
