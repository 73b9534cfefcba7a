"""Rows that are multiplied are as sound as those that landed, and as many times as many."""

import pytest

from tests.bench import multiply as bench
from tests.bench.newswire import Newswire
from tests.bench.warehouse import land_wire
from warehouse.checks import run_checks
from warehouse.store import open_writer

pytestmark = pytest.mark.slow  # a real database, filled

ARTICLES, TIMES = 300, 3


def count_all(con):
    tables = con.execute("select schema_name || '.' || table_name from duckdb_tables() where schema_name in ('core', 'raw')").fetchall()
    names = [*(name for (name,) in tables), *(f"main.{view}" for view in ("articles", "evidence", "article_dyads", "visits", "stories"))]
    return {name: con.execute(f"select count(*) from {name}").fetchone()[0] for name in names}  # noqa: S608 - names that the catalogue gives


@pytest.fixture(scope="module")
def multiplied(tmp_path_factory):
    with open_writer(tmp_path_factory.mktemp("multiplied") / "private", purpose="test") as writer:
        assert sum(1 for _ in land_wire(writer.con, Newswire(), ARTICLES)) == ARTICLES // 100
        before = count_all(writer.con)
        bench.multiply(writer.con, TIMES)
        yield writer.con, before


def test_there_is_all_as_many_times_as_was_asked_but_for_what_the_world_declared(multiplied):
    con, before = multiplied
    staying = {name for name in before if name in bench.STAYING}
    assert count_all(con) == {name: count * (1 if name in staying else TIMES) for name, count in before.items()}
    assert before["main.articles"] > 0 < before["main.article_dyads"]


def test_every_check_is_content_with_the_copies(multiplied):
    assert run_checks(multiplied[0]) == ()


def test_copies_come_later_and_say_nothing_that_was_said(multiplied):
    con, before = multiplied
    landings = con.execute("select count(distinct landed_at), count(distinct landed_seq), max(landed_seq) from core.landings").fetchone()
    days = con.execute("select count(distinct published_on) from articles").fetchone()[0]
    assert (landings[1], landings[2], days) == (before["core.landings"] * TIMES, before["core.landings"] * TIMES, TIMES)
    texts = con.execute("select text_hash, text from article_versions").fetchall()
    assert len({text for _, text in texts}) == len({text_hash for text_hash, _ in texts})


def test_more_copies_than_an_alphabet_has_turns_are_refused(multiplied):
    with pytest.raises(ValueError, match="is not from 1 to 26"):
        bench.multiply(multiplied[0], 27)
