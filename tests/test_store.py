"""One writer at a time and in turns; readers that can do no harm; damage told in one sentence."""

import os
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from tiny_warehouse import PLANTED, at

from extractors.errors import SchemaError, WarehouseBusy, WarehouseError, WarehouseMissing
from warehouse.publish import publish
from warehouse.store import open_readonly, open_writer, pending_migrations

pytestmark = pytest.mark.slow  # real databases, each made and filled anew

PROJECT = Path(__file__).parent.parent


@pytest.fixture
def private(tmp_path):
    return tmp_path / "private"


@pytest.fixture
def start():
    """Start Python programs that say something on stdout when they are ready; none outlives the test."""
    started = []

    def run(code, *arguments):
        program = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(program)
        return program, program.stdout.readline().strip()

    yield run
    for program in started:
        program.kill()
        program.communicate()


HOLD = """
import sys
from pathlib import Path
from warehouse.store import open_writer
with open_writer(Path(sys.argv[1]), purpose="backfill") as writer:
    writer.con.execute("create table main.acknowledged as select 42 as answer")
    print("holding", flush=True)
    sys.stdin.read()
"""


def tickets(private):
    return sorted((private / "writer.wants").iterdir())


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)


# --- turns -----------------------------------------------------------------------------------------------------------


def test_a_new_file_is_made_migrated_and_kept(private):
    with open_writer(private, purpose="test") as writer:
        assert writer.con.execute("select count(*) from articles").fetchone() == (0,)
        writer.con.execute(PLANTED)
    with open_writer(private, purpose="test", wait_seconds=0) as writer:
        assert writer.con.execute("select count(*) from articles").fetchone() == (3,)


def test_what_a_migration_would_apply_is_named_and_not_applied(private):
    every = pending_migrations(private, purpose="test")
    assert every[0] == "0001_first_tables"
    assert not (private / "warehouse.duckdb").exists()
    with open_writer(private, purpose="test") as writer:
        assert writer.migrated == every
        writer.con.execute("delete from core.migrations where number > 1")  # as a file of the first release says
    before = (private / "warehouse.duckdb").read_bytes()
    assert pending_migrations(private, purpose="test") == every[1:]
    assert (private / "warehouse.duckdb").read_bytes() == before
    assert (private / "writer.lock").read_text() == ""


def test_the_lock_file_names_its_holder_and_no_one_afterwards(private):
    with open_writer(private, purpose="ingest"):
        assert f'{{"pid": {os.getpid()}, "purpose": "ingest", "since": "' in (private / "writer.lock").read_text()
    assert (private / "writer.lock").read_text() == ""


@pytest.mark.slow
def test_who_cannot_wait_hears_who_holds_the_lock(private, start):
    holder, _ = start(HOLD, private)
    with pytest.raises(WarehouseBusy, match=rf"writer\.lock: held by pid {holder.pid} \(backfill\) since \d{{4}}-.*; waited 0\.0 s for it"):
        open_writer(private, purpose="test", wait_seconds=0)
    assert tickets(private) == []


def test_waiting_ends_when_its_seconds_have_run_out(private, start):
    start(HOLD, private)
    before = time.monotonic()
    with pytest.raises(WarehouseBusy):
        open_writer(private, purpose="test", wait_seconds=0.2)
    assert 0.2 <= time.monotonic() - before < 2


@pytest.mark.slow
def test_a_killed_holder_frees_the_lock_and_keeps_what_it_committed(private, start):
    holder, _ = start(HOLD, private)
    holder.kill()
    holder.wait()
    with open_writer(private, purpose="test", wait_seconds=0) as writer:
        assert writer.con.execute("select answer from main.acknowledged").fetchone() == (42,)


@pytest.mark.slow
def test_a_waiter_is_told_once_whom_it_waits_for(private, start):
    holder, _ = start(HOLD, private)
    told = []
    with pytest.raises(WarehouseBusy):
        open_writer(private, purpose="test", wait_seconds=1.2, on_wait=told.append)
    assert len(told) == 1
    assert told[0].startswith(f"waiting for the warehouse: held by pid {holder.pid} (backfill) since ")


def test_nobody_gives_way_to_nobody(private):
    with open_writer(private, purpose="test") as writer:
        con = writer.con
        assert not writer.is_wanted()
        assert not writer.take_turns()
        assert writer.con is con


def test_turns_are_taken_in_the_order_of_asking(private):
    order = []

    def work(name):
        with open_writer(private, purpose=name) as writer:
            order.append(name)
            writer.con.execute("insert into core.landings values (?, timestamp '2026-03-01', ?)", [len(order), name])

    with open_writer(private, purpose="holder") as writer:
        waiters = [threading.Thread(target=work, args=(name,)) for name in ("first", "second", "third")]
        for number, waiter in enumerate(waiters, start=1):
            waiter.start()
            wait_until(lambda number=number: len(tickets(private)) == number)
        assert writer.is_wanted()
        assert writer.take_turns()
        order.append("holder again")
        assert writer.con.execute("select run_id from core.landings order by landed_seq").fetchall() == [
            ("first",),
            ("second",),
            ("third",),
        ]
        for waiter in waiters:
            waiter.join()
    assert order == ["first", "second", "third", "holder again"]


