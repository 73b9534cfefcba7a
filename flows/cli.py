"""The command line: `trilateral`. Reads settings, calls one room, prints; decides nothing about news.

Exit codes (contract.md): 0 done · 1 every due feed failed, nothing could be landed, or a check found rows · 2 wrong usage or
configuration, said in one sentence · 130 interrupted. Commands import what they need when they run, so that `extract` and
`classify` start without Prefect.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from extractors.errors import SettingError, SourceError, TrilateralError
from flows.cli_backup import backup, restore
from flows.cli_history import backfill, reextract
from flows.cli_running import up, watch
from flows.cli_sources import sources
from flows.examples import example as _example

if TYPE_CHECKING:
    from flows.reclassification import ReclassifyReport
    from flows.settings import LoadedSettings

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

# What contract.md promises and a later release brings.
LATER = {
    "report": "the report site",
}


class _Group(click.Group):
    """A group whose every expected error is one sentence and the right exit code."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            outcome = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.exceptions.Abort:
            sys.exit(EXIT_INTERRUPTED)
        except click.ClickException as error:
            click.echo(f"trilateral: {error.format_message()}", err=True)
            sys.exit(EXIT_USAGE)
        except (SettingError, SourceError) as error:
            click.echo(f"trilateral: {error}", err=True)
            sys.exit(EXIT_USAGE)
        except TrilateralError as error:
            click.echo(f"trilateral: {error}", err=True)
            sys.exit(EXIT_FAILED)
        except BrokenPipeError:
            # the reader of a pipe has had enough: `trilateral sql … | head`
            sys.stderr.close()
            sys.exit(0)
        sys.exit(outcome if isinstance(outcome, int) else 0)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="trilateral")
def main() -> None:
    """News of the Russia–Iran–US triangle: feeds in, clean text, themes with evidence, DuckDB out."""


_settings_options = (
    click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Everything that is kept [default: ./data]."),
    click.option("--warehouse", help="The published database [default: {data_dir}/trilateral.duckdb]."),
)


def _with_settings(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_settings_options):
        function = option(function)
    return function


def _load(**flags: Any) -> LoadedSettings:
    from flows.settings import load_settings

    return load_settings(flags=flags)


# --- runs ------------------------------------------------------------------------------------------------------------


@_example("trilateral ingest --sources my-sources.toml --only gazette")
@main.command()
@_with_settings
@click.option("--sources", type=click.Path(path_type=Path, dir_okay=False), help="The sources file.")
@click.option("--only", metavar="PATTERN", help="Only sources or feeds that match.")
@click.option("--force", is_flag=True, help="Poll all that politeness allows, due or not.")
@click.option("--offline", is_flag=True, help="Ask nobody for anything: only read what is captured.")
@click.option("--json", "as_json", is_flag=True, help="The run's counts as JSON on stdout.")
def ingest(
    data_dir: Path | None, warehouse: str | None, sources: Path | None, only: str | None, *, force: bool, offline: bool, as_json: bool
) -> int:
    """One pass over the feeds that are due."""
    from flows import asking, terminal
    from flows.engine import ingest_runner
    from flows.run import load_sources

    settings = _load(data_dir=data_dir, warehouse=warehouse, sources=sources).settings
    declared = load_sources(settings)  # a broken sources file is said before anything starts
    if settings.contact is None and not offline and settings.reaches_public_hosts(declared):
        terminal.say("no `contact` is set, so publishers cannot tell whom to write to: set it in trilateral.toml")
    with terminal.progress_of("ingest") as on_progress, ingest_runner(settings, say=terminal.say, on_progress=on_progress) as run:
        report = run(only=only, force=force, offline=offline)
    counts = dict(report.run.counts)
    failed = asking.failed_feeds(settings, report.run.run_id) if report.counts.feeds_failed else ()
    if as_json:
        found = {"run_id": report.run.run_id, "status": report.run.status, "counts": counts}
        click.echo(terminal.as_json({**found, "failed_feeds": [dataclasses.asdict(feed) for feed in failed]}))
    else:
        for feed in failed:
            terminal.say(f"failed: {feed.url} ({feed.source_id}): " + ": ".join(filter(None, (feed.outcome, feed.detail))))
        terminal.say(
            f"{report.run.status}: {counts['feeds']} feeds polled ({counts['feeds_failed']} failed), "
            f"{counts['articles_new']} new articles, {report.counts.edits} edited, {counts['rejected']} rejected; "
            f"published to {settings.published}"
        )
    return report.exit_code


