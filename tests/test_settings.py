"""Where a setting comes from, and what is said to one that cannot be used."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from extractors.errors import SettingError
from extractors.records import Feed, Source
from flows.settings import Settings, load_settings, read_sources_text


def load(folder, *, text="", environ=None, **flags):
    if text:
        (folder / "trilateral.toml").write_text(text, encoding="utf-8")
    return load_settings(folder=folder, environ=environ or {}, flags=flags)


def test_flags_come_before_the_environment_and_that_before_the_file(tmp_path):
    environ = {"TRILATERAL_HOST_DELAY_SECONDS": "2", "TRILATERAL_RUN_SECONDS": "20", "PATH": "/bin"}
    loaded = load(tmp_path, text="host_delay_seconds = 1\nrun_seconds = 10\nworkers = 3\n", environ=environ, run_seconds=30)
    chosen = loaded.settings
    assert (chosen.workers, chosen.host_delay_seconds, chosen.run_seconds) == (3, 2.0, 30.0)
    assert {name: loaded.origins[name] for name in ("workers", "host_delay_seconds", "run_seconds", "proxy")} == {
        "workers": "trilateral.toml",
        "host_delay_seconds": "environment",
        "run_seconds": "flag",
        "proxy": "default",
    }


def test_a_flag_that_was_not_given_leaves_the_value_alone(tmp_path):
    assert load(tmp_path, text="run_seconds = 10\n", run_seconds=None).settings.run_seconds == 10


def test_the_defaults_are_those_of_the_contract():
    defaults = Settings()
    promised = {
        "data_dir": Path("data"),
        "contact": None,
        "allow_networks": (),
        "allow_ports": (80, 443),
        "connect_to": (),
        "host_delay_seconds": 5,
        "host_connections": 1,
        "run_seconds": 900,
        "revisit_hours": (6, 24, 72),
        "poll_floor_seconds": 3600,
        "poll_ceiling_seconds": 86400,
        "respect_robots": True,
        "max_body_bytes": 15 * 2**20,
        "request_timeout_seconds": 30,
        "batch_articles": 100,
        "batch_seconds": 5,
        "publish_seconds": 60,
        "proxy": None,
    }
    assert {name: getattr(defaults, name) for name in promised} == promised
    assert defaults.published == Path("data/trilateral.duckdb")


def test_lists_can_be_written_with_commas_in_variables_and_as_lists_in_the_file(tmp_path):
    environ = {"TRILATERAL_ALLOW_NETWORKS": "127.0.0.0/8, ::1/128", "TRILATERAL_ALLOW_PORTS": "80,8080"}
    chosen = load(tmp_path, text='connect_to = ["a.example=127.0.0.1:81"]\nrevisit_hours = [0.5, 3]\n', environ=environ).settings
    assert chosen.allow_networks == (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    assert chosen.allow_ports == (80, 8080)
    assert chosen.connect_to == ("a.example=127.0.0.1:81",)
    assert chosen.revisit_hours == (0.5, 3.0)
    assert chosen.schedule_policy().revisit_hours == (0.5, 3.0)


def test_a_star_allows_any_port(tmp_path):
    assert load(tmp_path, environ={"TRILATERAL_ALLOW_PORTS": "*"}).settings.allow_ports is None


@pytest.mark.parametrize(
    ("text", "environ", "flags", "message"),
    [
        ("\nhost_delay = 3\n", {}, {}, "trilateral.toml:2: unknown setting 'host_delay'; did you mean 'host_delay_seconds'?"),
        ("a = [\n", {}, {}, "trilateral.toml: not TOML: Invalid value (at end of document)"),
        ("", {"TRILATERAL_WORKER": "2"}, {}, "environment: unknown setting TRILATERAL_WORKER; did you mean 'TRILATERAL_WORKERS'?"),
        ("", {"TRILATERAL_XYZZY": "2"}, {}, "environment: unknown setting TRILATERAL_XYZZY; `trilateral doctor` lists the known ones"),
        ("run_seconds = 10\nworkers = 0\n", {}, {}, "trilateral.toml:2: workers: input should be greater than or equal to 1, not 0"),
        ("", {"TRILATERAL_ALLOW_NETWORKS": "10.0.0"}, {}, "environment: TRILATERAL_ALLOW_NETWORKS: allow_networks: "),
        (
            "",
            {},
            {"warehouse": "ducklake:x"},
            "--warehouse: warehouse: a shared lake as the published warehouse comes with a later release",
        ),
        ("", {"TRILATERAL_CONNECT_TO": "nonsense"}, {}, "environment: TRILATERAL_CONNECT_TO: connect_to: "),
    ],
)
def test_what_cannot_be_used_is_said_with_its_place(tmp_path, text, environ, flags, message):
    with pytest.raises(SettingError) as caught:
        load(tmp_path, text=text, environ=environ, **flags)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_hosts_behind_connect_to_and_literal_loopback_are_not_public():
    def source(url):
        return Source(id="a", name="A", feeds=(Feed(url=url),))

    chosen = Settings(connect_to=("a.example=127.0.0.1:81",))
    assert not chosen.reaches_public_hosts((source("http://a.example/feed"), source("http://127.0.0.1:90/feed")))
    assert chosen.reaches_public_hosts((source("http://a.example/feed"), source("https://b.example/feed")))


def test_the_sources_file_is_the_setting_then_the_checkout_then_the_package(tmp_path):
    named = tmp_path / "mine.toml"
    named.write_text("# mine", encoding="utf-8")
    assert read_sources_text(Settings(sources=named), folder=tmp_path) == ("# mine", "mine.toml")
    (tmp_path / "deployments").mkdir()
    (tmp_path / "deployments" / "sources.toml").write_text("# local", encoding="utf-8")
    assert read_sources_text(Settings(), folder=tmp_path) == ("# local", "sources.toml")


def test_a_sources_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingError, match="sources: no such file: 'nowhere.toml'"):
        read_sources_text(Settings(sources=Path("nowhere.toml")), folder=tmp_path)
