"""Serve the ingest flow on its schedule, until stopped: `python deployments/serve.py`.

Runs against the Prefect server in PREFECT_API_URL, each run in a process of its own. Two runs never overlap: one that
would start while another goes on is cancelled, since the next does the same work.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.flows import EntrypointType

from flows.ingest import ingest, refuse_without_contact
from flows.settings import load_settings

EVERY = timedelta(hours=1)

if __name__ == "__main__":
    if refusal := refuse_without_contact(load_settings().settings):
        sys.exit(refusal)
    ingest.serve(
        name="hourly",
        interval=EVERY,
        global_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
