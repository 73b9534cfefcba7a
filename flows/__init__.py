"""flows: Prefect and the command line. Order, time and settings; no decisions about news, no SQL."""
