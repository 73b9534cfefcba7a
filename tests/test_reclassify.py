"""Another codebook over stored articles: what is gained and lost, killed and resumed, beside a live run, and never active too early."""

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import pytest
from batches import GAZETTE, at, classification, reading, scope_of
from test_cli import trilateral
from world.driver import drive
from world.server import World
from world.truth import host_of

from extractors.errors import SettingError, WarehouseMissing
from extractors.records import Batch, CodebookState, Published
from flows.reclassification import read_codebook, reclassify_history
from flows.settings import Settings
from warehouse import codebooks, landing
from warehouse.checks import run_checks
from warehouse.codebooks import Change, Example
from warehouse.publish import publish
from warehouse.store import open_readonly, open_writer

pytestmark = pytest.mark.slow  # real databases and processes

OLD = CodebookState(codebook_version="1.0.0+abc", themes=("sanctions",), active=True, complete=True)
MINE = """
# what an analyst tries
version = "2.0.0"
[language.en]
script = "latin"
[words.talks]
en = "talks"
[theme.talks]
title = "Talks"
carried = "talks"
not_carried = "none"
[[theme.talks.cue]]
id = "named"
all = ["talks", "iran"]
score = 0.9
example.en = "Talks with Iran."
[theme.sanctions]
title = "Sanctions"
carried = "sanctions"
not_carried = "none"
[[theme.sanctions.cue]]
id = "named"
words.en = "sanction*"
score = 0.9
example.en = "Sanctions on Moscow."
"""
KEPT, CHANGED = "Sanctions on Iran stay.", "Talks with Iran went on."


def mine(folder, text=MINE):
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def articles(texts, *, day=1, first=0, codebook=OLD.codebook_version):
    return tuple(
        dataclasses.replace(
            reading(f"gazette.test/{day}-{number}", text, title="", published=Published(on=date(2026, 3, day), precision="day")),
            classification=classification(codebook),
        )
        for number, text in enumerate(texts, first)
    )


def land(writer, readings, run_id="run-1"):
    landing.land(writer.con, Batch(readings=readings), run_id=run_id, now=at(1), scope_of=scope_of)


@pytest.fixture
def settings(tmp_path):
    return Settings.model_validate({"data_dir": tmp_path / "data", "workers": 1})


@pytest.fixture
def held(settings):
    """Two articles under the old codebook, published."""
    hold(settings, articles([KEPT, CHANGED]))
    return settings


def hold(settings, readings):
    with open_writer(settings.private_dir, purpose="test") as writer:
        landing.land_sources(writer.con, (GAZETTE,), run_id="run-1", now=at())
        landing.land_codebook(writer.con, OLD, run_id="run-1", now=at())
        land(writer, readings)
        publish(writer, settings.published, now=at(2))


def ask(settings, query):
    with open_readonly(settings.published) as con:
        return con.execute(query).fetchall()


def active(settings):
    return ask(settings, "select codebook_version, complete from codebooks where active")


# --- gained and lost -------------------------------------------------------------------------------------------------


def test_what_each_theme_gains_and_loses_is_counted_and_shown(held, tmp_path):
    report = reclassify_history(held, codebook=read_codebook(mine(tmp_path)))
    compared = report.comparison
    assert (report.done.classified, report.left, report.exit_code) == (2, 0, 0)
    assert (compared.before, compared.after, compared.articles) == (OLD.codebook_version, report.codebook_version, 2)
    assert compared.themes == (
        Change(theme="sanctions", before=2, after=1, gained=0, lost=1),
        Change(theme="talks", before=0, after=1, gained=1, lost=0),
    )
    assert compared.relevant == Change(theme="", before=2, after=0, gained=0, lost=2)  # the tiny codebook knows no dealings
    (article_id,) = ask(held, f"select article_id from articles where text = '{CHANGED}'")[0]  # noqa: S608 our own words
    about = {"article_id": article_id, "source_id": None, "day": date(2026, 3, 1), "url": "https://gazette.test/1-1", "title": ""}
    assert compared.examples == (
        Example(theme="sanctions", change="lost", quote="Tal", cue="sanction", score=0.9, **about),
        Example(theme="talks", change="gained", quote=CHANGED, cue="talks.named", score=0.9, **about),
    )


