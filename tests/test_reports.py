"""The report views on a hand-made history: each answer is worked out here, by hand or by the formula the view names."""

from datetime import UTC, date, datetime, timedelta
from math import sqrt

import duckdb
import pytest

from warehouse import schema

pytestmark = pytest.mark.slow  # real databases, each made and filled anew

START = date(2026, 1, 1)  # a Thursday


@pytest.fixture(scope="module")
def begun():
    with duckdb.connect() as con:
        schema.migrate(con)
        con.execute("insert into core.codebooks values ('1.0.0+aa', 1, true, true, ['arms_transfers', 'sanctions'], 1)")
        for source in ("gazette", "vestnik"):
            con.execute(
                "insert into core.sources values (?, ?, null, null, null, null, null, null, null, [], [], null, true, 1)",
                [source, source.title()],
            )
            con.execute(
                """insert into raw.feeds (
            feed_id, source_id, url, lang, timezone, etag, last_modified, body_hash, title, last_polled_at, last_success_at,
            last_changed_at, last_outcome, failures, next_poll_at, next_poll_rule, is_stopped, is_enabled
            ) values (?, ?, 'https://' || ? || '.example/rss', null, null, null, null, null, '',
                timestamp '2026-01-01', timestamp '2026-01-01', null, 'ok', 0, null, 'floor', false, true)""",
                [f"feed-{source}", source, source],
            )
        yield con


@pytest.fixture
def con(begun):
    begun.begin()
    yield begun
    begun.rollback()


def instant(day, hour=8):
    return datetime(2026, 1, 1, hour, tzinfo=UTC).replace(tzinfo=None) + timedelta(days=day)  # naive: as the database holds it


def poll(con, source, day, outcome="ok", hour=8):
    con.execute(
        """insert into raw.visits (
            visit_id, kind, url, final_url, source_id, feed_id, url_key, status, outcome, detail, body_bytes, duration_ms,
            visited_at, sent_etag, sent_last_modified, next_at, next_rule, problems, run_id, landed_seq
            ) values (?, 'feed', 'https://x', 'https://x', ?, ?, null, 200, ?, '', 0, 1, ?, null, null, null, null, [], 'run-1', 1)""",
        [f"{source} {day} {hour}", source, f"feed-{source}", outcome, instant(day, hour)],
    )


def announce(con, source, day, count, hour=8):
    """Have a poll bring new pages; return their keys."""
    keys = [f"{source}.example/{day}/{hour}/{number}" for number in range(count)]
    for key in keys:
        con.execute(
            """insert into raw.entries (
            feed_id, url_key, entry_hash, guid, link, title, summary, content, authors, lang, published_at, published_on,
            published_precision, published_zone, published_from, first_seen_after, first_seen_at, last_seen_at
            ) values (?, ?, 'hash', null, 'https://' || ?, 'T', '', '', [], null, null, null, 'unknown', 'unknown', '',
            null, ?, ?)""",
            [f"feed-{source}", key, key, instant(day, hour), instant(day, hour)],
        )
    return keys


