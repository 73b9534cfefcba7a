"""`trilateral up`: everything on one machine. A Prefect server if none is set, the deployments on their schedules, one way to stop.

Supervises two processes, the server and the one that serves, in sessions of their own; starts the latter again when it dies.
Where no server can be had, it watches instead and says so. Leaves no process and no port behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from extractors.errors import SettingError
from flows.engine import free_port, is_free, prefect_server, prepare_environment
from flows.interruption import Say, interruptible
from flows.processes import await_that, children_of, descendants_of, send
from flows.schedules import SCHEDULES
from flows.settings import Settings
from flows.watch import watch

PREFECT_PORT = 4200
_RUN_ENDS_SECONDS = 40.0  # reading has 5 s, landing and publishing the rest
_SERVING_ENDS_SECONDS = 20.0
_LOOK_SECONDS = 1.0
_MOST_PATIENCE_SECONDS = 60.0  # between two starts of what keeps dying


def up(settings: Settings, *, port: int | None, say: Say) -> None:
    """Run everything until SIGTERM or Ctrl-C; what a run has begun is landed and published before it ends."""
    with interruptible(say, exit_code=0) as interruption, _alone(settings.private_dir):
        prepare_environment(settings.data_dir, level="INFO")
        os.environ.setdefault("PREFECT_UI_STATIC_DIRECTORY", str(Path(os.environ["PREFECT_HOME"]) / "pages"))
        os.environ.setdefault("PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED", "events,flow_runs")  # else its file grows for ever
        if not os.environ.get("PREFECT_API_URL"):
            port = port or (PREFECT_PORT if is_free(PREFECT_PORT) else free_port())
            if not is_free(port):
                raise SettingError(f"--port: {port} is taken by another program; name a free one")
            say(f"starting a Prefect server on port {port} …")
        with prefect_server(port=port, has_pages=True) as refusal:
            if refusal is None:
                stopping = threading.Event()
                interruption.does(stopping.set)
                address = os.environ["PREFECT_API_URL"].removesuffix("/api")
                names = ", ".join(f"{schedule.flow}/{schedule.name}" for schedule in SCHEDULES)
                say(f"Prefect: {address}   serving: {names}   data: {settings.data_dir}   stop: Ctrl-C or SIGTERM")
                _supervise(settings, stopping, say=say)
                return
        say(f"{refusal}: watching without it")
        watch(settings, say=say)


@contextlib.contextmanager
def _alone(private_dir: Path) -> Iterator[None]:
    """One `up` of a data folder."""
    private_dir.mkdir(parents=True, exist_ok=True)
    with (private_dir / "up.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingError(f"data_dir: another `trilateral up` serves {private_dir.parent} already") from None
        yield


def _supervise(settings: Settings, stopping: threading.Event, *, say: Say) -> None:
    """Keep one serving process alive until `stopping`; then let its runs end, then end it."""
    patience = _LOOK_SECONDS
    while not stopping.is_set():
        began = time.monotonic()
        with _serving(settings) as serving:
            while not stopping.wait(_LOOK_SECONDS) and serving.poll() is None:
                pass
            if stopping.is_set():
                _end(serving)
                return
        patience = _LOOK_SECONDS if time.monotonic() - began > _MOST_PATIENCE_SECONDS else min(2 * patience, _MOST_PATIENCE_SECONDS)
        say(f"what serves the deployments ended with {serving.returncode}; it is started again in {patience:.0f} s")
        stopping.wait(patience)


@contextlib.contextmanager
def _serving(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """The process that serves; its words and those of its runs go where ours go."""
    given = {f"TRILATERAL_{name.upper()}": str(value) for name, value in _flags_of(settings).items()}
    command = [sys.executable, "-m", "flows.serving", "--with-parent"]
    with subprocess.Popen(command, env=os.environ | given, stdout=sys.stderr, start_new_session=True) as serving:  # noqa: S603 our own
        try:
            yield serving
        finally:
            if serving.poll() is None:
                serving.kill()


def _flags_of(settings: Settings) -> dict[str, object]:
    """What may have come from flags, which other processes do not see."""
    found = {"data_dir": settings.data_dir, "warehouse": settings.warehouse, "sources": settings.sources}
    return {name: value for name, value in found.items() if value is not None}


def _end(serving: subprocess.Popen[bytes]) -> None:
    """Let the runs land what they have, then end their server; whatever outlives that is killed."""
    family = descendants_of(serving.pid)
    for run in children_of(serving.pid):
        send(run, signal.SIGTERM)
    await_that(lambda: not children_of(serving.pid), seconds=_RUN_ENDS_SECONDS)
    serving.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        serving.wait(timeout=_SERVING_ENDS_SECONDS)
    serving.kill()
    for process in family:
        send(process, signal.SIGKILL)
