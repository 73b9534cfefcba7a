"""Ingest, as a Prefect flow: due feeds → entries → captured pages → readings → landed and published, as one stream.

The flow is a thin shell: `flows/run.py` does the work and knows no Prefect, so the same run goes on where no server
answers. What Prefect gets is the history of runs, counts as results, progress, and a report in artifacts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from prefect import Flow, flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import deployment, flow_run
from prefect.states import Cancelled, Failed

from extractors.errors import SettingError
from flows.chronicle import close_twins, collapse_late_runs, forgiving, shown_progress, twin
from flows.interruption import Say
from flows.pipeline import Counts
from flows.run import RunReport, refuse_without_contact, run_stream
from flows.settings import Settings, load_settings
from flows.shift import await_shift, shift
from warehouse.guide import RunSummary, summarise_run
from warehouse.store import open_readonly


def _say(message: str) -> None:
    """Where no terminal listens: the flow run's log."""
    logging.getLogger("prefect.flow_runs.ingest").info(message)


def make_ingest(
    *,
    settings: Settings | None = None,
    say: Say = _say,
    on_progress: Callable[[Counts], None] = lambda _: None,
    on_report: Callable[[RunReport], None] = lambda _: None,  # hears as soon as all has landed, whatever becomes of the server
) -> Flow[..., RunReport | State[Any]]:
    """The flow, for a terminal that wants to be told; its parameters stay what a schedule can store as JSON."""
    run = partial(_run, say=say, on_progress=on_progress, on_report=on_report)

    @flow(name="ingest")
    def ingest(only: str | None = None, *, force: bool = False, offline: bool = False) -> RunReport | State[Any]:
        """One pass over the feeds that are due: poll, capture, read, classify, land, publish. `offline`: only read what is captured."""
        if settings is not None:
            with await_shift(settings.private_dir, purpose="ingest", say=say):
                return run(settings, only=only, force=force, offline=offline)
        return _run_on_schedule(partial(run, only=only, force=force, offline=offline), offline=offline)

    return ingest


def _run_on_schedule(run: Callable[[Settings], RunReport], *, offline: bool) -> RunReport | State[Any]:
    """A run that nobody waits for: it stands for all that are late, and leaves the field to one that is at work."""
    chosen = load_settings().settings
    if not offline and (refusal := refuse_without_contact(chosen)):
        raise SettingError(refusal)
    if deployment.id:
        collapse_late_runs(deployment.id, keep_one=False)
    with shift(chosen.private_dir, purpose="ingest") as holder:
        if holder is not None:
            return Cancelled(message=f"another ingest is at work and does the same: {holder}")
        report = run(chosen)
    if report.run.status == "interrupted":
        return Cancelled(message="interrupted; what it had begun has landed, the next run goes on from there")
    return Failed(message="every feed that was due failed") if report.due_feeds_failed else report


def _run(
    settings: Settings,
    *,
    only: str | None,
    force: bool,
    offline: bool,
    say: Say,
    on_progress: Callable[[Counts], None],
    on_report: Callable[[RunReport], None],
) -> RunReport:
    with shown_progress(flow_run.id, on_progress) as on_shown_progress:
        report = stream(settings, only=only, force=force, offline=offline, say=say, on_progress=on_shown_progress, flow_run_id=flow_run.id)
    on_report(report)
    file_report(settings, report)
    return report


ingest = make_ingest()  # what a deployment names: flows/ingest.py:ingest


@task(name="stream", cache_policy=NO_CACHE, persist_result=False)
def stream(
    settings: Settings,
    *,
    only: str | None,
    force: bool,
    offline: bool,
    say: Say,
    on_progress: Callable[[Counts], None],
    flow_run_id: Any,
) -> RunReport:
    """The whole stream is one task: a task per article would cost as much as reading it."""
    return run_stream(
        settings,
        only=only,
        force=force,
        offline=offline,
        say=say,
        on_progress=on_progress,
        remarks=twin(flow_run_id),
        on_lost=close_twins,
    )


@task(name="file report", cache_policy=NO_CACHE, persist_result=False)
def file_report(settings: Settings, report: RunReport) -> None:
    """Leave the run's counts by source and theme as artifacts: a page to read and a table."""
    with open_readonly(settings.published) as con:
        summary = summarise_run(con, report.run.run_id)
    columns = ("source", "new articles", "new versions", "rejections")
    with forgiving("report"):
        create_markdown_artifact(as_markdown(report, summary), key="ingest-report", description=f"ingest {report.run.run_id}")
        create_table_artifact(
            [dict(zip(columns, row, strict=True)) for row in summary.by_source],
            key="ingest-sources",
            description=f"ingest {report.run.run_id}: what each source brought",
        )


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