def publish_article(con, key, source, day, *, themes=(), dyads=(), codebook="1.0.0+aa", path="feed", hour=8):
    """Have a page become an article, with a theme or dyad of one passage each."""
    at = instant(day, hour)
    con.execute(
        "insert into raw.captures values (?, ?, 'u', 'u', 'f', 0, 1, ?, 200, '', 1, 'h', null, null, 'run-1', 1)", [f"cap {key}", key, at]
    )
    con.execute("insert into core.articles values (?, 'https://' || ?, ?, null, ?, ?, 1)", [key, key, source, at, path])
    con.execute("insert into core.article_urls values (?, ?, 'seen', 1)", [key, key])
    con.execute(
        """insert into core.article_versions (
            article_id, version, content_hash, title, text, authors, lang, published_at, published_on, published_precision,
            published_zone, published_from, seen_at, cause, extractor, capture_id, diff_kind, word_count, access,
            claimed_canonical, landed_seq
            ) values (?, 1, ?, 'T', 'Words enough.', [], 'en', null, null, 'unknown', 'unknown', '', ?,
        'publisher', 'reader 1', ?, 'first', 2, 'full', null, 1)""",
        [key, f"word {key}", at, f"cap {key}"],
    )
    con.execute("insert into core.readings values (?, 'reader 1', ?, ?, ?, 1)", [f"cap {key}", key, f"word {key}", at])
    if codebook:
        con.execute("insert into core.classifications values (?, ?, ?, ?, 1)", [f"word {key}", codebook, bool(themes and dyads), at])
        for theme in themes:
            con.execute("insert into core.evidence values (?, ?, 'text', 0, 5, ?, 'cue', 0.9, 1)", [f"word {key}", codebook, theme])
        for dyad, direction in dyads:
            con.execute(
                "insert into core.article_dyads values (?, ?, ?, ?, 'text', 0, 5, 0.9, 1)", [f"word {key}", codebook, dyad, direction]
            )


def land_until(con, day):
    con.execute("insert into core.landings values (1, ?, 'run-1')", [instant(day, 23)])


def expected_between(mean, spread):
    """Anscombe's interval for a Poisson count: what the views write in SQL."""
    root = sqrt(mean + 0.375)
    return max(0.0, max(0.0, root - 0.98 * spread) ** 2 - 0.375), (root + 0.98 * spread) ** 2 - 0.375


# --- coverage --------------------------------------------------------------------------------------------------------


def test_coverage_follows_each_page_from_the_feed_to_the_classification(con):
    land_until(con, 1)
    poll(con, "gazette", 0)
    article, unclassified, refused, waiting, again = announce(con, "gazette", 0, 5)
    publish_article(con, article, "gazette", 0)
    publish_article(con, unclassified, "gazette", 0, codebook=None)
    for number, (key, next_at) in enumerate([(refused, None), (again, instant(2))]):
        con.execute(
            "insert into core.rejections values (?, ?, 'u', 'gazette', 'not_article', '', ?, 1, ?, null, 1)",
            [str(number), key, instant(0), next_at],
        )
    assert con.execute(
        """select seen, fetched, extracted, classified, lost, lost_why, waiting, is_blind, verdict
        from coverage where source_id = 'gazette' and day = ?""",
        [START],
    ).fetchall() == [(5, 2, 2, 1, 1, "not_article 1", 2, False, "unknown")]
    assert waiting


@pytest.mark.parametrize(
    ("polls", "lost", "blind_why"),
    [
        pytest.param([], 0, "not polled", id="nobody asked"),
        pytest.param(["timeout", "server_error"], 0, "no poll succeeded", id="nobody answered"),
        pytest.param(["timeout", "not_modified"], 0, None, id="one answer is enough"),
        pytest.param(["ok"], 2, None, id="half was lost"),
        pytest.param(["ok"], 3, "most of what was seen was lost", id="more than half was lost"),
    ],
)
def test_a_day_is_blind_when_we_could_not_have_seen(con, polls, lost, blind_why):
    land_until(con, 3)
    poll(con, "gazette", 0)
    for hour, outcome in enumerate(polls):
        poll(con, "gazette", 1, outcome, hour)
    for key in announce(con, "gazette", 1, 4)[:lost]:
        con.execute("insert into core.rejections values (?, ?, 'u', 'gazette', 'empty', '', ?, 1, null, null, 1)", [key, key, instant(1)])
    answer = con.execute("select is_blind, blind_why, verdict from coverage where day = ?", [START + timedelta(days=1)]).fetchall()
    assert answer == [(blind_why is not None, blind_why, "blind" if blind_why else "unknown")]


