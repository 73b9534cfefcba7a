"""The codebook in memory: what a theme is and what a passage must hold to show it. Holds no rule of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from extractors.records import Actor, Direction, DyadName
from extractors.themes.learned import Learned
from extractors.themes.words import Vocabulary

PAIRS: dict[DyadName, tuple[Actor, Actor]] = {
    "us_russia": ("us", "russia"),
    "russia_iran": ("russia", "iran"),
    "us_iran": ("us", "iran"),
}
Script = Literal["latin", "cyrillic", "arabic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What the reader must know of a language to try its words on a text."""

    tag: str  # BCP 47 primary
    bit: int
    script: Script
    function_words: frozenset[str]  # folded
    least_share: float  # of a longer text's words that are function words, if it is in this language
    abbreviations: frozenset[str]  # lower case, without the last full stop
    prefixes: tuple[str, ...]  # folded; written in front of a word without a space


@dataclass(frozen=True, slots=True, kw_only=True)
class WordList:
    """A named list of words; its phrases are in the vocabulary under its bit."""

    name: str
    bit: int
    family: int  # itself and the lists that include it, as bits
    unless: int = 0  # lists (as bits) that, found anywhere in the text, take this one's words back


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place in a cue: one of these lists must be there."""

    text: str  # as written in the codebook: 'russian|iranian'
    lists: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """What a passage must hold to show a theme or a dealing, and how much that proves."""

    id: str  # 'sanctions_pressure.imposed'; of a dyad cue 'dyad.talks'
    theme: str  # '' for a dyad cue
    all: tuple[Slot, ...]  # each in the sentence
    near: tuple[Slot, ...] = ()  # each in the sentence, its neighbours or the title
    about: tuple[Slot, ...] = ()  # each in the title or in two sentences of the text: what it is about
    none: tuple[Slot, ...] = ()  # none of them in the sentence
    within: int | None = None  # words from the first word of a slot to the last of another
    score: float  # 0..1
    pair: DyadName | None = None  # of a dyad cue
    direction: Direction | None = None  # of a dyad cue
    examples: tuple[tuple[str, str], ...] = ()  # (language, one or two sentences that must fire)
    near_misses: tuple[tuple[str, str], ...] = ()  # (language, one or two sentences that must not)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A theme with its definition and everything that shows it."""

    id: str
    title: str
    carried: str
    not_carried: str
    cues: tuple[Cue, ...]
    implies: tuple[tuple[DyadName, Direction], ...] = ()  # dealings that the theme's evidence shows by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Codebook:
    """A codebook ready to classify with."""

    version: str  # semver+hash
    themes: tuple[Theme, ...]
    dyads: tuple[Cue, ...]
    lists: Mapping[str, WordList]
    languages: tuple[Language, ...]
    abbreviations: frozenset[str]
    vocabulary: Vocabulary = field(repr=False)
    by_list: Mapping[int, tuple[Cue, ...]] = field(repr=False)  # every cue under each list (bit) of its first slot
    learned: Learned | None = field(default=None, repr=False)  # None: the cues decide alone

    @property
    def theme_ids(self) -> tuple[str, ...]:
        """Sorted."""
        return tuple(sorted(theme.id for theme in self.themes))
