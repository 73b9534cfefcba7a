"""The database's shape: numbered migrations, applied in order and recorded with their hash, and the public views.

Migrations go forward only and are never edited once merged. Refuses, with a `SchemaError` that names the number,
a recorded migration whose text has changed, a gap, and a database that is newer than this program.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

import duckdb

from extractors.errors import SchemaError, WarehouseError
from warehouse.hindsight import macros
from warehouse.sql import ask, transaction, write

# A lake takes no column compression; without it on a plain file article texts need five times the space.
_PLAIN_CLAUSE = re.compile(r"/\*plain: (.*?)\*/")
# Nor does it take comments on macros or on the columns of views.
_PLAIN_COMMENT = re.compile(r"^comment on (?:column|macro)\b[^']*'(?:[^']|'')*';", re.MULTILINE)
_MIGRATION_NAME = re.compile(r"(\d{4})_\w+\.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Migration:
    number: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrate(con: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Apply what is missing, one transaction each, then create the views anew if they changed; the names applied."""
    missing = _missing(con, _migrations())
    for migration in missing:
        with transaction(con, f"migration {migration.name}"):
            con.execute(_PLAIN_CLAUSE.sub(r"\1", migration.text) if _is_plain(con) else migration.text)
            write(con, "schema.record_migration", number=migration.number, name=migration.name, sha256=migration.sha256)
    _renew_views(con)
    return tuple(migration.name for migration in missing)


def pending(con: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Name the migrations that `migrate` would apply; changes nothing."""
    return tuple(migration.name for migration in _missing(con, _migrations()))


def _missing(con: duckdb.DuckDBPyConnection, known: tuple[_Migration, ...]) -> tuple[_Migration, ...]:
    """List the migrations after the last recorded one, once all recorded ones have proved to be ours."""
    numbers = [migration.number for migration in known]
    if numbers != list(range(1, len(known) + 1)):
        raise SchemaError(f"migrations: the program's own files are numbered {numbers}, not 1 to {len(known)}: reinstall it")
    recorded = _recorded(con)
    if len(recorded) > len(known):
        number, name, _ = recorded[len(known)]
        raise SchemaError(f"migration {number} ({name}): the database is newer than this program: upgrade trilateral")
    for ours, (number, name, sha256) in zip(known, recorded, strict=False):
        if number != ours.number:
            raise SchemaError(f"migration {ours.number} ({ours.name}): not recorded, though {number} is: restore the database from a copy")
        if sha256 != ours.sha256:
            raise SchemaError(
                f"migration {number} ({name}): applied with another text than this program's: "
                "install the release that made the database, or restore the file"
            )
    return known[len(recorded) :]


def _recorded(con: duckdb.DuckDBPyConnection) -> list[tuple[int, str, str]]:
    if not ask(con, "schema.migrations_table"):
        return []
    return [(row["number"], row["name"], row["sha256"]) for row in ask(con, "schema.migrations")]


def _migrations() -> tuple[_Migration, ...]:
    """Read this program's migrations, by number."""
    found = ((file, _MIGRATION_NAME.fullmatch(file.name)) for file in _sql_files("migrations"))
    return tuple(
        _Migration(number=int(match[1]), name=file.name.removesuffix(".sql"), text=file.read_text(encoding="utf-8"))
        for file, match in found
        if match
    )


def _is_plain(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the database is a plain file, not a lake."""
    return ask(con, "schema.kind_of_database") == [{"type": "duckdb"}]


def _renew_views(con: duckdb.DuckDBPyConnection) -> None:
    """Create the views and macros of `views/*.sql`, in the order of their names, unless these very ones stand."""
    sha256 = hashlib.sha256(repr(list(_views().items())).encode()).hexdigest()
    if ask(con, "schema.last_view_set") == [{"sha256": sha256}]:
        return
    with transaction(con, "views"):
        create_views(con)
        write(con, "schema.record_view_set", sha256=sha256)


def create_views(con: duckdb.DuckDBPyConnection) -> None:
    """Create the views and macros of `views/*.sql`, and what answers as of an instant, over the tables of the database in use."""
    for name, text in _views().items():
        try:
            con.execute(text if _is_plain(con) else _PLAIN_COMMENT.sub("", text))
        except duckdb.Error as cause:
            raise WarehouseError(f"view {name}: {cause}") from cause


def _views() -> dict[str, str]:
    """Read the view files, by name and in its order; the macros made of them come before `99_docs.sql`, which lists them."""
    views = {file.name: file.read_text(encoding="utf-8") for file in _sql_files("views")}
    return dict(sorted({**views, **{f"98_{name}": text for name, text in macros(views).items()}}.items()))


def _sql_files(folder: str) -> list[Traversable]:
    """List the SQL files of a folder by name; a folder that is not there holds none."""
    place = files("warehouse") / folder
    return sorted((file for file in place.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name) if place.is_dir() else []
