"""Publish, migrate and doctor: what an operator does by hand."""

from __future__ import annotations

import json
import platform
import shutil
import sys
from importlib import metadata, util
from pathlib import Path

import click

from extractors.errors import SettingError, SourceError, WarehouseError
from extractors.fetch.clock import SYSTEM_CLOCK
from flows import codebooks, terminal
from flows.interruption import Say
from flows.run import load_sources
from flows.settings import LoadedSettings, Settings
from warehouse import schema
from warehouse.codebooks import active_codebook
from warehouse.publish import Publication, publish
from warehouse.store import Writer, open_readonly, open_writer, pending_migrations

PYTHON_TESTED = (3, 11)
MODULES = ("prefect", "feedparser", "trafilatura", "lxml_html_clean", "duckdb", "duckdb_extension_ducklake", "httpx", "httpcore", "pyarrow")


def publish_now(settings: Settings, *, say: Say) -> Publication:
    """Publish what has landed, when the writer's turn comes."""
    with _writer(settings, purpose="publish", say=say) as writer:
        return publish(writer, settings.published, now=SYSTEM_CLOCK.now())


def migrate(settings: Settings, *, say: Say) -> tuple[str, ...]:
    """Bring the private database to this program's schema; the names of what was applied."""
    with _writer(settings, purpose="migrate", say=say) as writer:
        return writer.migrated


def pending(settings: Settings, *, say: Say) -> tuple[str, ...]:
    """Name what `migrate` would apply."""
    return pending_migrations(settings.private_dir, purpose="migrate --dry-run", on_wait=say)


def _writer(settings: Settings, *, purpose: str, say: Say) -> Writer:
    return open_writer(settings.private_dir, purpose=purpose, on_wait=say)


def show_doctor(loaded: LoadedSettings, *, as_json: bool) -> int:
    """Print every setting with its origin and every ailment with its cure; 1 where there is an ailment."""
    settings = loaded.settings
    values = [(name, _in_words(name, getattr(settings, name)), loaded.origins[name]) for name in type(settings).model_fields]
    ailments = _ailments(settings)
    if as_json:
        rows = [{"setting": name, "value": value, "origin": origin} for name, value, origin in values]
        click.echo(json.dumps({"settings": rows, "ailments": ailments}, ensure_ascii=False))
    else:
        terminal.show_table(("setting", "value", "from"), values)
        for ailment in ailments:
            click.echo(f"- {ailment}")
        click.echo(f"{len(ailments)} to see to" if ailments else "nothing is missing")
    return int(bool(ailments))


def _in_words(name: str, value: object) -> str:
    if isinstance(value, tuple):
        if name == "alerts":  # such addresses hold passwords
            return ",".join(str(item).partition("://")[0] + "://…" for item in value)
        return ",".join(str(item) for item in value)
    return "" if value is None else str(value)


def _ailments(settings: Settings) -> list[str]:
    """What this machine lacks, each with what to do about it."""
    found = [f"package {name!r} is missing: install trilateral again" for name in MODULES if util.find_spec(name) is None]
    if sys.version_info[:2] != PYTHON_TESTED:
        found.append(f"Python {platform.python_version()}: only 3.11 is tested")
    if settings.alerts and util.find_spec("apprise") is None:
        found.append("`alerts` is set and nothing can be sent: pip install 'trilateral[alerts]'")
    if metadata.version("duckdb") != metadata.version("duckdb-extension-ducklake"):
        found.append(
            "duckdb and duckdb-extension-ducklake differ in version: the extension will not load; install both from constraints.txt"
        )
    existing = next(folder for folder in (settings.data_dir, *settings.data_dir.absolute().parents) if folder.exists())
    if shutil.disk_usage(existing).free < settings.min_free_bytes:
        found.append(f"less than min_free_bytes ({settings.min_free_bytes.human_readable()}) free at {existing}: nothing would be fetched")
    try:
        sources = load_sources(settings)
    except (SettingError, SourceError) as error:
        found.append(str(error))
    else:
        if settings.contact is None and settings.reaches_public_hosts(sources):
            found.append("no `contact` is set: public hosts are polled without one only by hand; set it in trilateral.toml")
    found.extend(_warehouse_ailments(settings.published))
    return found


def _warehouse_ailments(published: Path) -> list[str]:
    if not published.exists():
        return []  # nothing has run yet, which is no ailment
    try:
        with open_readonly(published) as con:
            pending = schema.pending(con)
            if pending:
                return [f"{published}: behind this program's schema by {', '.join(pending)}: run `trilateral migrate`"]
            said = active_codebook(con)
            if said is not None and codebooks.active(con) is None:
                return [f"the views speak for codebook {said[0]}, which came with another release: run `trilateral reclassify --activate`"]
    except WarehouseError as error:
        return [str(error)]
    return []
