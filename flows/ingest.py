"""Ingest, as a Prefect flow: due feeds → entries → captured pages → readings → landed and published, as one stream.

The flow is a thin shell: `flows/run.py` does the work and knows no Prefect, so the same run goes on where no server
answers. What Prefect gets is the history of runs, counts as results and one artifact a run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from prefect import Flow, flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from extractors.errors import SettingError
from flows.interruption import Say
from flows.pipeline import Counts
from flows.run import RunReport, load_sources, run_stream
from flows.settings import Settings, load_settings
from warehouse.guide import RunSummary, summarise_run
from warehouse.store import open_readonly


def _say(message: str) -> None:
    """Where no terminal listens: the flow run's log."""
    logging.getLogger("prefect.flow_runs.ingest").info(message)


def refuse_without_contact(settings: Settings) -> str | None:
    """Why a run that nobody watches may not start: publishers must know whom to write to."""
    if settings.contact is None and settings.reaches_public_hosts(load_sources(settings)):
        return "no `contact` is set: scheduled runs poll public hosts only with one; set it in trilateral.toml"
    return None


def make_ingest(
    *,
    settings: Settings | None = None,
    say: Say = _say,
    on_progress: Callable[[Counts], None] = lambda _: None,
) -> Flow[..., RunReport]:
    """The flow, for a terminal that wants to be told; its parameters stay what a schedule can store as JSON."""

    @flow(name="ingest")
    def ingest(only: str | None = None, *, force: bool = False, offline: bool = False) -> RunReport:
        """One pass over the feeds that are due: poll, capture, read, classify, land, publish."""
        chosen = settings or load_settings().settings
        if settings is None and not offline and (refusal := refuse_without_contact(chosen)):
            raise SettingError(refusal)
        report = stream(chosen, only=only, force=force, offline=offline, say=say, on_progress=on_progress)
        file_report(chosen, report)
        return report

    return ingest


ingest = make_ingest()  # what a deployment names: flows/ingest.py:ingest


@task(name="stream", cache_policy=NO_CACHE, persist_result=False)
def stream(
    settings: Settings, *, only: str | None, force: bool, offline: bool, say: Say, on_progress: Callable[[Counts], None]
) -> RunReport:
    """The whole stream is one task: a task per article would cost as much as reading it."""
    remarks = (("orchestration", "prefect"),)
    return run_stream(settings, only=only, force=force, offline=offline, say=say, on_progress=on_progress, remarks=remarks)


@task(name="file report", cache_policy=NO_CACHE, persist_result=False)
def file_report(settings: Settings, report: RunReport) -> None:
    """Leave the run's counts by source and theme as a Markdown artifact."""
    with open_readonly(settings.published) as con:
        summary = summarise_run(con, report.run.run_id)
    create_markdown_artifact(as_markdown(report, summary), key="ingest-report", description=f"ingest {report.run.run_id}")


def as_markdown(report: RunReport, summary: RunSummary) -> str:
    """The artifact's text: what ran, by source, by theme."""
    lines = [
        f"# Ingest {report.run.started_at:%Y-%m-%d %H:%M} UTC: {report.run.status}",
        "",
        *_table(("count", "n"), report.run.counts),
        "",
        *_table(("source", "new articles", "new versions", "rejections"), summary.by_source),
        "",
        *_table(("theme", "articles", "passages"), summary.by_theme),
    ]
    if summary.failed_feeds:
        failed = tuple((feed.source_id, feed.url, feed.outcome, feed.detail) for feed in summary.failed_feeds)
        lines += ["", *_table(("source", "feed that failed", "outcome", "why"), failed)]
    return "\n".join(lines)


def _table(header: tuple[str, ...], rows: tuple[tuple[object, ...], ...]) -> list[str]:
    cells = [header, tuple("---" for _ in header), *rows]
    return ["| " + " | ".join(str(cell) for cell in row) + " |" for row in cells]
