"""What the public views make of the rows: later rows win, quotes are slices, ids that proved to be one are one."""

from datetime import date

import duckdb
import pytest
from tiny_warehouse import at, plant, stored

from extractors.errors import WarehouseError
from warehouse import schema
from warehouse.answers import (
    Answer,
    FeedTally,
    Freshness,
    LastRun,
    QuietSource,
    StatusRecord,
    TroubledFeed,
    WaitingPages,
    demo_questions,
    run_query,
    run_query_to_arrow,
    status,
)


@pytest.fixture(scope="module")
def planted():
    with duckdb.connect() as con:
        plant(con)
        yield con


@pytest.fixture
def con(planted):
    planted.begin()
    yield planted
    planted.rollback()


def rows(con, query):
    con.execute(query)
    names = [column[0] for column in con.description]
    return [dict(zip(names, row, strict=True)) for row in con.fetchall()]


def visit(number, key, outcome, when):
    return f"""insert into raw.visits (visit_id, kind, url, final_url, source_id, feed_id, url_key, status, outcome, detail, body_bytes,
        duration_ms, visited_at, sent_etag, sent_last_modified, next_at, next_rule, problems, run_id, landed_seq)
        values ('late-{number}', 'page', 'https://{key}', 'https://{key}', 'gazette', null, '{key}', 404,
        '{outcome}', '', 0, 1, timestamp '{when}', null, null, null, null, [], 'run-2', 3)"""  # noqa: S608 our own words


# --- articles and versions -------------------------------------------------------------------------------------------


def test_an_article_is_its_latest_version(con):
    assert rows(con, "from articles where article_id = 'art-a'") == [
        {
            "article_id": "art-a",
            "url": "https://gazette.example/a",
            "source_id": "gazette",
            "lang": "en",
            "title": "Drones 👩‍🚀 sold",
            "text": "Tehran denied that it sold drones to Moscow.\nIt said so.",
            "authors": ["Ann"],
            "published_at": stored(1, 4, 0),
            "published_on": date(2026, 2, 28),
            "published_precision": "minute",
            "published_zone": "stated",
            "published_from": "json-ld",
            "day": date(2026, 2, 28),
            "first_seen_after": stored(1, 8, 59, 10),
            "first_seen_at": stored(1, 9, 59, 10),
            "fetched_at": stored(2, 9, 59, 30),
            "landed_at": stored(2, 10, 0),
            "updated_at": stored(2, 9, 59, 30),
            "deleted_at": None,
            "version": 2,
            "content_hash": "word-2",
            "word_count": 11,
            "access": "full",
            "link_density": None,
            "boilerplate_share": None,
            "is_near_empty": True,
            "text_hash": None,
            "extractor": "reader 1",
            "capture_id": "cap-3",
            "ingest_path": "feed",
            "text_id": "art-a",
            "story_id": None,
            "is_origin": False,  # credited to an agency that is not held
            "relevant": True,
        }
    ]


def test_an_article_without_a_date_counts_for_the_day_it_was_first_seen(con):
    assert con.execute("select published_on, day from articles where article_id = 'art-b'").fetchone() == (None, date(2026, 3, 1))


def test_only_a_change_by_the_publisher_updates_an_article(con):
    con.execute("update core.article_versions set cause = 'extractor' where version = 2")
    assert con.execute("select version, updated_at from articles where article_id = 'art-a'").fetchone() == (2, None)


def test_ids_that_proved_to_be_one_article_are_one(con):
    con.execute("insert into core.article_aliases values ('art-c', 'art-b', 3)")
    con.execute("insert into core.article_aliases values ('art-c', 'art-a', 3 + 1)")
    assert con.execute("select article_id, version, title from articles order by all").fetchall() == [
        ("art-a", 3, "Weather"),
        ("art-b", 1, "Поставки"),
    ]
    assert con.execute("select version, url from article_versions where article_id = 'art-a' order by version").fetchall() == [
        (1, "https://gazette.example/a"),
        (2, "https://gazette.example/a"),
        (3, "https://gazette.example/a"),
    ]
    assert con.execute("select articles from sources where source_id = 'gazette'").fetchone() == (1,)