TAKE_TURNS = """
import sys
from pathlib import Path
from warehouse.store import open_writer
print("ready", flush=True)
sys.stdin.readline()
with open_writer(Path(sys.argv[1]), purpose=sys.argv[2]) as writer:
    for number in range(10):
        writer.con.execute("insert into core.landings select coalesce(max(landed_seq), 0) + 1, now()::timestamp, ? from core.landings", [sys.argv[2]])
        writer.take_turns()
"""


@pytest.mark.slow
def test_processes_that_take_turns_all_get_on(private, start):
    programs = [start(TAKE_TURNS, private, purpose)[0] for purpose in ("watch", "backfill")]
    for program in programs:
        program.stdin.write("go\n")
        program.stdin.flush()
    assert [program.wait(timeout=60) for program in programs] == [0, 0]
    with open_writer(private, purpose="test", wait_seconds=0) as writer:
        landed = [name for (name,) in writer.con.execute("select run_id from core.landings order by landed_seq").fetchall()]
    assert sorted(landed) == ["backfill"] * 10 + ["watch"] * 10
    assert sum(one != following for one, following in pairwise(landed)) > 5, "they hardly ever changed places"


def test_the_ticket_of_a_dead_process_is_ignored_and_removed(private):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with open_writer(private, purpose="test") as writer:
        (private / "writer.wants" / f"{1:020d}.{dead.pid}").touch()
        assert not writer.is_wanted()
        assert not writer.take_turns()
        assert tickets(private) == []


def test_the_ticket_of_a_stopped_process_holds_up_nobody(private):
    with open_writer(private, purpose="test"):
        pass
    ticket = private / "writer.wants" / f"{1:020d}.{os.getpid()}"
    ticket.touch()
    os.utime(ticket, (0, 0))  # not touched for ages, though its process is alive
    with open_writer(private, purpose="test", wait_seconds=0) as writer:
        assert not writer.is_wanted()


def test_a_closed_writer_says_so(private):
    writer = open_writer(private, purpose="test")
    writer.close()
    writer.close()
    assert not writer.is_wanted()
    with pytest.raises(WarehouseError, match=r"warehouse\.duckdb: this writer is closed"):
        writer.con.execute("select 1")


# --- the private file ------------------------------------------------------------------------------------------------


def test_times_are_utc_and_nothing_is_downloaded(private):
    with open_writer(private, purpose="test") as writer:
        names = ("TimeZone", "autoinstall_known_extensions", "autoload_known_extensions")
        assert [writer.con.execute("select current_setting(?)", [name]).fetchone()[0] for name in names] == ["UTC", False, False]


@pytest.mark.parametrize(("whole_file", "limit"), [(False, "256.0 MiB"), (True, None)])
def test_a_landing_takes_little_memory_however_large_the_machine(private, whole_file, limit):
    with open_writer(private, purpose="test", whole_file=whole_file) as writer:
        (allowed,) = writer.con.execute("select current_setting('memory_limit')").fetchone()
    assert allowed == limit if limit else not allowed.startswith("256.0")


def test_bodies_are_compressed(private):
    with open_writer(private, purpose="test") as writer:
        writer.con.execute("""insert into core.article_versions
            select number::varchar, 1, number::varchar, '', repeat('news from Tehran ', 300) || number, [], 'en', null, null, '', '', '',
            timestamp '2026-03-01', '', '', '', '', 1, '', null, 1, null, null, null from range(5000) as numbers(number)""")
        writer.con.execute("checkpoint")
        compressions = writer.con.execute(
            "select distinct compression from pragma_storage_info('core.article_versions') where column_name = 'text' and segment_type = 'VARCHAR'"
        ).fetchall()
    assert compressions == [("ZSTD",)]


@pytest.mark.slow
def test_a_program_that_has_the_file_open_is_named(private, start):
    with open_writer(private, purpose="test"):
        pass
    foreign, _ = start(
        "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()", private / "warehouse.duckdb"
    )
    with pytest.raises(WarehouseError, match=rf"warehouse\.duckdb: opened by another program \(\S+, PID {foreign.pid}\); close it"):
        open_writer(private, purpose="test", wait_seconds=0)
    foreign.kill()
    foreign.wait()
    with open_writer(private, purpose="test", wait_seconds=0):
        pass


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        pytest.param(lambda whole: b"<html>" * 5000, "not a DuckDB database", id="something else"),
        pytest.param(lambda whole: b"", "not a DuckDB database", id="nothing"),
        pytest.param(lambda whole: whole[:20000], "cannot be opened: IO Error: Could not read enough bytes", id="cut off"),
        pytest.param(
            lambda whole: whole[:4100] + b"\xff" * 40 + whole[4140:], "cannot be opened: IO Error: Corrupt database file", id="rotten"
        ),
    ],
)
def test_a_damaged_file_is_told_from_a_busy_one(private, damage, words):
    with open_writer(private, purpose="test"):
        pass
    file = private / "warehouse.duckdb"
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    with pytest.raises(WarehouseError, match=rf"warehouse\.duckdb: {words}"):
        open_writer(private, purpose="test", wait_seconds=0)
    assert file.read_bytes() == damaged
    with pytest.raises(WarehouseError, match=words):  # not WarehouseBusy: the lock was given back
        open_writer(private, purpose="test", wait_seconds=0)


