"""The systemd units: systemd itself finds nothing wrong with them, and they run what there is."""

import re
import shutil
import subprocess
import sys

import pytest

UNITS = ("trilateral-watch.service", "trilateral-up.service", "trilateral-backup.service", "trilateral-backup.timer")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_units(project, tmp_path):
    for name in UNITS:
        text = (project / "deployments" / name).read_text(encoding="utf-8")
        # where nothing is installed the programs are missing, which is not the units' fault
        (tmp_path / name).write_text(text.replace("/opt/trilateral/.venv/bin/trilateral", sys.executable), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *(str(tmp_path / name) for name in UNITS)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert [line for line in (done.stdout + done.stderr).splitlines() if str(tmp_path) in line or "trilateral" in line] == []
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_the_units_run_commands_that_exist(project, name):
    from flows.cli import LATER, main

    text = (project / "deployments" / name).read_text(encoding="utf-8")
    (command,) = re.findall(r"bin/trilateral (\w+)", text)
    assert command in main.commands
    assert command not in LATER