@pytest.mark.parametrize(
    ("visits", "deleted_at"),
    [
        pytest.param([("not_found", "2026-03-03 08:00:00")], None, id="one 404 is not a deletion"),
        pytest.param([("not_found", "2026-03-03 08:00:00"), ("gone", "2026-03-03 13:59:59")], None, id="two within six hours neither"),
        pytest.param(
            [("not_found", "2026-03-03 08:00:00"), ("gone", "2026-03-03 14:00:00")],
            stored(3, 8),
            id="two at six hours are, from the first on",
        ),
        pytest.param(
            [("not_found", "2026-03-03 08:00:00"), ("ok", "2026-03-03 10:00:00"), ("gone", "2026-03-03 14:00:00")],
            None,
            id="a page that came back was not deleted",
        ),
        pytest.param([("timeout", "2026-03-03 08:00:00"), ("blocked", "2026-03-03 18:00:00")], None, id="being refused is not gone"),
    ],
)
def test_a_deletion_takes_two_absences_six_hours_apart(con, visits, deleted_at):
    for number, (outcome, when) in enumerate(visits):
        con.execute(visit(number, "gazette.example/a", outcome, when))
    assert con.execute("select deleted_at from articles where article_id = 'art-a'").fetchone() == (deleted_at,)


# --- themes ----------------------------------------------------------------------------------------------------------


def test_a_quote_is_the_slice_of_code_points_that_its_span_names(con):
    spans = con.execute(
        """select part, span_start, span_end, quote, title, text
        from evidence inner join article_versions using (article_id, version)"""
    ).fetchall()
    assert len(spans) == 5
    for part, start, end, quote, title, text in spans:
        assert quote == (title if part == "title" else text)[start:end]


def test_evidence_knows_what_stands_today(con):
    assert con.execute(
        "select article_id, version, codebook_version, is_latest, is_active from evidence where cue = 'sold_weapons' order by all"
    ).fetchall() == [
        ("art-a", 1, "1.0.0+aa", False, True),
        ("art-a", 2, "1.0.0+aa", True, True),
        ("art-a", 2, "1.1.0+bb", True, False),
    ]


def test_themes_are_of_the_latest_version_under_the_active_codebook(con):
    assert con.execute("from article_themes order by all").fetchall() == [
        ("art-a", "arms_transfers", 0.9, 2, "1.0.0+aa"),
        ("art-b", "arms_transfers", 0.7, 1, "1.0.0+aa"),
    ]


def test_another_active_codebook_changes_every_answer(con):
    con.execute("insert into core.codebooks values ('1.0.0+aa', 1, false, true, ['arms_transfers'], 3)")
    con.execute("insert into core.codebooks values ('1.1.0+bb', 2, true, true, ['arms_transfers'], 3)")
    assert con.execute("from article_themes").fetchall() == [("art-a", "arms_transfers", 0.4, 1, "1.1.0+bb")]
    assert con.execute("select article_id, relevant from articles order by all").fetchall() == [
        ("art-a", False),
        ("art-b", None),
        ("art-c", None),
    ]
    assert con.execute("from article_actors").fetchall() == []


def test_a_dyad_shows_its_strongest_passage_and_is_mixed_where_passages_disagree(con):
    assert con.execute("from article_dyads").fetchall() == [
        ("art-a", "russia_iran", "mixed", 0.8, "text", 0, 43, "Tehran denied that it sold drones to Moscow", "1.0.0+aa")
    ]


def test_themes_are_counted_by_day_and_by_outlet_and_week(con):
    assert con.execute("from theme_daily order by all").fetchall() == [
        (date(2026, 2, 28), "arms_transfers", 1, 1, 1, 1, 1),
        (date(2026, 3, 1), "arms_transfers", 1, 1, 1, 0, 1),
    ]
    assert con.execute("from source_theme order by all").fetchall() == [
        ("gazette", "arms_transfers", date(2026, 2, 23), 1, 1, 1),
        ("vestnik", "arms_transfers", date(2026, 2, 23), 1, 0, 1),
    ]


# --- sources, feeds, runs, rejections --------------------------------------------------------------------------------


def test_the_last_declaration_of_a_source_counts(con):
    assert con.execute("select name, timezone, feeds, feeds_ok, state, articles from sources where source_id = 'gazette'").fetchone() == (
        "Gazette",
        "America/New_York",
        2,
        1,
        "ok",
        2,
    )


def test_a_source_with_a_feed_that_was_never_polled_is_due(con):
    con.execute("update raw.feeds set source_id = 'vestnik' where feed_id = 'feed-w'")
    assert con.execute("select state, next_poll_at, next_poll_rule from sources where source_id = 'vestnik'").fetchone() == (
        "new",
        None,
        "new",
    )


@pytest.mark.parametrize(
    ("column", "value", "state"),
    [
        ("is_enabled", "false", "disabled"),
        ("is_stopped", "true", "stopped"),
        ("last_outcome", "null", "new"),
        ("last_outcome", "'not_modified'", "ok"),
        ("last_outcome", "'throttled'", "throttled"),
        ("last_outcome", "'robots_refused'", "blocked"),
        ("last_outcome", "'server_error'", "failing"),
        ("last_outcome", "'not_a_feed'", "failing"),
    ],
)
def test_a_feed_has_one_state(con, column, value, state):
    con.execute(f"update raw.feeds set {column} = {value} where feed_id = 'feed-g'")  # noqa: S608 our own words
    assert con.execute("select state from feeds where feed_id = 'feed-g'").fetchone() == (state,)


