"""`trilateral demo`: the sample newsroom on loopback, ingested by the very flow that ingests the world, then asked three questions."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import click

from flows import terminal
from flows.engine import ingest_runner
from flows.newsroom.server import Newsroom
from flows.run import RunReport
from flows.settings import Settings
from warehouse.answers import demo_questions, run_query
from warehouse.guide import summarise_run
from warehouse.store import open_readonly

LOOPBACK = ip_network("127.0.0.0/8")


def play(keep: Path | None) -> int:
    """Ingest edition one and edition two of the newsroom, print what landed and three answers; the exit code."""
    began = time.monotonic()
    with _folder(keep) as folder, Newsroom() as newsroom:
        settings = newsroom_settings(newsroom, folder)
        terminal.say(f"A newsroom of invented outlets is open on 127.0.0.1:{newsroom.port}; starting Prefect for its run history …")
        with terminal.progress_of("ingest") as on_progress, ingest_runner(settings, say=terminal.say, on_progress=on_progress) as ingest:
            terminal.say("Edition 1: every feed for the first time.")
            first = ingest()
            newsroom.advance()
            terminal.say("Edition 2: new articles, and one that was edited after publication. Feeds are asked with their ETags.")
            last = ingest(force=True)
        _show_what_landed(settings.published, first, last)
        _answer_questions(settings.published)
        click.echo(f"\nDone in {time.monotonic() - began:.0f} s.")
        if keep is not None:
            click.echo(f"Ask more:  trilateral sql --data-dir {keep}")
        else:
            click.echo("Keep the warehouse next time and ask it more:  trilateral demo --keep demo")
        return last.exit_code


def newsroom_settings(newsroom: Newsroom, folder: Path) -> Settings:
    """Settings under which the newsroom, and nothing else, is ingested: loopback only, and in no hurry to be polite to ourselves."""
    sources = folder / "newsroom.toml"
    sources.write_text(newsroom.sources_toml, encoding="utf-8")
    return Settings(
        data_dir=folder,
        sources=sources,
        contact="the sample newsroom",
        allow_networks=(LOOPBACK,),
        connect_to=newsroom.connect_to,
        host_delay_seconds=0.05,
        poll_floor_seconds=0,
        batch_seconds=1.0,
        publish_seconds=1.0,
    )


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="trilateral-demo-") as name:
            yield Path(name)
        return
    keep.mkdir(parents=True, exist_ok=True)
    yield keep


def _show_what_landed(published: Path, first: RunReport, last: RunReport) -> None:
    for edition, report in enumerate((first, last), 1):
        counts = report.counts
        click.echo(
            f"Edition {edition}: {counts.feeds} feeds polled, {counts.feeds_unchanged} of them unchanged; "
            f"{counts.pages} pages fetched; {counts.articles_new} new articles, {counts.edits} edited, "
            f"{counts.rejected} rejected, {counts.pages_put_off} to be tried again."
        )
    with open_readonly(published) as con:
        summary = summarise_run(con, first.run.run_id)
    click.echo("\nWhat edition 1 brought, by outlet and by theme\n")
    terminal.show_table(
        ("outlet", "articles", "rejected"), [(source, articles, rejected) for source, articles, _, rejected in summary.by_source]
    )
    terminal.show_table(("theme", "articles", "passages that show it"), summary.by_theme)


def _answer_questions(published: Path) -> None:
    with open_readonly(published) as con:
        for question in demo_questions():
            answer = run_query(con, question.sql)
            click.echo(f"\n{question.title}\n\n{question.sql.strip()}")
            terminal.show_table(answer.columns, answer.rows)
