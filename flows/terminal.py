"""What people see: progress, tables, coloured passages. Words go to stderr, answers to stdout. Decides nothing."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from extractors.records import FeedDocument, Published
from flows.pipeline import Counts

if TYPE_CHECKING:  # `classify` must not load the database
    from warehouse.codebooks import Change, Comparison

PIPE_COLUMNS = 160
PLAIN_LINE_SECONDS = 10.0  # without a terminal: one line of progress that often


def say(message: str) -> None:
    """A sentence for people, on stderr."""
    click.echo(message, err=True)


@contextlib.contextmanager
def progress_of(label: str) -> Iterator[Callable[[Counts], None]]:
    """A bar on a terminal, a plain line now and then otherwise; the total is what is known to be waiting."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_lines(label)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=None, words="")

        def show(counts: Counts) -> None:
            done, total = counts.articles_new + counts.rejected, counts.entries_new
            bar.update(task, completed=done, total=max(total, done) or None, words=_in_words(counts))

        yield show


@contextlib.contextmanager
def counted(label: str) -> Iterator[Callable[[int, int], None]]:
    """The same for work whose end is known: what is done, and of how much."""
    console = Console(stderr=True)
    if not console.is_terminal:
        last = time.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal last
            if time.monotonic() - last >= PLAIN_LINE_SECONDS:
                last = time.monotonic()
                say(f"{label}: {done} of {total}")

        yield tell
        return
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _plain_lines(label: str) -> Callable[[Counts], None]:
    last = time.monotonic()

    def show(counts: Counts) -> None:
        nonlocal last
        if time.monotonic() - last >= PLAIN_LINE_SECONDS:
            last = time.monotonic()
            say(f"{label}: {_in_words(counts)}")

    return show


def _in_words(counts: Counts) -> str:
    return f"{counts.feeds} feeds, {counts.pages} pages, {counts.articles_new} new articles, {counts.rejected} rejected"


@contextlib.contextmanager
def bar_of(label: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for so many of so many on a terminal, a plain line now and then otherwise."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_counts(label, unit)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _plain_counts(label: str, unit: str) -> Callable[[int, int], None]:
    last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= PLAIN_LINE_SECONDS:
            last = time.monotonic()
            say(f"{label}: {done} of {total} {unit}")

    return show


def output() -> Console:
    """Standard output: as wide as the terminal, and roomy where it is a pipe or a file."""
    console = Console(file=sys.stdout)
    if not console.is_terminal:
        console.width = PIPE_COLUMNS
    return console


def show_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Rows as a table; long cells are folded, never cut."""
    console = output()
    table = Table()
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell_text(cell)) for cell in row))
    console.print(table)


_FORMATS = {"rss": "RSS", "atom": "Atom", "rdf": "RSS 1.0 (RDF)", "json": "JSON Feed", "sitemap": "news sitemap", "unknown": "not a feed"}


def show_document(name: str, document: FeedDocument, *, is_first: bool = True) -> None:
    """A feed document as its reader needs it: what it is, each entry with date and address, then what was wrong."""
    console = output()
    if not is_first:
        console.print()
    entries = document.entries
    count = f"{len(entries)} entr{'y' if len(entries) == 1 else 'ies'}"
    about = (
        _FORMATS[document.format],
        count if document.format != "unknown" else "",
        document.lang or "",
        document.title,
        document.home or "",
    )
    console.print(Text.assemble((name, "bold"), ": ", " · ".join(filter(None, about))), soft_wrap=True)
    table = Table()
    table.add_column("#", justify="right")
    for column in ("published (UTC)", "lang", "title, address, authors"):
        table.add_column(column, overflow="fold")
    for place, entry in enumerate(entries, 1):
        words = Text(entry.title or "(no title)", style="bold" if entry.title else "dim")
        words.append(f"\n{entry.link or '(no link)'}", style="not bold")
        if entry.authors:
            words.append(f"\n{', '.join(entry.authors)}", style="not bold dim")
        table.add_row(str(place), Text(_when(entry.published)), entry.lang or "", words)
    if entries:
        console.print(table)
    if any(_is_zoneless(entry.published) for entry in entries):
        console.print("? the time names no zone and is shown as written; the source's `timezone` would settle it")
    for problem in document.problems:
        console.print(Text.assemble(("problem: ", "yellow"), problem), soft_wrap=True)


def _when(published: Published) -> str:
    if published.at is None:
        return "undated"
    if published.precision == "day":
        return f"{published.on}"
    return f"{published.at:%Y-%m-%d %H:%M}{' ?' if _is_zoneless(published) else ''}"


def _is_zoneless(published: Published) -> bool:
    return published.zone == "unknown" and published.precision in {"second", "minute"}


def cell_text(value: Any) -> str:
    """A cell as people read it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list | tuple):
        return ", ".join(cell_text(item) for item in value)
    return str(value)


def as_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """RFC 4180 with a header line."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def as_json(value: Any) -> str:
    """JSON on one line, letters as they are, instants in ISO 8601."""
    return json.dumps(value, ensure_ascii=False, default=_json_default)


def _json_default(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else str(value)


def show_comparison(comparison: Comparison) -> None:
    """What each theme gained and lost, then examples of it with the passage that shows the theme, or showed it."""
    console = output()
    console.print(
        Text.assemble(
            ("codebook ", "bold"), comparison.after, (" against ", "bold"), comparison.before, f": {comparison.articles} articles"
        )
    )
    table = Table()
    table.add_column("theme")
    for column in ("before", "after", "gained", "lost"):
        table.add_column(column, justify="right")
    for change in comparison.themes:
        table.add_row(change.theme, *_change_cells(change))
    table.add_section()
    table.add_row("relevant articles", *_change_cells(comparison.relevant))
    console.print(table)
    theme = ""
    for example in comparison.examples:
        if example.theme != theme:
            theme = example.theme
            console.print(Text(f"\n{theme}", style="bold"))
        sign, colour = ("+", "green") if example.change == "gained" else ("−", "red")
        about = f" · {example.day} · {example.source_id or 'no source'} · {example.url}"
        console.print(Text.assemble((f"{sign} ", colour), (example.title or "(no title)", "bold"), (about, "dim")), soft_wrap=True)
        console.print(
            Text.assemble("  “", (" ".join(example.quote.split()), colour), f"”  {example.score:.2f}  {example.cue}"), soft_wrap=True
        )


def _change_cells(change: Change) -> tuple[Text, ...]:
    gained, lost = Text(f"+{change.gained}", style="green"), Text(f"−{change.lost}", style="red")
    nothing = Text("·", style="dim")
    return Text(str(change.before)), Text(str(change.after)), gained if change.gained else nothing, lost if change.lost else nothing
