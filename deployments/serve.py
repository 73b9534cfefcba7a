"""Serve the deployments of flows/schedules.py until stopped: `python deployments/serve.py`.

Runs against the Prefect server in PREFECT_API_URL, each run in a process of its own. Two runs never overlap: one that
would start while another goes on is cancelled, since the next does the same work.
"""

from flows.serving import main

if __name__ == "__main__":
    main()