def test_old_classifications_stay_and_the_views_speak_for_the_former_codebook_until_it_is_asked(held, tmp_path):
    before = ask(held, "from evidence order by all"), ask(held, "from article_themes order by all")
    report = reclassify_history(held, codebook=read_codebook(mine(tmp_path)))
    assert active(held) == [(OLD.codebook_version, True)]
    assert ask(held, "from article_themes order by all") == before[1]
    moved = reclassify_history(held, codebook=read_codebook(mine(tmp_path)), activate=True)
    assert (moved.done.classified, moved.has_moved, moved.exit_code) == (0, True, 0)
    assert active(held) == [(report.codebook_version, True)]
    assert ask(held, "select theme from article_themes order by all") == [("sanctions",), ("talks",)]
    assert ask(held, f"select count(*) from evidence where codebook_version = '{OLD.codebook_version}'") == [(len(before[0]),)]  # noqa: S608
    assert ask(held, "select flow, status from runs") == [("reclassify", "completed")] * 2
    with open_readonly(held.published) as con:
        assert run_checks(con) == ()


def test_done_again_it_does_nothing_and_still_shows_the_difference(held, tmp_path):
    first = reclassify_history(held, codebook=read_codebook(mine(tmp_path)), activate=True)
    again = reclassify_history(held, codebook=read_codebook(mine(tmp_path)), activate=True)
    assert (again.done.classified, again.has_moved, again.is_active) == (0, False, True)
    assert again.comparison == first.comparison


def test_a_dry_run_says_the_same_and_changes_nothing(held, tmp_path):
    before = held.published.read_bytes(), (held.private_dir / "warehouse.duckdb").read_bytes()
    rehearsed = reclassify_history(held, codebook=read_codebook(mine(tmp_path)), dry_run=True, activate=True)
    assert (held.published.read_bytes(), (held.private_dir / "warehouse.duckdb").read_bytes()) == before
    assert (rehearsed.is_rehearsal, rehearsed.done.classified, rehearsed.is_active) == (True, 2, False)
    assert rehearsed.comparison == reclassify_history(held, codebook=read_codebook(mine(tmp_path))).comparison


def test_a_dry_run_needs_something_published(settings, tmp_path):
    with pytest.raises(WarehouseMissing, match="nothing has been published"):
        reclassify_history(settings, codebook=read_codebook(mine(tmp_path)), dry_run=True)


def test_since_a_day_only_articles_of_that_day_or_later_are_in_scope(settings, tmp_path):
    hold(settings, articles([KEPT], day=1) + articles([CHANGED], day=2))
    report = reclassify_history(settings, codebook=read_codebook(mine(tmp_path)), since=date(2026, 3, 2), activate=True)
    assert (report.done.classified, report.has_moved, report.comparison.articles) == (1, True, 1)
    assert ask(settings, "select text, relevant from articles order by text") == [(KEPT, None), (CHANGED, False)]


def test_the_shipped_codebook_is_the_one_that_is_put_over_history_by_default(held):
    report = reclassify_history(held, codebook=read_codebook(None), activate=True)
    assert active(held) == [(report.codebook_version, True)]
    assert ask(held, "select count(distinct theme) from label_quality where active") == [(12,)]


# --- never too early ---------------------------------------------------------------------------------------------------


def test_a_codebook_that_has_not_judged_all_in_scope_does_not_become_active(held):
    with open_writer(held.private_dir, purpose="test") as writer:
        early = CodebookState(codebook_version="9.0.0+def", themes=("sanctions",), active=True, complete=True)
        assert codebooks.settle(writer.con, early, since=None, run_id="run-2", now=at(3)) == 2
        assert codebooks.active_codebook(writer.con) == (OLD.codebook_version, None)
        assert codebooks.settle(writer.con, early, since=date(2026, 3, 2), run_id="run-2", now=at(3)) == 0
        assert codebooks.active_codebook(writer.con) == ("9.0.0+def", None)


def many(settings):
    hold(settings, articles([f"Talks with Iran, day {number}." for number in range(1000)]))


