"""Re-extraction, as a Prefect flow: stored captures under today's extractor. A thin shell around `flows/rereading.py`."""

from __future__ import annotations

import logging
from collections.abc import Callable

from prefect import Flow, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flows.chronicle import close_twins, twin
from flows.history import window_of
from flows.interruption import Say
from flows.pipeline import Counts
from flows.rereading import RereadingReport, run_reextract
from flows.settings import Settings, load_settings


def _say(message: str) -> None:
    """Where no terminal listens: the flow run's log."""
    logging.getLogger("prefect.flow_runs.reextract").info(message)


def make_reextract(
    *,
    settings: Settings | None = None,
    say: Say = _say,
    on_progress: Callable[[Counts], None] = lambda _: None,
    on_report: Callable[[RereadingReport], None] = lambda _: None,  # hears as soon as all has landed
) -> Flow[..., RereadingReport]:
    """The flow, for a terminal that wants to be told; its parameters are what a schedule can store."""

    @flow(name="reextract")
    def reextract(since: str | None = None, source: str | None = None) -> RereadingReport:
        """Read again what another extractor read; nothing is fetched."""
        report = stream(settings or load_settings().settings, since=since, source=source, say=say, on_progress=on_progress)
        on_report(report)
        return report

    return reextract


reextract = make_reextract()  # what a deployment names: flows/reextract.py:reextract


@task(name="stream", cache_policy=NO_CACHE, persist_result=False)
def stream(
    settings: Settings, *, since: str | None, source: str | None, say: Say, on_progress: Callable[[Counts], None]
) -> RereadingReport:
    """The whole stream is one task: a task per page would cost as much as reading it."""
    return run_reextract(
        settings,
        since=window_of(since, None).since,
        source=source,
        say=say,
        on_progress=on_progress,
        remarks=twin(flow_run.id),
        on_lost=close_twins,
    )
