"""Read the codebook: themes, cues, word lists and actors as data, checked, compiled once and named by a version.

Refuses what contradicts itself: an unknown list or key, a cue without an example, a theme that nothing can show.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, cast, get_args

from extractors.errors import CodebookError
from extractors.records import Actor, Direction, DyadName, LabelCount, short_hash
from extractors.themes.cues import PAIRS, Codebook, Cue, Language, Script, Slot, Theme, WordList
from extractors.themes.learned import Learned, unpack
from extractors.themes.normalise import fold
from extractors.themes.words import Phrase, Vocabulary, WordsError, read_entries

# Raise it whenever the same two files would be read differently: it is part of every codebook's version.
READER = "4"

_CUE_KEYS = {"id", "all", "near", "about", "none", "within", "score", "words", "except", "example", "near_miss", "pair", "direction"}
_WORD_KEYS = {"about", "includes", "unless", "except"}
_Table = Mapping[str, Any]


def load_codebook(codebook_toml: str, actors_toml: str, learned: bytes = b"") -> Codebook:
    """Check and compile the files; without `learned` the cues decide alone. Raises `CodebookError` naming file, place and reason."""
    book = _parse(codebook_toml, "codebook.toml")
    people = _parse(actors_toml, "actors.toml")
    semver = book.get("version")
    if not isinstance(semver, str) or len(semver.split(".")) != 3:
        raise CodebookError(f"codebook.toml: version: not major.minor.patch: {semver!r}")
    lists = {
        **_tables(people, "actor", "actors.toml"),
        **_tables(people, "group", "actors.toml"),
        **_tables(book, "words", "codebook.toml"),
    }
    missing = [actor for actor in get_args(Actor) if actor not in lists]
    if missing:
        raise CodebookError(f"actors.toml: actor.{missing[0]}: missing; the three must be there")
    languages = tuple(_languages(_tables(book, "language", "codebook.toml")))
    reader = _Reader(lists, languages)
    themes = tuple(reader.theme(name, table) for name, table in _tables(book, "theme", "codebook.toml").items())
    dyads = tuple(itertools.chain.from_iterable(reader.dyad(table) for table in book.get("dyad", ())))
    _refuse_twins([cue.id for theme in themes for cue in theme.cues] + [f"{cue.id}/{cue.pair}" for cue in dyads])
    return Codebook(
        version=f"{semver}+{short_hash(codebook_toml, actors_toml, hashlib.sha256(learned).hexdigest(), READER)[:12]}",
        themes=themes,
        dyads=dyads,
        lists=reader.lists,
        languages=languages,
        abbreviations=frozenset(itertools.chain.from_iterable(language.abbreviations for language in languages)),
        vocabulary=Vocabulary(reader.phrases, prefixes={lang.bit: lang.prefixes for lang in languages if lang.prefixes}),
        by_list=_index(itertools.chain(dyads, *(theme.cues for theme in themes))),
        learned=_learned(learned, themes) if learned else None,
    )


def _learned(data: bytes, themes: Iterable[Theme]) -> Learned:
    """What was learned, if it is of this codebook's themes."""
    learned = unpack(data)
    outputs = {theme.id for theme in themes} | set(PAIRS) | {f"{pair}/{way}" for pair in PAIRS for way in get_args(Direction)}
    if set(learned.outputs) != outputs:
        odd = sorted(set(learned.outputs) ^ outputs)
        raise CodebookError(f"learned.bin: learned for other themes or dealings: {odd[0]}; train it anew")
    return learned


@cache
def shipped_codebook() -> Codebook:
    """The codebook that this program ships."""
    return load_codebook(*shipped_parts())


@cache
def shipped_parts() -> tuple[str, str, bytes]:
    """What it is made of: codebook.toml, actors.toml, learned.bin."""
    folder = resources.files("extractors.themes")
    book, actors = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("codebook.toml", "actors.toml"))
    return book, actors, folder.joinpath("learned.bin").read_bytes()


