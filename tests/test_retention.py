"""WARC files go when their time is over, whole, read and written down; with a full disk nothing is fetched and all is landed."""

import dataclasses
import logging.handlers
import queue
from datetime import timedelta

import pytest
from pydantic import ByteSize
from world.picture import look, told
from world.server import World

from extractors.fetch.clock import SYSTEM_CLOCK
from flows.retention import captures_lock, expire_captures
from flows.run import run_stream
from warehouse.answers import run_query
from warehouse.store import open_readonly, open_writer

pytestmark = pytest.mark.slow


def later(days):
    return dataclasses.replace(SYSTEM_CLOCK, now=lambda: SYSTEM_CLOCK.now() + timedelta(days=days))


def files(settings):
    return sorted(str(path.relative_to(settings.captures_dir)) for path in settings.captures_dir.rglob("*.warc.gz*"))


def ask(settings, query):
    with open_readonly(settings.published) as con:
        return run_query(con, query).rows


def quiet(world, folder, **overrides):
    return world.settings(folder / "data", revisit_hours=(10_000.0,), **overrides)


def test_a_file_goes_when_the_last_of_its_captures_is_old_enough_and_that_is_written_down(tmp_path):
    with World(seed=61, hosts=2, articles_per_host=3) as world:
        settings = quiet(world, tmp_path, keep_captures_days=30)
        run_stream(settings)
        (first,) = files(settings)
        size = (settings.captures_dir / first).stat().st_size
        run_stream(settings, clock=later(29))
        assert files(settings) == [first]
        world.publish(0)
        run_stream(settings, clock=later(31))
        (young,) = files(settings)
        assert young != first
        assert ask(settings, "select file, captures, file_bytes from raw.expired_files") == ((first, 6, size),)
        assert ask(settings, "select count(*) from raw.captures where file not in (select file from raw.expired_files)") == ((1,),)
        assert look(settings.published).articles == told(world.truth.articles), "what was read stays"
        assert look(settings.published).findings == ()


@pytest.mark.parametrize(("days", "left"), [(0, 0), (-1, 1)])
def test_nothing_is_kept_once_read_or_everything_for_ever(tmp_path, days, left):
    with World(seed=62, hosts=1, articles_per_host=2) as world:
        settings = quiet(world, tmp_path, keep_captures_days=days)
        run_stream(settings)
        run_stream(settings, clock=later(1000))
        assert len(files(settings)) == left


def test_what_is_not_read_yet_not_ours_or_being_backed_up_stays(tmp_path):
    with World(seed=63, hosts=1, articles_per_host=2) as world:
        settings = quiet(world, tmp_path, keep_captures_days=90)
        run_stream(settings)
        (ours,) = files(settings)
        foreign = settings.captures_dir / "CC-NEWS-1.warc.gz"
        foreign.write_bytes(b"theirs")
        at = SYSTEM_CLOCK.now() + timedelta(days=91)
        with open_writer(settings.private_dir, purpose="test") as writer:
            writer.con.execute("update raw.pages set stage = 'captured'")
            assert expire_captures(settings, writer, now=at).files == 0
            writer.con.execute("update raw.pages set stage = 'read'")
            writer.con.execute(
                "insert into raw.captures select * replace ('x' as capture_id, 'CC-NEWS-1.warc.gz' as file) from raw.captures limit 1"
            )
            with captures_lock(settings.private_dir, is_shared=True):
                assert expire_captures(settings, writer, now=at).files == 0
            assert files(settings) == sorted([ours, "CC-NEWS-1.warc.gz"])
            assert expire_captures(settings, writer, now=at).captures == 2
            assert files(settings) == ["CC-NEWS-1.warc.gz"]


def test_a_file_that_was_written_down_and_not_removed_goes_the_next_time(tmp_path):
    with World(seed=64, hosts=1, articles_per_host=1) as world:
        settings = quiet(world, tmp_path)
        run_stream(settings)
        (name,) = files(settings)
        with open_writer(settings.private_dir, purpose="test") as writer:
            writer.con.execute("insert into raw.expired_files values (?, now()::timestamp, 1, 1)", [name])
            expire_captures(settings, writer, now=SYSTEM_CLOCK.now())
        assert files(settings) == []


@pytest.fixture
def told_on_terminal():
    """What reaches the handlers of the root logger, as a terminal's; pytest's own listen to loggers that keep to themselves, too."""
    told = queue.SimpleQueue()
    handler = logging.handlers.QueueHandler(told)
    logging.getLogger().addHandler(handler)
    yield told
    logging.getLogger().removeHandler(handler)


def test_with_too_little_room_nothing_is_fetched_and_what_is_captured_is_read(tmp_path, told_on_terminal):
    with World(seed=65, hosts=1, articles_per_host=3) as world:
        settings = quiet(world, tmp_path)
        run_stream(settings)
        with open_writer(settings.private_dir, purpose="test") as writer:
            for table in ("core.article_urls", "core.articles", "core.article_versions", "core.readings"):
                writer.con.execute(f"delete from {table}")  # noqa: S608 - the names are ours
            writer.con.execute("update raw.pages set stage = 'captured'")
        world.publish(0)
        asked, said = world.received, []
        report = run_stream(settings.model_copy(update={"min_free_bytes": ByteSize(2**60)}), say=said.append)
        assert (world.received, report.counts.articles_new, report.exit_code) == (asked, 3, 0)
        assert said == [f"less than min_free_bytes (1.0EiB) free at {settings.data_dir}: nothing was fetched"]
        assert run_stream(settings).counts.articles_new == 1
        assert told_on_terminal.empty(), "the log is a file: a terminal is told in words"
        log = (settings.data_dir / "logs" / "runs.log").read_text(encoding="utf-8")
        assert "disk=low free_bytes=" in log
        hosts = [line for line in log.splitlines() if " host=" in line]
        assert [line.partition("host=")[2].split()[0] for line in hosts] == ["host00.example"] * 2, "one line a host and run that asked it"
        assert "requests=6 feeds=2 " in hosts[0]
        assert [line.partition("status=")[2].split()[0] for line in log.splitlines() if "status=" in line] == ["completed"] * 3
