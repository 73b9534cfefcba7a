"""Stored articles under another codebook, in turns with whoever else writes. Knows no Prefect.

What is classified has landed, so a run that is killed goes on where it was; old classifications stay. The active codebook
moves in one landing, and only when no wording in scope is without a word from the new one: also those that live runs landed
meanwhile under the old.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from extractors.errors import CodebookError, SettingError, WarehouseError
from extractors.fetch.clock import SYSTEM_CLOCK, Clock
from extractors.pages.cage import Cage, CageFailure
from extractors.reading import classify_task
from extractors.records import Batch, Classified, RunRecord, RunStatus, Wording, short_hash
from extractors.themes.drafts import explain_mistake
from extractors.urls import scope_of
from flows import codebooks
from flows.codebooks import CodebookInUse
from flows.interruption import EXIT_INTERRUPTED, Say, interruptible
from flows.manifest import write_manifest
from flows.press import Press
from flows.run import FLOW_RUN, OnLost, alive_marker, note_start, versions_of
from flows.settings import Settings
from warehouse import codebooks as shelf
from warehouse import landing, schema
from warehouse.codebooks import Change, Comparison, Connection, Unclassified
from warehouse.store import Writer, open_readonly, open_writer

BATCH_WORDINGS = 400  # one landing, and what is lost at most where the process is killed
GIVE_WAY_SECONDS = 0.25  # how long another writer waits at most while a batch is classified
TASK_WORDINGS = 20  # one task of the cage

Progress = Callable[[int, int], None]  # how many of how many


@dataclass(slots=True)
class Reclassified:
    """What a run has done so far."""

    classified: int = 0
    batches: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)  # content hash and why the classifier gave no answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ReclassifyReport:
    """What a run came to, for the one who started it."""

    run: RunRecord
    codebook_version: str
    done: Reclassified
    left: int  # wordings in scope that the codebook has not judged
    is_active: bool
    has_moved: bool = False  # it became active in this run
    is_rehearsal: bool = False
    refusal: str = ""  # why the codebook was not made active, where that was asked
    comparison: Comparison | None = None  # None: there is no other codebook to compare with

    @property
    def exit_code(self) -> int:
        """0 done, 130 interrupted, 1 where activation was asked and refused."""
        if self.run.status == "interrupted":
            return EXIT_INTERRUPTED
        return int(bool(self.refusal))

    def as_row(self) -> dict[str, Any]:
        """The report for machines."""
        compared = self.comparison
        return {
            "run_id": self.run.run_id or None,
            "status": self.run.status,
            "dry_run": self.is_rehearsal,
            "codebook_version": self.codebook_version,
            "active": self.is_active,
            "classified": self.done.classified,
            "left": self.left,
            "unreadable": [{"content_hash": content_hash, "why": why} for content_hash, why in self.done.unreadable],
            "refusal": self.refusal or None,
            "against": compared.before if compared else None,
            "articles": compared.articles if compared else None,
            "relevant": _counts_of(compared.relevant) if compared else None,
            "themes": [self._theme_row(compared, change) for change in compared.themes] if compared else [],
        }

    @staticmethod
    def _theme_row(compared: Comparison, change: Change) -> dict[str, Any]:
        examples = [asdict(example) for example in compared.examples if example.theme == change.theme]
        for example in examples:
            del example["theme"]
        return {"theme": change.theme, **_counts_of(change), "examples": examples}

    def in_words(self) -> str:
        """One sentence for people: what was done and what the views speak for now."""
        version = self.codebook_version
        if self.is_rehearsal:
            return f"dry run: {self.done.classified} texts would be classified under {version}; nothing was landed or changed"
        done = f"{self.run.status}: {self.done.classified} texts classified under {version}"
        if self.comparison is None and not self.refusal:
            done += ", and there is no other codebook to compare it with"
        if self.refusal:
            return f"{done}; not made active: {self.refusal}"
        if self.is_active:
            return f"{done}; the views {'now speak' if self.has_moved else 'speak'} for it"
        if self.left:
            return f"{done}, {self.left} still to do; the same command goes on from here"
        return f"{done}; the views still speak for the former one: `reclassify --activate` moves them"


def _counts_of(change: Change) -> dict[str, int]:
    return {"before": change.before, "after": change.after, "gained": change.gained, "lost": change.lost}


def read_codebook(name: str | None) -> CodebookInUse:
    """The shipped codebook or the one in a file; SettingError in one sentence with file and line."""
    if name is None:
        return codebooks.shipped()
    path = Path(name)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{path}: cannot be read as a codebook: {error}") from error
    try:
        return codebooks.drafted(text)
    except CodebookError as error:
        raise SettingError(explain_mistake(text, error, name=str(path))) from error


def reclassify_history(
    settings: Settings,
    *,
    codebook: CodebookInUse,
    activate: bool = False,
    since: date | None = None,
    dry_run: bool = False,
    say: Say = lambda _: None,
    on_progress: Progress = lambda _, __: None,
    remarks: tuple[tuple[str, str], ...] = (),
    on_lost: OnLost = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
) -> ReclassifyReport:
    """Classify what the codebook has not judged yet, compare, and move the active codebook where that is asked."""
    if dry_run:
        return _rehearse(settings, codebook=codebook, since=since, say=say, on_progress=on_progress, clock=clock)
    started_at = clock.now()
    run_id = short_hash("run", "reclassify", started_at.isoformat(), str(os.getpid()))
    run = RunRecord(run_id=run_id, flow="reclassify", started_at=started_at, versions=versions_of(codebook.version) + remarks)
    done = Reclassified()
    with (
        interruptible(say) as interruption,
        alive_marker(settings.private_dir, run_id, words=dict(remarks).get(FLOW_RUN, "")),
        open_writer(settings.private_dir, purpose="reclassify", on_wait=say, whole_file=True) as writer,
    ):
        on_lost(note_start(settings, writer, run))
        press = Press(settings, writer, clock)
        desk = _Desk(
            writer=writer, press=press, codebook=codebook, since=since, run_id=run_id, clock=clock, done=done, on_progress=on_progress
        )
        interruption.does(desk.stop)
        status: RunStatus = "failed"
        try:
            desk.register()
            asyncio.run(_classify_all(desk, workers=settings.workers))
            left, was_active = desk.finish(activate=activate)
            status = "interrupted" if desk.is_stopped else "completed"
        finally:
            counts = (("classified", done.classified), ("unreadable", len(done.unreadable)), ("batches", done.batches))
            run = replace(run, ended_at=clock.now(), status=status, counts=counts)
            landing.land_run(writer.con, run, now=clock.now())
            try:
                press.publish_now()
            finally:
                write_manifest(settings, run, inputs=_inputs(codebook))
        comparison = _compare(writer.con, codebook, since=since)
    has_moved = activate and not was_active and not left
    refusal = _refusal(done, left=left, status=status) if activate and not (was_active or has_moved) else ""
    return ReclassifyReport(
        run=run,
        codebook_version=codebook.version,
        done=done,
        left=left,
        is_active=was_active or has_moved,
        has_moved=has_moved,
        refusal=refusal,
        comparison=comparison,
    )


def _inputs(codebook: CodebookInUse) -> dict[str, str]:
    """SHA-256 of the codebook that somebody wrote; the shipped one's version says what it is."""
    return {} if codebook.toml is None else {"codebook.toml": hashlib.sha256(codebook.toml.encode()).hexdigest()}


