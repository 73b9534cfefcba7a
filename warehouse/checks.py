"""Proving that the warehouse holds what it promises: every file of `checks/` is a query that finds nothing.

A row is a finding. Refuses to mend anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

import duckdb

from extractors.errors import WarehouseError

_MOST_FINDINGS = 50  # of one check; a broken table would otherwise print itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One row that should not be there."""

    check: str  # name of the file without .sql
    detail: str  # the row: column=value, …


def check_names() -> tuple[str, ...]:
    """Every check there is, sorted."""
    return tuple(sorted(file.name.removesuffix(".sql") for file in (files("warehouse") / "checks").iterdir() if file.name.endswith(".sql")))


def run_checks(con: duckdb.DuckDBPyConnection) -> tuple[Finding, ...]:
    """Run all checks and tell what they found, of each the first rows and a count of the rest; nothing when all is well."""
    return tuple(finding for name in check_names() for finding in _run(con, name))


def _run(con: duckdb.DuckDBPyConnection, name: str) -> list[Finding]:
    query = (files("warehouse") / "checks" / f"{name}.sql").read_text(encoding="utf-8")
    try:
        con.execute(query)
        columns = [column[0] for column in con.description or ()]
        rows = con.fetchall()
    except duckdb.Error as error:
        raise WarehouseError(f"check {name}: cannot be run: {error}") from error
    details = [", ".join(f"{column}={value}" for column, value in zip(columns, row, strict=True)) for row in rows[:_MOST_FINDINGS]]
    if len(rows) > _MOST_FINDINGS:
        details.append(f"and {len(rows) - _MOST_FINDINGS} more rows")
    return [Finding(check=name, detail=detail) for detail in details]
