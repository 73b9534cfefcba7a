"""Publishing: a whole file in one rename; a reader keeps its picture; failure leaves what stood."""

import os
import signal
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from tiny_warehouse import PLANTED, at, stored

from extractors.errors import WarehouseError
from warehouse.publish import next_publish_at, publish
from warehouse.store import open_readonly, open_writer

pytestmark = pytest.mark.slow  # real databases, each made and filled anew

PROJECT = Path(__file__).parent.parent
PUBLISHING = """
import sys, datetime, pathlib
from warehouse.publish import publish
from warehouse.store import open_writer
with open_writer(pathlib.Path(sys.argv[1]), purpose="test") as writer:
    publish(writer, pathlib.Path(sys.argv[2]), now=datetime.datetime.now(datetime.UTC))
"""


@pytest.fixture
def writer(tmp_path):
    with open_writer(tmp_path / "private", purpose="test") as writer:
        writer.con.execute(PLANTED)
        yield writer


@pytest.fixture
def target(tmp_path):
    return tmp_path / "public" / "trilateral.duckdb"


def land(writer, seq):
    writer.con.execute("insert into core.landings values (?, timestamp '2026-03-03 08:00:00', 'run-3')", [seq])


def test_what_is_published_is_what_landed(writer, target):
    publication = publish(writer, target, now=at(3, 9))
    assert (publication.published_at, publication.through_seq, publication.warnings) == (at(3, 9), 3, ())
    assert publication.bytes == target.stat().st_size
    assert publication.seconds > 0
    with open_readonly(target) as con:
        assert con.execute("select published_at, through_seq, data_as_of from publication").fetchone() == (
            at(3, 9).replace(tzinfo=None),
            3,
            at(2, 11).replace(tzinfo=None),
        )
        assert con.execute("select count(*) from articles").fetchone() == (3,)


def test_what_is_kept_in_the_published_file_answers_as_what_is_computed_does(writer, target):
    publish(writer, target, now=at(3, 9))
    with open_readonly(target) as con:
        kept = con.execute("select table_name from duckdb_tables() where schema_name = 'kept' order by 1").fetchall()
        views = [
            view for (view,) in con.execute("select view_name from duckdb_views() where not internal and view_name <> 'docs'").fetchall()
        ]
        assert kept == [("deletions",), ("text_origins",), ("version_numbers",)]
        for view in views:
            schema = "core" if (view,) in kept or view == "announcements" else "main"
            query = f"from {schema}.{view} order by all"
            assert con.execute(query).fetchall() == writer.con.execute(query).fetchall(), view


def test_the_published_file_is_for_reading_and_stands_alone(writer, target):
    publish(writer, target, now=at(3, 9))
    assert stat.S_IMODE(target.stat().st_mode) == 0o444
    assert [path.name for path in target.parent.iterdir()] == ["trilateral.duckdb"]


def test_the_writer_goes_on_after_publishing(writer, target):
    publish(writer, target, now=at(3, 9))
    land(writer, 4)
    assert publish(writer, target, now=at(3, 10)).through_seq == 4
    with open_readonly(target) as con:
        assert con.execute("select through_seq from core.publications order by published_at").fetchall() == [(1,), (3,), (3,), (4,)]


def test_an_open_reader_of_this_process_keeps_its_picture_and_a_new_one_sees_the_new(writer, target):
    publish(writer, target, now=at(3, 9))
    with open_readonly(target) as old:
        land(writer, 4)
        publish(writer, target, now=at(3, 10))
        with open_readonly(target) as new:
            seen = [con.execute("select through_seq from publication").fetchone() for con in (old, new)]
    assert seen == [(3,), (4,)]


READ = """
import sys
from pathlib import Path
from warehouse.store import open_readonly
with open_readonly(Path(sys.argv[1])) as con:
    for _ in sys.stdin:
        print(con.execute("select through_seq from publication").fetchone()[0], con.execute("select count(*) from articles").fetchone()[0], flush=True)
"""