def test_a_feed_tells_why_its_last_poll_failed(con):
    assert con.execute("select state, last_outcome, last_detail, next_poll_rule, pages from feeds where feed_id = 'feed-w'").fetchone() == (
        "blocked",
        "blocked",
        "403 Forbidden",
        "blocked: a day",
        0,
    )


def test_a_run_is_its_last_row(con):
    assert con.execute("select run_id, status, counts from runs order by all").fetchall() == [
        ("run-1", "completed", '{"articles": 2}'),
        ("run-2", "running", "{}"),
    ]


def test_a_page_that_became_an_article_is_no_longer_rejected(con):
    con.execute("""insert into core.rejections values
        ('rej-2', 'gazette.example/x', 'https://gazette.example/x', 'gazette', 'crashed', 'boom',
            timestamp '2026-03-02 10:59:00', 2, null, 'cap-5', 3),
        ('rej-3', 'gazette.example/a', 'https://gazette.example/a', 'gazette', 'empty', '',
            timestamp '2026-03-02 10:59:00', 1, null, null, 3)""")
    assert con.execute("select url, reason, attempts from rejections").fetchall() == [("https://gazette.example/x", "crashed", 2)]


def test_the_last_publication_says_how_fresh_the_file_is(con):
    assert rows(con, "from publication") == [
        {
            "published_at": stored(2, 11, 0, 5),
            "through_seq": 3,
            "data_as_of": stored(2, 11, 0),
        }
    ]


# --- answers ---------------------------------------------------------------------------------------------------------


def test_status_tells_what_ran_what_is_due_what_is_in_trouble_and_what_waits(con):
    con.execute("update raw.feeds set last_outcome = 'ok', next_poll_at = timestamp '2026-03-20 00:00:00' where feed_id = 'feed-v'")
    con.execute("update raw.feeds set successor_url = 'https://gazette.example/atom' where last_outcome = 'blocked'")
    assert status(con, now=at(10, 12)) == StatusRecord(
        freshness=Freshness(published_at=at(2, 11, 0, 5), through_seq=3, data_as_of=at(2, 11)),
        last_runs=(LastRun(run_id="run-2", flow="ingest", started_at=at(2, 9, 59), ended_at=None, status="running", counts=()),),
        feeds=(
            FeedTally(state="blocked", feeds=1, due=1, next_poll_at=None),
            FeedTally(state="disabled", feeds=1, due=0, next_poll_at=None),
            FeedTally(state="ok", feeds=2, due=1, next_poll_at=at(20, 0)),
        ),
        troubled_feeds=(
            TroubledFeed(
                source_id="gazette",
                url="https://gazette.example/world",
                state="blocked",
                last_outcome="blocked",
                last_detail="403 Forbidden",
                failures=2.0,
                last_success_at=None,
                next_poll_at=at(3, 9, 59, 20),
                next_poll_rule="blocked: a day",
                successor_url="https://gazette.example/atom",
            ),
        ),
        backlog=(
            WaitingPages(
                stage="pending", reason="new", last_outcome="timeout", pages=1, due=1, next_due_at=at(2, 11), oldest_at=at(2, 9, 59, 10)
            ),
            WaitingPages(
                stage="pending", reason="revisit", last_outcome="ok", pages=3, due=3, next_due_at=at(2, 16), oldest_at=at(1, 9, 59, 10)
            ),
        ),
        quiet_sources=(
            QuietSource(
                source_id="vestnik",
                name="Вестник",
                why="answers well, has brought nothing yet",
                last_success_at=None,
                last_article_at=at(1, 9, 59, 10),
            ),
            QuietSource(
                source_id="gazette",
                name="Gazette",
                why="1 of 2 feeds do not answer well",
                last_success_at=at(2, 9, 59, 10),
                last_article_at=at(2, 9, 59, 10),
            ),
        ),
        articles=3,
        relevant_articles=1,
        rejections=1,
    )


def test_status_of_an_empty_house_is_empty():
    with duckdb.connect() as empty:
        schema.migrate(empty)
        assert status(empty, now=at(1, 0)) == StatusRecord(
            freshness=None,
            last_runs=(),
            feeds=(),
            troubled_feeds=(),
            backlog=(),
            quiet_sources=(),
            articles=0,
            relevant_articles=0,
            rejections=0,
        )


