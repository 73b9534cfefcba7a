"""The same warehouse on DuckLake: a catalogue file and Parquet files beside it, through the extension in the wheel.

Refuses to download anything: an extension for another DuckDB than the one installed is an error that says so.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import duckdb

from extractors.errors import WarehouseError

_WHEEL = "duckdb_extension_ducklake"


def attach_lake(con: duckdb.DuckDBPyConnection, catalogue: Path, data_path: Path) -> None:
    """Attach the lake as `lake`, made where it is not there yet, and use it."""
    _load_extension(con)
    try:
        con.execute(f"attach 'ducklake:{_quoted(catalogue)}' as lake (data_path '{_quoted(data_path)}')")
        con.execute("use lake")
    except duckdb.Error as error:
        raise WarehouseError(f"{catalogue}: the lake cannot be opened: {str(error).strip().splitlines()[0]}") from error


def _load_extension(con: duckdb.DuckDBPyConnection) -> None:
    """Load the extension from its wheel, where it lies under the version of the DuckDB it was built for."""
    needed = f"`pip install duckdb-extension-ducklake=={duckdb.__version__}`"
    try:
        extension = files(_WHEEL) / "extensions" / f"v{duckdb.__version__}" / "ducklake.duckdb_extension"
    except ModuleNotFoundError as error:
        raise WarehouseError(f"the DuckLake extension is not installed: {needed}") from error
    if not extension.is_file():
        raise WarehouseError(f"the installed DuckLake extension is not for duckdb {duckdb.__version__}: {needed}")
    try:
        con.execute(f"load '{_quoted(extension)}'")
    except duckdb.Error as error:
        raise WarehouseError(f"the DuckLake extension cannot be loaded: {str(error).strip().splitlines()[0]}") from error


def _quoted(path: object) -> str:
    return str(path).replace("'", "''")