def test_an_open_reader_of_another_process_keeps_its_picture_while_two_publications_happen(writer, target):
    publish(writer, target, now=at(3, 9))
    with subprocess.Popen(
        [sys.executable, "-c", READ, str(target)], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:

        def ask():
            reader.stdin.write("\n")
            reader.stdin.flush()
            return reader.stdout.readline()

        answers = [ask()]
        for seq in (4, 5):
            land(writer, seq)
            publish(writer, target, now=at(3, 9 + seq))
            answers.append(ask())
        reader.stdin.close()
        assert answers == ["3 3\n"] * 3
    with open_readonly(target) as con:
        assert con.execute("select through_seq from publication").fetchone() == (5,)


def test_the_lock_on_the_private_file_outlives_a_publication(writer, target):
    publish(writer, target, now=at(3, 9))
    foreign = subprocess.run(
        [sys.executable, "-c", "import duckdb, sys; duckdb.connect(sys.argv[1])", str(writer.path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Could not set lock on file" in foreign.stderr


def test_leftovers_of_dead_publishers_are_removed_and_those_of_the_living_are_not(writer, target):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    living = os.getppid()
    target.parent.mkdir()
    for pid in (dead.pid, os.getpid(), living):
        (target.parent / f".trilateral.duckdb.{pid}.publishing").write_bytes(b"half")
    (target.parent / ".other.duckdb.1.publishing").write_bytes(b"not ours")
    publish(writer, target, now=at(3, 9))
    assert sorted(path.name for path in target.parent.iterdir()) == sorted(
        [".other.duckdb.1.publishing", f".trilateral.duckdb.{living}.publishing", "trilateral.duckdb"]
    )


def test_what_a_publisher_killed_in_the_middle_left_is_removed_by_the_next_one(tmp_path, target):
    with open_writer(tmp_path / "private", purpose="test") as writer:
        writer.con.execute(PLANTED)
        publish(writer, target, now=at(3, 9))
    slow = tmp_path / "slow" / "cp"
    slow.parent.mkdir()
    slow.write_text('#!/bin/sh\nfor last; do :; done\nhead -c 20000 "$3" > "$last"\nexec sleep 60\n')
    slow.chmod(0o755)
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            PUBLISHING,
            str(tmp_path / "private"),
            str(target),
        ],
        env=os.environ | {"PYTHONPATH": str(PROJECT), "PATH": f"{slow.parent}:{os.environ['PATH']}"},
        start_new_session=True,
    )
    half = target.with_name(f".{target.name}.{child.pid}.publishing")
    while not (half.exists() and half.stat().st_size == 20000):
        assert child.poll() is None
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    with open_readonly(target) as con:
        assert con.execute("select through_seq from publication").fetchone() == (3,)
    with open_writer(tmp_path / "private", purpose="test") as writer:
        publish(writer, target, now=at(3, 10))
    assert [path.name for path in target.parent.iterdir()] == ["trilateral.duckdb"]


def test_a_stray_log_beside_the_published_file_is_removed_with_a_warning(writer, target, caplog):
    publish(writer, target, now=at(3, 9))
    wal = target.with_name("trilateral.duckdb.wal")
    wal.write_bytes(b"somebody's own rows")
    publication = publish(writer, target, now=at(3, 10))
    assert publication.warnings == (f"{wal}: removed; somebody opened the published file for writing, and what they wrote is gone",)
    assert caplog.messages == list(publication.warnings)
    assert not wal.exists()


def test_a_full_disk_leaves_what_was_published_and_no_half_copy(writer, target, tmp_path, monkeypatch):
    publish(writer, target, now=at(3, 9))
    before = target.read_bytes()
    land(writer, 4)
    full_disk = tmp_path / "full disk" / "cp"
    full_disk.parent.mkdir()
    full_disk.write_text(
        '#!/bin/sh\nfor last; do :; done\nprintf half > "$last"\necho "cp: error writing \'$last\': No space left on device" >&2\nexit 1\n'
    )
    full_disk.chmod(0o755)
    monkeypatch.setenv("PATH", str(full_disk.parent), prepend=os.pathsep)
    with pytest.raises(WarehouseError, match="the copy to publish could not be made: cp: error writing .*No space left on device"):
        publish(writer, target, now=at(3, 10))
    assert target.read_bytes() == before
    assert [path.name for path in target.parent.iterdir()] == ["trilateral.duckdb"]
    monkeypatch.undo()
    assert publish(writer, target, now=at(3, 11)).through_seq == 4
    with open_readonly(target) as con:
        published = con.execute("select published_at, through_seq from core.publications order by 1 desc limit 2").fetchall()
    assert published == [(stored(3, 11), 4), (stored(3, 9), 3)]  # the one that failed is none


def test_a_publication_that_stands_is_recorded_though_its_publisher_died_before_writing_that_down(writer, target):
    publish(writer, target, now=at(3, 9))
    writer.con.execute("delete from core.publications where published_at = ?", [stored(3, 9)])
    land(writer, 4)
    publish(writer, target, now=at(3, 10))
    assert writer.con.execute("select published_at, through_seq from core.publications order by 1 desc limit 2").fetchall() == [
        (stored(3, 10), 4),
        (stored(3, 9), 3),
    ]


def test_the_publication_of_another_house_is_not_recorded_here(writer, target, tmp_path):
    with open_writer(tmp_path / "another", purpose="test") as another:
        another.con.execute("insert into core.landings values (3, timestamp '2025-01-01', 'run-of-another')")
        publish(another, target, now=at(3, 8))
    publish(writer, target, now=at(3, 9))
    assert writer.con.execute("select count(*) from core.publications where published_at = ?", [stored(3, 8)]).fetchone() == (0,)


def test_what_cannot_be_read_at_the_place_of_the_published_file_is_replaced_with_a_warning(writer, target, caplog):
    target.parent.mkdir()
    target.write_bytes(b"half of something")
    assert publish(writer, target, now=at(3, 9)).through_seq == 3
    assert "what stands there cannot be read and is replaced" in caplog.text


def test_a_copy_that_does_not_answer_is_not_put_in_place(writer, target, tmp_path, monkeypatch):
    publish(writer, target, now=at(3, 9))
    before = target.read_bytes()
    forgetful = tmp_path / "forgetful" / "cp"
    forgetful.parent.mkdir()
    forgetful.write_text('#!/bin/sh\nfor last; do :; done\nprintf "not a database at all" > "$last"\n')
    forgetful.chmod(0o755)
    monkeypatch.setenv("PATH", str(forgetful.parent), prepend=os.pathsep)
    with pytest.raises(WarehouseError, match="not a DuckDB database"):
        publish(writer, target, now=at(3, 10))
    assert target.read_bytes() == before
    assert [path.name for path in target.parent.iterdir()] == ["trilateral.duckdb"]


def test_an_old_copy_is_not_put_in_place(writer, target, tmp_path, monkeypatch):
    publish(writer, target, now=at(3, 9))
    land(writer, 4)
    stale = tmp_path / "stale" / "cp"
    stale.parent.mkdir()
    stale.write_text(f'#!/bin/sh\nfor last; do :; done\nwhile read -r line; do :; done < /dev/null\n/bin/cp "{target}" "$last"\n')
    stale.chmod(0o755)
    monkeypatch.setenv("PATH", str(stale.parent), prepend=os.pathsep)
    with pytest.raises(WarehouseError, match="not that it goes through landing 4"):
        publish(writer, target, now=at(3, 10))


def test_a_place_that_cannot_be_written_is_named(writer, tmp_path):
    (tmp_path / "public").write_text("a file, not a folder")
    with pytest.raises(WarehouseError, match=r"public/trilateral\.duckdb: not published: "):
        publish(writer, tmp_path / "public" / "trilateral.duckdb", now=at(3, 9))


@pytest.mark.parametrize(
    ("last_seconds", "wait_seconds"),
    [
        pytest.param(0.0, 60, id="a quick one waits until the file is as old as it may get"),
        pytest.param(2.0, 58, id="the next is done when the file is as old as it may get"),
        pytest.param(5.0, 55, id="at the point where both rules meet"),
        pytest.param(30.0, 330, id="a slow one rests ten times as long as it took, after it is done"),
    ],
)
def test_the_next_publication_is_neither_late_nor_greedy(last_seconds, wait_seconds):
    assert next_publish_at(at(3, 9), last_seconds, publish_seconds=60) == at(3, 9) + timedelta(seconds=wait_seconds)
