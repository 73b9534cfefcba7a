"""What runs when: the deployments, said once. `serve.py`, `trilateral up` and `prefect.yaml` name the same; a test holds it.

Imports no Prefect, so that it can be read without starting one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One deployment of a flow. Two runs of it never overlap: one that would is cancelled, since the next does the same work."""

    flow: str
    name: str
    entrypoint: str  # module.function
    description: str
    interval_seconds: int | None = None  # either this
    cron: str | None = None  # or this, in UTC
    limit: int = 1
    is_run_at_start: bool = False  # of what serves it: after an outage, and on the first day, nobody wants to wait


SCHEDULES = (
    Schedule(
        flow="ingest",
        name="every-15-minutes",
        entrypoint="flows.ingest.ingest",
        description="Polls the feeds that are due, reads what is new, lands and publishes it.",
        interval_seconds=900,
        is_run_at_start=True,
    ),
    Schedule(
        flow="maintain",
        name="nightly",
        entrypoint="flows.maintain.maintain",
        description="Recognises texts that landed unsigned, takes old captures, compacts, checks and publishes.",
        cron="40 2 * * *",
    ),
)