def test_what_is_expected_is_the_mean_of_four_such_weekdays_that_could_be_seen(con):
    land_until(con, 50)
    for day in range(43):
        poll(con, "gazette", day, "timeout" if day == 14 else "ok")
    for day, count in ((0, 90), (7, 4), (14, 1), (21, 6), (28, 5), (35, 5), (42, 0)):
        announce(con, "gazette", day, count)
    # Thursdays before day 42: day 0 is the first, day 14 was blind; 4, 6, 5 and 5 remain.
    low, high = expected_between(5, sqrt(1 + 1 / 4))
    assert 1 < low < 2
    assert con.execute(
        "select expected, low, high, weeks, seen, verdict from coverage where day = ?", [START + timedelta(days=42)]
    ).fetchall() == [(5.0, pytest.approx(low), pytest.approx(high), 4, 0, "quiet")]
    assert con.execute("select expected, low, high, weeks from coverage where day = ?", [START + timedelta(days=35)]).fetchall() == [
        (None, None, None, 0)
    ]


def test_a_disabled_source_is_not_called_blind_after_its_last_poll(con):
    land_until(con, 9)
    poll(con, "gazette", 0)
    poll(con, "gazette", 2)
    con.execute(
        "insert into core.sources select * replace (false as is_enabled, 2 as landed_seq) from core.sources where source_id = 'gazette'"
    )
    assert con.execute("select day, is_blind from coverage order by day").fetchall() == [
        (START, False),
        (START + timedelta(days=1), True),
        (START + timedelta(days=2), False),
    ]


# --- source_health ---------------------------------------------------------------------------------------------------


def test_a_source_is_quiet_when_nothing_came_for_three_long_intervals(con):
    land_until(con, 16)  # 23:00
    for day in range(12):
        announce(con, "gazette", day, 2)
    for day in range(10):
        announce(con, "vestnik", day, 1)
    # gazette: eleven intervals of a day, then 5 days and 15 hours. vestnik: nine intervals say nothing yet.
    assert con.execute(
        "select source_id, state, why, last_new_at, quiet_minutes, usual_interval_minutes from source_health order by 1"
    ).fetchall() == [
        ("gazette", "quiet", "nothing new for 8100 minutes; 95 in 100 intervals are within 1440", instant(11), 8100.0, 1440.0),
        ("vestnik", "ok", "answers well; too few arrivals to know its rhythm", instant(9), 10980.0, None),
    ]


def test_a_source_whose_feeds_fail_is_not_called_quiet(con):
    land_until(con, 16)
    for day in range(12):
        announce(con, "gazette", day, 2)
    con.execute("update raw.feeds set last_outcome = 'blocked', next_poll_at = timestamp '2026-01-20', next_poll_rule = 'blocked: a day'")
    assert con.execute("select state, why from source_health where source_id = 'gazette'").fetchall() == [
        ("blocked", "no feed of 1 answers well; next: blocked: a day")
    ]


# --- dyad_daily ------------------------------------------------------------------------------------------------------


