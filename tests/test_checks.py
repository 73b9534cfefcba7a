"""Every check is silent on a sound warehouse and speaks alone when just what it guards is broken."""

from importlib.resources import files

import duckdb
import pytest
from tiny_warehouse import plant

from extractors.errors import WarehouseError
from warehouse.checks import Finding, check_names, run_checks
from warehouse.lake import attach_lake

ALIAS = "insert into core.article_aliases values ('art-c', 'art-a', 3)"
TEXT_ALIAS = "insert into core.text_aliases values ('art-b', 'art-a', 3)"


def _page_visit(number, seconds, **columns):
    """Log one more exchange with a page of gazette.example, so many seconds after noon."""
    values = {
        "visit_id": f"'host-{number}'",
        "kind": "'page'",
        "url": "'https://gazette.example/a'",
        "final_url": "'https://gazette.example/a'",
        "feed_id": "null",
        "url_key": "'gazette.example/a'",
        "status": "200",
        "outcome": "'ok'",
        "visited_at": f"timestamp '2026-04-01 12:00:00' + to_seconds({seconds})",
        "duration_ms": "10",
        "scope": "'gazette.example'",
        "delay_seconds": "5",
        "sent_etag": "null",
        "sent_last_modified": "null",
        "got_etag": "null",
        "got_last_modified": "null",
        "not_before_at": "null",
    } | columns
    chosen = ", ".join(f"{value} as {name}" for name, value in values.items())
    return f"insert into raw.visits by name select * replace ({chosen}) from raw.visits where visit_id = 'visit-1'"  # noqa: S608 our own words


def _both(*visits):
    return "; ".join(visits)


ELSEWHERE = {"url": "'https://gazette.example/old'", "url_key": "'gazette.example/old'"}
IMPOLITE = {
    "spacing": _both(_page_visit(1, 0), _page_visit(2, 4, **ELSEWHERE, final_url="'https://gazette.example/old'")),
    "Crawl-delay": _both(_page_visit(1, 0, delay_seconds="40"), _page_visit(2, 30, **ELSEWHERE, final_url="'https://gazette.example/old'")),
    "Retry-After": _both(
        _page_visit(
            1, 0, status="429", outcome="'throttled'", pause_scope="'gazette.example'", pause_ends_at="timestamp '2026-04-01 12:10:00'"
        ),
        _page_visit(2, 60, **ELSEWHERE, final_url="'https://gazette.example/old'"),
    ),
    "forgotten validators": _both(_page_visit(1, 0, got_etag="'x'"), _page_visit(2, 90_000)),
    "invented validators": _page_visit(1, 0, sent_etag="'y'"),
    "asked twice": _both(_page_visit(1, 0), _page_visit(2, 60, **ELSEWHERE)),
    "tried twice": _both(_page_visit(1, 0, status="500", outcome="'server_error'"), _page_visit(2, 60)),
}
POLITE = {
    "spacing": _both(_page_visit(1, 0), _page_visit(2, 5, **ELSEWHERE, final_url="'https://gazette.example/old'")),
    "Retry-After": _both(
        _page_visit(
            1, 0, status="429", outcome="'throttled'", pause_scope="'gazette.example'", pause_ends_at="timestamp '2026-04-01 12:10:00'"
        ),
        _page_visit(2, 600, **ELSEWHERE, final_url="'https://gazette.example/old'"),
    ),
    "validators": _both(_page_visit(1, 0, got_etag="'x'"), _page_visit(2, 90_000, sent_etag="'x'", status="304", outcome="'not_modified'")),
    "no validators": _both(_page_visit(1, 0), _page_visit(2, 90_000)),
    "shared": _both(_page_visit(1, 0), _page_visit(2, 60, **ELSEWHERE, is_shared="true")),
    "looked at anew": _both(_page_visit(1, 0), _page_visit(2, 60)),
}

