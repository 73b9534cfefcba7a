"""The commands of history: `trilateral backfill` and `reextract`. Read what is asked for, call one room, print; decide nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.examples import example

if TYPE_CHECKING:
    from flows.estimate import Estimate
    from flows.history import HistoryReport, Order
    from flows.rereading import RereadingReport
    from flows.settings import Settings


class _Bytes(click.ParamType[int]):
    """A size as people write it: 500MB, 2GiB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from pydantic import ByteSize, TypeAdapter, ValidationError

        try:
            return int(TypeAdapter(ByteSize).validate_python(value))
        except ValidationError:
            self.fail(f"not a size such as 500MB or 2GiB: {value!r}", param, ctx)


@example("trilateral backfill warc CC-NEWS-20260301021500-00042.warc.gz --since 2026-02-01 --limit 500")
@click.command()
@click.argument("adapter")
@click.argument("target")
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Everything that is kept [default: ./data].")
@click.option("--warehouse", help="The published database [default: {data_dir}/trilateral.duckdb].")
@click.option("--sources", type=click.Path(path_type=Path, dir_okay=False), help="The sources file.")
@click.option("--since", metavar="D", help="Nothing older than this day or instant.")
@click.option("--until", metavar="D", help="Nothing younger than this day (wholly in it) or instant.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many pages; the next run goes on behind them.")
@click.option("--max-requests", type=click.IntRange(min=1), metavar="N", help="At most so many requests.")
@click.option("--max-bytes", type=_Bytes(), metavar="SIZE", help="At most so many bytes of pages, as 500MB.")
@click.option("--max-minutes", type=click.FloatRange(min=0, min_open=True), metavar="M", help="At most so long.")
@click.option("--declared", is_flag=True, help="Only pages of sources in the sources file.")
@click.option("--offline", is_flag=True, help="Ask nobody for anything: warc, folder and jsonl only.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="The run's counts as JSON on stdout.")
def backfill(  # noqa: PLR0917  click passes what was typed by name
    adapter: str,
    target: str,
    data_dir: Path | None,
    warehouse: str | None,
    sources: Path | None,
    since: str | None,
    until: str | None,
    limit: int | None,
    max_requests: int | None,
    max_bytes: int | None,
    max_minutes: float | None,
    *,
    declared: bool,
    offline: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """History: warc, folder, jsonl (on this machine), urls, sitemap, archive-feed, wordpress (asked politely).

    Goes on where an earlier run stopped, the newest first.
    """
    from flows.history import Order, check_order, window_of
    from flows.run import load_sources
    from flows.settings import load_settings

    settings = load_settings(flags={"data_dir": data_dir, "warehouse": warehouse, "sources": sources}).settings
    load_sources(settings)  # a broken sources file is said before anything starts
    order = Order(
        adapter=adapter,
        target=target,
        window=window_of(since, until),
        limit=limit,
        max_requests=max_requests,
        max_bytes=max_bytes,
        max_minutes=max_minutes,
        only_declared=declared,
    )
    check_order(order, offline=offline)
    return _estimate(settings, order, as_json=as_json) if dry_run else _run(settings, order, offline=offline, as_json=as_json)


def _estimate(settings: Settings, order: Order, *, as_json: bool) -> int:
    from flows import terminal
    from flows.estimate import estimate

    found = estimate(settings, order)
    if as_json:
        counts = {"pages": found.pages, "requests": found.requests, "minutes": round(found.minutes, 1), **dict(found.tally.counts())}
        click.echo(terminal.as_json({"would": counts, "is_whole": found.is_whole}))
    else:
        terminal.say(_in_words(found))
        _say_problems(found.tally.problems)
    return 0


def _in_words(found: Estimate) -> str:
    about = "" if found.is_whole else "at least "
    return (
        f"would take {about}{found.pages} pages ({found.tally.bytes / 2**20:.1f} MiB) with {about}{found.requests} requests "
        f"in about {found.minutes:.1f} minutes; {found.tally.known} are known, left out: {_left_out(found.tally.passed)}"
    )


def _left_out(passed: dict[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(passed.items(), key=lambda item: -item[1])) or "nothing"


def _say_problems(problems: list[str]) -> None:
    from flows import terminal

    for problem in problems:
        terminal.say(f"- {problem}")


def _run(settings: Settings, order: Order, *, offline: bool, as_json: bool) -> int:
    from flows import terminal
    from flows.engine import Remarks, runner
    from flows.history import run_backfill

    if settings.contact is None and order.asks_publishers:
        terminal.say("no `contact` is set, so publishers cannot tell whom to write to: set it in trilateral.toml")
    with terminal.progress_of("backfill") as on_progress:

        def bare(*_: str, remarks: Remarks) -> HistoryReport:
            return run_backfill(settings, order, offline=offline, say=terminal.say, on_progress=on_progress, remarks=remarks)

        def make_flow(on_report: Callable[[HistoryReport], None]) -> Callable[..., object]:
            from flows.backfill import make_backfill

            return make_backfill(
                settings=settings, order=order, offline=offline, say=terminal.say, on_progress=on_progress, on_report=on_report
            )

        with runner(settings, say=terminal.say, bare=bare, make_flow=make_flow) as run:
            report = run(order.adapter, order.target)
    _show(report, settings, as_json=as_json)
    return report.exit_code


def _show(report: HistoryReport, settings: Settings, *, as_json: bool) -> None:
    from flows import terminal

    run, tally = report.run.run, report.tally
    if as_json:
        found = {"run_id": run.run_id, "status": run.status, "counts": dict(run.counts), "spent": report.spent, "problems": tally.problems}
        click.echo(terminal.as_json(found))
        return
    _say_problems(tally.problems)
    terminal.say(
        f"{run.status}: {tally.taken} pages taken, {tally.known} were known; {report.run.counts.articles_new} new articles, "
        f"{report.run.counts.rejected} rejected, {tally.poorer} poorer than what is held; left out: {_left_out(tally.passed)}; "
        f"published to {settings.published}"
    )
    if report.spent:
        terminal.say(f"stopped by {report.spent}; the same command goes on from there")


@example("trilateral reextract --since 2026-01-01 --source gazette")
@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Everything that is kept [default: ./data].")
@click.option("--warehouse", help="The published database [default: {data_dir}/trilateral.duckdb].")
@click.option("--sources", type=click.Path(path_type=Path, dir_okay=False), help="The sources file.")
@click.option("--since", metavar="D", help="Only what was captured on this day, at this instant or later.")
@click.option("--source", metavar="S", help="Only pages of this source, by its id.")
@click.option("--json", "as_json", is_flag=True, help="The run's counts as JSON on stdout.")
def reextract(
    data_dir: Path | None, warehouse: str | None, sources: Path | None, since: str | None, source: str | None, *, as_json: bool
) -> int:
    """Stored captures under today's extractor; what it reads differently lands as versions whose cause it is."""
    from flows import terminal
    from flows.engine import Remarks, runner
    from flows.history import window_of
    from flows.rereading import run_reextract
    from flows.run import load_sources
    from flows.settings import load_settings

    settings = load_settings(flags={"data_dir": data_dir, "warehouse": warehouse, "sources": sources}).settings
    declared = load_sources(settings)
    if source is not None and source not in {one.id for one in declared}:
        raise click.UsageError(f"--source: no source {source!r} in the sources file; `trilateral sources list` names them")
    bound = window_of(since, None).since
    with terminal.progress_of("reextract") as on_progress:

        def bare(*_: str | None, remarks: Remarks) -> RereadingReport:
            return run_reextract(settings, since=bound, source=source, say=terminal.say, on_progress=on_progress, remarks=remarks)

        def make_flow(on_report: Callable[[RereadingReport], None]) -> Callable[..., object]:
            from flows.reextract import make_reextract

            return make_reextract(settings=settings, say=terminal.say, on_progress=on_progress, on_report=on_report)

        with runner(settings, say=terminal.say, bare=bare, make_flow=make_flow) as read_again:
            report = read_again(since, source)
    run, tally = report.run.run, report.tally
    if as_json:
        click.echo(terminal.as_json({"run_id": run.run_id, "status": run.status, "counts": dict(run.counts)}))
    else:
        terminal.say(
            f"{run.status}: {tally.taken} captures read again: {report.run.counts.edits} articles read differently, "
            f"{report.run.counts.articles_new} found where none was; {tally.gone} captures are gone, "
            f"{tally.lost} articles not found any more and kept; published to {settings.published}"
        )
    return report.exit_code