def test_one_that_is_stopped_lands_what_it_has_and_is_not_active_and_the_next_goes_on(settings, tmp_path):
    many(settings)
    signals = iter([signal.SIGINT])  # a second one would kill
    stopped = reclassify_history(
        settings,
        codebook=read_codebook(mine(tmp_path)),
        activate=True,
        on_progress=lambda _, __: [signal.raise_signal(number) for number in signals],
    )
    assert (stopped.exit_code, stopped.run.status, active(settings)) == (130, "interrupted", [(OLD.codebook_version, True)])
    assert stopped.refusal == f"stopped with {stopped.left} texts still to classify; the same command goes on from here"
    assert 0 < stopped.done.classified < 1000
    rest = reclassify_history(settings, codebook=read_codebook(mine(tmp_path)), activate=True)
    assert (rest.done.classified, rest.has_moved) == (1000 - stopped.done.classified, True)


TELLING = """
import sys
from flows.reclassification import read_codebook, reclassify_history
from flows.settings import Settings
settings = Settings.model_validate({"data_dir": sys.argv[1], "workers": 1})
reclassify_history(settings, codebook=read_codebook(sys.argv[2]), activate=True, on_progress=lambda done, of: print(done, flush=True))
"""


def test_one_that_is_killed_loses_nothing_that_landed_and_the_next_goes_on(settings, tmp_path):
    many(settings)
    command = [sys.executable, "-c", TELLING, str(settings.data_dir), mine(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ) as process:
        landed = int(process.stdout.readline())
        process.kill()
    assert 0 < landed < 1000
    report = reclassify_history(settings, codebook=read_codebook(mine(tmp_path)), activate=True)
    assert report.done.classified <= 1000 - landed
    assert active(settings) == [(report.codebook_version, True)]
    judged = f"select count(*), count(distinct content_hash) from core.classifications where codebook_version = '{report.codebook_version}'"  # noqa: S608
    assert ask(settings, judged) == [(1000, 1000)]
    assert sorted(status for (status,) in ask(settings, "select status from runs")) == ["completed", "lost"]
    with open_readonly(settings.published) as con:
        assert run_checks(con) == ()


# --- beside a live run ---------------------------------------------------------------------------------------------------


def test_beside_an_ingest_both_land_and_all_that_it_brings_is_under_the_new_codebook(tmp_path):
    with World(seed=31, hosts=3, articles_per_host=6) as world:
        settings = world.settings(tmp_path / "data", request_timeout_seconds=50)
        world.hold(host_of(2))
        with drive(settings, "ingest") as driver:
            world.wait_until(lambda: sum(len(row.articles) for row in driver.acknowledged()) >= 10, what="most has landed", seconds=60)
            report = reclassify_history(settings, codebook=read_codebook(mine(tmp_path)), activate=True)
            assert report.has_moved
            assert report.done.classified >= 10
            assert not driver.has_ended()
            world.release(host_of(2))
            assert driver.end() == 0, driver.output()
        assert active(settings) == [(report.codebook_version, True)]
        assert ask(settings, "select count(*), count(relevant) from articles") == [(18, 18)]
        assert ask(settings, f"select count(*) from core.classifications where codebook_version = '{report.codebook_version}'") == [(18,)]  # noqa: S608
        with drive(settings, "next") as driver:  # and the next run reads under it from its start
            world.publish(0)
            assert driver.end() == 0, driver.output()
        assert ask(settings, "select count(*), count(relevant) from articles") == [(19, 19)]
        assert ask(settings, "select versions->>'codebook' from runs where flow = 'ingest' order by started_at desc limit 1") == [
            (report.codebook_version,)
        ]


def test_what_lands_under_the_former_codebook_meanwhile_is_classified_before_the_new_one_is_active(settings, tmp_path):
    many(settings)
    with open_writer(settings.private_dir, purpose="test") as writer:
        started = threading.Event()

        def take_a_turn():
            assert started.wait(60)
            with open_writer(settings.private_dir, purpose="ingest") as other:
                land(other, articles(["Talks with Iran, at last."], first=1000), run_id="run-9")

        writer.close()
        live = threading.Thread(target=take_a_turn, daemon=True)
        live.start()
        report = reclassify_history(
            settings, codebook=read_codebook(mine(tmp_path)), activate=True, on_progress=lambda _, __: started.set()
        )
        live.join()
    assert (report.has_moved, report.done.classified) == (True, 1001)
    assert ask(settings, "select count(*), count(relevant) from articles") == [(1001, 1001)]


def test_a_new_release_leaves_the_views_with_the_codebook_that_history_has(tmp_path):
    with World(seed=32, hosts=1, articles_per_host=2) as world:
        settings = world.settings(tmp_path / "data")
        hold(settings, articles([KEPT]))  # under a codebook that this program does not hold
        with drive(settings, "upgraded") as driver:
            assert driver.end() == 0
            assert f"the views speak for codebook {OLD.codebook_version}, which came with another release" in driver.output()
        assert active(settings) == [(OLD.codebook_version, True)]
        assert ask(settings, "select count(*), count(relevant) from articles") == [(3, 1)]
        doctor = json.loads(trilateral("doctor", "--json", "--data-dir", str(settings.data_dir), folder=tmp_path).stdout)
        assert f"the views speak for codebook {OLD.codebook_version}, which came with another release" in " ".join(doctor["ailments"])
        report = reclassify_history(settings, codebook=read_codebook(None), activate=True)
        assert (report.done.classified, active(settings)) == (1, [(report.codebook_version, True)])
        assert ask(settings, "select count(*), count(relevant) from articles") == [(3, 3)]


# --- at the terminal -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (MINE.replace('version = "2.0.0"', "version = 2.0.0"), "mine.toml:3: "),
        (MINE.replace('version = "2.0.0"', 'version = "two"'), "mine.toml:3: version: not major.minor.patch: 'two'"),
        (MINE.replace('"talks", "iran"', '"talsk", "iran"'), "mine.toml:12: talks.named: no list of words is called 'talsk'"),
        (
            MINE.replace('score = 0.9\nexample.en = "Sanctions', 'score = 9\nexample.en = "Sanctions'),
            "mine.toml:24: sanctions.named: score: ",
        ),
        (MINE.replace("[words.talks]\nen", "[words.talks]\nxx"), "mine.toml:6: words.talks: 'xx' is neither a key nor a language"),
        ("theme = 1\n", "mine.toml:1: "),
        ("", "mine.toml:1: version: not major.minor.patch: None"),
    ],
)
def test_a_broken_codebook_is_one_sentence_with_its_line(tmp_path, monkeypatch, text, sentence):
    mine(tmp_path, text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingError) as raised:
        read_codebook("mine.toml")
    assert str(raised.value).startswith(sentence)
    assert len(str(raised.value).splitlines()) == 1


