"""An export holds every public view, parted by day, is whole or not there, and takes the place of nothing but an earlier one."""

import csv
import json
import resource
import subprocess
import sys
from datetime import datetime

import duckdb
import pytest
from click.testing import CliRunner
from tiny_warehouse import at, plant

from extractors.errors import SettingError, WarehouseError
from flows.cli import main
from warehouse.export import STAMP, export
from warehouse.publish import publish
from warehouse.store import open_readonly, open_writer

pytestmark = pytest.mark.slow  # real databases and files


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    with open_writer(folder / "private", purpose="test") as writer:
        plant(writer.con)
        publish(writer, folder / "trilateral.duckdb", now=at(3, 12))
    return folder / "trilateral.duckdb"


def names_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_every_public_view_is_there_and_reads_back_as_it_was(published, tmp_path, form):
    made = export(published, tmp_path / "out", form=form)
    with open_readonly(published) as con, duckdb.connect() as files:
        views = [view for (view,) in con.execute("select object from docs where kind = 'view' and column_name is null").fetchall()]
        assert [view for view, _ in made.rows] == sorted(views)
        for view, rows in made.rows:
            here = f"{tmp_path}/out/{view}/*/*.{form}" if (tmp_path / "out" / view).is_dir() else f"{tmp_path}/out/{view}.{form}"
            if rows == 0:
                continue
            columns = con.execute("select string_agg('\"' || column_name || '\"', ', ') from docs where object = ?", [view]).fetchone()[0]
            read = f"select {columns} from read_{form}('{here}', hive_partitioning = true) order by all"  # noqa: S608 names that docs gives
            found = files.execute(read).fetchall()
            if form == "parquet":
                assert found == con.execute(f"select {columns} from {view} order by all").fetchall()  # noqa: S608 names that docs gives
            assert len(found) == rows


def test_rows_lie_with_their_day(published, tmp_path):
    export(published, tmp_path / "out", form="csv")
    assert [name for name in names_in(tmp_path / "out") if name.startswith("articles/")] == [
        "articles/day=2026-02-28/data_0.csv",
        "articles/day=2026-03-01/data_0.csv",
        "articles/day=2026-03-02/data_0.csv",
    ]
    with (tmp_path / "out/articles/day=2026-02-28/data_0.csv").open(encoding="utf-8", newline="") as file:
        assert [row["article_id"] for row in csv.DictReader(file)] == ["art-a"]


def test_the_stamp_says_which_publication_it_is(published, tmp_path):
    made = export(published, tmp_path / "out", form="parquet")
    stamp = json.loads((tmp_path / "out" / STAMP).read_text(encoding="utf-8"))
    assert datetime.fromisoformat(stamp.pop("published_at")) == made.published_at == at(3, 12)
    assert datetime.fromisoformat(stamp.pop("data_as_of")) == at(2, 11)
    assert stamp == {"made_by": "trilateral export", "format": "parquet", "through_seq": 3, "rows": dict(made.rows)}


def test_an_earlier_export_is_replaced_whole(published, tmp_path):
    export(published, tmp_path / "out", form="csv")
    export(published, tmp_path / "out", form="parquet")
    assert not [name for name in names_in(tmp_path / "out") if name.endswith(".csv")]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_export_as_of_an_instant_shows_what_was_published_then(published, tmp_path):
    made = export(published, tmp_path / "out", form="parquet", as_of=at(2, 23))
    assert made.published_at == at(2, 11, 0, 5)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda place: place.write_text("mine"), "is no folder"),
        (lambda place: place.symlink_to(place.parent / "elsewhere"), "is no folder"),
        (lambda place: (place.mkdir(), (place / "thesis.txt").write_text("mine")), "holds something that is no export"),
        (lambda place: (place.mkdir(), (place / STAMP).write_text("{not json")), "holds something that is no export"),
        (
            lambda place: (place.mkdir(), (place / STAMP).write_text('{"made_by": "another program", "rows": {}}')),
            "holds something that is no export",
        ),
        (lambda place: (place.mkdir(), (place / STAMP).write_text('["rows"]')), "holds something that is no export"),
    ],
)
def test_what_is_not_ours_is_refused_and_left_alone(published, tmp_path, make, words):
    place = tmp_path / "out"
    make(place)
    before = {path: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(SettingError, match=words):
        export(published, place, form="csv")
    assert {path: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_file_that_somebody_put_into_an_export_is_not_thrown_away(published, tmp_path):
    export(published, tmp_path / "out", form="csv")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(SettingError, match=r"beside it 'notes.txt', which is not ours"):
        export(published, tmp_path / "out", form="csv")
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"


def test_an_empty_folder_is_filled(published, tmp_path):
    (tmp_path / "out").mkdir()
    export(published, tmp_path / "out", form="csv")
    assert (tmp_path / "out" / STAMP).exists()


def test_what_a_killed_export_left_is_cleared_away_and_the_earlier_one_put_back(published, tmp_path):
    export(published, tmp_path / "out", form="csv")
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    ).stdout.strip()
    (tmp_path / "out").rename(tmp_path / f".out.{dead}.replaced")
    (tmp_path / f".out.{dead}.exporting").mkdir()
    with pytest.raises(WarehouseError):
        export(published.with_name("none.duckdb"), tmp_path / "out", form="csv")
    export(published, tmp_path / "out", form="csv")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_disk_that_is_full_leaves_the_earlier_export_and_says_so(published, tmp_path):
    export(published, tmp_path / "out", form="csv")
    before = names_in(tmp_path / "out")
    code = "import sys; from flows.cli import main; main(['export', '--to', 'csv', sys.argv[1], '--warehouse', sys.argv[2]])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "out"), str(published)],
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},  # else half a .pyc would stay
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"trilateral: {tmp_path}/out: not exported: ")
    assert len(done.stderr.splitlines()) == 1
    assert names_in(tmp_path / "out") == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("out",), "Missing option '--to'"),
        (("--to", "xlsx", "out"), "'xlsx' is not one of 'parquet', 'csv'"),
        (("--to", "csv"), "Missing argument 'DIR'"),
        (("--to", "csv", "out", "--as-of", "yesterday"), "--as-of: not an instant"),
        (("--to", "csv", "pyproject.toml"), "is no folder"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(published, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("")
    done = CliRunner().invoke(main, ["export", "--warehouse", str(published), *arguments])
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_command_says_what_it_wrote(published, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["export", "--warehouse", str(published), "--to", "parquet", "out"])
    assert (done.exit_code, done.stdout) == (0, "")
    assert "3 articles, as published 2026-03-03 12:00:00 UTC" in done.stderr
