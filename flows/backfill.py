"""Backfill, as a Prefect flow: the same stream as ingest, fed by an archive instead of a feed.

The flow is a thin shell around `flows/history.py`, which knows no Prefect. Parameters are what a schedule can store.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from prefect import Flow, flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from extractors.errors import SettingError
from flows.chronicle import close_twins, forgiving, twin
from flows.history import HistoryReport, Order, run_backfill, window_of
from flows.interruption import Say
from flows.pipeline import Counts
from flows.settings import Settings, load_settings


def _say(message: str) -> None:
    """Where no terminal listens: the flow run's log."""
    logging.getLogger("prefect.flow_runs.backfill").info(message)


def make_backfill(
    *,
    settings: Settings | None = None,
    order: Order | None = None,
    offline: bool = False,
    say: Say = _say,
    on_progress: Callable[[Counts], None] = lambda _: None,
    on_report: Callable[[HistoryReport], None] = lambda _: None,  # hears as soon as all has landed
) -> Flow[..., HistoryReport]:
    """The flow; `order` is what a terminal asked for, in place of the parameters that a schedule stores."""

    @flow(name="backfill")
    def backfill(
        adapter: str,
        target: str,
        since: str | None = None,
        until: str | None = None,
        limit: int | None = None,
        max_minutes: float | None = None,
    ) -> HistoryReport:
        """Take what an archive holds and we do not, the newest first."""
        chosen = settings or load_settings().settings
        asked = order or Order(adapter=adapter, target=target, window=window_of(since, until), limit=limit, max_minutes=max_minutes)
        if settings is None and chosen.contact is None and asked.asks_publishers:
            raise SettingError("no `contact` is set: scheduled runs ask publishers only with one; set it in trilateral.toml")
        report = stream(chosen, asked, offline=offline, say=say, on_progress=on_progress)
        on_report(report)
        file_report(report)
        return report

    return backfill


backfill = make_backfill()  # what a deployment names: flows/backfill.py:backfill


@task(name="stream", cache_policy=NO_CACHE, persist_result=False)
def stream(settings: Settings, order: Order, *, offline: bool, say: Say, on_progress: Callable[[Counts], None]) -> HistoryReport:
    """The whole stream is one task: a task per page would cost as much as reading it."""
    return run_backfill(settings, order, offline=offline, say=say, on_progress=on_progress, remarks=twin(flow_run.id), on_lost=close_twins)


@task(name="file report", cache_policy=NO_CACHE, persist_result=False)
def file_report(report: HistoryReport) -> None:
    """Leave the run's counts as a Markdown artifact."""
    run = report.run.run
    rows = "\n".join(f"| {name} | {count} |" for name, count in run.counts)
    problems = "".join(f"\n- {problem}" for problem in report.tally.problems)
    text = f"# Backfill {run.started_at:%Y-%m-%d %H:%M} UTC: {run.status}\n\n| count | n |\n| --- | --- |\n{rows}\n{problems}\n"
    with forgiving("report"):
        create_markdown_artifact(text, key="backfill-report", description=f"backfill {run.run_id}")
