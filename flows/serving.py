"""The deployments of `schedules.py`, served until stopped: `python -m flows.serving`. Each run is a process of its own.

Runs against the Prefect server in PREFECT_API_URL. Before it begins, runs that a dead predecessor left are closed and those
that are late collapse into one.
"""

from __future__ import annotations

import importlib
import socket
import sys
from datetime import timedelta
from typing import cast
from uuid import UUID

from prefect import Flow, serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.types.entrypoint import EntrypointType

from flows.chronicle import close_dead_runs_tagged, collapse_late_runs, run_now
from flows.prefect_server import die_with_parent
from flows.run import living_flow_runs, refuse_without_contact
from flows.schedules import SCHEDULES, Schedule
from flows.settings import Settings, load_settings

HOST_TAG = f"host:{socket.gethostname()}"


def serve_all(settings: Settings) -> None:
    """Register the deployments and run what is scheduled, until SIGTERM."""
    deployments = [(schedule, deployment_of(schedule)) for schedule in SCHEDULES]
    close_dead_runs_tagged(HOST_TAG, living=living_flow_runs(settings.private_dir))
    for schedule, deployment in deployments:
        registered = deployment.apply()
        if isinstance(registered, UUID):
            collapse_late_runs(registered, keep_one=not schedule.is_run_at_start)
            if schedule.is_run_at_start:
                run_now(registered)
    serve(*(deployment for _, deployment in deployments), pause_on_shutdown=False, print_starting_message=False)


def deployment_of(schedule: Schedule) -> RunnerDeployment:
    """What Prefect calls a schedule of ours."""
    module, _, name = schedule.entrypoint.rpartition(".")
    flow: Flow[..., object] = getattr(importlib.import_module(module), name)
    made = flow.to_deployment(
        schedule.name,
        interval=None if schedule.interval_seconds is None else timedelta(seconds=schedule.interval_seconds),
        cron=schedule.cron,
        description=schedule.description,
        tags=[HOST_TAG],
        concurrency_limit=ConcurrencyLimitConfig(limit=schedule.limit, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return cast("RunnerDeployment", made)  # outside of a loop it is made at once


def main() -> None:
    """Serve, unless nobody could be written to about it."""
    if "--with-parent" in sys.argv:
        die_with_parent()
    settings = load_settings().settings
    if refusal := refuse_without_contact(settings):
        sys.exit(refusal)
    serve_all(settings)


if __name__ == "__main__":
    main()