def test_a_broken_codebook_ends_the_command_with_exit_2_before_anything_starts(tmp_path):
    mine(tmp_path, MINE.replace('version = "2.0.0"', 'version = "two"'))
    for file, sentence in (("mine.toml", "mine.toml:3: version: not major"), ("none.toml", "none.toml: cannot be read as a codebook: ")):
        done = trilateral("reclassify", "--codebook", file, folder=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"trilateral: {sentence}")
        assert len(done.stderr.strip().splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.toml"]


def test_the_command_runs_under_prefect_and_prints_a_table_or_json(held, tmp_path):
    mine(tmp_path)
    done = trilateral("reclassify", "--codebook", "mine.toml", "--activate", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "│ talks" in done.stdout
    assert f"“{CHANGED}”  0.90  talks.named" in done.stdout
    assert done.stderr.strip().splitlines()[-1].endswith("the views now speak for it")
    rehearsed = trilateral("reclassify", "--codebook", "mine.toml", "--dry-run", "--json", folder=tmp_path)
    row = json.loads(rehearsed.stdout)
    assert (row["dry_run"], row["active"], row["against"]) == (True, True, OLD.codebook_version)
    assert [(theme["theme"], theme["gained"], theme["lost"]) for theme in row["themes"]] == [("sanctions", 0, 1), ("talks", 1, 0)]
    orchestration = ask(held, "select versions->>'orchestration' from runs")
    assert orchestration == [("prefect",)]


def test_without_its_prefect_server_the_command_runs_all_the_same_and_says_so(held, tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        api = f"http://127.0.0.1:{closed.getsockname()[1]}/api"
    done = trilateral("reclassify", "--codebook", mine(tmp_path), "--activate", folder=tmp_path, environ={"PREFECT_API_URL": api})
    assert done.returncode == 0
    assert f"Prefect at {api} does not answer: running without it" in done.stderr
    assert Path(held.published).exists()
    assert active(held)[0][0].startswith("2.0.0+")
