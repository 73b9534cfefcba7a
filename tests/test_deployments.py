"""Schedules for real: a Prefect server, what is served and what a process worker runs, runs that die and runs that come late."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest
import yaml
from world.environ import environ_of
from world.picture import look, told
from world.server import World

from flows.engine import free_port
from flows.schedules import SCHEDULES
from warehouse.answers import run_query
from warehouse.store import open_readonly

slow = pytest.mark.slow
_ASKED_AGAIN = 20
FINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
SERVED = "every-15-minutes"


@contextlib.contextmanager
def running(*command, env, log, cwd=None):
    with log.open("ab") as file, subprocess.Popen(command, env=env, stdout=file, stderr=file, start_new_session=True, cwd=cwd) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=40)
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


class Prefect:
    """A real server, and the questions of these tests to it."""

    def __init__(self, api, env, folder):
        self.api, self.env, self.folder = api, env, folder
        self.client = httpx.Client(trust_env=False, timeout=20, base_url=api)

    def ask(self, path, **given):
        for _ in range(_ASKED_AGAIN):  # the server says 503 while its SQLite is locked; Prefect's own client asks again, too
            answer = self.client.post(path, json=given)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(0.5)
        return answer.raise_for_status().json()

    def deployment(self, name=SERVED, flow="ingest"):
        found = self.client.get(f"/deployments/name/{flow}/{name}")
        return found.json() if found.is_success else None

    def runs(self, deployment_id, *types):
        every = self.ask("/flow_runs/filter", flow_runs={"deployment_id": {"any_": [deployment_id]}}, sort="START_TIME_ASC")
        return [run for run in every if run["state"]["type"] in types]

    def state_of(self, run_id):
        return self.client.get(f"/flow_runs/{run_id}").raise_for_status().json()["state"]


@pytest.fixture(scope="module")
def prefect(project, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prefect")
    port = free_port()
    env = {key: value for key, value in os.environ.items() if not key.startswith(("TRILATERAL_", "PREFECT_"))} | {
        "PYTHONPATH": str(project),
        "PREFECT_HOME": str(folder / "home"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_UI_STATIC_DIRECTORY": str(folder / "pages"),
    }
    log = folder / "server.log"
    with running(sys.executable, "-m", "flows.prefect_server", str(port), "--pages", env=env, log=log):
        server = Prefect(env["PREFECT_API_URL"], env, folder)
        wait_for(lambda: server.client.get("/health").is_success, seconds=300, log=log)
        yield server
        server.client.close()


def ask(settings, query):
    with open_readonly(settings.published) as con:
        return run_query(con, query).rows


def flow_runs_of(pid):
    """The processes of flow runs below one of ours."""
    return [child for child in psutil.Process(pid).children(recursive=True) if "prefect.engine" in " ".join(child.cmdline())]


# --- said once --------------------------------------------------------------------------------------------------------


def test_the_yaml_names_the_same_flows_schedules_and_limits(project):
    said = yaml.safe_load((project / "deployments" / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    in_yaml = [
        (item["name"], item["entrypoint"], item["description"], item["schedules"], item["concurrency_limit"])
        for item in sorted(said, key=lambda item: item["name"])
    ]
    assert in_yaml == [
        (
            schedule.name,
            schedule.entrypoint,
            schedule.description,
            [{"interval": schedule.interval_seconds} if schedule.interval_seconds else {"cron": schedule.cron}],
            {"limit": schedule.limit, "collision_strategy": "CANCEL_NEW"},
        )
        for schedule in sorted(SCHEDULES, key=lambda schedule: schedule.name)
    ]
    assert {item["work_pool"]["name"] for item in said} == {"trilateral"}


def test_nothing_is_served_to_public_hosts_without_a_contact(project, tmp_path):
    env = {**os.environ, "PYTHONPATH": str(project), "PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_API_URL": "http://127.0.0.1:9/api"}
    for command, code in (
        ((str(project / "deployments" / "serve.py"),), 1),
        (("-m", "flows", "up"), 2),
    ):
        done = subprocess.run([sys.executable, *command], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == code
        assert "no `contact` is set" in done.stderr


# --- served -----------------------------------------------------------------------------------------------------------


@slow
def test_what_is_late_runs_once_lands_and_leaves_its_report(prefect, project, tmp_path):
    log = tmp_path / "serve.log"
    with World(seed=51, hosts=2, articles_per_host=3) as world:
        settings = world.settings(tmp_path / "data")
        env = environ_of(settings, prefect.env)
        serve = (sys.executable, str(project / "deployments" / "serve.py"))
        earlier = {run["id"] for run in prefect.ask("/flow_runs/filter")}  # of other tests on the same server
        with running(*serve, env=env, log=log):
            deployment = wait_for(prefect.deployment, seconds=180, log=log)
            ours = partial(prefect.runs, deployment["id"], "COMPLETED")
            wait_for(lambda: {run["id"] for run in ours()} - earlier, seconds=300, log=log)
        assert [schedule["schedule"]["interval"] for schedule in deployment["schedules"]] == [900.0]
        assert deployment["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
        before = {kind: len(prefect.runs(deployment["id"], kind)) for kind in ("COMPLETED", "CANCELLED")}
        for hours in range(1, 6):
            at = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
            state = {"type": "SCHEDULED", "name": "Late", "state_details": {"scheduled_time": at}}
            prefect.ask(f"/deployments/{deployment['id']}/create_flow_run", state=state)
        with running(*serve, env=env, log=log):
            wait_for(lambda: len(prefect.runs(deployment["id"], "COMPLETED")) > before["COMPLETED"], seconds=300, log=log)
            assert len(prefect.runs(deployment["id"], "CANCELLED")) == before["CANCELLED"] + 5
        artifacts = prefect.ask("/artifacts/filter")
        assert {artifact["key"] for artifact in artifacts} >= {"ingest-report", "ingest-sources"}
        assert ask(settings, "select flow, status from runs") == (("ingest", "completed"),) * 2
        assert look(settings.published).articles == told(world.truth.articles)


@slow
def test_a_run_leaves_the_field_to_one_that_is_at_work(prefect, project, tmp_path):
    log = tmp_path / "serve.log"
    with World(seed=52, hosts=2, articles_per_host=3) as world:
        settings = world.settings(tmp_path / "data")
        env = environ_of(settings, prefect.env)
        world.hold("host01.example")
        by_hand = (sys.executable, "-m", "flows", "ingest")
        with running(*by_hand, env=env, log=log):
            world.wait_until(world.open_exchanges, what="an ingest by hand is at work", seconds=90)
            with running(sys.executable, str(project / "deployments" / "serve.py"), env=env, log=log):
                deployment = wait_for(prefect.deployment, seconds=180, log=log)
                run = prefect.ask(f"/deployments/{deployment['id']}/create_flow_run")
                state = wait_for(lambda: (s := prefect.state_of(run["id"]))["type"] in FINAL and s, seconds=300, log=log)
            assert state["type"] == "CANCELLED"
            # a long run shows how far it is
            wait_for(lambda: "ingest-progress" in {artifact["key"] for artifact in prefect.ask("/artifacts/filter")}, seconds=60, log=log)
            world.release("host01.example")


@slow
def test_a_server_that_goes_away_during_runs_costs_their_history_only(project, tmp_path):
    port, log = free_port(), tmp_path / "server.log"
    with World(seed=56, hosts=2, articles_per_host=3) as world:
        settings = {flow: world.settings(tmp_path / flow) for flow in ("ingest", "backfill")}
        env = {key: value for key, value in os.environ.items() if not key.startswith(("TRILATERAL_", "PREFECT_"))}
        env |= {"PYTHONPATH": str(project), "PREFECT_HOME": str(tmp_path / "home"), "PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}
        links = tmp_path / "links.txt"
        links.write_text("\n".join(article.url for article in world.truth.articles), encoding="utf-8")
        world.hold("host01.example")
        with (
            contextlib.ExitStack() as stack,
            running(sys.executable, "-m", "flows.prefect_server", str(port), env=env, log=log) as server,
        ):
            wait_for(lambda: httpx.get(f"http://127.0.0.1:{port}/api/health", trust_env=False).is_success, seconds=300, log=log)
            runs = {
                flow: stack.enter_context(
                    subprocess.Popen(
                        [sys.executable, "-m", "flows", flow, *further, "--json"],
                        env=environ_of(settings[flow], env),
                        stdout=subprocess.PIPE,
                        stderr=subprocess.PIPE,
                    )
                )
                for flow, further in (("ingest", ()), ("backfill", ("urls", str(links))))
            }
            world.wait_until(
                lambda: sum("host00" in got.url for got in world.log("page")) >= 3 * len(runs), what="both are at work", seconds=90
            )
            server.kill()
            world.release("host01.example")
            for flow, run in runs.items():
                out, err = run.communicate(timeout=180)
                assert run.returncode == 0, err.decode()
                assert json.loads(out)["counts"]["articles_new"] == 6, flow
                assert "Prefect went away during the run: everything has landed" in err.decode()
                assert "Traceback" not in err.decode()
        assert look(settings["ingest"].published).articles == told(world.truth.articles)


# --- a worker ---------------------------------------------------------------------------------------------------------


@slow
def test_a_process_worker_runs_what_prefect_deploy_registers_and_a_dead_run_is_closed(prefect, project, tmp_path):
    log = tmp_path / "worker.log"
    command = Path(sys.executable).with_name("prefect")
    with World(seed=53, hosts=2, articles_per_host=3) as world:
        settings = world.settings(tmp_path / "data")
        env = environ_of(settings, prefect.env)
        for arguments in (
            ("work-pool", "create", "trilateral", "--type", "process"),
            ("--no-prompt", "deploy", "--all", "--prefect-file", str(project / "deployments" / "prefect.yaml")),
        ):
            done = subprocess.run([command, *arguments], cwd=project, env=env, capture_output=True, text=True, timeout=180, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
        deployment = prefect.deployment()
        assert deployment["work_pool_name"] == "trilateral"
        world.hold("host01.example")
        with running(command, "worker", "start", "--pool", "trilateral", env=env, log=log) as worker:
            first = prefect.ask(f"/deployments/{deployment['id']}/create_flow_run")["id"]
            world.wait_until(lambda: world.log("page") and world.open_exchanges(), what="the run fetches", seconds=150)
            doomed = flow_runs_of(worker.pid)
            assert doomed, log.read_text(errors="replace")[-2000:]
            worker.kill()
            for process in doomed:
                process.kill()
        assert prefect.state_of(first)["type"] == "RUNNING", "nobody was left to say that it died"
        world.release("host01.example")
        for flow, said in (("maintain", "RUNNING"), ("ingest", "CRASHED")):  # who finds it first asks no server
            done = subprocess.run([sys.executable, "-m", "flows", flow], env=env, capture_output=True, text=True, timeout=180, check=False)
            assert done.returncode == 0, done.stderr
            assert prefect.state_of(first)["type"] == said
        assert ask(settings, "select status from runs order by started_at") == (("lost",), ("completed",), ("completed",))
        assert look(settings.published).articles == told(world.truth.articles)
        with running(command, "worker", "start", "--pool", "trilateral", env=env, log=log):
            for deployed in (deployment, prefect.deployment("nightly", "maintain")):
                second = prefect.ask(f"/deployments/{deployed['id']}/create_flow_run")["id"]
                state = wait_for(lambda run=second: (s := prefect.state_of(run))["type"] in FINAL and s, seconds=150, log=log)
                assert state["type"] == "COMPLETED", log.read_text(errors="replace")[-3000:]
        last = "select flow, versions->>'flow_run' from runs order by started_at desc limit 1"
        assert ask(settings, last) == (("maintain", second),)


# --- up ---------------------------------------------------------------------------------------------------------------


def family_of(pid):
    return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]


@slow
def test_up_serves_with_a_server_of_its_own_and_leaves_nothing_behind(project, prefect, tmp_path):
    port, log = free_port(), tmp_path / "up.log"
    with World(seed=54, hosts=2, articles_per_host=3) as world:
        settings = world.settings(tmp_path / "data")
        env = environ_of(settings, prefect.env)
        del env["PREFECT_API_URL"], env["PREFECT_HOME"]
        with running(sys.executable, "-m", "flows", "up", "--port", str(port), env=env, log=log) as process:
            wait_for(
                lambda: settings.published.exists() and ask(settings, "select 1 from runs where status = 'completed'"), seconds=180, log=log
            )
            again = subprocess.run([sys.executable, "-m", "flows", "up"], env=env, capture_output=True, text=True, timeout=60, check=False)
            assert (again.returncode, "serves" in again.stderr) == (2, True), again.stderr
            world.publish(0)
            world.hold("host00.example")
            api = httpx.Client(trust_env=False, timeout=20, base_url=f"http://127.0.0.1:{port}/api")
            deployment = api.get(f"/deployments/name/ingest/{SERVED}").raise_for_status().json()
            before = world.received
            api.post(f"/deployments/{deployment['id']}/create_flow_run", json={}).raise_for_status()
            api.close()
            world.wait_until(lambda: world.received > before and world.open_exchanges(), what="the next run fetches", seconds=90)
            family = family_of(process.pid)
            assert len(family) > 3
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=90) == 0
        _, alive = psutil.wait_procs(family, timeout=10)
        assert alive == [], log.read_text(errors="replace")[-2000:]
        with pytest.raises(httpx.ConnectError):
            httpx.Client(trust_env=False).get(f"http://127.0.0.1:{port}/api/health")
        assert f"http://127.0.0.1:{port}" in log.read_text()
        assert ask(settings, "select status from runs order by started_at") == (("completed",), ("interrupted",))
        assert list((settings.private_dir / "runs").iterdir()) == []


@slow
def test_up_watches_where_the_configured_server_is_away(prefect, tmp_path):
    log = tmp_path / "up.log"
    with World(seed=55, hosts=1, articles_per_host=2) as world:
        settings = world.settings(tmp_path / "data", poll_floor_seconds=3600)
        env = environ_of(settings, prefect.env) | {"PREFECT_API_URL": f"http://127.0.0.1:{free_port()}/api"}
        with running(sys.executable, "-m", "flows", "up", env=env, log=log) as process:
            wait_for(lambda: settings.published.exists() and ask(settings, "select 1 from articles"), seconds=90, log=log)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
        assert "does not answer: watching without it" in log.read_text()
        ((flow, status, versions),) = ask(settings, "select flow, status, versions from runs")
        assert (flow, status) == ("watch", "completed")
        assert json.loads(versions)["orchestration"].startswith("none")
