"""Maintain, as a Prefect flow: upkeep of the warehouse, once a night. A thin shell around `flows/tending.py`."""

from __future__ import annotations

import logging
from collections.abc import Callable

from prefect import Flow, flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Failed

from flows.chronicle import close_twins, forgiving, twin
from flows.interruption import Say
from flows.settings import Settings, load_settings
from flows.tending import Upkeep, tend


def _say(message: str) -> None:
    """Where no terminal listens: the flow run's log."""
    logging.getLogger("prefect.flow_runs.maintain").info(message)


def make_maintain(
    *, settings: Settings | None = None, say: Say = _say, on_report: Callable[[Upkeep], None] = lambda _: None
) -> Flow[..., Upkeep | State[Upkeep]]:
    """The flow, for a terminal that wants to be told."""

    @flow(name="maintain")
    def maintain() -> Upkeep | State[Upkeep]:
        """Sign, take old WARC files, compact, check, publish; failed where a check found rows."""
        report = upkeep(settings or load_settings().settings, say=say)
        on_report(report)
        file_findings(report)
        return Failed(message=f"{len(report.findings)} findings of checks") if report.findings and settings is None else report

    return maintain


maintain = make_maintain()  # what a deployment names: flows/maintain.py:maintain


@task(name="upkeep", cache_policy=NO_CACHE, persist_result=False)
def upkeep(settings: Settings, *, say: Say) -> Upkeep:
    """All of it is one task: its steps are small transactions that may be killed anywhere."""
    return tend(settings, say=say, remarks=twin(flow_run.id), on_lost=close_twins)


@task(name="file findings", cache_policy=NO_CACHE, persist_result=False)
def file_findings(report: Upkeep) -> None:
    """Leave what the checks found as a table; an empty one says that they found nothing."""
    rows = [{"check": finding.check, "detail": finding.detail} for finding in report.findings]
    with forgiving("findings"):
        create_table_artifact(rows, key="maintain-findings", description=f"maintain {report.run.run_id}: {len(rows)} findings")