BROKEN = [
    ("codebook_active_twice", "insert into core.codebooks values ('1.1.0+bb', 2, true, true, ['arms_transfers'], 3)"),
    *(("host_without_manners", breaking) for breaking in IMPOLITE.values()),
    ("feed_state_behind", "update raw.feeds set next_poll_at = timestamp '2026-03-05' where feed_id = 'feed-g'"),
    ("feed_state_behind", "delete from core.feed_states where feed_id = 'feed-v'"),
    ("landing_missing", "update core.rejections set landed_seq = 99"),
    ("landing_missing", "insert into core.publications values (timestamp '2026-03-03 10:00:00', 4)"),
    ("orphan_article", "insert into core.articles values ('art-z', 'https://z.example/', null, null, timestamp '2026-03-01', 'feed', 1)"),
    ("orphan_article_url", "insert into core.article_urls values ('z.example', 'nobody', 'seen', 1)"),
    ("orphan_article_url", "insert into core.article_aliases values ('art-c', 'nobody', 1)"),
    ("orphan_classification", "insert into core.classifications values ('word-9', '1.0.0+aa', false, timestamp '2026-03-01', 1)"),
    ("orphan_finding", "insert into core.article_actors values ('word-4', '9.9.9+zz', 'us', 1, 3)"),
    ("orphan_reading", "insert into core.readings values ('cap-9', 'reader 1', 'art-a', 'word-1', timestamp '2026-03-01', 1)"),
    ("orphan_version", "update core.article_versions set extractor = 'reader 2' where content_hash = 'word-4'"),
    ("orphan_text", "insert into core.text_members values ('art-c', 'art-z', 'art-a', 0.9, 3)"),
    ("orphan_text", "insert into core.text_members values ('art-z', 'art-a', 'art-a', 0.9, 3)"),
    ("orphan_text", "insert into core.text_members values ('art-c', 'art-a', 'art-z', 0.9, 3)"),
    ("orphan_text", "insert into core.text_signatures values ('word-9', 1, [1], null, 3)"),
    ("orphan_text", "insert into core.text_bands values (9, 'word-4', 3)"),
    ("orphan_text", "insert into core.text_aliases values ('art-a', 'art-b', 3), ('art-b', 'art-a', 3)"),
    ("orphan_text", "insert into core.text_aliases values ('art-a', 'art-c', 3)"),
    ("page_without_capture", "update raw.pages set capture_id = null where url_key = 'gazette.example/c'"),
    ("page_without_entry", "delete from raw.entries where url_key = 'gazette.example/next'"),
    ("page_without_outcome", "delete from core.rejections"),
    ("page_without_outcome", "update raw.pages set stage = 'read', capture_id = 'cap-1' where url_key = 'gazette.example/next'"),
    ("poll_without_manners", "update raw.visits set sent_etag = '\"invented\"' where visit_id = 'visit-1'"),
    ("poll_without_manners", "update raw.visits set url = url || '?nocache=1' where visit_id = 'visit-1'"),
    (
        "poll_without_manners",
        """insert into raw.visits by name select * replace (
            'visit-9' as visit_id, visited_at + interval 1 minute as visited_at, null::timestamp as not_before_at
        ) from raw.visits where visit_id = 'visit-1';
        update raw.visits set not_before_at = visited_at + interval 1 hour where visit_id = 'visit-1'""",
    ),
    ("page_without_unit", "update raw.pages set unit_id = 'unit-9'"),
    ("relevant_without_ground", "update core.classifications set is_relevant = true where content_hash = 'word-4'"),
    ("relevant_without_ground", "update core.classifications set is_relevant = false where content_hash = 'word-1'"),
    ("span_outside_part", "update core.evidence set span_end = 24 where content_hash = 'word-3'"),
    ("span_outside_part", "update core.evidence set span_start = -1 where content_hash = 'word-3'"),
    ("span_outside_part", "update core.evidence set span_end = span_start where content_hash = 'word-3'"),
    ("span_outside_part", "update core.article_dyads set part = 'body' where content_hash = 'word-1'"),
    ("theme_not_in_codebook", "update core.evidence set theme = 'gossip' where content_hash = 'word-3'"),
    (
        "theme_without_evidence",
        """create or replace view main.article_themes as
        select 'art-c' as article_id, 'sanctions' as theme, 1.0 as score, 0 as evidence_count, '1.0.0+aa' as codebook_version""",
    ),
    ("times_out_of_order", "update core.articles set first_seen_after = timestamp '2026-03-01 09:59:11' where article_id = 'art-a'"),
    ("times_out_of_order", "update core.articles set first_seen_at = timestamp '2026-03-01 10:00:01' where article_id = 'art-a'"),
    ("times_out_of_order", "update core.article_versions set seen_at = timestamp '2026-03-02 11:00:01' where content_hash = 'word-4'"),
    ("times_out_of_order", "update raw.entries set last_seen_at = timestamp '2026-03-01 09:59:09'"),
    ("times_out_of_order", "update core.runs set ended_at = timestamp '2026-03-01 09:58:59' where ended_at is not null"),
    ("version_gap", "update core.article_versions set version = 3 where version = 2"),
]
BROKEN += [
    (f"unique_{table.replace('.', '_')}", f"insert into {table} select * from {table} limit 1")  # noqa: S608 names of our own tables
    for table in (
        *("raw.feeds", "raw.visits", "raw.entries", "raw.captures", "raw.pages", "raw.site_memory", "raw.units", "raw.expired_files"),
        *("core.migrations", "core.landings", "core.publications", "core.runs", "core.sources", "core.articles", "core.article_urls"),
        *("core.article_versions", "core.readings", "core.classifications", "core.evidence", "core.article_actors"),
        *(
            "core.article_dyads",
            "core.rejections",
            "core.codebooks",
            "core.codebook_texts",
            "core.label_counts",
            "core.text_signatures",
            "core.text_bands",
            "core.text_members",
        ),
        "core.feed_states",
    )
]
BROKEN += [("unique_core_article_aliases", f"{ALIAS}; {ALIAS}"), ("unique_core_text_aliases", f"{TEXT_ALIAS}; {TEXT_ALIAS}")]


