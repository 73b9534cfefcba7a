"""What people could read at an instant can be asked again later, to the letter."""

from dataclasses import replace

import duckdb
import pytest
from batches import GAZETTE, at, classification, entry, page, poll, reading, scope_of

from extractors.errors import WarehouseError, WarehouseMissing
from extractors.records import Batch, CodebookState, PageRejection, Rejection, RunRecord, Visit
from extractors.stories.signatures import sign_text
from warehouse import landing
from warehouse.checks import run_checks
from warehouse.past import open_as_of
from warehouse.publish import publish
from warehouse.store import open_readonly, open_writer

pytestmark = pytest.mark.slow  # real databases, each made and filled anew

STORY = "The ministers of three countries signed a paper about gas on Monday and agreed to meet again in the spring of next year."
OTHER = "Banks in two ports opened an account for grain and steel, the owner of a shipyard said on Sunday, and named no sum."
DIGEST = "In the south a road was closed after rain, the police said, and nobody was hurt when eleven cars slid into a field of tea."


def signed(key, text, hours):
    return replace(reading(key, text, hours=hours), signature=sign_text(text))


def land(writer, hours, **parts):
    landing.land(writer.con, Batch(**parts), run_id="run-1", now=at(hours), scope_of=scope_of)


def dump(con):
    """Everything in every public view, and in the macros as of the publication itself."""
    views = con.execute(
        "select view_name from duckdb_views() where schema_name = 'main' and not internal and database_name = current_database() order by 1"
    ).fetchall()
    return {view: repr(con.execute(f"from main.{view} order by all").fetchall()) for (view,) in views}


def told_by_macros(con, instant):
    """What the macros answer as of an instant, under the names of the views that answer so now."""
    when = instant.strftime("timestamp '%Y-%m-%d %H:%M:%S'")
    macros = {"articles": f"articles_as_of({when})", "article_themes": f"themes_as_of({when})"}
    return {view: repr(con.execute(f"from {macro} order by all").fetchall()) for view, macro in macros.items()}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The published file of the story told below, and what could be read of it each time."""
    folder = tmp_path_factory.mktemp("told")
    return folder / "trilateral.duckdb", tell_a_story(folder, folder / "trilateral.duckdb")


def tell_a_story(tmp_path, target):
    """Land and publish three times; what could be read each time, by hour."""
    dumps = {}
    with open_writer(tmp_path / "private", purpose="test") as writer:
        landing.land_sources(writer.con, (GAZETTE,), run_id="run-1", now=at())
        landing.land_codebook(
            writer.con,
            CodebookState(codebook_version="1.0.0+abc", themes=("sanctions",), active=True, complete=True),
            now=at(),
            run_id="run-1",
        )
        landing.land_run(writer.con, RunRecord(run_id="run-1", flow="ingest", started_at=at()), now=at())
        steps = {
            1: {"feed_visits": (poll(entry("gazette.test/a"), hours=1),), "readings": (signed("gazette.test/a", STORY, 1),)},
            2: {
                "feed_visits": (poll(entry("gazette.test/b"), hours=2),),
                "readings": (signed("ledger.test/b", STORY + " It rained.", 2), signed("herald.test/o", OTHER, 2)),
            },
            3: {"readings": (signed("gazette.test/a", STORY.replace("Monday", "Friday"), 3), signed("herald.test/d", DIGEST, 3))},
        }
        for hours, batch in steps.items():
            land(writer, hours, **batch)
            publish(writer, target, now=at(hours + 0.5))
            with open_readonly(target) as con:
                dumps[hours] = dump(con)
    return dumps


def go_on(tmp_path, target, *, landings):
    """Land what changes every answer: versions, merged texts, a deletion, a rejection, another codebook; by a new process's writer."""
    with open_writer(tmp_path / "private", purpose="test") as writer:
        for number in range(landings):
            hours = 10 + number * 30 / landings
            if number % 10:  # most landings are small
                robots = Visit(
                    kind="robots", source_id=None, url=f"https://x{number}.test/robots.txt", final_url=f"https://x{number}.test/robots.txt",
                    status=200, outcome="ok", duration_ms=1, at=at(hours),
                )  # fmt: skip
                land(writer, hours, visits=(robots,))
                continue
            text = f"{STORY} It tells of {number} ships." if number % 40 == 0 else " ".join(f"word-{number}-{place}" for place in range(20))
            land(
                writer,
                hours,
                feed_visits=(poll(entry(f"x{number}.test/1"), hours=hours),),
                readings=(signed(f"x{number}.test/1", text, hours),),
            )
        land(writer, 45, readings=(signed("herald.test/d", OTHER, 45),))  # rewritten into what another one says: two texts are one
        assert writer.con.execute("select count(*) from core.text_aliases").fetchone() == (1,)
        absent = [
            Visit(kind="page", url="https://gazette.test/a", final_url="https://gazette.test/a", source_id="gazette", url_key="gazette.test/a",
                  status=404, outcome="not_found", duration_ms=1, at=at(hours)) for hours in (50, 60)
        ]  # fmt: skip
        refused = PageRejection(
            url_key="gazette.test/b",
            url="https://gazette.test/b",
            source_id="gazette",
            rejection=Rejection(reason="empty"),
            attempts=1,
            at=at(61),
        )
        land(writer, 61, visits=tuple(absent), rejections=(refused,), pages=(page("gazette.test/b", stage="rejected"),))
        other = CodebookState(codebook_version="2.0.0+def", themes=("arms", "sanctions"), active=True, complete=True)
        landing.land_codebook(writer.con, other, now=at(62), run_id="run-2")
        again = replace(signed("ledger.test/b", STORY + " It rained.", 63), classification=classification("2.0.0+def"))
        land(writer, 63, readings=(again,))
        landing.land_run(
            writer.con, RunRecord(run_id="run-1", flow="ingest", started_at=at(), ended_at=at(64), status="completed"), now=at(64)
        )
        landing.land_sources(writer.con, (replace(GAZETTE, family="compass"),), run_id="run-2", now=at(65))
        publish(writer, target, now=at(66))


