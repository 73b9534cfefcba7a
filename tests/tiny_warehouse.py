"""A warehouse small enough to know by heart, planted row by row: two outlets, three articles, one of them edited.

Not a test. `plant` fills any connection whose database in use is empty, plain file or lake.
"""

from datetime import UTC, datetime
from pathlib import Path

from warehouse import schema

PLANTED = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


def at(day, hour, minute=0, second=0):
    """Make an instant of March 2026."""
    return datetime(2026, 3, day, hour, minute, second, tzinfo=UTC)


def stored(day, hour, minute=0, second=0):
    """Make the same instant as DuckDB hands it over: UTC, and naive."""
    return at(day, hour, minute, second).replace(tzinfo=None)


def plant(con):
    """Migrate the database in use and fill it."""
    schema.migrate(con)
    con.execute(PLANTED)
