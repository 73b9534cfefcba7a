"""Which codebook a run reads under: the one the views speak for, whoever made it active, from its next landing on.

Live reading and the public views must speak of the same codebook, also while a reclassify beside it moves the active one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from extractors.errors import CodebookError
from extractors.reading import classifier_of
from extractors.records import Article, Classified, CodebookState, Reading
from extractors.themes.codebook import shipped_codebook, shipped_quality
from extractors.themes.cues import Codebook
from extractors.themes.drafts import read_draft
from flows.interruption import Say
from warehouse import codebooks as shelf
from warehouse import landing
from warehouse.codebooks import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class CodebookInUse:
    """A codebook that this program can classify with."""

    book: Codebook
    toml: str | None  # None: the shipped one

    @property
    def version(self) -> str:
        """Semver and hash."""
        return self.book.version

    def state(self, *, active: bool, complete: bool) -> CodebookState:
        """As the warehouse records it."""
        return CodebookState(
            codebook_version=self.version,
            themes=self.book.theme_ids,
            active=active,
            complete=complete,
            toml=self.toml,
            quality=shipped_quality() if self.toml is None else (),
        )


def shipped() -> CodebookInUse:
    """The one that comes with the program."""
    return CodebookInUse(book=shipped_codebook(), toml=None)


def drafted(codebook_toml: str) -> CodebookInUse:
    """One that somebody wrote; CodebookError where it is none."""
    book = read_draft(codebook_toml)
    return CodebookInUse(book=book, toml=None if book is shipped_codebook() else codebook_toml)


def active(con: Connection) -> CodebookInUse | None:
    """The one the views speak for; None where there is none or this program, being another release, would read it otherwise."""
    said = shelf.active_codebook(con)
    if said is None:
        return None
    version, toml = said
    try:
        found = shipped() if toml is None else drafted(toml)
    except CodebookError:
        return None  # it was written for another release
    return found if found.version == version else None


def choose(con: Connection, *, run_id: str, now: datetime, say: Say) -> CodebookInUse:
    """Choose the codebook of a run and register it; the shipped one becomes active where there is no history yet."""
    standing = active(con)
    if standing is not None:
        landing.land_codebook(con, standing.state(active=True, complete=_is_complete(con, standing.version)), run_id=run_id, now=now)
        return standing
    ours = shipped()
    said = shelf.active_codebook(con)
    is_first = said is None or not shelf.has_wordings(con)
    landing.land_codebook(con, ours.state(active=is_first, complete=is_first), run_id=run_id, now=now)
    if said is not None and not is_first:
        say(
            f"the views speak for codebook {said[0]}, which came with another release: what is read now is classified under "
            f"{ours.version} and shows in them once `trilateral reclassify --activate` has run"
        )
    return ours


def _is_complete(con: Connection, version: str) -> bool:
    return any(book.is_complete for book in shelf.held_codebooks(con) if book.codebook_version == version)


class Bookmark:
    """The codebook that a stream reads under, moved on when the active one moves."""

    def __init__(self) -> None:
        self.codebook = shipped()
        self._seen = self.codebook.version  # the active one that was looked at last

    def follow(self, con: Connection, readings: Sequence[Reading] = ()) -> tuple[Classified, ...]:
        """Move on if need be; what these readings say under the active codebook, where they were read under another."""
        said = shelf.active_codebook(con)
        if said is not None and said[0] != self._seen:
            self._seen = said[0]
            self.codebook = active(con) or shipped()
        classifier = classifier_of(self.codebook.toml)
        return tuple(
            Classified(
                content_hash=article.content_hash,
                classification=replace(classifier(article.title, article.text, article.lang), near_misses=()),
            )
            for reading in readings
            for article in (reading.outcome,)
            if isinstance(article, Article)
            and reading.classification is not None
            and reading.classification.codebook_version != self.codebook.version
        )