def test_a_newer_schema_is_refused_and_the_lock_given_back(private):
    with open_writer(private, purpose="test") as writer:
        writer.con.execute("insert into core.migrations values (2, '0002_from_the_future', 'x', timestamp '2030-01-01')")
    for _ in range(2):
        with pytest.raises(SchemaError, match="newer than this program"):
            open_writer(private, purpose="test", wait_seconds=0)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(WarehouseError, match="data/private: cannot keep the warehouse here: Not a directory"):
        open_writer(tmp_path / "data" / "private", purpose="test")


def test_half_a_header_of_a_killed_process_is_written_anew(private):
    private.mkdir()
    (private / "warehouse.duckdb.new").write_bytes(b"DUCK")
    with open_writer(private, purpose="test", wait_seconds=0) as writer:
        assert writer.con.execute("select count(*) from articles").fetchone() == (0,)


def test_what_a_killed_compaction_left_goes_when_the_file_is_opened_next(private):
    open_writer(private, purpose="first").close()
    (private / "warehouse.duckdb.compacting").write_bytes(b"half a file")
    (private / "warehouse.duckdb.compacting.wal").touch()
    with open_writer(private, purpose="next"):
        assert [path.name for path in private.glob("*.compacting*")] == []


# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def published(tmp_path):
    with open_writer(tmp_path / "private", purpose="test") as writer:
        writer.con.execute(PLANTED)
        publish(writer, tmp_path / "trilateral.duckdb", now=at(3, 0))
    return tmp_path / "trilateral.duckdb"


def test_nothing_published_yet_says_what_to_run(tmp_path):
    with pytest.raises(WarehouseMissing, match=r"trilateral\.duckdb: nothing has been published there yet; run `trilateral ingest`"):
        open_readonly(tmp_path / "trilateral.duckdb")


@pytest.mark.parametrize("content", [b"<html>" * 5000, b""], ids=["something else", "nothing"])
def test_what_is_not_a_database_is_said_not_to_be_one(tmp_path, content):
    (tmp_path / "trilateral.duckdb").write_bytes(content)
    with pytest.raises(WarehouseError, match=r"trilateral\.duckdb: not a DuckDB database"):
        open_readonly(tmp_path / "trilateral.duckdb")


def test_a_folder_is_not_a_database(tmp_path):
    with pytest.raises(WarehouseError, match="cannot be opened|not a DuckDB database"):
        open_readonly(tmp_path)


@pytest.mark.parametrize(
    "harm",
    [
        "insert into core.landings values (9, timestamp '2026-03-01', 'x')",
        "create table main.mine as select 1 as one",
        "copy (select 1) to '{folder}/out.csv'",
        "select content from read_text('{folder}/secret.txt')",
        "attach '{folder}/other.duckdb' as other",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "install httpfs",
    ],
)
def test_a_reader_can_do_no_harm(published, tmp_path, harm):
    (tmp_path / "secret.txt").write_text("secret")
    before = sorted(tmp_path.iterdir())
    with open_readonly(published) as con, pytest.raises(duckdb.Error):
        con.execute(harm.format(folder=tmp_path))
    assert sorted(tmp_path.iterdir()) == before


def test_files_may_be_allowed(published, tmp_path):
    with open_readonly(published, allow_files=True) as con:
        con.execute(f"copy (select article_id from articles order by all) to '{tmp_path}/out.csv'")  # noqa: S608 our own folder
        with pytest.raises(duckdb.Error):
            con.execute("create table main.mine as select 1 as one")
    assert (tmp_path / "out.csv").read_text() == "article_id\nart-a\nart-b\nart-c\n"


def test_a_reader_is_in_utc(published):
    with open_readonly(published) as con:
        assert con.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)


def test_a_path_with_a_quote_is_a_path(tmp_path):
    with open_writer(tmp_path / "d'Annunzio", purpose="test") as writer:
        publish(writer, tmp_path / "l'aquila.duckdb", now=at(3, 0))
    with open_readonly(tmp_path / "l'aquila.duckdb") as con:
        assert con.execute("select through_seq from publication").fetchone() == (0,)
