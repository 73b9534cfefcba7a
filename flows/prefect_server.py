"""The private Prefect server of one run, as a process that cannot outlive it: `python -m flows.prefect_server PORT [--of PARENT]`."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

import uvicorn

PR_SET_PDEATHSIG = 1  # prctl(2): the signal this process gets when its parent dies, kill -9 included


def main() -> None:
    """Serve Prefect's API, without its UI, on loopback until the parent ends."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if "--of" in sys.argv and os.getppid() != int(sys.argv[sys.argv.index("--of") + 1]):  # it was gone before we asked
        sys.exit("the run that this server is for has ended")
    os.environ.update({"PREFECT_SERVER_UI_ENABLED": "false", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"})
    uvicorn.run(
        "prefect.server.api.server:create_app", factory=True, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", lifespan="on"
    )


if __name__ == "__main__":
    main()
