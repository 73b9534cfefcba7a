"""The warehouse as files: every public view as Parquet or CSV, parted by day where its rows have one, stamped with the publication.

An export is whole or not there: it is written beside its place and moved there in one rename. Refuses to take the place of
anything that is not an earlier export of ours.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

import duckdb

from extractors.errors import SettingError, WarehouseError
from warehouse.past import open_as_of
from warehouse.sql import ask
from warehouse.turns import is_alive

Form = Literal["parquet", "csv"]
FORMS: tuple[Form, ...] = get_args(Form)

STAMP = "publication.json"
_OPTIONS: dict[Form, str] = {"parquet": "format parquet, compression zstd", "csv": "format csv, header"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was put in place."""

    folder: Path
    published_at: datetime  # of the publication that it shows
    through_seq: int
    rows: tuple[tuple[str, int], ...]  # by view


def export(published: Path, folder: Path, *, form: Form, as_of: datetime | None = None) -> Export:
    """Write every public view into `folder`, as it is or as of an instant; SettingError where that is somebody else's."""
    folder = Path(os.path.abspath(folder))  # noqa: PTH100  resolve() would follow a link, which is to be refused
    _refuse_foreign(folder)
    with open_as_of(published, as_of, allow_files=True) as con:
        stamps = ask(con, "export.stamp")
        if not stamps:
            raise WarehouseError(f"{published}: was never published by a run, so there is no publication to export")
        scratch = folder.with_name(f".{folder.name}.{os.getpid()}.exporting")
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            _remove_leftovers(folder)
            scratch.mkdir()
            rows = {row["view"]: _write(con, scratch, form=form, **row) for row in ask(con, "export.views")}
            _stamp(scratch, form=form, rows=rows, **stamps[0])
            _put_in_place(scratch, folder)
        except (OSError, duckdb.Error) as error:
            raise WarehouseError(f"{folder}: not exported: {str(error).strip().splitlines()[0]}") from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return Export(
        folder=folder, published_at=stamps[0]["published_at"], through_seq=stamps[0]["through_seq"], rows=tuple(sorted(rows.items()))
    )


def _write(con: duckdb.DuckDBPyConnection, scratch: Path, *, form: Form, view: str, is_parted: bool, query: str) -> int:
    """Write one view, a folder of days or one file; how many rows. COPY takes no parameters."""
    place, options = (
        (scratch / view, f"{_OPTIONS[form]}, partition_by (day)") if is_parted else (scratch / f"{view}.{form}", _OPTIONS[form])
    )
    quoted = str(place).replace("'", "''")
    con.execute(f"copy ({query}) to '{quoted}' ({options})")
    (written,) = con.fetchone() or (0,)
    return int(written)


def _stamp(
    scratch: Path, *, form: Form, rows: dict[str, int], published_at: datetime, through_seq: int, data_as_of: datetime | None
) -> None:
    """Say what this is: whoever finds the folder later, and the next export, which may take its place."""
    words = {
        "made_by": "trilateral export",
        "format": form,
        "published_at": published_at.isoformat(),
        "through_seq": through_seq,
        "data_as_of": data_as_of.isoformat() if data_as_of else None,
        "rows": dict(sorted(rows.items())),
    }
    (scratch / STAMP).write_text(json.dumps(words, indent=2) + "\n", encoding="utf-8")


def _refuse_foreign(folder: Path) -> None:
    """Raise SettingError unless the place is free, empty, or holds an export of ours and nothing else."""
    if not folder.exists() and not folder.is_symlink():
        return
    if folder.is_symlink() or not folder.is_dir():
        raise SettingError(f"{folder}: is no folder; name one that is not there yet, or an earlier export")
    there = {path.name for path in folder.iterdir()}
    if not there:
        return
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        is_ours, views = stamp["made_by"] == "trilateral export", set(stamp["rows"])
    except (OSError, ValueError, KeyError, TypeError):
        is_ours, views = False, set()
    if not is_ours:
        raise SettingError(f"{folder}: holds something that is no export of trilateral's; name a folder that is not there yet")
    foreign = sorted(name for name in there - {STAMP} if name.removesuffix(".parquet").removesuffix(".csv") not in views)
    if foreign:
        raise SettingError(f"{folder}: an export, and beside it {foreign[0]!r}, which is not ours; move that away first")


def _put_in_place(scratch: Path, folder: Path) -> None:
    """Move the new export to its place; an earlier one steps aside first and is removed after."""
    aside = folder.with_name(f".{folder.name}.{os.getpid()}.replaced")
    if folder.exists():
        folder.rename(aside)
    scratch.rename(folder)
    shutil.rmtree(aside, ignore_errors=True)


def _remove_leftovers(folder: Path) -> None:
    """Clear away what killed exports left; the earlier export goes back to its place where the new one never came."""
    name = re.compile(rf"\.{re.escape(folder.name)}\.(\d+)\.(exporting|replaced)")
    for path in sorted(folder.parent.iterdir()):
        match = name.fullmatch(path.name)
        if match is None or is_alive(int(match[1])):
            continue
        if match[2] == "replaced" and not folder.exists():
            path.rename(folder)
        else:
            shutil.rmtree(path, ignore_errors=True)
