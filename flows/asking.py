"""Questions to the published warehouse: SQL, status, checks, sources. Reads only, prints only."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pyarrow.parquet as pq

from extractors.errors import WarehouseError
from extractors.fetch.clock import SYSTEM_CLOCK
from extractors.records import Source
from flows import terminal
from flows.settings import Settings
from flows.standing import in_words, look_around
from warehouse.answers import StatusRecord, run_query, run_query_to_arrow, worked_questions
from warehouse.answers import status as ask_status
from warehouse.checks import check_names, run_checks
from warehouse.guide import FailedFeed, list_columns, list_objects, summarise_run
from warehouse.past import open_as_of
from warehouse.store import open_readonly

PROMPT_ROWS = 200  # more than that is asked for with --format csv
STATUS_ROWS = 12  # of one table: the whole is one screen
STATUS_LEFT_OUT = ("run_id",)  # nothing to a person's eye; `--json` has it
HELP = (
    "Type SQL, ended by a semicolon. `.tables` lists what there is, `.docs NAME` says what it holds, "
    "`.ask` lists ten worked questions and `.ask N` asks one, `.help` says this again, `.quit` leaves."
)


def answer(settings: Settings, query: str, *, form: str, allow_files: bool, as_of: datetime | None = None) -> int:
    """Print one query's answer in a format, as the publication at an instant gave it; WarehouseError carries DuckDB's words."""
    with open_as_of(settings.published, as_of, allow_files=allow_files) as con:
        if form == "parquet":
            if sys.stdout.isatty():
                raise click.UsageError("--format parquet writes bytes: send them to a file with > answer.parquet")
            pq.write_table(run_query_to_arrow(con, query), sys.stdout.buffer)
            return 0
        found = run_query(con, query)
    _print_rows(found.columns, found.rows, form=form)
    return 0


def read_instant(words: str) -> datetime:
    """Read an instant as people write it, ISO 8601; UTC where no zone is said."""
    try:
        instant = datetime.fromisoformat(words.strip())
    except ValueError as error:
        raise click.UsageError(f"--as-of: not an instant: {words!r}; write it as 2026-03-01 or 2026-03-01T08:00+03:00") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _print_rows(columns: Sequence[str], rows: Sequence[Sequence[object]], *, form: str) -> None:
    match form:
        case "csv":
            click.echo(terminal.as_csv(columns, rows), nl=False)
        case "json":
            click.echo(terminal.as_json([dict(zip(columns, row, strict=True)) for row in rows]))
        case _:
            terminal.show_table(columns, rows)


def failed_feeds(settings: Settings, run_id: str) -> tuple[FailedFeed, ...]:
    """The feeds that a run polled in vain."""
    with open_readonly(settings.published) as con:
        return summarise_run(con, run_id).failed_feeds


def prompt(settings: Settings, *, form: str, allow_files: bool, as_of: datetime | None = None) -> int:
    """Answer query after query; each sees the newest publication, unless one is still being read."""
    if not sys.stdin.isatty():
        return answer(settings, sys.stdin.read(), form=form, allow_files=allow_files, as_of=as_of)
    from prompt_toolkit import PromptSession  # noqa: PLC0415  only for people at a terminal
    from prompt_toolkit.history import FileHistory  # noqa: PLC0415

    open_as_of(settings.published, as_of, allow_files=allow_files).close()  # say at once when there is nothing to ask
    settings.private_dir.mkdir(parents=True, exist_ok=True)
    session: PromptSession[str] = PromptSession(history=FileHistory(str(settings.private_dir / "sql_history")))
    click.echo(HELP)
    lines: list[str] = []
    while True:
        try:
            line = session.prompt("trilateral> " if not lines else "       ...> ")
        except KeyboardInterrupt:
            lines = []
            continue
        except EOFError:
            return 0
        if not lines and line.strip().startswith("."):
            if line.strip() in (".quit", ".exit"):
                return 0
            if (query := _worked_at_prompt(line.strip())) is None:
                _explain_at_prompt(settings, line.strip())
                continue
            line = query
        lines.append(line)
        if line.rstrip().endswith(";"):
            _ask_at_prompt(settings, "\n".join(lines), form=form, allow_files=allow_files, as_of=as_of)
            lines = []


def _ask_at_prompt(settings: Settings, query: str, *, form: str, allow_files: bool, as_of: datetime | None) -> None:
    """Answer or explain; a mistake ends the query and not the session."""
    try:
        with open_as_of(settings.published, as_of, allow_files=allow_files) as con:
            found = run_query(con, query, limit=PROMPT_ROWS)
    except WarehouseError as error:
        click.echo(str(error), err=True)
        return
    _print_rows(found.columns, found.rows, form="table" if form == "parquet" else form)
    if found.is_cut:
        click.echo(f"(the first {PROMPT_ROWS} rows)", err=True)


def worked_question(number: int) -> str:
    """SQL of a worked question, from 1."""
    asked = worked_questions()
    if not 1 <= number <= len(asked):
        raise click.UsageError(f"--ask: there is no question {number}, only 1 to {len(asked)}; `.ask` at the prompt lists them")
    return asked[number - 1].sql


def _worked_at_prompt(line: str) -> str | None:
    """SQL of the question that `.ask N` names, shown before it is answered; None for any other line."""
    word, _, number = line.partition(" ")
    if word != ".ask" or not number.strip().isdecimal() or not 1 <= int(number) <= len(worked_questions()):
        return None
    query = worked_question(int(number))
    click.echo(query)
    return query


def _explain_at_prompt(settings: Settings, line: str) -> None:
    """`.tables`, `.docs NAME`, `.ask`, or what can be typed."""
    word, _, name = line.partition(" ")
    if word == ".ask":
        terminal.show_table(("", "question"), list(enumerate((question.title for question in worked_questions()), 1)))
        return
    with open_readonly(settings.published) as con:
        if word == ".tables":
            terminal.show_table(("object", "kind", "what it answers"), list_objects(con))
        elif word == ".docs" and (columns := list_columns(con, name.strip())):
            terminal.show_table(("column", "type", "what it says"), columns)
        else:
            click.echo(HELP)


def show_findings(settings: Settings, *, as_json: bool) -> bool:
    """Run every check and print what should not be there; whether there was any."""
    with open_readonly(settings.published) as con:
        findings = run_checks(con)
    if as_json:
        click.echo(terminal.as_json([dataclasses.asdict(finding) for finding in findings]))
    elif findings:
        terminal.show_table(("check", "finding"), [(finding.check, finding.detail) for finding in findings])
    else:
        click.echo(f"{len(check_names())} checks, no finding")
    return bool(findings)


def show_status(settings: Settings, *, as_json: bool) -> None:
    """Print how the house stands, on one screen."""
    here = look_around(settings)
    with open_readonly(settings.published) as con:
        stands = ask_status(con, now=SYSTEM_CLOCK.now())
    if as_json:
        click.echo(terminal.as_json(dataclasses.asdict(stands) | {"here": dataclasses.asdict(here)}))
        return
    click.echo(_headline(stands, settings.published))
    for line in in_words(here):
        click.echo(line)
    for title, records in (
        ("Last run of each flow", stands.last_runs),
        ("Feeds", stands.feeds),
        ("Feeds in trouble, and why", stands.troubled_feeds),
        ("Pages that wait, and for what", stands.backlog),
        ("Sources that have gone quiet", stands.quiet_sources),
    ):
        _show_part(title, records)


def _show_part(title: str, records: Sequence[Any]) -> None:
    """A table of what there is, without the columns that are empty all the way; the rest is counted."""
    if not records:
        return
    shown = records[:STATUS_ROWS]
    names = [field.name for field in dataclasses.fields(shown[0]) if field.name not in STATUS_LEFT_OUT]
    columns = [name for name in names if any(getattr(record, name) is not None for record in shown)]
    click.echo(f"\n{title}")
    terminal.show_table(columns, [[_cell(getattr(record, column)) for column in columns] for record in shown])
    if len(records) > len(shown):
        click.echo(f"… and {len(records) - len(shown)} more: trilateral status --json")


def _headline(stands: StatusRecord, published: Path) -> str:
    held = f"{stands.articles} articles ({stands.relevant_articles} relevant), {stands.rejections} rejections"
    if stands.freshness is None:
        return f"{published}: {held}; never published by a run"
    fresh = stands.freshness
    as_of = f", data as of {fresh.data_as_of:%Y-%m-%d %H:%M:%S}" if fresh.data_as_of else ""
    return f"{published}: {held}; published {fresh.published_at:%Y-%m-%d %H:%M:%S} UTC through landing {fresh.through_seq}{as_of}"


def _cell(value: object) -> object:
    """Counts of a run as words; all else as it is."""
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return ", ".join(f"{name} {count}" for name, count in value if count)
    return value


def show_sources(sources: tuple[Source, ...], *, as_json: bool) -> None:
    """Print what the sources file declares."""
    if as_json:
        click.echo(terminal.as_json([dataclasses.asdict(source) for source in sources]))
        return
    columns = ("id", "name", "country", "lang", "affiliation", "family", "feed", "enabled")
    rows = [
        (
            source.id,
            source.name,
            source.country,
            source.lang,
            source.affiliation,
            source.family,
            feed.url,
            "yes" if source.enabled else "no",
        )
        for source in sources
        for feed in source.feeds
    ]
    terminal.show_table(columns, rows)
