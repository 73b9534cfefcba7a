"""How statements and values travel between Python and the database.

A file of `queries/` holds statements, each under a line `-- name: …`; `ask(con, "pages.known")` runs the statement
`known` of `pages.sql`. Instants become UTC without a zone on the way in and aware again on the way out. Lone
surrogates, which no database can store, become U+FFFD: one code point for one, so spans keep their place. Refuses to
build SQL out of pieces, naive datetimes, and values of a wrong type, naming the column.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb
import pyarrow as pa

from extractors.errors import WarehouseError

Row = dict[str, Any]

_NAME_LINE = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_WHOLE = (
    *("body_bytes", "duration_ms", "file_offset", "file_length", "attempts", "revisits", "version", "word_count"),
    *("span_start", "span_end", "mentions", "ordinal", "move_sightings", "hidden_changes", "ttl_seconds", "priority", "shingles"),
    *("reader_version", "pages", "place", "texts", "carried", "found", "found_rightly", "captures", "file_bytes"),
)
_FRACTIONS = (
    "failures",
    "score",
    "host_delay_seconds",
    "delay_seconds",
    "fresh_seconds",
    "gap_seconds",
    "interval_seconds",
    "link_density",
    "boilerplate_share",
    "similarity",
)
_TYPES: dict[str, pa.DataType | None] = {
    "status": None,  # HTTP's number or a run's word: as it comes
    **dict.fromkeys(_WHOLE, pa.int64()),
    **dict.fromkeys(_FRACTIONS, pa.float64()),
    **dict.fromkeys(("skip_hours", "skip_days"), pa.list_(pa.int32())),
    **dict.fromkeys(("slots", "bands"), pa.list_(pa.int64())),
    **dict.fromkeys(("authors", "problems", "themes", "extract_keep", "extract_drop"), pa.list_(pa.string())),
}


def ask(con: duckdb.DuckDBPyConnection, name: str, /, *, incoming: Sequence[Row] | None = None, **parameters: object) -> list[Row]:
    """Answer of the statement `file.name`, rows by column name; it reads the given rows as the table `incoming`.

    Parameters are bound; one that is a collection of words is a table of that name with the column `key`, because
    binding long lists is slow. Rows must all have the same columns, and there must be at least one.
    """
    words = {label: list(value) for label, value in parameters.items() if isinstance(value, Collection) and not isinstance(value, str)}
    bound = {label: _storable(value) for label, value in parameters.items() if label not in words}
    with ExitStack() as given:
        for label, keys in words.items():
            given.enter_context(_table(con, label, pa.table({"key": _column("key", keys)})))
        if incoming is not None:
            given.enter_context(_table(con, "incoming", _arrow(incoming)))
        con.execute(_statement(name), bound)
        columns = [column[0] for column in con.description or ()]
        return [{column: _aware(value) for column, value in zip(columns, row, strict=True)} for row in con.fetchall()]


def write(con: duckdb.DuckDBPyConnection, name: str, /, *, incoming: Sequence[Row] | None = None, **parameters: object) -> int:
    """Run the statement `file.name` and count the rows it wrote; it reads the given rows as the table `incoming`.

    Rows must all have the same columns. Without any the statement is not run.
    """
    if incoming is None:
        return int(ask(con, name, incoming=None, **parameters)[0]["Count"])
    if not incoming:
        return 0
    return int(ask(con, name, incoming=incoming, **parameters)[0]["Count"])


@contextmanager
def given_rows(con: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Row], *, columns: Sequence[str]) -> Iterator[None]:
    """Let statements read these columns of the rows, if there are any, as a table of that name."""
    with _table(con, name, pa.table({column: _column(column, [row[column] for row in rows]) for column in columns})):
        yield


@contextmanager
def _table(con: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> Iterator[None]:
    con.register(name, table)
    try:
        yield
    finally:
        con.unregister(name)


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection, what: str) -> Iterator[None]:
    """All or nothing; the database's own errors become `WarehouseError: {what}: …`."""
    try:
        con.begin()
        try:
            yield
        except BaseException:
            con.rollback()
            raise
        con.commit()
    except duckdb.Error as cause:
        raise WarehouseError(f"{what}: {cause}") from cause


def _statement(name: str) -> str:
    file, _, statement = name.partition(".")
    return _statements(file)[statement]


@cache
def _statements(file: str) -> dict[str, str]:
    text = (files("warehouse") / "queries" / f"{file}.sql").read_text(encoding="utf-8")
    _, *parts = _NAME_LINE.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _arrow(rows: Sequence[Row]) -> pa.Table:
    return pa.table({name: _column(name, [row[name] for row in rows]) for name in rows[0]})


def _column(name: str, values: list[Any]) -> pa.Array:
    try:
        return pa.array([_storable(value) for value in values], type=_type_of(name))
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError) as cause:
        raise WarehouseError(f"column {name}: {cause}") from cause


def _type_of(column: str) -> pa.DataType | None:
    """`_at` and `_after` are instants, `_on` days, `is_` truths; what is not named otherwise is text."""
    if column.endswith(("_at", "_after")):
        return pa.timestamp("us")
    if column.endswith("_on"):
        return pa.date32()
    if column.startswith("is_"):
        return pa.bool_()
    return _TYPES.get(column, pa.string())


def _storable(value: Any) -> Any:
    match value:
        case str():
            return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
        case datetime():
            if value.tzinfo is None:
                raise ValueError(f"{value} has no zone")
            return value.astimezone(UTC).replace(tzinfo=None)
        case tuple():
            return [_storable(item) for item in value]
    return value


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
