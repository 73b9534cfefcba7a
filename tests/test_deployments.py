"""The schedule for real: a Prefect server, the served deployment, one run of it, rows in the warehouse."""

import contextlib
import os
import subprocess
import sys
import time

import httpx
import pytest

from flows.newsroom.server import Newsroom
from warehouse.answers import run_query
from warehouse.store import open_readonly

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def running(*command, env, log):
    with log.open("wb") as file, subprocess.Popen(command, env=env, stdout=file, stderr=file, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)


def wait_for(question, *, seconds, log):
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        with contextlib.suppress(httpx.HTTPError):
            if answer := question():
                return answer
        time.sleep(0.2)
    pytest.fail(f"nothing after {seconds} s: {log.read_text(errors='replace')[-3000:]}")


def test_the_served_deployment_runs_and_lands(project, tmp_path, unused_port):
    api = f"http://127.0.0.1:{unused_port}/api"
    server_log, serve_log = tmp_path / "server.log", tmp_path / "serve.log"
    with Newsroom() as newsroom, httpx.Client(trust_env=False, timeout=10) as client:
        (tmp_path / "sources.toml").write_text(newsroom.sources_toml, encoding="utf-8")
        env = {
            **os.environ,
            "PYTHONPATH": str(project),
            "PREFECT_HOME": str(tmp_path / "prefect"),
            "PREFECT_API_URL": api,
            "DO_NOT_TRACK": "1",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "TRILATERAL_DATA_DIR": str(tmp_path / "data"),
            "TRILATERAL_SOURCES": str(tmp_path / "sources.toml"),
            "TRILATERAL_ALLOW_NETWORKS": "127.0.0.0/8",
            "TRILATERAL_CONNECT_TO": ",".join(newsroom.connect_to),
            "TRILATERAL_HOST_DELAY_SECONDS": "0.02",
        }
        with running(sys.executable, "-m", "flows.prefect_server", str(unused_port), env=env, log=server_log):
            wait_for(lambda: client.get(f"{api}/health").is_success, seconds=120, log=server_log)
            with running(sys.executable, str(project / "deployments" / "serve.py"), env=env, log=serve_log):
                deployment = wait_for(lambda: found(client.get(f"{api}/deployments/name/ingest/hourly")), seconds=60, log=serve_log)
                assert [schedule["schedule"]["interval"] for schedule in deployment["schedules"]] == [3600.0]
                run = client.post(f"{api}/deployments/{deployment['id']}/create_flow_run", json={}).raise_for_status().json()
                state = wait_for(lambda: final_state(client.get(f"{api}/flow_runs/{run['id']}").json()), seconds=120, log=serve_log)
            assert state == "COMPLETED", serve_log.read_text(errors="replace")[-3000:]
            artifacts = client.post(f"{api}/artifacts/filter", json={}).json()
    assert any("us_wedge_bargain" in artifact["data"] for artifact in artifacts if artifact["key"] == "ingest-report")
    with open_readonly(tmp_path / "data" / "trilateral.duckdb") as con:
        assert run_query(con, "select count(*) >= 80 from articles").rows == ((True,),)
        assert run_query(con, "select status from runs").rows == (("completed",),)


def found(response):
    return response.json() if response.is_success else None


def final_state(run):
    return run["state"]["type"] if run["state"]["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None


def test_nothing_is_served_to_public_hosts_without_a_contact(project, tmp_path):
    env = {**os.environ, "PYTHONPATH": str(project), "PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_API_URL": "http://127.0.0.1:9/api"}
    done = subprocess.run(
        [sys.executable, str(project / "deployments" / "serve.py")],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "no `contact` is set" in done.stderr
