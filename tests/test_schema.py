"""Migrations: applied once, recorded, and refused where the database is not this program's."""

import pytest
from batches import rows, warehouse

from extractors.errors import SchemaError
from warehouse import schema

pytestmark = pytest.mark.slow  # real databases, each made and filled anew


@pytest.fixture(params=["plain", pytest.param("lake", marks=pytest.mark.slow)])
def con(request, tmp_path):
    with warehouse(request.param, tmp_path) as con:
        yield con


def test_an_empty_database_gets_every_migration(tmp_path):
    with warehouse("plain", tmp_path) as con:
        con.execute("attach ':memory:' as empty")
        con.execute("use empty")
        missing = schema.pending(con)
        assert schema.migrate(con) == missing
        assert missing[0] == "0001_first_tables"


def test_a_migrated_database_is_left_alone(con):
    before = rows(con, "from core.migrations"), rows(con, "from core.view_sets")
    assert schema.pending(con) == ()
    assert schema.migrate(con) == ()
    assert (rows(con, "from core.migrations"), rows(con, "from core.view_sets")) == before


def test_views_that_changed_are_created_again(con):
    con.execute("update core.view_sets set sha256 = 'of older views'")
    con.execute("create or replace view main.articles as select 1 as one")
    schema.migrate(con)
    assert [row[0] for row in rows(con, "describe main.articles")][:2] == ["article_id", "url"]


def test_a_recorded_migration_with_another_text_is_refused(con):
    con.execute("update core.migrations set sha256 = 'of another text' where number = 1")
    with pytest.raises(SchemaError, match=r"^migration 1 \(0001_first_tables\): applied with another text"):
        schema.migrate(con)


def test_a_newer_database_is_refused(con):
    con.execute("insert into core.migrations select 1 + max(number), 'of_tomorrow', 'x', now()::timestamp from core.migrations")
    with pytest.raises(SchemaError, match=r"\(of_tomorrow\): the database is newer than this program: upgrade"):
        schema.pending(con)


def test_a_gap_is_refused(con):
    con.execute("update core.migrations set number = number + 1")
    with pytest.raises(SchemaError, match=r"^migration 1 \(0001_first_tables\): not recorded, though 2 is"):
        schema.migrate(con)


def test_every_table_and_column_is_commented(con):
    missing = """
        select schema_name, table_name, null as column_name
        from duckdb_tables()
        where schema_name in ('raw', 'core') and database_name = current_database() and comment is null
        union all
        select schema_name, table_name, column_name
        from duckdb_columns()
        semi join duckdb_tables() using (database_name, schema_name, table_name)
        where schema_name in ('raw', 'core') and database_name = current_database() and comment is null
    """
    assert rows(con, missing) == []


def test_bodies_are_compressed_on_a_plain_file(tmp_path):
    with warehouse("plain", tmp_path) as con:
        con.execute("""
            insert into raw.entries
            select 'f', i, 'h', null, 'l', 't', repeat(md5(i::varchar), 40), repeat(md5(i::varchar), 40), [], null, null, null, '', '', '',
                null, now()::timestamp, now()::timestamp
            from range(3000) as numbers(i)
        """)
        con.execute("checkpoint plain")
        found = rows(con, "select distinct compression from pragma_storage_info('raw.entries') where column_name in ('content', 'summary')")
        assert ("ZSTD",) in found