def test_three_publications_answer_to_the_letter_after_all_that_came_later(tmp_path):
    target = tmp_path / "trilateral.duckdb"
    dumps = tell_a_story(tmp_path, target)
    go_on(tmp_path, target, landings=1000)
    with open_readonly(target) as now:
        for hours, before in dumps.items():
            with open_as_of(target, at(hours + 0.75)) as con:
                assert dump(con) == before
            assert told_by_macros(now, at(hours + 0.75)) == {view: before[view] for view in ("articles", "article_themes")}
        with open_as_of(target, at(99)) as latest:
            assert dump(now) == dump(latest)
        assert told_by_macros(now, at(99))["articles"] == dump(now)["articles"] != dumps[3]["articles"]
        assert run_checks(now) == ()
    assert len({repr(before) for before in dumps.values()}) == 3


def test_between_two_publications_the_earlier_one_is_what_could_be_read(told):
    target, dumps = told
    with open_as_of(target, at(2.49)) as con:  # landed at 2, published at 2.5
        assert dump(con) == dumps[1]
    with open_as_of(target, at(2.5)) as con:
        assert dump(con) == dumps[2]


def test_before_the_first_publication_nothing_could_be_read(told):
    target, _ = told
    with pytest.raises(
        WarehouseMissing, match=r"nothing could be read at 2026-03-01 13:00:00 UTC: the first publication was at 2026-03-01 13:30:00 UTC"
    ):
        open_as_of(target, at(1))


def test_without_an_instant_the_file_answers_as_it_is(told):
    target, _ = told
    with open_as_of(target, None) as con:
        assert con.execute("select count(*) from feeds").fetchone() == (1,)


def test_how_feeds_stand_is_answered_as_it_was_then(told):
    target, _ = told
    asked = "select last_polled_at, next_poll_at, state from feeds"
    with open_as_of(target, at(1.5)) as con:
        then = con.execute(asked).fetchall()
        sources = con.execute("select source_id, state, last_success_at from source_health").fetchall()
    assert then == [(at(1).replace(tzinfo=None), at(2).replace(tzinfo=None), "ok")]
    assert sources == [("gazette", "ok", at(1).replace(tzinfo=None))]
    with open_as_of(target, None) as con:
        assert con.execute(asked).fetchall() == [(at(2).replace(tzinfo=None), at(3).replace(tzinfo=None), "ok")]


def test_the_macros_know_nothing_before_the_first_publication(told):
    with open_readonly(told[0]) as con:
        assert told_by_macros(con, at(1)) == {"articles": "[]", "article_themes": "[]"}


def test_the_past_is_as_closed_as_the_present(told, tmp_path):
    target, _ = told
    (tmp_path / "other.txt").write_text("words")
    with open_as_of(target, at(3)) as con:
        with pytest.raises(duckdb.PermissionException):
            con.execute(f"from read_text('{tmp_path}/other.txt')")
        with pytest.raises(duckdb.InvalidInputException):
            con.execute("set enable_external_access = true")


def test_every_stamped_table_is_cut_at_the_landing(told):
    target, _ = told
    tables = """select distinct schema_name || '.' || table_name from duckdb_columns()
        where database_name = ? and schema_name in ('raw', 'core') and column_name in ('landed_seq', 'since_seq', 'through_seq')
        and table_name <> 'version_numbers'"""
    with open_as_of(target, at(3)) as con:
        assert set(con.execute(tables, ["past"]).fetchall()) == set(con.execute(tables, ["trilateral"]).fetchall())


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(WarehouseError, match="nothing has been published there yet"):
        open_as_of(tmp_path / "none.duckdb", at(1))