@_example("trilateral reclassify --codebook my-codebook.toml --dry-run")
@main.command()
@_with_settings
@click.option("--codebook", metavar="FILE", help="A codebook.toml [default: the shipped one]; the actors stay the shipped ones.")
@click.option("--activate", is_flag=True, help="Have the views speak for it once all in scope is classified.")
@click.option("--since", type=click.DateTime(("%Y-%m-%d",)), metavar="D", help="Only articles of that day or later.")
@click.option("--dry-run", is_flag=True, help="Compare with what is published; lock, land and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
def reclassify(
    data_dir: Path | None,
    warehouse: str | None,
    codebook: str | None,
    since: datetime | None,
    *,
    activate: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Stored articles under another codebook: what each theme gains and loses, with examples. Stopped, it goes on from there."""
    from flows import terminal
    from flows.engine import Remarks, runner
    from flows.reclassification import read_codebook, reclassify_history

    settings = _load(data_dir=data_dir, warehouse=warehouse).settings
    chosen = read_codebook(codebook)  # a broken file is said before anything starts
    if chosen.book.learned is None:
        terminal.say(f"{codebook}: not the shipped codebook's themes, which were learned: its cues decide alone")
    day = since.date() if since else None
    with terminal.bar_of("reclassify", "texts") as on_progress:

        def bare(_: str | None, *, remarks: Remarks = (), **options: Any) -> ReclassifyReport:
            return reclassify_history(settings, codebook=chosen, say=terminal.say, on_progress=on_progress, remarks=remarks, **options)

        def make_flow(on_report: Callable[[ReclassifyReport], None]) -> Callable[..., object]:
            from flows.reclassify import make_reclassify

            return make_reclassify(settings=settings, say=terminal.say, on_progress=on_progress, on_report=on_report)

        if dry_run:
            report = bare(codebook, since=day, dry_run=True)
        else:
            with runner(settings, say=terminal.say, bare=bare, make_flow=make_flow) as run:
                report = run(codebook, activate=activate, since=day)
    if as_json:
        click.echo(terminal.as_json(report.as_row()))
    elif report.comparison is not None:
        terminal.show_comparison(report.comparison)
    terminal.say(report.in_words())
    return report.exit_code


@_example("trilateral demo --keep ./demo")
@main.command()
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Keep the demo's warehouse there.")
@click.option("--no-open", is_flag=True, help="Do not open a browser on the report.")
def demo(keep: Path | None, *, no_open: bool) -> int:
    """Play the bundled sample newsroom: no outside network, under two minutes."""
    from flows.demo import play

    del no_open  # there is no report to open yet; the flag is promised
    return play(keep)


# --- one text at a time ----------------------------------------------------------------------------------------------


@_example("trilateral extract page.html --url https://example.org/story --json")
@main.command()
@click.argument("source", metavar="[FILE|URL|-]", default="-")
@click.option("--url", help="Address the page was fetched from.")
@click.option("--jsonl", is_flag=True, help="Rows {id, url, html_path | html} in, one row a page out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def extract(source: str, url: str | None, *, jsonl: bool, as_json: bool) -> int:
    """Extract one page, without warehouse or Prefect."""
    from flows import single

    settings = _load().settings
    if jsonl:
        return single.extract_rows(single.read_lines(source), settings=settings)
    return single.extract_one(source, url=url, settings=settings, as_json=as_json)


@_example("trilateral classify article.txt --explain")
@main.command()
@click.argument("source", metavar="[FILE|-]", default="-")
@click.option("--jsonl", is_flag=True, help="Rows {id, title, text, lang?} in, one row a text out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
@click.option("--explain", is_flag=True, help="The text with each passage in colour, and the near misses.")
def classify(source: str, *, jsonl: bool, as_json: bool, explain: bool) -> int:
    """Classify a text: the title on its first line, or a JSON object with title and text."""
    from flows import single

    if jsonl:
        return single.classify_rows(single.read_lines(source))
    return single.classify_one(source, as_json=as_json, explain=explain)


# --- questions -------------------------------------------------------------------------------------------------------


@_example('trilateral sql "select day, theme, articles from theme_daily order by day desc" --format csv')
@main.command()
@click.argument("query", required=False)
@_with_settings
@click.option("-f", "--file", "file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Read the query from a file.")
@click.option("--format", "form", type=click.Choice(("table", "csv", "json", "parquet")), default="table", show_default=True)
@click.option(
    "--as-of",
    metavar="TS",
    help="Answer as the last publication at or before that instant did, in every view.",
)
@click.option("--ask", "number", type=int, metavar="N", help="Ask one of the ten worked questions.")
@click.option("--allow-files", is_flag=True, help="Let the query read and write files.")
def sql(
    query: str | None,
    data_dir: Path | None,
    warehouse: str | None,
    file: Path | None,
    form: str,
    as_of: str | None,
    number: int | None,
    *,
    allow_files: bool,
) -> int:
    """Read-only SQL on the published warehouse; without a query, a prompt."""
    from flows import asking

    if [query, file, number].count(None) < 2:
        raise click.UsageError("give one of a query, -f FILE and --ask N")
    if number is not None:
        query = asking.worked_question(number)
    settings = _load(data_dir=data_dir, warehouse=warehouse).settings
    instant = asking.read_instant(as_of) if as_of is not None else None
    text = file.read_text(encoding="utf-8") if file else query
    if text is None:
        return asking.prompt(settings, form=form, allow_files=allow_files, as_of=instant)
    return asking.answer(settings, text, form=form, allow_files=allow_files, as_of=instant)


@_example("trilateral status --json")
@main.command()
@_with_settings
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
def status(data_dir: Path | None, warehouse: str | None, *, as_json: bool) -> int:
    """What ran, what is due, which sources are quiet, blocked or broken, what waits and why."""
    from flows import asking

    asking.show_status(_load(data_dir=data_dir, warehouse=warehouse).settings, as_json=as_json)
    return 0


@_example("trilateral check")
@main.command()
@_with_settings
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
def check(data_dir: Path | None, warehouse: str | None, *, as_json: bool) -> int:
    """Run every SQL check on the published warehouse; a row is a finding, and the exit code is then 1."""
    from flows import asking

    has_findings = asking.show_findings(_load(data_dir=data_dir, warehouse=warehouse).settings, as_json=as_json)
    return EXIT_FAILED if has_findings else 0


# --- upkeep ----------------------------------------------------------------------------------------------------------


@_example("trilateral publish")
@main.command()
@_with_settings
def publish(data_dir: Path | None, warehouse: str | None) -> int:
    """Publish what has landed, now."""
    from flows import terminal, upkeep

    settings = _load(data_dir=data_dir, warehouse=warehouse).settings
    publication = upkeep.publish_now(settings, say=terminal.say)
    terminal.say(f"published {settings.published} through landing {publication.through_seq} in {publication.seconds:.2f} s")
    return 0


@_example("trilateral maintain")
@main.command()
@_with_settings
def maintain(data_dir: Path | None, warehouse: str | None) -> int:
    """Recognise texts that landed unsigned, compact the private file, run every check, publish; 1 where a check found rows."""
    from flows import terminal
    from flows.tending import tend

    settings = _load(data_dir=data_dir, warehouse=warehouse).settings
    done = tend(settings, say=terminal.say)
    small = done.compaction
    won = f"compacted from {small.bytes_before} to {small.bytes_after} bytes" if small else "nothing to compact"
    terminal.say(f"{done.signed} texts signed, {won}, published through landing {done.publication.through_seq}")
    for finding in done.findings:
        terminal.say(f"check {finding.check}: {finding.detail}")
    return EXIT_FAILED if done.findings else 0


@_example("trilateral migrate")
@main.command()
@_with_settings
@click.option("--dry-run", is_flag=True, help="Name what would be applied and change nothing.")
def migrate(data_dir: Path | None, warehouse: str | None, *, dry_run: bool) -> int:
    """Bring the private database to this program's schema."""
    from flows import terminal, upkeep

    settings = _load(data_dir=data_dir, warehouse=warehouse).settings
    if dry_run:
        pending = upkeep.pending(settings, say=terminal.say)
        terminal.say(f"would be applied: {', '.join(pending) or 'nothing, the schema is current'}")
        return 0
    applied = upkeep.migrate(settings, say=terminal.say)
    terminal.say(f"schema is current; applied now: {', '.join(applied) or 'nothing'}")
    return 0


@_example("trilateral doctor")
@main.command()
@_with_settings
@click.option("--json", "as_json", is_flag=True, help="As JSON on stdout.")
def doctor(data_dir: Path | None, warehouse: str | None, *, as_json: bool) -> int:
    """Every setting with where it came from, and what this machine lacks."""
    from flows import upkeep

    return upkeep.show_doctor(_load(data_dir=data_dir, warehouse=warehouse), as_json=as_json)


@_example("trilateral export --to parquet exports/today")
@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@_with_settings
@click.option(
    "--to", "form", type=click.Choice(("parquet", "csv")), required=True, help="One file a day and view, or one a view that has no days."
)
@click.option("--as-of", metavar="TS", help="As the last publication at or before that instant showed it.")
def export(folder: Path, data_dir: Path | None, warehouse: str | None, form: Literal["parquet", "csv"], as_of: str | None) -> int:
    """Every public view as files, parted by day; takes the place of an earlier export, of nothing else."""
    from flows import asking, terminal
    from warehouse.export import export as write_export

    settings = _load(data_dir=data_dir, warehouse=warehouse).settings
    made = write_export(settings.published, folder, form=form, as_of=asking.read_instant(as_of) if as_of is not None else None)
    articles = dict(made.rows)["articles"]
    terminal.say(
        f"exported {len(made.rows)} views, {articles} articles, as published {made.published_at:%Y-%m-%d %H:%M:%S} UTC, to {made.folder}"
    )
    return 0


# --- what is promised ----------------------------------------------------------------------------------------------


def _promise(name: str, words: str) -> None:
    """A command that is promised for later says so with exit 2."""

    @main.command(
        name, context_settings={"ignore_unknown_options": True, "allow_extra_args": True}, help=f"{words.capitalize()} (a later release)."
    )
    def later() -> int:
        raise click.UsageError(f"`{name}` ({words}) comes with a later release")


for _name, _words in LATER.items():
    _promise(_name, _words)
main.add_command(sources)
main.add_command(backfill)
main.add_command(reextract)
main.add_command(watch)
main.add_command(up)
main.add_command(backup)
main.add_command(restore)
