"""The environment in which a test starts the program itself, with a world's settings."""

import os


def environ_of(settings, base=None):
    """`base`, or this process's environment without settings of ours and of Prefect, with the world's settings."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TRILATERAL_", "PREFECT_"))} if base is None else base
    named = ("data_dir", "sources", "contact", "host_delay_seconds", "poll_floor_seconds", "publish_seconds", "workers")
    given = {f"TRILATERAL_{name.upper()}": str(getattr(settings, name)) for name in named}
    given |= {"TRILATERAL_ALLOW_NETWORKS": "127.0.0.0/8", "TRILATERAL_CONNECT_TO": ",".join(settings.connect_to)}
    return kept | given
