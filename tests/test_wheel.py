"""The wheel, as a stranger gets it: built, installed into a fresh environment, used from an empty folder."""

import json
import os
import subprocess
import sys
import venv

import pytest

pytestmark = pytest.mark.slow


def run(*command, cwd, **more):
    env = {key: value for key, value in os.environ.items() if not key.startswith(("TRILATERAL_", "PREFECT_", "PYTHONPATH", "COV_"))}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=540, check=False, **more)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


@pytest.fixture(scope="module")
def trilateral(project, tmp_path_factory):
    """The installed command, of an environment that has the wheel and what it depends on and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(project), cwd=folder)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "env"
    venv.create(environment, with_pip=True)
    python = str(environment / "bin" / "python")
    run(
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-c",
        str(project / "constraints.txt"),
        str(wheel),
        cwd=folder,
    )
    return str(environment / "bin" / "trilateral")


def test_the_demo_runs_from_an_empty_folder(trilateral, tmp_path):
    done = run(trilateral, "demo", "--no-open", "--keep", "kept", cwd=tmp_path)
    assert "arms" in done.stdout
    answer = run(
        trilateral,
        "sql",
        "--data-dir",
        "kept",
        "--format",
        "json",
        "select count(*) as n, count(distinct lang) as langs from articles",
        cwd=tmp_path,
    )
    (row,) = json.loads(answer.stdout)
    assert row["n"] >= 60
    assert row["langs"] == 6
    assert run(trilateral, "check", "--data-dir", "kept", cwd=tmp_path).stdout.endswith("no finding\n")


def test_sources_list_shows_the_packaged_register(trilateral, tmp_path):
    declared = json.loads(run(trilateral, "sources", "list", "--json", cwd=tmp_path).stdout)
    assert len(declared) >= 5
    assert all(source["feeds"] for source in declared)


def test_classify_works_on_standard_input(trilateral, tmp_path):
    row = {"id": 1, "title": "", "text": "Iran and the IAEA resumed talks on inspections of Iranian nuclear sites, the agency said."}
    done = run(trilateral, "classify", "-", "--jsonl", cwd=tmp_path, input=json.dumps(row) + "\n")
    assert "iran_nuclear_diplomacy" in json.loads(done.stdout)["themes"]
