"""Word lists as data: read their little language, find their words in a sentence.

An entry is a phrase; entries are separated by ``|``. In a phrase, separated by spaces: ``word`` is that word, ``stem*`` a
word that begins so, ``*stem*`` one that contains it, ``a/b`` either, ``*`` any one word, ``..3`` up to three words, and
``=US`` a word written exactly so. Everything else is folded as the text is, so accents, case and joiners need no variants.
Refuses regular expressions: a list must be readable by someone who knows the language and not the program.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from extractors.themes.normalise import fold

_TOKEN = re.compile(r"[^\W_]+")
_ATOM = re.compile(r"\*?[^\W_]+\*?|\*")
_GAP = re.compile(r"\.\.(\d)")
_JOINERS = re.compile("[\u200c\u200d]")
_MOST_SPELLINGS = 96  # of one phrase
_CACHED_TOKENS = 60_000  # per vocabulary and language set; about 20 MB when full

AtomKind = Literal["word", "stem", "part", "tail", "any", "exact", "gap"]


@dataclass(frozen=True, slots=True)
class Atom:
    """One place in a phrase."""

    kind: AtomKind
    text: str = ""
    width: int = 0  # of a gap, in words

    def fits(self, spelling: str) -> bool:
        """Whether a folded word can stand here; `exact` is settled by the caller."""
        match self.kind:
            case "word" | "exact":
                return spelling == self.text
            case "stem":
                return spelling.startswith(self.text)
            case "part":
                return self.text in spelling
            case "tail":
                return spelling.endswith(self.text)
            case _:
                return True


@dataclass(frozen=True, slots=True)
class Phrase:
    """One spelling of an entry: what it says, in which language, and which lists (as bits) it belongs to."""

    atoms: tuple[Atom, ...]
    exact: tuple[str, ...]  # per atom: the required original spelling, or ""
    lists: int
    languages: int
    is_trap: bool = False  # a trap takes back what overlaps it


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: lists as bits, and its words in the sentence, half-open."""

    lists: int
    start: int
    end: int


class WordsError(ValueError):
    """An entry that cannot be read; the message says which and why."""


def tokenise(folded: str) -> list[tuple[int, int]]:
    """Spans of the words in folded text."""
    return [found.span() for found in _TOKEN.finditer(folded)]


def _alternatives(part: str) -> Iterator[list[tuple[Atom, str]]]:
    """What may stand at one place: each alternative is a run of atoms, since `su-35` is two words."""
    if gap := _GAP.fullmatch(part):
        yield [(Atom("gap", width=int(gap.group(1))), "")]
        return
    for alternative in part.split("/"):
        if alternative.startswith("="):
            yield [(Atom("exact", fold(w).text), w) for w in _TOKEN.findall(alternative)]
            continue
        for joiner in ("", " ") if _JOINERS.search(alternative) else ("",):
            spelling = fold(_JOINERS.sub(joiner, alternative)).text
            yield [(_atom(piece), "") for piece in _ATOM.findall(spelling)]


def _atom(piece: str) -> Atom:
    inner = piece.strip("*")
    if not inner:
        return Atom("any")
    if piece.startswith("*"):
        return Atom("part" if piece.endswith("*") else "tail", inner)
    return Atom("stem" if piece.endswith("*") else "word", inner)


def read_entries(entries: str, *, lists: int, languages: int, is_trap: bool = False) -> Iterator[Phrase]:
    """The phrases of one list in one language. Raises `WordsError` with the entry that cannot be read."""
    for entry in re.split(r"[|\n]", entries):
        if not entry.strip():
            continue
        places = [list(_alternatives(part)) for part in entry.split()]
        spellings = list(itertools.islice(itertools.product(*places), _MOST_SPELLINGS + 1))
        if len(spellings) > _MOST_SPELLINGS:
            raise WordsError(f"{entry.strip()!r}: more than {_MOST_SPELLINGS} spellings; write shorter alternatives")
        for spelling in spellings:
            run = list(itertools.chain.from_iterable(spelling))
            if not run or run[0][0].kind in {"any", "gap"} or run[-1][0].kind == "gap":
                raise WordsError(f"{entry.strip()!r}: must begin with a word and not end with a gap")
            kinds = [atom.kind for atom, _ in run]
            if "gap" in kinds and "exact" in kinds[kinds.index("gap") :]:
                raise WordsError(f"{entry.strip()!r}: no exact word after a gap")
            if any(atom.kind in {"stem", "part", "tail"} and len(atom.text) < 2 for atom, _ in run):
                raise WordsError(f"{entry.strip()!r}: a stem needs two letters or more")
            yield Phrase(tuple(a for a, _ in run), tuple(raw for _, raw in run), lists, languages, is_trap)


