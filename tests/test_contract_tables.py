"""The tables people query: every object and column that was promised is there, of the promised type, and explained."""

import re
from importlib.resources import files

import duckdb
import pytest
from tiny_warehouse import plant

from warehouse.lake import attach_lake

TEXT_COLUMNS = {
    "article_id": "VARCHAR",
    "url": "VARCHAR",
    "source_id": "VARCHAR",
    "lang": "VARCHAR",
    "title": "VARCHAR",
    "text": "VARCHAR",
    "authors": "VARCHAR[]",
    "published_at": "TIMESTAMP",
    "published_on": "DATE",
    "published_precision": "VARCHAR",
    "published_zone": "VARCHAR",
    "published_from": "VARCHAR",
    "version": "INTEGER",
    "content_hash": "VARCHAR",
    "word_count": "INTEGER",
    "access": "VARCHAR",
    "link_density": "DOUBLE",
    "boilerplate_share": "DOUBLE",
    "text_hash": "VARCHAR",
    "extractor": "VARCHAR",
}
PROMISED = {
    "articles": TEXT_COLUMNS
    | {
        "first_seen_after": "TIMESTAMP",
        "first_seen_at": "TIMESTAMP",
        "fetched_at": "TIMESTAMP",
        "landed_at": "TIMESTAMP",
        "updated_at": "TIMESTAMP",
        "deleted_at": "TIMESTAMP",
        "ingest_path": "VARCHAR",
        "text_id": "VARCHAR",
        "story_id": "VARCHAR",
        "is_origin": "BOOLEAN",
        "is_near_empty": "BOOLEAN",
        "relevant": "BOOLEAN",
    },
    "article_versions": TEXT_COLUMNS | {"seen_at": "TIMESTAMP", "cause": "VARCHAR", "capture_id": "VARCHAR", "diff_kind": "VARCHAR"},
    "repeated_bodies": {
        "article_id": "VARCHAR",
        "source_id": "VARCHAR",
        "text_hash": "VARCHAR",
        "articles": "BIGINT",
        "first_article_id": "VARCHAR",
    },
    "article_themes": {
        "article_id": "VARCHAR",
        "theme": "VARCHAR",
        "score": "DOUBLE",
        "evidence_count": "BIGINT",
        "codebook_version": "VARCHAR",
    },
    "evidence": {
        "article_id": "VARCHAR",
        "version": "INTEGER",
        "theme": "VARCHAR",
        "part": "VARCHAR",
        "span_start": "INTEGER",
        "span_end": "INTEGER",
        "quote": "VARCHAR",
        "cue": "VARCHAR",
        "score": "DOUBLE",
        "codebook_version": "VARCHAR",
    },
    "article_actors": {"article_id": "VARCHAR", "actor": "VARCHAR", "mentions": "INTEGER"},
    "article_dyads": {
        "article_id": "VARCHAR",
        "dyad": "VARCHAR",
        "direction": "VARCHAR",
        "score": "DOUBLE",
        "part": "VARCHAR",
        "span_start": "INTEGER",
        "span_end": "INTEGER",
        "quote": "VARCHAR",
    },
    "sources": {"source_id": "VARCHAR", "name": "VARCHAR", "state": "VARCHAR", "next_poll_at": "TIMESTAMP", "next_poll_rule": "VARCHAR"},
    "feeds": {
        "feed_id": "VARCHAR",
        "source_id": "VARCHAR",
        "url": "VARCHAR",
        "state": "VARCHAR",
        "next_poll_at": "TIMESTAMP",
        "next_poll_rule": "VARCHAR",
    },
    "visits": {
        "url": "VARCHAR",
        "status": "INTEGER",
        "outcome": "VARCHAR",
        "bytes": "BIGINT",
        "duration_ms": "BIGINT",
        "at": "TIMESTAMP",
    },
    "runs": {
        "run_id": "VARCHAR",
        "flow": "VARCHAR",
        "started_at": "TIMESTAMP",
        "ended_at": "TIMESTAMP",
        "status": "VARCHAR",
        "counts": "JSON",
        "versions": "JSON",
    },
    "rejections": {
        "url": "VARCHAR",
        "reason": "VARCHAR",
        "detail": "VARCHAR",
        "at": "TIMESTAMP",
        "attempts": "INTEGER",
        "next_try_at": "TIMESTAMP",
    },
    "theme_daily": {"day": "DATE", "theme": "VARCHAR", "articles": "BIGINT", "origins": "BIGINT"},
    "source_theme": {"source_id": "VARCHAR", "theme": "VARCHAR", "week": "DATE", "articles": "BIGINT", "origins": "BIGINT"},
    "dyad_daily": {
        "day": "DATE",
        "dyad": "VARCHAR",
        "index": "DOUBLE",
        "low": "DOUBLE",
        "high": "DOUBLE",
        "articles": "BIGINT",
        "origins": "BIGINT",
    },
    "theme_bursts": {
        "theme": "VARCHAR",
        "day": "DATE",
        "count": "BIGINT",
        "expected": "DOUBLE",
        "z": "DOUBLE",
        "is_burst": "BOOLEAN",
    },
    "stories": {
        "story_id": "VARCHAR",
        "kind": "VARCHAR",
        "first_seen_at": "TIMESTAMP",
        "origin_article_id": "VARCHAR",
        "origin_source_id": "VARCHAR",
        "origin_agency": "VARCHAR",
        "articles": "BIGINT",
        "sources": "BIGINT",
        "origins": "BIGINT",
        "headline": "VARCHAR",
        "lang_count": "BIGINT",
    },
    "lead_lag": {
        "story_id": "VARCHAR",
        "source_id": "VARCHAR",
        "lead_minutes": "DOUBLE",
        "low": "DOUBLE",
        "high": "DOUBLE",
        "verdict": "VARCHAR",
    },
    "coverage": {
        "source_id": "VARCHAR",
        "day": "DATE",
        "expected": "DOUBLE",
        "seen": "BIGINT",
        "fetched": "BIGINT",
        "extracted": "BIGINT",
        "classified": "BIGINT",
        "lost": "BIGINT",
        "lost_why": "VARCHAR",
        "is_blind": "BOOLEAN",
    },
    "source_health": {
        "source_id": "VARCHAR",
        "last_success_at": "TIMESTAMP",
        "quiet_minutes": "DOUBLE",
        "usual_interval_minutes": "DOUBLE",
        "state": "VARCHAR",
        "why": "VARCHAR",
    },
    "publication": {"published_at": "TIMESTAMP", "through_seq": "BIGINT", "data_as_of": "TIMESTAMP"},
    "poll_manners": {
        "feed_id": "VARCHAR",
        "polls": "BIGINT",
        "unconditional_polls": "BIGINT",
        "unconditional_share": "DOUBLE",
        "early_polls": "BIGINT",
        "bogus_validators": "BIGINT",
        "added_queries": "BIGINT",
    },
    "host_manners": {
        "scope": "VARCHAR",
        "requests": "BIGINT",
        "page_requests": "BIGINT",
        "crowded_starts": "BIGINT",
        "requests_in_pause": "BIGINT",
        "unconditional_revisits": "BIGINT",
        "bogus_validators": "BIGINT",
        "repeated_requests": "BIGINT",
    },
    "codebooks": {"codebook_version": "VARCHAR", "ordinal": "INTEGER", "active": "BOOLEAN", "complete": "BOOLEAN"},
    "label_quality": {
        "theme": "VARCHAR",
        "language": "VARCHAR",
        "codebook_version": "VARCHAR",
        "precision": "DOUBLE",
        "recall": "DOUBLE",
        "f1": "DOUBLE",
        "n": "INTEGER",
    },
    "docs": {"object": "VARCHAR", "column_name": "VARCHAR", "data_type": "VARCHAR", "description": "VARCHAR"},
}
NEEDS_STORIES = [("articles", "story_id")]
VIEWS = sorted((file for file in (files("warehouse") / "views").iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as con:
        plant(con)
        yield con


@pytest.fixture(scope="module")
def columns(con):
    rows = con.execute("select object, column_name, data_type from docs where column_name is not null").fetchall()
    return {(view, column): data_type for view, column, data_type in rows}


@pytest.mark.parametrize("view", PROMISED)
def test_a_view_has_the_promised_columns(columns, view):
    assert {column: columns.get((view, column)) for column in PROMISED[view]} == PROMISED[view]


def test_docs_lists_every_view_there_is(con):
    views = con.execute("select view_name from duckdb_views() where schema_name = 'main' and not internal").fetchall()
    documented = con.execute("select object from docs where column_name is null").fetchall()
    assert sorted(documented) == sorted(views)
    assert {view for (view,) in views} == set(PROMISED)


def test_every_view_and_column_is_explained(con):
    assert con.execute("select object, column_name from docs where description is null or description = ''").fetchall() == []


@pytest.mark.parametrize(("view", "column"), NEEDS_STORIES)
def test_a_column_that_needs_stories_is_null_and_says_so(con, view, column):
    description = con.execute("select description from docs where object = ? and column_name = ?", [view, column]).fetchone()
    assert description[0].startswith("NULL: needs story clusters, not built yet.")
    assert con.table(view).filter(f"{column} is not null").fetchall() == []


def test_a_macro_is_listed_with_its_parameters(con):
    con.begin()
    con.execute("create macro main.seen_since(instant) as table select article_id from main.articles where first_seen_at >= instant")
    con.execute("comment on macro table main.seen_since is 'Articles first seen since an instant.'")
    answer = con.execute("select kind, column_name, data_type, description from docs where object = 'seen_since'").fetchall()
    con.rollback()
    assert answer == [("macro", "instant", None, "Articles first seen since an instant.")]


@pytest.mark.parametrize("view", VIEWS, ids=lambda file: file.name)
def test_a_view_file_opens_with_question_grain_and_caveat(view):
    comment = re.match(r"(?:--.*\n)+", view.read_text(encoding="utf-8"))[0]
    assert re.findall(r"^-- (\w+):", comment, re.MULTILINE) == ["Question", "Grain", "Caveat"]


@pytest.mark.parametrize("view", VIEWS, ids=lambda file: file.name)
def test_a_view_names_its_columns(view):
    assert not re.search(r"\bselect\s+(?:distinct\s+)?(?:\w+\.)?\*", view.read_text(encoding="utf-8"), re.IGNORECASE)


@pytest.mark.slow
def test_every_promised_view_answers_the_same_on_a_lake(con, tmp_path):
    with duckdb.connect() as lake:
        attach_lake(lake, tmp_path / "catalogue.ducklake", tmp_path / "data")
        plant(lake)
        for view in sorted(set(PROMISED) - {"docs"}):
            query = f"from main.{view} order by all"
            assert lake.execute(query).fetchall() == con.execute(query).fetchall(), view
        named = "select object, kind, column_name, data_type from docs order by all"
        assert lake.execute(named).fetchall() == con.execute(named).fetchall()
