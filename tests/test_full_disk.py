"""A disk that is full, for real: files of a child process may not grow any more. It says so, nothing is lost, the next run lands."""

import json
import os
import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from batches import GAZETTE, at, reading, scope_of

from extractors.errors import WarehouseError
from extractors.records import Batch, CodebookState
from warehouse import landing
from warehouse.checks import run_checks
from warehouse.publish import publish
from warehouse.store import open_readonly, open_writer

pytestmark = pytest.mark.slow  # processes and real databases

BATCHES, TEXTS = 40, 20
CODEBOOK = CodebookState(codebook_version="1.0.0+abc", themes=("sanctions",), active=True, complete=True)


def batch(number):
    """Twenty articles of 4 kB that do not compress."""
    dice = random.Random(number)
    return Batch(
        readings=tuple(
            reading(
                f"gazette.test/{number}-{place}",
                f"{number}-{place} " + "".join(chr(dice.randint(0x4E00, 0x9FFF)) for _ in range(1500)),
                hours=number,
            )
            for place in range(TEXTS)
        )
    )


def land(writer, number):
    landing.land(writer.con, batch(number), run_id="run-1", now=at(number), scope_of=scope_of)


def limit_files(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def land_until_full(folder, size):
    """Land until there is no room; say what was acknowledged, and how it ended."""
    acknowledged, words = [], ""
    try:
        with open_writer(folder / "private", purpose="test") as writer:
            landing.land_sources(writer.con, (GAZETTE,), run_id="run-1", now=at())
            landing.land_codebook(writer.con, CODEBOOK, now=at(), run_id="run-1")
            limit_files(size)
            for number in range(BATCHES):
                land(writer, number)
                acknowledged.append(number)
    except WarehouseError as error:
        words = str(error)
    return {"acknowledged": acknowledged, "words": words}


def publish_until_full(folder, size):
    """Publish where no file may be larger than a share of the private one; say how it ended."""
    words = ""
    with open_writer(folder / "private", purpose="test") as writer:
        limit_files(int(writer.path.stat().st_size * size))
        try:
            publish(writer, folder / "trilateral.duckdb", now=at(50))
        except WarehouseError as error:
            words = str(error)
    return {"words": words}


def in_a_child(act, folder, size):
    code = f"import json, pathlib, test_full_disk as t; print(json.dumps(t.{act.__name__}(pathlib.Path({str(folder)!r}), {size})))"
    # without the last variable a .pyc that the child writes would be cut off, too
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_landing_on_a_full_disk_says_so_keeps_what_was_acknowledged_and_goes_on_later(tmp_path):
    told = in_a_child(land_until_full, tmp_path, 1_500_000)
    assert 0 < len(told["acknowledged"]) < BATCHES
    assert told["words"].startswith("landing of run run-1: ")
    with open_writer(tmp_path / "private", purpose="test") as writer:
        held = {number for (number,) in writer.con.execute("select distinct split_part(text, '-', 1)::integer from articles").fetchall()}
        assert held == set(told["acknowledged"])
        for number in range(BATCHES):  # all of them again, as after a crash
            land(writer, number)
        assert writer.con.execute("select count(*), count(distinct article_id) from articles").fetchone() == (
            BATCHES * TEXTS,
            BATCHES * TEXTS,
        )
        assert run_checks(writer.con) == ()


def test_publishing_on_a_full_disk_says_so_and_leaves_what_was_published(tmp_path):
    target = tmp_path / "trilateral.duckdb"
    with open_writer(tmp_path / "private", purpose="test") as writer:
        landing.land_sources(writer.con, (GAZETTE,), run_id="run-1", now=at())
        land(writer, 0)
        publish(writer, target, now=at(40))
        before = target.read_bytes()
        for number in range(1, 10):
            land(writer, number)
        writer.con.execute("checkpoint")
    told = in_a_child(publish_until_full, tmp_path, 0.4)
    assert told["words"].startswith(f"{tmp_path}: the copy to publish could not be made: ")
    assert len(told["words"].splitlines()) == 1
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["private", "trilateral.duckdb"]
    with open_writer(tmp_path / "private", purpose="test") as writer:
        assert publish(writer, target, now=at(60)).published_at == at(60)
    with open_readonly(target) as con:
        assert con.execute("select count(*) from articles").fetchone() == (10 * TEXTS,)
        assert con.execute("select published_at from core.publications order by 1").fetchall() == [
            (at(hours).replace(tzinfo=None),) for hours in (40, 60)
        ]
