"""Upkeep: what landed unsigned joins its text, holes are closed and nothing with them, findings are told, all is published."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from batches import GAZETTE, at, contents, empty, reading, scope_of
from click.testing import CliRunner

from extractors.records import Batch, CodebookState, RunRecord
from extractors.stories.signatures import sign_text
from flows.cli import main
from flows.run import FLOW_RUN, living_flow_runs
from flows.settings import Settings
from flows.tending import tend
from warehouse import landing
from warehouse.checks import run_checks
from warehouse.compaction import compact
from warehouse.store import open_readonly, open_writer

pytestmark = pytest.mark.slow  # real databases, each made and filled anew

STORY = "The ministers of three countries signed a paper about gas on Monday and agreed to meet again in the spring of next year."
OTHER = "Banks in two ports opened an account for grain and steel, the owner of a shipyard said on Sunday, and named no sum."
CODEBOOK = CodebookState(codebook_version="1.0.0+abc", themes=("sanctions",), active=True, complete=True)


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path)


def land(writer, hours, *readings):
    landing.land(writer.con, Batch(readings=readings), run_id="run-1", now=at(hours), scope_of=scope_of)


@pytest.fixture
def house(settings):
    """Six articles that landed unsigned, one that did not."""
    with open_writer(settings.private_dir, purpose="test") as writer:
        landing.land_sources(writer.con, (GAZETTE,), run_id="run-1", now=at())
        landing.land_codebook(writer.con, CODEBOOK, now=at(), run_id="run-1")
        land(writer, 1, reading("a.test/1", STORY, hours=1), reading("b.test/1", OTHER, hours=1))
        land(writer, 2, reading("c.test/1", STORY + " It rained.", hours=2), reading("d.test/1", STORY, hours=2))
        land(writer, 3, reading("a.test/1", STORY.replace("Monday", "Friday"), hours=3))
        land(writer, 4, replace(reading("e.test/1", STORY, hours=4), signature=sign_text(STORY)))
    return settings


def stories(settings):
    with open_readonly(settings.published) as con:
        return con.execute("select articles, origins from stories order by articles desc").fetchall()


def test_what_landed_unsigned_joins_its_text_once(house):
    done = tend(house)
    assert (done.signed, done.compaction, done.findings) == (5, None, ())
    assert stories(house) == [(4, 1), (1, 1)]
    assert tend(house).signed == 0
    with open_readonly(house.published) as con:
        assert con.execute("select flow, status, counts->>'signed' from runs order by started_at").fetchall() == [
            ("maintain", "completed", "5"),
            ("maintain", "completed", "0"),
        ]


def test_it_leaves_a_manifest_and_closes_what_died(house):
    with open_writer(house.private_dir, purpose="test") as writer:
        landing.land_run(writer.con, RunRecord(run_id="dead", flow="ingest", started_at=at()), now=at())
    done = tend(house)
    (path,) = (house.data_dir / "manifests").iterdir()
    said = json.loads(path.read_text(encoding="utf-8"))
    assert (said["flow"], said["run_id"], said["status"]) == ("maintain", done.run.run_id, "completed")
    assert said["counts"] == {"signed": 5, "findings": 0}
    with open_readonly(house.published) as con:
        assert con.execute("select status from runs where run_id = 'dead'").fetchall() == [("lost",)]


def test_it_names_its_twin_in_prefect_while_it_lives_and_hears_of_the_dead_that_another_closed(house):
    with open_writer(house.private_dir, purpose="test") as writer:
        dead = RunRecord(run_id="dead", flow="ingest", started_at=at(), versions=((FLOW_RUN, "twin-of-dead"),))
        landing.land_run(writer.con, dead, now=at())
    tend(house)  # closes it, with nobody to tell
    heard = []
    tend(house, remarks=((FLOW_RUN, "twin"),), on_lost=lambda lost: heard.append((lost, living_flow_runs(house.private_dir))))
    (((run,), living),) = heard
    assert (run.run_id, run.status, run.versions) == ("dead", "lost", ((FLOW_RUN, "twin-of-dead"),))
    assert living == ("twin",)
    assert living_flow_runs(house.private_dir) == ()


def test_batches_of_one_come_to_the_same(house):
    tend(house, batch=1)
    assert stories(house) == [(4, 1), (1, 1)]


def test_a_compacted_file_is_smaller_and_holds_the_same(house):
    with open_writer(house.private_dir, purpose="test") as writer:
        for kind in ("hole", "kept"):  # a file that is only empty at its end is cut there by the engine
            writer.con.execute(
                f"insert into raw.site_memory select '{kind}' || i, 1, 1, string_agg(md5(i || '-' || j), ''), timestamp '2026-03-01' "  # noqa: S608
                f"from range({6000 if kind == 'hole' else 60}) as rows(i), range(60) as parts(j) group by i"
            )
            writer.con.execute("checkpoint")
        writer.con.execute("delete from raw.site_memory where site like 'hole%'")
        before = contents(writer.con)
        done = compact(writer, least_blocks=8)
        assert done is not None
        assert done.bytes_after == writer.path.stat().st_size < done.bytes_before / 2
        assert contents(writer.con) == before
        assert run_checks(writer.con) == ()
        assert compact(writer, least_blocks=8) is None
        land(writer, 9, reading("f.test/1", OTHER, hours=9))
    assert sorted(path.name for path in house.private_dir.iterdir() if path.is_file()) == ["warehouse.duckdb", "writer.lock"]
    with open_writer(house.private_dir, purpose="test") as writer:
        assert (writer.migrated, writer.con.execute("select count(*) from articles").fetchone()) == ((), (6,))


def test_a_small_file_is_left_as_it_is(house):
    with open_writer(house.private_dir, purpose="test") as writer:
        empty(writer.con)
        assert compact(writer) is None


# --- the command -----------------------------------------------------------------------------------------------------


def command(settings, name="maintain"):
    return CliRunner().invoke(main, [name, "--data-dir", str(settings.data_dir)])


def test_the_command_says_what_it_did(house):
    done = command(house)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines()[-1].startswith("5 texts signed, nothing to compact, published through landing ")


def test_a_finding_is_told_and_the_exit_code_is_1(house):
    with open_writer(house.private_dir, purpose="test") as writer:
        writer.con.execute("update core.evidence set span_end = 99999")
    done = command(house)
    assert done.exit_code == 1
    assert "check span_outside_part: " in done.stderr
    assert stories(house) == [(4, 1), (1, 1)]


@pytest.mark.parametrize("name", ["maintain", "publish", "migrate"])
def test_a_newer_schema_is_one_sentence_and_exit_code_1(house, name):
    with open_writer(house.private_dir, purpose="test") as writer:
        writer.con.execute("insert into core.migrations select 1 + max(number), 'of_tomorrow', 'x', now()::timestamp from core.migrations")
    done = command(house, name)
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert "(of_tomorrow): the database is newer than this program: upgrade trilateral" in done.stderr
    assert not house.published.exists()


def test_a_private_file_that_another_program_has_open_is_one_sentence_and_exit_code_1_and_the_next_run_goes_on(house):
    code = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(house.private_dir / "warehouse.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": ":".join(sys.path)},
    ) as foreign:
        assert foreign.stdout.readline() == "open\n"
        done = command(house)
        foreign.kill()
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert f"PID {foreign.pid}); close it there and try again" in done.stderr
    assert command(house).exit_code == 0
