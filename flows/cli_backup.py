"""`backup` and `restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.examples import example

if TYPE_CHECKING:
    from flows.backup import Backup

_data_dir = click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Everything that is kept [default: ./data].")
_as_json = click.option("--json", "as_json", is_flag=True, help="What it holds as JSON on stdout.")


@example("trilateral backup /backups/2026-11-25")
@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@_data_dir
@_as_json
def backup(folder: Path, data_dir: Path | None, *, as_json: bool) -> int:
    """Copy the warehouse, the captures and the host book to a new folder, also while an ingest runs."""
    from flows import terminal
    from flows.backup import back_up
    from flows.settings import load_settings

    settings = load_settings(flags={"data_dir": data_dir}).settings
    with terminal.counted("backup: capture files") as on_progress:
        made = back_up(settings, folder, say=terminal.say, on_progress=on_progress)
    _tell(f"backed up to {folder}", made, as_json=as_json)
    return 0


@example("trilateral restore /backups/2026-11-25")
@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False, exists=True))
@_data_dir
@click.option("--force", is_flag=True, help="Replace what the data folder holds.")
@_as_json
def restore(folder: Path, data_dir: Path | None, *, force: bool, as_json: bool) -> int:
    """Check a backup byte for byte, put it into the data folder and publish it."""
    from flows import terminal
    from flows.backup import restore as put_back
    from flows.settings import load_settings

    settings = load_settings(flags={"data_dir": data_dir}).settings
    made = put_back(settings, folder, force=force, say=terminal.say)
    _tell(f"restored to {settings.data_dir}", made, as_json=as_json)
    return 0


def _tell(what: str, made: Backup, *, as_json: bool) -> None:
    from flows import terminal

    if as_json:
        told = {"made_at": made.made_at, "through_seq": made.through_seq, "files": len(made.files), "bytes": made.file_bytes}
        click.echo(terminal.as_json(told))
    terminal.say(f"{what}: {len(made.files)} files, {made.file_bytes / 2**20:.1f} MiB, through landing {made.through_seq}")