@pytest.fixture(scope="module")
def sound():
    with duckdb.connect() as con:
        plant(con)
        yield con


@pytest.fixture
def con(sound):
    sound.begin()
    yield sound
    sound.rollback()


def test_a_sound_warehouse_has_no_findings(con):
    assert run_checks(con) == ()


@pytest.mark.parametrize(("check", "breaking"), BROKEN, ids=[f"{number} {check}" for number, (check, _) in enumerate(BROKEN)])
def test_a_check_speaks_alone_when_what_it_guards_is_broken(con, check, breaking):
    con.execute(breaking)
    assert {finding.check for finding in run_checks(con)} == {check}


@pytest.mark.parametrize("visits", POLITE.values(), ids=POLITE)
def test_good_manners_towards_a_host_are_no_finding(con, visits):
    con.execute(visits)
    assert run_checks(con) == ()


def test_every_check_is_broken_on_purpose_here():
    assert {check for check, _ in BROKEN} == set(check_names())


def test_every_table_has_a_check_of_its_key(con):
    tables = con.execute(
        "select schema_name || '_' || table_name from duckdb_tables() where schema_name in ('raw', 'core') and table_name <> 'view_sets'"
    ).fetchall()
    assert {name for (name,) in tables} == {name.removeprefix("unique_") for name in check_names() if name.startswith("unique_")}


def test_every_stamped_table_is_looked_at_for_missing_landings(con):
    stamped = con.execute(
        """select distinct schema_name || '.' || table_name from duckdb_columns()
        where schema_name in ('raw', 'core') and column_name in ('landed_seq', 'since_seq', 'through_seq')
        and table_name not in ('landings', 'version_numbers')"""
    ).fetchall()
    text = (files("warehouse") / "checks" / "landing_missing.sql").read_text(encoding="utf-8")
    assert [name for (name,) in stamped if f"from {name}\n" not in text and f"from {name} " not in text] == []


@pytest.mark.parametrize("check", check_names())
def test_a_check_says_first_what_holds_when_it_finds_nothing(check):
    assert (files("warehouse") / "checks" / f"{check}.sql").read_text(encoding="utf-8").startswith("-- No rows: ")


def test_a_finding_shows_the_row(con):
    con.execute("insert into core.article_urls values ('z.example', 'nobody', 'seen', 1)")
    assert run_checks(con) == (
        Finding(check="orphan_article_url", detail="table_name=core.article_urls, key=z.example, article_id=nobody"),
    )


def test_a_broken_table_does_not_print_itself(con):
    con.execute("insert into core.article_urls select 'z.example/' || number, 'nobody', 'seen', 1 from range(1000) as numbers(number)")
    findings = run_checks(con)
    assert len(findings) == 51
    assert findings[-1] == Finding(check="orphan_article_url", detail="and 950 more rows")


def test_a_check_that_cannot_run_names_itself():
    with duckdb.connect() as empty, pytest.raises(WarehouseError, match="check codebook_active_twice: cannot be run"):
        run_checks(empty)


def test_an_article_that_proved_to_be_another_needs_no_version_of_its_own(con):
    con.execute("insert into core.articles values ('art-y', 'https://y.example/', null, null, timestamp '2026-03-01', 'feed', 1)")
    con.execute("insert into core.article_urls values ('y.example', 'art-y', 'seen', 1)")
    con.execute("insert into core.article_aliases values ('art-y', 'art-a', 1)")
    assert run_checks(con) == ()


@pytest.mark.slow
def test_checks_run_on_a_lake_too(tmp_path):
    with duckdb.connect() as lake:
        attach_lake(lake, tmp_path / "catalogue.ducklake", tmp_path / "data")
        plant(lake)
        assert run_checks(lake) == ()
        lake.execute("insert into core.article_urls values ('z.example', 'nobody', 'seen', 1)")
        assert {finding.check for finding in run_checks(lake)} == {"orphan_article_url"}
