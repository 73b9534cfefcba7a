"""The measurements of the warehouse measure what they say: the newswire is sound, and every public view is asked about."""

from itertools import pairwise

import duckdb
import pytest
from tiny_warehouse import plant

from extractors.records import Article
from tests.bench import warehouse as bench
from tests.bench.newswire import BATCH, LANGS, Newswire
from warehouse.checks import run_checks
from warehouse.store import open_readonly

pytestmark = pytest.mark.slow  # real databases, each made and filled anew

ARTICLES = 300


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    (size,) = bench.measure([ARTICLES], folder, times=1)
    return size, folder / "trilateral.duckdb"


def found_in(*batches):
    return [reading.outcome for batch in batches for reading in batch.readings if isinstance(reading.outcome, Article)]


def test_a_batch_is_the_same_whoever_asks_and_another_seed_says_something_else():
    assert Newswire(seed=5).batch(3) == Newswire(seed=5).batch(3)
    assert Newswire(seed=5).batch(3).readings != Newswire(seed=6).batch(3).readings


def test_what_is_measured_is_all_that_was_made_up(measured):
    size, path = measured
    found = found_in(*map(Newswire().batch, range(ARTICLES // BATCH)))
    assert (size.articles, size.landed, size.file_bytes) == (len(found), ARTICLES, path.stat().st_size)
    assert 0.9 * ARTICLES < len(found) < ARTICLES, "some pages are no articles"
    assert min(size.landing_seconds, size.last_rate, size.publish_seconds) > 0


def test_every_check_is_content_with_the_newswire(measured):
    with open_readonly(measured[1]) as con:
        assert run_checks(con) == ()


def test_each_public_view_is_counted_and_asked_a_typical_question_and_worked_questions_are_asked(measured):
    with open_readonly(measured[1]) as con:
        views = [row[0] for row in con.execute("select object from docs where kind = 'view' and column_name is null").fetchall()]
    asked = [timing.name for timing in measured[0].timings]
    assert [name for view in views for name in asked if name.startswith(f"{view}: ")] == [
        name for name in asked if ": " in name and not name.endswith("count, now")
    ]
    assert all(f"{view}: count" in asked for view in views)
    assert len({name.partition(":")[0] for name in asked if not name.endswith(": count")} & set(views)) == len(views)
    assert "queries/demo_1_themes_by_day.sql" in asked


def test_macros_that_take_an_instant_are_asked_and_the_others_are_named():
    with duckdb.connect() as con:
        plant(con)
        con.execute("create macro main.landings_as_of(ts) as table select landed_seq from core.landings where landed_at <= ts")
        con.execute("create macro main.half(number) as number / 2")
        asked = dict(bench.questions(con))
        assert con.execute(asked["landings_as_of: count, now"]).fetchall() == [(3,)]
        assert "half" in bench.missing(con)


def test_typical_questions_find_something(measured):
    rows = {timing.name: timing.rows for timing in measured[0].timings}
    assert {
        name for name in ("articles: by day", "evidence: by theme", "theme_daily: by day", "visits: by source_id") if not rows[name]
    } == set()


def test_the_newswire_reprints_corrects_and_repeats_what_feeds_still_hold():
    wire = Newswire()
    early, late = wire.batch(0), wire.batch(20)
    texts = [article.text for article in found_in(early)]
    assert any(other.startswith(text[:200]) for text, other in pairwise(sorted(texts))), "nobody reprints"
    first = {reading.capture.url_key for reading in early.readings}
    corrected = {reading.capture.url_key for reading in late.readings} & first
    assert corrected, "nobody corrects"
    assert {seen.url_key for poll in wire.batch(1).feed_visits for seen in poll.entries} & first, "feeds forget at once"
    assert {article.lang for article in found_in(early)} == set(LANGS)
    assert all(140 < article.word_count < 920 for article in found_in(early) if article.text.count("\n") > 4)