@dataclass(slots=True, kw_only=True)
class _Desk:
    """Where wordings come from and classifications go to; gives way to another writer after every landing."""

    writer: Writer
    press: Press
    codebook: CodebookInUse
    since: date | None
    run_id: str
    clock: Clock
    done: Reclassified
    on_progress: Progress
    is_stopped: bool = False
    waiting: list[Unclassified] = field(default_factory=list)
    handed_out: set[str] = field(default_factory=set)  # and not judged yet, or never to be

    def stop(self) -> None:
        """Hand out nothing more."""
        self.is_stopped = True

    def register(self) -> None:
        """Record the codebook, unless it is known; who is active stays so."""
        held = {book.codebook_version: book for book in shelf.held_codebooks(self.writer.con)}
        known = held.get(self.codebook.version)
        state = self.codebook.state(active=bool(known and known.is_active), complete=bool(known and known.is_complete))
        landing.land_codebook(self.writer.con, state, run_id=self.run_id, now=self.clock.now())

    def next_batch(self) -> tuple[Wording, ...]:
        """Hand out wordings that are still to be judged, newest first; none once all are, or the run is stopped."""
        if self.is_stopped:
            return ()
        if not self.waiting:
            found = shelf.unclassified(self.writer.con, self.codebook.version, since=self.since)
            self.waiting = [item for item in reversed(found) if item.content_hash not in self.handed_out]
        chosen = [self.waiting.pop() for _ in range(min(BATCH_WORDINGS, len(self.waiting)))]
        self.handed_out.update(item.content_hash for item in chosen)
        return shelf.wordings(self.writer.con, chosen)

    def land(self, found: Sequence[Classified]) -> None:
        """Land a batch, tell of it, publish when that is due, and let another writer have its turn. Not on the loop's thread."""
        if not found:
            return
        receipt = landing.land(self.writer.con, Batch(classified=tuple(found)), run_id=self.run_id, now=self.clock.now(), scope_of=scope_of)
        self.done.classified += receipt.classified
        self.done.batches += 1
        self.handed_out.difference_update(item.content_hash for item in found)
        self.on_progress(self.done.classified, self.done.classified + len(self.handed_out) + len(self.waiting))
        self.press.has_news = True
        self.press.publish_if_due()
        self.writer.take_turns()

    def finish(self, *, activate: bool) -> tuple[int, bool]:
        """Record that the codebook is complete, if it is, and make it active where asked; what is left, and whether it was active."""
        con, now = self.writer.con, self.clock.now()
        standing = shelf.active_codebook(con)
        was_active = standing is not None and standing[0] == self.codebook.version
        state = self.codebook.state(active=was_active or activate, complete=True)
        left = shelf.settle(con, state, since=self.since, run_id=self.run_id, now=now)
        return left, was_active


