"""The private Prefect server of one run, which cannot outlive it: `python -m flows.prefect_server PORT [--of PARENT] [--pages]`."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

import uvicorn

PR_SET_PDEATHSIG = 1  # prctl(2): the signal this process gets when its parent dies, kill -9 included


def die_with_parent() -> None:
    """Ask the kernel for a SIGTERM when the parent dies, however it dies."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if "--of" in sys.argv and os.getppid() != int(sys.argv[sys.argv.index("--of") + 1]):  # it was gone before we asked
        sys.exit("the one that this process is for has ended")


def main() -> None:
    """Serve Prefect's API on loopback until the parent ends; for one run without its pages and the services of a schedule."""
    die_with_parent()
    if "--pages" not in sys.argv:
        os.environ.update({"PREFECT_SERVER_UI_ENABLED": "false", "PREFECT__SERVER_EPHEMERAL": "1"})
    os.environ["PREFECT__SERVER_FINAL"] = "1"
    uvicorn.run(
        "prefect.server.api.server:create_app", factory=True, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", lifespan="on"
    )


if __name__ == "__main__":
    main()