def test_the_index_is_the_mean_direction_with_wilsons_interval(con):
    directions = ("converging", "converging", "mixed", "diverging")
    for number, direction in enumerate(directions):
        publish_article(con, f"outlet-{number}.example", f"outlet-{number}", 0, dyads=(("us_iran", direction),))
    # Mean of 1, 1, 0 and -1 is a quarter. Wilson for p = 5/8 of n = 4, carried to [-1, 1].
    n, p, z = 4, 5 / 8, 1.96
    middle, half = (p + z * z / (2 * n)) / (1 + z * z / n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    assert con.execute(
        "select day, dyad, index, low, high, articles, sources, converging, diverging, mixed from dyad_daily"
    ).fetchall() == [
        (START, "us_iran", 0.25, pytest.approx(2 * (middle - half) - 1), pytest.approx(2 * (middle + half) - 1), 4, 4, 2, 1, 1)
    ]


@pytest.mark.parametrize("direction", ["converging", "diverging"])
def test_the_index_stays_within_its_bounds_when_all_agree(con, direction):
    for number in range(3):
        publish_article(con, f"gazette.example/{number}", "gazette", 0, dyads=(("us_iran", direction),))
    ((index, low, high),) = con.execute("select index, low, high from dyad_daily").fetchall()
    assert abs(index) == 1
    assert -1.0000001 <= low < high <= 1.0000001


# --- theme_bursts ----------------------------------------------------------------------------------------------------


def write_weeks(con, source="gazette", *, last=12, codebook_of=lambda _: "1.0.0+aa", path="feed"):
    """Poll daily for five weeks and a day; have two articles on arms on every Thursday, and `last` on the last one."""
    for day in range(36):
        poll(con, source, day)
    for day in range(0, 36, 7):
        for number in range(last if day == 35 else 2):
            key = f"{source}.example/{day}/{number}"
            publish_article(con, key, source, day, themes=("arms_transfers",), codebook=codebook_of(day), path=path)


def last_day(con, theme="arms_transfers"):
    columns = "count, compared, expected, z, is_burst, sources, compared_sources, blind_sources"
    return con.execute(f"select {columns} from theme_bursts where theme = ? and day = ?", [theme, START + timedelta(days=35)]).fetchall()  # noqa: S608 our own words


def test_six_times_the_usual_is_a_burst(con):
    land_until(con, 35)
    write_weeks(con)
    # Thursdays 7 to 28 have 2 each (day 0 is the first, so left out): expected 2 from four weeks.
    z = 2 * (sqrt(12.375) - sqrt(2.375)) / sqrt(1 + 1 / 4)
    assert z > 3
    assert last_day(con) == [(12, 12, 2.0, pytest.approx(z), True, 1, 1, 0)]
    low, high = expected_between(2, sqrt(1 + 1 / 4))
    assert con.execute("select low, high from theme_bursts where expected = 2 and day = ?", [START + timedelta(days=35)]).fetchall() == [
        (pytest.approx(low), pytest.approx(high))
    ]
    assert last_day(con, "sanctions") == [(0, 0, 0.0, 0.0, False, 1, 1, 0)]


def test_there_is_no_burst_before_four_weeks_exist(con):
    land_until(con, 35)
    write_weeks(con)
    assert con.execute(
        "select day, count, expected, low, high, z, is_burst from theme_bursts where day = ? and theme = 'arms_transfers'",
        [START + timedelta(days=28)],
    ).fetchall() == [(START + timedelta(days=28), 2, None, None, None, None, False)]


def test_a_burst_does_not_cross_a_change_of_codebook(con):
    land_until(con, 35)
    con.execute("insert into core.codebooks values ('0.9.0+zz', 2, false, true, ['arms_transfers'], 1)")
    write_weeks(con, codebook_of=lambda day: "1.0.0+aa" if day == 35 else "0.9.0+zz")
    assert last_day(con) == [(12, None, None, None, False, 1, 0, 0)]


def test_a_blind_day_is_neither_the_day_nor_a_baseline(con):
    land_until(con, 35)
    write_weeks(con)
    con.execute("update raw.visits set outcome = 'timeout' where visited_at = ?", [instant(28)])
    assert last_day(con) == [(12, None, None, None, False, 1, 0, 0)]
    con.execute("update raw.visits set outcome = 'timeout' where visited_at = ?", [instant(35)])
    assert last_day(con) == []


def test_a_source_that_is_new_does_not_make_a_burst(con):
    land_until(con, 35)
    write_weeks(con, last=2)
    poll(con, "vestnik", 34)
    poll(con, "vestnik", 35)
    for number in range(20):
        publish_article(con, f"vestnik.example/{number}", "vestnik", 35, themes=("arms_transfers",))
    assert last_day(con) == [(22, 2, 2.0, 0.0, False, 2, 1, 0)]


def test_backfilled_articles_make_no_burst(con):
    land_until(con, 35)
    write_weeks(con, path="backfill:warc")
    assert last_day(con) == [(0, 0, 0.0, 0.0, False, 1, 1, 0)]
