"""Runs under Prefect where that can be had, and the same runs without it where it cannot.

Prefect holds the clock, the history and the fleet; no landing depends on it. With no server configured a private one is
started for the length of the run. Imports Prefect only when asked to: its settings are read at import.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx

from flows.interruption import Say
from flows.pipeline import Counts
from flows.run import RunReport, run_stream
from flows.settings import Settings
from flows.shift import await_shift

CONFIGURED_SERVER_SECONDS = 10.0  # house.md §4: a configured server that does not answer by then is done without
OWN_SERVER_SECONDS = 120.0  # engine-facts.md: 17 to 27 s on a loaded machine

# Off: what calls out of the machine, prints alarming tracebacks when it cannot, or waits for minutes.
_QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PREFECT_CLIENT_MAX_RETRIES": "3",  # 14 seconds; a run that has landed need not wait minutes to say so
}


OnProgress = Callable[[Counts], None]
Remarks = tuple[tuple[str, str], ...]
Report = TypeVar("Report")


@contextlib.contextmanager
def runner(
    settings: Settings, *, say: Say, bare: Callable[..., Report], make_flow: Callable[[Callable[[Report], None]], Callable[..., object]]
) -> Iterator[Callable[..., Report]]:
    """Yield what runs a flow under Prefect, or `bare` where no server answers (said once, and recorded in its `remarks`).

    `make_flow` gets what hears the report as soon as all has landed, and imports Prefect itself, which reads its settings at import.
    """
    with orchestrated(settings, say=say) as refusal:
        if refusal is not None:
            yield partial(bare, remarks=(("orchestration", refusal),))
        else:
            yield partial(_run_recorded, bare, make_flow, say)


def _run_recorded(
    bare: Callable[..., Report],
    make_flow: Callable[[Callable[[Report], None]], Callable[..., object]],
    say: Say,
    /,
    *arguments: object,
    **options: object,
) -> Report:
    """Run the flow; where the server goes away meanwhile, what the run came to still is what it came to."""
    from flows.chronicle import SERVER_AWAY  # noqa: PLC0415  Prefect reads its settings at import

    reports: list[Report] = []
    run = make_flow(reports.append)
    try:
        run(*arguments, **options)
    except SERVER_AWAY as error:
        if not reports:
            remark = f"Prefect went away before the run began ({type(error).__name__}): running without it"
            say(remark)
            return bare(*arguments, **options, remarks=(("orchestration", remark),))
        say("Prefect went away during the run: everything has landed, only Prefect's history does not say so")
    return reports[0]


def ingest_runner(settings: Settings, *, say: Say, on_progress: OnProgress) -> AbstractContextManager[Callable[..., RunReport]]:
    """What runs an ingest: (only=None, *, force=False, offline=False)."""

    def bare(only: str | None = None, *, remarks: Remarks, **options: Any) -> RunReport:
        with await_shift(settings.private_dir, purpose="ingest", say=say):
            return run_stream(settings, only=only, say=say, on_progress=on_progress, remarks=remarks, **options)

    def make_flow(on_report: Callable[[RunReport], None]) -> Callable[..., object]:
        from flows.ingest import make_ingest  # noqa: PLC0415  Prefect reads its settings at import

        return make_ingest(settings=settings, say=say, on_progress=on_progress, on_report=on_report)

    return runner(settings, say=say, bare=bare, make_flow=make_flow)


@contextlib.contextmanager
def orchestrated(settings: Settings, *, say: Say) -> Iterator[str | None]:
    """Have a Prefect server for as long as this lasts; else say, and yield, why there is none. Import Prefect inside, not before."""
    prepare_environment(settings.data_dir)
    with prefect_server() as refusal:
        remark = None if refusal is None else f"{refusal}: running without it"
        if remark is not None:
            say(remark)
        yield remark


def prepare_environment(data_dir: Path, *, level: str = "CRITICAL") -> None:
    """Give Prefect its home below the data folder and silence what calls out; what the operator set stays. Before any import of Prefect."""
    os.environ.setdefault("PREFECT_HOME", str((data_dir / "prefect").resolve()))
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", level)
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)


@contextlib.contextmanager
def prefect_server(*, port: int | None = None, has_pages: bool = False) -> Iterator[str | None]:
    """Have a Prefect server, the configured one or our own for as long as this lasts; else yield the sentence that says why not.

    `port` of our own, else a free one; `has_pages`: with Prefect's pages for people.
    """
    configured = os.environ.get("PREFECT_API_URL")
    if configured:
        is_there = is_healthy(configured, seconds=CONFIGURED_SERVER_SECONDS)
        yield None if is_there else f"Prefect at {configured} does not answer"
        return
    port = port or free_port()
    api_url = f"http://127.0.0.1:{port}/api"
    # in a session of its own: a Ctrl-C on the terminal is for the run, which still wants to record how it ended
    home = Path(os.environ["PREFECT_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "flows.prefect_server", str(port), "--of", str(os.getpid()), *(["--pages"] if has_pages else [])]
    with (
        (home / "server.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True) as server,  # noqa: S603  our own interpreter and module
    ):
        try:
            if not is_healthy(api_url, seconds=OWN_SERVER_SECONDS, server=server):
                yield f"Prefect's own server did not start (see {log.name})"
                return
            os.environ["PREFECT_API_URL"] = api_url
            yield None
        finally:
            os.environ.pop("PREFECT_API_URL", None)
            server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(timeout=10)
            server.kill()


def is_healthy(api_url: str, *, seconds: float, server: subprocess.Popen[bytes] | None = None) -> bool:
    """Whether a Prefect API answers within so many seconds; not if the process that should serve it has ended."""
    ends_at = time.monotonic() + seconds
    with httpx.Client(trust_env=False, timeout=min(seconds, 5.0)) as client:
        while time.monotonic() < ends_at and (server is None or server.poll() is None):
            with contextlib.suppress(httpx.HTTPError):
                if client.get(f"{api_url}/health").is_success:
                    return True
            time.sleep(0.1)
    return False


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether a loopback port can be had."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