def test_the_last_run_has_its_counts(con):
    con.execute("""insert into core.runs values
        ('run-2', 'ingest', timestamp '2026-03-02 09:59:00', timestamp '2026-03-02 11:00:00', 'completed',
            '{"pages": 3, "articles": 1}', '{}', 3)""")
    (run,) = status(con, now=at(2, 12)).last_runs
    assert run.counts == (("pages", 3), ("articles", 1))


def test_a_query_answers_with_columns_types_and_rows(con):
    assert run_query(con, "select article_id, word_count from articles order by all") == Answer(
        columns=("article_id", "word_count"), types=("VARCHAR", "INTEGER"), rows=(("art-a", 11), ("art-b", 3), ("art-c", 2))
    )


def test_a_limit_cuts_and_says_so(con):
    query = "select article_id from articles order by all"
    assert run_query(con, query, limit=2) == Answer(columns=("article_id",), types=("VARCHAR",), rows=(("art-a",), ("art-b",)), is_cut=True)
    assert not run_query(con, query, limit=3).is_cut


def test_a_wrong_query_is_answered_in_duckdbs_words():
    with duckdb.connect() as con, pytest.raises(WarehouseError, match=r"the query failed: .*no_such_view"):
        run_query(con, "select title from no_such_view")


def test_an_answer_for_a_file_keeps_its_types(con):
    table = run_query_to_arrow(con, "select authors, published_on from articles where article_id = 'art-a'")
    assert table.to_pylist() == [{"authors": ["Ann"], "published_on": date(2026, 2, 28)}]


def test_there_are_three_questions_to_begin_with():
    titles = [question.title for question in demo_questions()]
    assert titles == [
        "Which themes are in the news, day by day, and in how many outlets and languages?",
        "Who says that arms changed hands, and in which words?",
        "What did outlets change after publication, and how did it read before?",
    ]


def test_the_demo_questions_have_answers(con):
    by_day, proved, edited = (run_query(con, question.sql).rows for question in demo_questions())
    assert by_day == ((date(2026, 3, 1), "arms_transfers", 1, 1, 1), (date(2026, 2, 28), "arms_transfers", 1, 1, 1))
    assert proved == (
        ("Gazette", "en", "sold drones", "sold_weapons"),
        ("Вестник", "ru", "получи́ла дроны", "ru_received"),
        ("Gazette", "en", "👩‍🚀 sold", "title_sold"),
    )
    assert edited == (
        (
            "gazette",
            stored(2, 9, 59, 30),
            "material",
            "Drones 👩‍🚀 sold",
            "Drones 👩‍🚀 sold",
            "Tehran sold drones to Moscow.",
            "Tehran denied that it sold drones to Moscow.",
        ),
    )


def test_bodies_that_a_source_repeats_are_named(con):
    con.execute(
        "update core.article_versions set text_hash = 'same', link_density = 0.25 where article_id in ('art-a', 'art-c') and version > 0"
    )
    found = con.execute("select article_id, source_id, text_hash, articles, first_article_id from repeated_bodies order by all").fetchall()
    assert found == [("art-a", "gazette", "same", 2, "art-a"), ("art-c", "gazette", "same", 2, "art-a")]


def test_the_same_body_at_two_sources_is_not_repeated(con):
    con.execute("update core.article_versions set text_hash = 'same' where article_id in ('art-a', 'art-b')")
    assert con.execute("select * from repeated_bodies").fetchall() == []


# --- how far themes can be trusted -----------------------------------------------------------------------------------


def test_label_quality_has_shares_with_their_intervals_and_none_below_thirty_texts(con):
    found = con.execute(
        """select theme, language, n, found, texts, round(precision, 4), round(precision_low, 4), round(precision_high, 4),
        round(recall, 4), round(recall_low, 4), round(recall_high, 4), round(f1, 4), round(f1_low, 4), round(f1_high, 4)
        from label_quality order by all"""
    ).fetchall()
    assert found == [
        ("arms_transfers", "en", 40, 50, 200, 0.6, 0.4618, 0.7239, 0.75, 0.5981, 0.8581, 0.6667, 0.5479, 0.7674),
        ("arms_transfers", "fa", 29, 29, 200, *(None,) * 9),
        ("sanctions", "en", 30, 0, 200, None, 0.0, 1.0, 0.0, 0.0, 0.1135, 0.0, 0.0, 0.2039),
    ]


def test_label_quality_says_that_invented_texts_score_higher_than_news(con):
    told = con.execute(
        """select description from docs where object = 'label_quality'
        and (column_name is null or column_name in ('precision', 'recall', 'f1'))"""
    )
    assert all("higher than" in description and "news" in description for (description,) in told.fetchall())
