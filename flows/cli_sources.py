"""The commands of `trilateral sources`: what is declared, what is wrong with it, what is to be added. Decides nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.examples import example

if TYPE_CHECKING:
    from flows.settings import Settings


@click.group()
def sources() -> None:
    """The sources file: what is in it, what is wrong with it, what could be added."""


_file = click.option("--sources", "path", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="The sources file.")
_json = click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
_only = click.option("--only", metavar="PATTERN", help="Only feeds whose source id or address contains this.")
_id = click.option("--id", "source_id", metavar="ID", help="Id of the new source [default: made of its domain].")


def _settings(path: Path | None) -> Settings:
    from flows.settings import load_settings

    return load_settings(flags={"sources": path}).settings


@example("trilateral sources list --sources my-sources.toml")
@sources.command("list")
@_file
@_json
def sources_list(path: Path | None, *, as_json: bool) -> int:
    """The declared sources and their feeds."""
    from flows import asking
    from flows.run import load_sources

    asking.show_sources(load_sources(_settings(path)), as_json=as_json)
    return 0


@example("trilateral sources check --only gazette")
@sources.command("check")
@_file
@_only
@_json
def sources_check(path: Path | None, only: str | None, *, as_json: bool) -> int:
    """Poll each feed once, politely, and say what is wrong with it; exit 1 where all are bad."""
    from flows import register

    return register.check_feeds(_settings(path), only=only, as_json=as_json)


@example("trilateral sources discover https://example.org/")
@sources.command("discover")
@click.argument("url")
@_json
def sources_discover(url: str, *, as_json: bool) -> int:
    """The feeds and news sitemaps that a home page names, found in one GET."""
    from flows import register

    return register.discover(_settings(None), url, as_json=as_json)


@example("trilateral sources add https://example.org/ --id example")
@sources.command("add")
@click.argument("url")
@_file
@_id
@_json
def sources_add(url: str, path: Path | None, source_id: str | None, *, as_json: bool) -> int:
    """Append an outlet with the feeds that its home page names to the sources file."""
    from flows import register

    return register.add(_settings(path), url, source_id=source_id, as_json=as_json)


@example("trilateral sources import-opml subscriptions.opml")
@sources.command("import-opml")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_file
@_json
def sources_import(file: Path, path: Path | None, *, as_json: bool) -> int:
    """Append the feeds of an OPML file that are not declared yet to the sources file."""
    from flows import register

    return register.import_opml(_settings(path), file, as_json=as_json)


@example("trilateral sources export-opml subscriptions.opml")
@sources.command("export-opml")
@click.argument("file", metavar="FILE|-")
@_file
def sources_export(file: str, path: Path | None) -> int:
    """The declared sources as OPML, for any feed reader; it comes back by import-opml as it went."""
    from flows import register

    return register.export_opml(_settings(path), file)


@example("trilateral sources parse feed.xml")
@sources.command("parse")
@click.argument("files", nargs=-1, metavar="FILE…")
@click.option("--content-type", help="Content-Type the document was served with.")
@click.option("--jsonl", is_flag=True, help="Rows {id, path, content_type?} in, one row a document out.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
def sources_parse(files: tuple[str, ...], content_type: str | None, *, jsonl: bool, as_json: bool) -> int:
    """What a feed document holds and what is wrong with it."""
    from flows import single

    if jsonl:
        return single.parse_rows(single.read_lines(files[0] if files else "-"), settings=_settings(None))
    if not files:
        raise click.UsageError("name at least one feed document")
    return single.parse_files(files, content_type=content_type, as_json=as_json)
