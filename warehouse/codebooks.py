"""What is held, under one codebook and under another: what is still to be classified, and what a change of codebook changes.

Reads only, but for `settle`, which refuses to move the active codebook while anything in its scope has no word from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import duckdb

from extractors.errors import WarehouseError
from extractors.records import Classified, CodebookState, Wording
from warehouse.landing import land_codebook
from warehouse.rows import classification_row, evidence_rows
from warehouse.sql import ask, given_rows

Connection = duckdb.DuckDBPyConnection  # private or published: what is asked here can be asked of both

_REHEARSED = ("content_hash", "is_relevant")
_SHOWN = ("content_hash", "theme", "part", "span_start", "span_end", "cue", "score")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCodebook:
    """A codebook that the warehouse knows."""

    codebook_version: str
    themes: tuple[str, ...]
    is_active: bool
    is_complete: bool
    was_active: bool  # now or ever
    toml: str | None  # its text, where it did not come with the program


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclassified:
    """A wording without a word from a codebook."""

    content_hash: str
    landed_seq: int  # of its newest version


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How many articles a theme had and has."""

    theme: str
    before: int
    after: int
    gained: int
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An article that gained or lost a theme, with the strongest passage that shows it or showed it."""

    theme: str
    change: Literal["gained", "lost"]
    article_id: str
    source_id: str | None
    day: date
    url: str
    title: str
    quote: str
    cue: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What articles show under two codebooks, their newest versions only."""

    before: str
    after: str
    articles: int  # judged under both
    relevant: Change  # theme: ''
    themes: tuple[Change, ...]  # every theme of either codebook, most changed first
    examples: tuple[Example, ...]


def held_codebooks(con: Connection) -> tuple[HeldCodebook, ...]:
    """Every codebook, the one that was active last first."""
    rows = ask(con, "codebooks.codebooks")
    return tuple(
        HeldCodebook(**row | {"themes": tuple(row["themes"])}, was_active=active_seq is not None)
        for row in rows
        for active_seq in (row.pop("active_seq"),)
    )


def active_codebook(con: Connection) -> tuple[str, str | None] | None:
    """Version of the one the views speak for, and its text where it did not come with the program."""
    rows = ask(con, "codebooks.active")
    return (rows[0]["codebook_version"], rows[0]["toml"]) if rows else None


def has_wordings(con: Connection) -> bool:
    """Whether any text is held."""
    return bool(ask(con, "codebooks.any_wording"))


def unclassified(con: Connection, codebook_version: str, *, since: date | None = None) -> tuple[Unclassified, ...]:
    """Wordings that the codebook has not judged, newest first."""
    return tuple(Unclassified(**row) for row in ask(con, "codebooks.unclassified", codebook_version=codebook_version, since=since))


def wordings(con: Connection, wanted: Sequence[Unclassified]) -> tuple[Wording, ...]:
    """Their texts, in no order."""
    if not wanted:
        return ()
    seqs = [item.landed_seq for item in wanted]
    hashes = [item.content_hash for item in wanted]
    return tuple(
        Wording(**row) for row in ask(con, "codebooks.wordings", since_seq=min(seqs), through_seq=max(seqs), content_hashes=hashes)
    )


def settle(con: Connection, state: CodebookState, *, since: date | None, run_id: str, now: datetime) -> int:
    """Record that a codebook is complete and, where its state says so, active, unless something in its scope is unclassified.

    How many wordings are; the state stands only where that is 0. The one writer asks and records in one turn, so nothing can
    land in between.
    """
    left = len(unclassified(con, state.codebook_version, since=since))
    if not left:
        land_codebook(con, state, run_id=run_id, now=now)
    return left


def compare(
    con: Connection,
    before: str,
    after: str,
    *,
    since: date | None = None,
    rehearsed: Iterable[Classified] = (),
    examples: int = 2,
) -> Comparison:
    """Compare what two codebooks say of the articles that both have judged; `rehearsed` counts as said by `after`."""
    themes = {theme for book in held_codebooks(con) if book.codebook_version in (before, after) for theme in book.themes}
    told = tuple(rehearsed)
    judged = [classification_row(item.content_hash, item.classification) for item in told]
    shown = [row for item in told for row in evidence_rows(item.content_hash, item.classification)]
    try:
        with given_rows(con, "rehearsed", judged, columns=_REHEARSED), given_rows(con, "shown", shown, columns=_SHOWN):
            ask(con, "codebooks.compare_articles", before=before, after=after, since=since)
            ask(con, "codebooks.compare_themes", before=before, after=after)
    except duckdb.Error as error:
        raise WarehouseError(f"comparing {before} with {after}: {error}") from error
    totals = ask(con, "codebooks.compared")[0]
    articles = totals.pop("articles")
    changes = {row["theme"]: Change(**row) for row in ask(con, "codebooks.changes")}
    changes |= {theme: Change(theme=theme, before=0, after=0, gained=0, lost=0) for theme in themes - changes.keys()}
    return Comparison(
        before=before,
        after=after,
        articles=articles,
        relevant=Change(theme="", **totals),
        themes=tuple(sorted(changes.values(), key=lambda change: (-change.gained - change.lost, change.theme))),
        examples=tuple(Example(**row) for row in ask(con, "codebooks.examples", examples=examples)),
    )