@cache
def shipped_quality() -> tuple[LabelCount, ...]:
    """How the shipped codebook labels the gold set, as `python -m tests.bench.quality` counted; nothing where another version was."""
    told = json.loads(resources.files("extractors.themes").joinpath("quality.json").read_text(encoding="utf-8"))
    if told["codebook_version"] != shipped_codebook().version:
        return ()
    return tuple(LabelCount(**row) for row in told["counts"])


def _parse(text: str, name: str) -> _Table:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CodebookError(f"{name}: not TOML: {error}") from error


def _tables(document: _Table, key: str, name: str) -> dict[str, _Table]:
    tables = document.get(key, {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise CodebookError(f"{name}: {key}: not a set of tables [{key}.name]")
    return dict(tables)


def _languages(tables: Mapping[str, _Table]) -> Iterator[Language]:
    for place, (tag, table) in enumerate(tables.items()):
        if table.get("script") not in get_args(Script):
            raise CodebookError(f"codebook.toml: language.{tag}: script: not one of {', '.join(get_args(Script))}")
        yield Language(
            tag=tag,
            bit=1 << place,
            script=cast("Script", table["script"]),
            function_words=frozenset(fold(word).text for word in str(table.get("function_words", "")).split()),
            least_share=float(table.get("least_share", 0.0)),
            abbreviations=frozenset(str(table.get("abbreviations", "")).split()),
            prefixes=tuple(sorted((fold(word).text for word in str(table.get("prefixes", "")).split()), key=len, reverse=True)),
        )


def _refuse_twins(ids: list[str]) -> None:
    twins = sorted({name for name in ids if ids.count(name) > 1})
    if twins:
        raise CodebookError(f"codebook.toml: {twins[0]}: this id is given twice")


def _index(cues: Iterable[Cue]) -> dict[int, tuple[Cue, ...]]:
    """Cues under each list that their first slot accepts, so that a sentence asks only the cues that can answer."""
    index: dict[int, list[Cue]] = {}
    for cue in cues:
        lists = cue.all[0].lists
        while lists:
            bit = lists & -lists
            index.setdefault(bit, []).append(cue)
            lists ^= bit
    return {bit: tuple(found) for bit, found in index.items()}


class _Reader:
    """Turns tables into cues and phrases; every list gets the next bit."""

    def __init__(self, tables: Mapping[str, _Table], languages: tuple[Language, ...]) -> None:
        self.phrases: list[Phrase] = []
        self._languages = {language.tag: language.bit for language in languages}
        self._every_language = sum(self._languages.values())
        bits = {name: 1 << place for place, name in enumerate(tables)}
        self._bits = bits
        self.lists: dict[str, WordList] = {}
        for name, table in tables.items():
            family = self._family(name, tables)
            unless = self._lists_of(table.get("unless", ()), f"words.{name}: unless")
            self.lists[name] = WordList(name=name, bit=bits[name], family=family, unless=unless)
            self._read_words({key: value for key, value in table.items() if key not in _WORD_KEYS}, family, f"words.{name}", is_trap=False)
            self._read_words(table.get("except", {}), family, f"words.{name}: except", is_trap=True)

    def _family(self, name: str, tables: Mapping[str, _Table]) -> int:
        """The list itself and every list that includes it, however far up."""
        members, size = self._bits[name], 0
        while members != size:
            size = members
            for other, table in tables.items():
                if self._lists_of(table.get("includes", ()), f"words.{other}: includes") & members:
                    members |= self._bits[other]
        return members

    def _lists_of(self, names: Iterable[str], where: str) -> int:
        bits = 0
        for name in names:
            if name not in self._bits:
                raise CodebookError(f"{where}: no list of words is called {name!r}")
            bits |= self._bits[name]
        return bits

    def _read_words(self, words: _Table, lists: int, where: str, *, is_trap: bool) -> None:
        for tag, entries in words.items():
            if tag != "any" and tag not in self._languages:
                raise CodebookError(f"{where}: {tag!r} is neither a key nor a language of this codebook")
            languages = self._every_language if tag == "any" else self._languages[tag]
            try:
                self.phrases += read_entries(entries, lists=lists, languages=languages, is_trap=is_trap)
            except WordsError as error:
                raise CodebookError(f"{where}.{tag}: {error}") from error

    def theme(self, name: str, table: _Table) -> Theme:
        """One theme with its cues."""
        for key in ("title", "carried", "not_carried"):
            if not isinstance(table.get(key), str):
                raise CodebookError(f"theme.{name}: {key}: missing")
        if not table.get("cue"):
            raise CodebookError(f"theme.{name}: no cue: nothing could show it")
        return Theme(
            id=name,
            title=table["title"],
            carried=table["carried"],
            not_carried=table["not_carried"],
            cues=tuple(self._cue(cue, theme=name) for cue in table["cue"]),
            implies=tuple(self._dealing(pair, way, f"theme.{name}: implies") for pair, way in table.get("implies", {}).items()),
        )

    def dyad(self, table: _Table) -> Iterator[Cue]:
        """A dyad cue once for each pair it is meant for, the pair's names in place of $a and $b."""
        where = f"dyad.{table.get('id')}"
        pairs = (table["pair"],) if "pair" in table else tuple(PAIRS)
        for pair in pairs:
            name, direction = self._dealing(pair, table.get("direction"), where)
            yield self._cue(table, theme="", pair=name, direction=direction)

    def _dealing(self, pair: object, direction: object, where: str) -> tuple[DyadName, Direction]:
        if pair not in PAIRS or direction not in get_args(Direction):
            raise CodebookError(f"{where}: not a pair and a direction: {pair!r}, {direction!r}")
        return pair, cast("Direction", direction)

    def _cue(self, table: _Table, *, theme: str, pair: DyadName | None = None, direction: Direction | None = None) -> Cue:
        where = f"{theme or 'dyad'}.{table.get('id')}"
        if not isinstance(table.get("id"), str) or set(table) - _CUE_KEYS:
            raise CodebookError(f"{where}: no id, or unknown keys: {', '.join(sorted(set(table) - _CUE_KEYS))}")
        score = table.get("score")
        if not isinstance(score, float) or not 0 < score <= 1:
            raise CodebookError(f"{where}: score: not a number over 0 and up to 1: {score!r}")
        if not table.get("example"):
            raise CodebookError(f"{where}: example: missing; a cue shows what it is for")
        slots = self._own_words(table, where) + self._slots(table.get("all", ()), where, pair)
        if not slots:
            raise CodebookError(f"{where}: neither words nor all: it would fire on everything")
        return Cue(
            id=where,
            theme=theme,
            all=slots,
            near=self._slots(table.get("near", ()), where, pair),
            about=self._slots(table.get("about", ()), where, pair),
            none=self._slots(table.get("none", ()), where, pair),
            within=table.get("within"),
            score=score,
            pair=pair,
            direction=direction,
            examples=self._samples(table.get("example", {}), f"{where}: example"),
            near_misses=self._samples(table.get("near_miss", {}), f"{where}: near_miss"),
        )

    def _samples(self, samples: _Table, where: str) -> tuple[tuple[str, str], ...]:
        unknown = sorted(set(samples) - set(self._languages))
        if unknown:
            raise CodebookError(f"{where}: {unknown[0]!r} is no language of this codebook")
        return tuple((tag, str(text)) for tag, text in samples.items())

    def _own_words(self, table: _Table, where: str) -> tuple[Slot, ...]:
        """The cue's own words are a list without a name."""
        if "words" not in table:
            return ()
        bit = self._bits.setdefault(f"{where}#words", 1 << len(self._bits))
        name = f"{where}#words"
        if name not in self.lists:
            self.lists[name] = WordList(name=name, bit=bit, family=bit)
            self._read_words(table["words"], bit, f"{where}: words", is_trap=False)
            self._read_words(table.get("except", {}), bit, f"{where}: except", is_trap=True)
        return (Slot(text="words", lists=bit),)

    def _slots(self, slots: Iterable[str], where: str, pair: DyadName | None) -> tuple[Slot, ...]:
        a, b = PAIRS[pair] if pair else ("", "")
        written = (slot.replace("$a", a).replace("$b", b) for slot in slots)
        return tuple(Slot(text=slot, lists=self._lists_of((n.strip() for n in slot.split("|")), where)) for slot in written)
