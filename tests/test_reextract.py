"""Stored captures under today's extractor: what it reads differently is its own doing, and nothing else changes."""

import contextlib
import dataclasses
from datetime import UTC, datetime

import duckdb
import pytest
from world.picture import look, told
from world.server import World
from world.truth import Fault, page_url

from flows.rereading import run_reextract
from flows.run import run_stream
from warehouse.store import open_readonly

pytestmark = pytest.mark.slow

OLDER = "trilateral-0/trafilatura-0"


@pytest.fixture
def world():
    with World(seed=9, hosts=2, articles_per_host=4) as world:
        yield world


@contextlib.contextmanager
def private(settings):
    with duckdb.connect() as con:
        con.execute(f"attach '{settings.private_dir}/warehouse.duckdb' as w")
        con.execute("use w")
        yield con


def ask(settings, query):
    with open_readonly(settings.published) as con:
        return con.execute(query).fetchall()


def as_if_read_by_an_older_extractor(settings, *, differently):
    """Rewrite history: an older extractor read everything, and the text of one article otherwise."""
    with private(settings) as con:
        for table in ("core.readings", "core.article_versions"):
            con.execute(f"update {table} set extractor = ?", [OLDER])  # noqa: S608  our own tables
        (article_id,) = con.execute("select article_id from core.articles where url = ?", [differently]).fetchone()
        con.execute(
            "update core.article_versions set text = text || ' Sign up!', content_hash = 'older' where article_id = ?", [article_id]
        )
        con.execute("update core.readings set content_hash = 'older' where article_id = ?", [article_id])


@pytest.fixture
def older(world, tmp_path):
    settings = world.settings(tmp_path / "data")
    run_stream(settings)
    world.settle()
    as_if_read_by_an_older_extractor(settings, differently=page_url(0, 1))
    return settings


def test_only_what_is_read_differently_is_a_version_and_the_extractor_is_its_cause(world, older):
    before = world.received
    report = run_reextract(older)
    world.settle()
    assert world.received == before, "nothing is fetched"
    picture = look(older.published)
    assert picture.versions == {(article.url_key, 1, "publisher") for article in world.truth.articles} | {
        (page_url(0, 1)[7:], 2, "extractor")
    }
    expected = told(world.truth.articles)
    expected[page_url(0, 1)[7:]] = dataclasses.replace(expected[page_url(0, 1)[7:]], version=2)
    assert picture.articles == expected
    assert ask(older, "select count(*) from article_versions where extractor like 'trilateral-0/%'") == [(8,)], "the older readings stand"
    assert ask(older, "select count(*) from article_themes join articles using (article_id) where version = 2") != [(0,)]
    assert (report.tally.taken, report.run.counts.edits, report.exit_code, picture.findings) == (8, 1, 0, ())


def test_what_was_read_again_is_not_read_a_third_time(older):
    run_reextract(older)
    assert run_reextract(older).tally.taken == 0


def test_one_source_or_one_time_only(older):
    assert run_reextract(older, since=datetime(2199, 1, 1, tzinfo=UTC)).tally.taken == 0
    assert run_reextract(older, source="host01").tally.taken == 4
    assert run_reextract(older).tally.taken == 4


def test_captures_that_are_gone_are_counted_and_their_articles_stay(older):
    for path in older.captures_dir.rglob("*.warc.gz"):
        path.unlink()
    before = ask(older, "select article_id, version, content_hash from articles order by all")
    report = run_reextract(older)
    assert (report.tally.taken, report.tally.gone, report.exit_code) == (0, 8, 0)
    with private(older) as con:
        assert con.execute("select count(*) from core.article_versions").fetchall() == [(8,)]
    assert {row[0] for row in ask(older, "select article_id from articles")} == {row[0] for row in before}


def test_a_page_that_was_refused_is_an_article_after_all(world, tmp_path):
    settings = world.settings(tmp_path / "data")
    run_stream(settings)
    world.settle()
    with private(settings) as con:
        (key,) = con.execute("select url_key from raw.pages where url = ?", [page_url(1, 2)]).fetchone()
        (article_id,) = con.execute("select article_id from core.articles where url = ?", [page_url(1, 2)]).fetchone()
        con.execute("update raw.pages set stage = 'rejected' where url_key = ?", [key])
        con.execute(
            "insert into core.rejections select 'r', url_key, url, source_id, 'empty', '', first_seen_at, 1, null, capture_id, 1 from raw.pages where url_key = ?",
            [key],
        )
        for table in ("core.articles", "core.article_versions", "core.readings", "core.article_urls", "core.text_members"):
            con.execute(f"delete from {table} where article_id = ?", [article_id])  # noqa: S608  our own tables
    report = run_reextract(settings)
    assert (report.tally.taken, report.run.counts.articles_new) == (1, 1)
    assert look(settings.published).articles == told(world.truth.articles)
    assert look(settings.published).stages[key] == "read"


def test_an_article_that_is_not_found_any_more_stays(tmp_path):
    with World(seed=9, hosts=1, articles_per_host=2, faults={page_url(0, 1): Fault(kind="empty")}) as world:
        settings = world.settings(tmp_path / "data")
        run_stream(settings)
        world.settle()
        with private(settings) as con:  # an older extractor made an article of the empty page
            con.execute("update core.readings set extractor = ?", [OLDER])
            (key,) = con.execute("select url_key from raw.pages where url = ?", [page_url(0, 1)]).fetchone()
            con.execute("insert into core.articles select * replace ('other' as article_id, ? as url) from core.articles", [page_url(0, 1)])
            con.execute("insert into core.article_urls values (?, 'other', 'seen', 1)", [key])
            con.execute("insert into core.article_versions select * replace ('other' as article_id) from core.article_versions")
            con.execute(
                "insert into core.readings select c.capture_id, ?, 'other', r.content_hash, c.fetched_at, 1 from core.readings r, raw.captures c where c.url_key = ?",
                [OLDER, key],
            )
            con.execute("update raw.pages set stage = 'read' where url_key = ?", [key])
        report = run_reextract(settings)
        assert (report.tally.taken, report.tally.lost) == (2, 1)
        assert ask(settings, "select count(*) from articles") == [(2,)]
