"""Commands that keep running: `watch` and `up`."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.examples import example
from flows.interruption import interruptible

if TYPE_CHECKING:
    from flows.settings import Settings
    from flows.watch import Pass, WatchReport

EXIT_USAGE = 2

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


class Duration(click.ParamType[float]):
    """`90s`, `15m`, `2h`, `1d`, `1h30m`: seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it; a bare number has no unit and is refused."""
        parts = _DURATION.findall(value)
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
        if "".join(number + unit for number, unit in parts) != value or seconds <= 0:
            self.fail(f"not a duration: {value!r}; write it as 90s, 15m, 2h or 1h30m", param, ctx)
        return seconds


@example("trilateral watch --for 2h")
@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Everything that is kept [default: ./data].")
@click.option("--warehouse", help="The published database [default: {data_dir}/trilateral.duckdb].")
@click.option("--sources", type=click.Path(path_type=Path, dir_okay=False), help="The sources file; changes to it are taken over.")
@click.option("--for", "seconds", type=Duration(), metavar="DURATION", help="Stop after that time: 90s, 15m, 2h [default: until stopped].")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a pass on stdout, and one at the end.")
def watch(data_dir: Path | None, warehouse: str | None, sources: Path | None, seconds: float | None, *, as_json: bool) -> int:
    """Keep ingesting as feeds fall due until stopped; says how soon what was published can be asked for."""
    from flows import terminal

    with interruptible(terminal.say, exit_code=0):
        settings = _settings_of_a_long_run(data_dir=data_dir, warehouse=warehouse, sources=sources)
        from flows.watch import watch as keep_watching

        with terminal.progress_of("watch") as on_progress:
            report = keep_watching(
                settings,
                seconds=seconds,
                say=terminal.say,
                on_progress=on_progress,
                on_pass=lambda done: _tell_pass(done, as_json=as_json),
            )
        _tell_end(report, as_json=as_json)
    return 0


@example("trilateral up --port 4200")
@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Everything that is kept [default: ./data].")
@click.option("--warehouse", help="The published database [default: {data_dir}/trilateral.duckdb].")
@click.option("--sources", type=click.Path(path_type=Path, dir_okay=False), help="The sources file.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the Prefect server [default: 4200, or a free one].")
def up(data_dir: Path | None, warehouse: str | None, sources: Path | None, port: int | None) -> int:
    """Everything on one machine: a local Prefect server if none is set, and the deployments on their schedules."""
    from flows import terminal

    with interruptible(terminal.say, exit_code=0):
        settings = _settings_of_a_long_run(data_dir=data_dir, warehouse=warehouse, sources=sources)
        from flows.up import up as run_everything

        run_everything(settings, port=port, say=terminal.say)
    return 0


def _settings_of_a_long_run(**flags: Any) -> Settings:
    """The settings; a usage error where nobody could be written to about what we do for weeks."""
    from flows.run import refuse_without_contact
    from flows.settings import load_settings

    settings = load_settings(flags=flags).settings
    if refusal := refuse_without_contact(settings):
        raise click.UsageError(refusal)
    return settings


def _tell_pass(done: Pass, *, as_json: bool) -> None:
    """A line for a pass that brought something or failed to; nothing for one that found all as it was."""
    from flows import terminal

    counts = done.counts
    if as_json:
        told = {"pass": done.number, "seconds": round(done.seconds, 3), "counts": dataclasses.asdict(counts)}
        click.echo(terminal.as_json(told | _latency_of(done.latency)))
        return
    if not (counts.articles_new or counts.edits or counts.rejected or counts.feeds_failed or done.latency.since_poll.articles):
        return
    words = (
        f"pass {done.number}: {counts.feeds} feeds polled ({counts.feeds_failed} failed), {counts.pages} pages, "
        f"{counts.articles_new} new articles, {counts.edits} edited, {counts.rejected} rejected in {done.seconds:.1f} s"
    )
    terminal.say("; ".join(filter(None, (words, done.latency.in_words()))))


def _tell_end(report: WatchReport, *, as_json: bool) -> None:
    from flows import terminal

    counts = report.counts
    if as_json:
        told = {"run_id": report.run.run_id, "status": report.run.status, "passes": report.passes}
        click.echo(terminal.as_json(told | {"counts": dict(report.run.counts)} | _latency_of(report.latency)))
        return
    words = f"{report.run.status}: {report.passes} passes, {counts.feeds} polls, {counts.articles_new} new articles, {counts.edits} edited"
    terminal.say("; ".join(filter(None, (words, report.latency.in_words()))))


def _latency_of(latency: Any) -> dict[str, Any]:
    delays = {"since_change": latency.since_change, "since_poll": latency.since_poll}
    return {"latency": {name: dataclasses.asdict(delay) for name, delay in delays.items()}}
