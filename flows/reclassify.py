"""Reclassify, as a Prefect flow: stored texts → another codebook → landed → compared → active, where that is asked.

A thin shell: `flows/reclassification.py` does the work and knows no Prefect. What Prefect gets is the history of runs, a progress
bar and one artifact that says what each theme gained and lost.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import date
from uuid import UUID

from prefect import Flow, flow, task
from prefect.artifacts import create_markdown_artifact, create_progress_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flows.chronicle import close_twins, forgiving, twin
from flows.interruption import Say
from flows.reclassification import Progress, ReclassifyReport, read_codebook, reclassify_history
from flows.settings import Settings, load_settings
from warehouse.codebooks import Comparison

PROGRESS_SECONDS = 5.0  # between two words to the server


def _say(message: str) -> None:
    """Where no terminal listens: the flow run's log."""
    logging.getLogger("prefect.flow_runs.reclassify").info(message)


def make_reclassify(
    *,
    settings: Settings | None = None,
    say: Say = _say,
    on_progress: Progress = lambda _, __: None,
    on_report: Callable[[ReclassifyReport], None] = lambda _: None,  # hears as soon as all has landed
) -> Flow[..., ReclassifyReport]:
    """The flow, for a terminal that wants to be told; its parameters stay what a schedule can store as JSON."""

    @flow(name="reclassify")
    def reclassify(codebook: str | None = None, *, activate: bool = False, since: date | None = None) -> ReclassifyReport:
        """Put a codebook over stored articles: the shipped one, or a codebook.toml by its path."""
        chosen = settings or load_settings().settings
        report = reread(chosen, codebook=codebook, activate=activate, since=since, say=say, on_progress=on_progress)
        on_report(report)
        file_report(report)
        return report

    return reclassify


reclassify = make_reclassify()  # what a deployment names: flows/reclassify.py:reclassify


@task(name="classify history", cache_policy=NO_CACHE, persist_result=False)
def reread(
    settings: Settings, *, codebook: str | None, activate: bool, since: date | None, say: Say, on_progress: Progress
) -> ReclassifyReport:
    """All of history is one task: its batches are landings, and what has landed is not done again."""
    told = _Told(on_progress)
    report = reclassify_history(
        settings,
        codebook=read_codebook(codebook),
        activate=activate,
        since=since,
        say=say,
        on_progress=told,
        remarks=twin(flow_run.id),
        on_lost=close_twins,
    )
    told.finish()
    return report


class _Told:
    """Tells the terminal at once and the server, if it listens, now and then."""

    def __init__(self, on_progress: Progress) -> None:
        self._on_progress = on_progress
        self._artifact: UUID | None = None
        with forgiving("progress"):
            self._artifact = create_progress_artifact(progress=0.0, key="reclassify-progress", description="texts classified")  # type: ignore[assignment]
        self._last = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        self._on_progress(done, total)
        if total and time.monotonic() - self._last >= PROGRESS_SECONDS:
            self._last = time.monotonic()
            self._tell(100.0 * done / total)

    def finish(self) -> None:
        """All that could be classified is."""
        self._tell(100.0)

    def _tell(self, share: float) -> None:
        if self._artifact is not None:
            with forgiving("progress"):
                update_progress_artifact(self._artifact, progress=share)


@task(name="file report", cache_policy=NO_CACHE, persist_result=False)
def file_report(report: ReclassifyReport) -> None:
    """Leave what each theme gained and lost as a Markdown artifact."""
    with forgiving("report"):
        create_markdown_artifact(as_markdown(report), key="reclassify-report", description=f"reclassify {report.run.run_id}")


def as_markdown(report: ReclassifyReport) -> str:
    """The artifact's text: what ran, what each theme gained and lost."""
    stands = "active" if report.is_active else "not active"
    lines = [
        f"# Reclassify {report.run.started_at:%Y-%m-%d %H:%M} UTC: {report.run.status}",
        "",
        f"Codebook {report.codebook_version}: {report.done.classified} texts classified, {report.left} left, {stands}. {report.refusal}",
    ]
    if report.comparison is not None:
        lines += ["", *_table(report.comparison)]
    return "\n".join(lines)


def _table(comparison: Comparison) -> list[str]:
    rows = [("relevant", comparison.relevant), *((change.theme, change) for change in comparison.themes)]
    return [
        f"Against {comparison.before}, {comparison.articles} articles:",
        "",
        "| theme | before | after | gained | lost |",
        "|---|---|---|---|---|",
        *(f"| {name} | {change.before} | {change.after} | {change.gained} | {change.lost} |" for name, change in rows),
    ]