async def _classify_all(desk: _Desk, *, workers: int) -> None:
    """Classify batch after batch in the cage; while one is read the one before it lands, and others may write."""
    async with Cage(workers) as cage:
        found: Sequence[Classified] = ()
        # asked once more after the last landing: another writer may have had its turn in it
        while (wordings := desk.next_batch()) or found:
            judging = asyncio.create_task(_classify(cage, wordings, desk.codebook, desk.done))
            await asyncio.to_thread(desk.land, found)
            while not judging.done():
                await asyncio.wait({judging}, timeout=GIVE_WAY_SECONDS)
                await asyncio.to_thread(desk.writer.take_turns)
            found = await judging


async def _classify(cage: Cage, wordings: Sequence[Wording], codebook: CodebookInUse, done: Reclassified) -> list[Classified]:
    """Classify in the processes that live reading uses; a text on which one of them dies costs that text only."""
    parts = [tuple(wordings[start : start + TASK_WORDINGS]) for start in range(0, len(wordings), TASK_WORDINGS)]
    answers = await asyncio.gather(*(cage.run(classify_task, part, codebook.toml) for part in parts))
    found: list[Classified] = []
    for part, answer in zip(parts, answers, strict=True):
        if not isinstance(answer, CageFailure):
            found.extend(answer)
            continue
        for wording in part:
            alone = await cage.run(classify_task, (wording,), codebook.toml)
            if isinstance(alone, CageFailure):
                done.unreadable.append((wording.content_hash, f"{alone.kind}: {alone.detail.strip().splitlines()[-1:]}"))
            else:
                found.extend(alone)
    return found


def _refusal(done: Reclassified, *, left: int, status: RunStatus) -> str:
    if status == "interrupted":
        return f"stopped with {left} texts still to classify; the same command goes on from here"
    if done.unreadable:
        content_hash, why = done.unreadable[0]
        return f"{left} texts could not be classified, first {content_hash}: {why}"
    return f"{left} texts are still to classify; the same command goes on from here"


def _compare(con: Connection, codebook: CodebookInUse, *, since: date | None, rehearsed: Sequence[Classified] = ()) -> Comparison | None:
    """Against the active codebook or, where this one is that already, the one that was active before it."""
    former = next((book for book in shelf.held_codebooks(con) if book.was_active and book.codebook_version != codebook.version), None)
    return None if former is None else shelf.compare(con, former.codebook_version, codebook.version, since=since, rehearsed=rehearsed)


# --- rehearsal -------------------------------------------------------------------------------------------------------


def _rehearse(
    settings: Settings, *, codebook: CodebookInUse, since: date | None, say: Say, on_progress: Progress, clock: Clock
) -> ReclassifyReport:
    """The same from the published file, in memory: nothing is locked, landed or changed."""
    run = RunRecord(run_id="", flow="reclassify", started_at=clock.now(), versions=versions_of(codebook.version))
    done = Reclassified()
    with interruptible(say), open_readonly(settings.published) as con:
        if behind := schema.pending(con):
            raise WarehouseError(
                f"{settings.published}: behind this program's schema by {', '.join(behind)}: "
                "run `trilateral migrate`, then `trilateral publish`"
            )
        standing = shelf.active_codebook(con)
        rehearsed = asyncio.run(_rehearse_all(con, codebook, since, done, workers=settings.workers, on_progress=on_progress))
        comparison = _compare(con, codebook, since=since, rehearsed=rehearsed)
    return ReclassifyReport(
        run=replace(run, ended_at=clock.now(), status="completed"),
        codebook_version=codebook.version,
        done=done,
        left=len(done.unreadable),
        is_active=standing is not None and standing[0] == codebook.version,
        is_rehearsal=True,
        comparison=comparison,
    )


async def _rehearse_all(
    con: Connection,
    codebook: CodebookInUse,
    since: date | None,
    done: Reclassified,
    *,
    workers: int,
    on_progress: Progress,
) -> list[Classified]:
    wanted = shelf.unclassified(con, codebook.version, since=since)
    rehearsed: list[Classified] = []
    async with Cage(workers) as cage:
        for start in range(0, len(wanted), BATCH_WORDINGS):
            rehearsed += await _classify(cage, shelf.wordings(con, wanted[start : start + BATCH_WORDINGS]), codebook, done)
            done.classified = len(rehearsed)
            on_progress(done.classified, len(wanted))
    return rehearsed
