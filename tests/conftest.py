"""What every test shares: no settings of the developer's machine, no Prefect of the developer's."""

import os
import socket
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("unhurried", deadline=None)  # a busy machine is no finding
settings.load_profile("unhurried")

PROJECT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    """A developer's own TRILATERAL_* and PREFECT_* must not decide a test."""
    for name in list(os.environ):
        if name.startswith(("TRILATERAL_", "PREFECT_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def project():
    """The checkout."""
    return PROJECT


@pytest.fixture
def unused_port():
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