class Vocabulary:
    """All phrases of a codebook, ready to be found in sentences. Holds a cache, so one instance serves one thread."""

    def __init__(self, phrases: Iterable[Phrase], *, prefixes: dict[int, tuple[str, ...]]) -> None:
        """`prefixes`: per language bit, what may be written in front of a word without a space (Arabic articles and the like)."""
        self.phrases = tuple(phrases)
        self._prefixes = prefixes
        self._by_word: dict[str, list[Phrase]] = {}
        self._by_stem: dict[str, list[Phrase]] = {}
        self._by_part: list[Phrase] = []
        for phrase in self.phrases:
            first = phrase.atoms[0]
            if first.kind in {"word", "exact"}:
                self._by_word.setdefault(first.text, []).append(phrase)
            elif first.kind == "stem":
                self._by_stem.setdefault(first.text, []).append(phrase)
            else:
                self._by_part.append(phrase)
        self._stem_lengths = tuple(sorted({len(stem) for stem in self._by_stem}))
        self._cache: dict[int, dict[str, tuple[Phrase, ...]]] = {}
        self._spellings: dict[int, dict[str, tuple[str, ...]]] = {}

    def _spell(self, token: str, languages: int) -> tuple[str, ...]:
        """The token, and what is left of it without a prefix."""
        known = self._spellings.setdefault(languages, {})
        if (spelled := known.get(token)) is None:
            spelled = (token,)
            for language, prefixes in self._prefixes.items():
                if language & languages:
                    spelled += tuple(token[len(p) :] for p in prefixes if token.startswith(p) and len(token) - len(p) >= 3)
            if len(known) >= _CACHED_TOKENS:
                known.clear()
            known[token] = spelled
        return spelled

    def _starting(self, token: str, languages: int) -> tuple[Phrase, ...]:
        """Phrases whose first word this token can be."""
        known = self._cache.setdefault(languages, {})
        if (phrases := known.get(token)) is None:
            found: dict[int, Phrase] = {}
            for spelling in self._spell(token, languages):
                candidates = [self._by_word.get(spelling, ())]
                candidates += [self._by_stem.get(spelling[:n], ()) for n in self._stem_lengths if n <= len(spelling)]
                candidates.append([phrase for phrase in self._by_part if phrase.atoms[0].fits(spelling)])
                found |= {id(p): p for p in itertools.chain.from_iterable(candidates) if p.languages & languages}
            phrases = tuple(found.values())
            if len(known) >= _CACHED_TOKENS:
                known.clear()
            known[token] = phrases
        return phrases

    def find(self, tokens: Sequence[str], *, languages: int, raw: Callable[[int], str]) -> list[Hit]:
        """Every phrase in a sentence of folded words, traps taken back. `raw` gives a word as it was written."""
        hits: list[Hit] = []
        traps: list[Hit] = []
        for start, token in enumerate(tokens):
            for phrase in self._starting(token, languages):
                end = self._end(phrase, tokens, start, languages)
                if end and all(not word or raw(start + n) == word for n, word in enumerate(phrase.exact)):
                    (traps if phrase.is_trap else hits).append(Hit(phrase.lists, start, end))
        if not traps:
            return hits
        return [kept for hit in hits if (kept := _take_back(hit, traps)).lists]

    def _end(self, phrase: Phrase, tokens: Sequence[str], start: int, languages: int) -> int:
        """Where a phrase that begins at `start` ends; 0 if it does not go on as it must."""
        if len(phrase.atoms) == 1:
            return start + 1
        return self._go_on(phrase.atoms, 1, tokens, start + 1, languages)

    def _go_on(self, atoms: tuple[Atom, ...], place: int, tokens: Sequence[str], at: int, languages: int) -> int:
        for index in range(place, len(atoms)):
            atom = atoms[index]
            if atom.kind == "gap":
                ends = (self._go_on(atoms, index + 1, tokens, at + skip, languages) for skip in range(atom.width + 1))
                return next((end for end in ends if end), 0)
            if at >= len(tokens) or not any(atom.fits(s) for s in self._spell(tokens[at], languages)):
                return 0
            at += 1
        return at


def _take_back(hit: Hit, traps: Sequence[Hit]) -> Hit:
    lists = hit.lists
    for trap in traps:
        if trap.start < hit.end and hit.start < trap.end:
            lists &= ~trap.lists
    return Hit(lists, hit.start, hit.end)
