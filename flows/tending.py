"""Upkeep of the warehouse: what landed unrecognised is signed and joins its text, the file is compacted, checked and published.

Knows no Prefect. Each step is small transactions of its own, so that it may be killed anywhere and begun again; other
writers get their turn after every batch.
"""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass

from extractors.fetch.clock import SYSTEM_CLOCK, Clock
from extractors.records import RunRecord, RunStatus, short_hash
from extractors.stories.signatures import sign_text
from extractors.themes.codebook import shipped_codebook
from flows.interruption import Say
from flows.manifest import write_manifest
from flows.retention import expire_captures
from flows.run import FLOW_RUN, OnLost, alive_marker, note_start, versions_of
from flows.settings import Settings
from warehouse.checks import Finding, run_checks
from warehouse.compaction import Compaction, compact
from warehouse.landing import land_run
from warehouse.publish import Publication, publish
from warehouse.store import Writer, open_writer
from warehouse.texts import SignedVersion, land_signatures, unsigned_texts

_BATCH = 1000  # versions: seconds, so that a waiting writer soon has its turn; most of what a landing costs it costs once


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """What there was to do."""

    run: RunRecord
    signed: int  # versions
    compaction: Compaction | None  # None: not worth it
    findings: tuple[Finding, ...]
    publication: Publication


def tend(
    settings: Settings,
    *,
    say: Say = lambda _: None,
    remarks: tuple[tuple[str, str], ...] = (),
    on_lost: OnLost = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
    batch: int = _BATCH,
) -> Upkeep:
    """Sign `batch` versions at a time, take old WARC files, compact, check, publish."""
    started_at = clock.now()
    run_id = short_hash("run", "maintain", started_at.isoformat(), str(os.getpid()))
    run = RunRecord(run_id=run_id, flow="maintain", started_at=started_at, versions=versions_of(shipped_codebook().version) + remarks)
    status: RunStatus = "failed"
    signed = 0
    findings: tuple[Finding, ...] = ()
    with (
        alive_marker(settings.private_dir, run_id, words=dict(remarks).get(FLOW_RUN, "")),
        open_writer(settings.private_dir, purpose="maintain", on_wait=say, whole_file=True) as writer,
    ):
        on_lost(note_start(settings, writer, run))
        try:
            signed = _sign(writer, run_id=run_id, size=batch, say=say, clock=clock)
            expire_captures(settings, writer, now=clock.now())
            compaction = compact(writer)
            findings = run_checks(writer.con)
            status = "completed"
        except KeyboardInterrupt:
            status = "interrupted"
            raise
        finally:
            counts = (("signed", signed), ("findings", len(findings)))
            run = dataclasses.replace(run, ended_at=clock.now(), status=status, counts=counts)
            land_run(writer.con, run, now=clock.now())
            try:
                publication = publish(writer, settings.published, now=clock.now())
            finally:
                write_manifest(settings, run, inputs={})
    return Upkeep(run=run, signed=signed, compaction=compaction, findings=findings, publication=publication)


def _sign(writer: Writer, *, run_id: str, size: int, say: Say, clock: Clock) -> int:
    """Sign what landed without a signature, batch by batch; how many versions."""
    signed = 0
    while batch := unsigned_texts(writer.con, limit=size):
        versions = [
            SignedVersion(
                article_id=found.article_id, content_hash=found.content_hash, signature=sign_text(found.text, authors=found.authors)
            )
            for found in batch
        ]
        land_signatures(writer.con, versions, run_id=run_id, now=clock.now())
        signed += len(versions)
        say(f"{signed} texts signed")
        writer.take_turns()
    return signed
