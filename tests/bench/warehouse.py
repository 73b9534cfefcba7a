"""How fast the warehouse takes articles, what it weighs, how long a publication takes and how fast it answers.

    python -m tests.bench.warehouse --articles 10000 100000 --ingest-rate 25

Lands the synthetic newswire in batches of 100 through the real landing on a real private file. At each size: landing
rate, bytes, seconds of a publication, and the median of five of every public view's count and of a typical filtered
question to it, taken from `docs`, and of every worked question. With `--ingest-rate` (articles/s of an end-to-end run,
as `tests.bench.ingest` prints it) also the share of such a run that landing is. For sizes whose
landing takes too long, see `tests.bench.multiply`.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb

from extractors.urls import scope_of
from tests.bench.newswire import BATCH, Newswire
from warehouse.landing import land, land_codebook, land_sources
from warehouse.publish import publish
from warehouse.store import open_readonly, open_writer

TIMES = 5
PATIENCE_SECONDS = 60.0  # a question that takes longer is asked once
# A typical question about a view: the first of these columns that it has, and the value to look for, asked beforehand.
FILTERS = (
    ("day", ">=", "max(day) - 6"),
    ("published_on", ">=", "max(published_on) - 6"),
    ("theme", "=", "mode(theme)"),
    ("source_id", "=", "mode(source_id)"),
    ("article_id", "=", "max(article_id)"),
)
LONG = {"text"}  # nobody reads ten thousand texts at a prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long a question took, and how many rows it gave."""

    name: str
    seconds: float  # median
    cpu_seconds: float  # median, of all threads: what a busy machine does not change
    times: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What was measured at one size."""

    articles: int  # in the file; pages that are none are not counted
    landed: int  # articles and dead ends that were landed since the size before
    landing_seconds: float
    landing_cpu_seconds: float
    last_rate: float  # articles/s of the last tenth
    publish_seconds: float
    file_bytes: int
    timings: tuple[Timing, ...]


def measure(sizes, folder, *, seed=0, times=TIMES):
    """Land up to each size in turn and measure there; yields a Size each."""
    wire, target = Newswire(seed=seed), folder / "trilateral.duckdb"
    with open_writer(folder / "private", purpose="bench") as writer:
        done = 0
        for size in sizes:
            spent = list(land_wire(writer.con, wire, size, done=done))
            landed, done = len(spent), done + len(spent)
            publication = publish(writer, target, now=wire.now(done - 1))
            with open_readonly(target) as con:
                timings = tuple(time_questions(con, times=times))
                articles = con.execute("select count(*) from articles").fetchone()[0]
            tail = [seconds for seconds, _ in spent[-max(1, len(spent) // 10) :]]
            yield Size(
                articles=articles,
                landed=landed * BATCH,
                landing_seconds=sum(seconds for seconds, _ in spent),
                landing_cpu_seconds=sum(cpu_seconds for _, cpu_seconds in spent),
                last_rate=len(tail) * BATCH / sum(tail),
                publish_seconds=publication.seconds,
                file_bytes=publication.bytes,
                timings=timings,
            )


def land_wire(con, wire, size, *, done=0):
    """Land up to so many articles, `done` batches of which are there; yields for each batch what `_land` tells."""
    if not done:
        land_sources(con, wire.sources(), run_id="bench", now=wire.now(-1))
        land_codebook(con, wire.codebook(), run_id="bench", now=wire.now(-1))
    for number in range(done, max(done + 1, size // BATCH)):
        yield _land(con, wire, number)


def _land(con, wire, number):
    """Seconds and CPU seconds that the landing of one batch took; making it up is not counted."""
    batch = wire.batch(number)
    begun, cpu_begun = time.perf_counter(), time.process_time()
    land(con, batch, run_id="bench", now=wire.now(number), scope_of=scope_of)
    return time.perf_counter() - begun, time.process_time() - cpu_begun


def time_questions(con, *, times=TIMES):
    """Time every public view and macro that `docs` names, and every worked question."""
    for name, sql in questions(con):
        spent, cpu_spent, rows = [], [], 0
        while len(spent) < times and sum(spent) < PATIENCE_SECONDS:
            begun, cpu_begun = time.perf_counter(), time.process_time()
            rows = con.execute(sql).to_arrow_table().num_rows
            spent.append(time.perf_counter() - begun)
            cpu_spent.append(time.process_time() - cpu_begun)
        yield Timing(name=name, seconds=statistics.median(spent), cpu_seconds=statistics.median(cpu_spent), times=len(spent), rows=rows)


def questions(con):
    """Every question as (name, SQL): two about each view, one about each macro, and the worked ones."""
    columns = {}
    for view, column in con.execute("select object, column_name from docs where kind = 'view'").fetchall():
        columns.setdefault(view, []).extend([column] if column else [])
    for view, names in columns.items():
        yield f"{view}: count", f'select count(*) from "{view}"'  # noqa: S608 - names that docs gives
        yield _filtered(con, view, names)
    as_of = "select object, published_at from docs, publication where kind = 'macro' and column_name = 'ts' order by object"
    for macro, instant in con.execute(as_of).fetchall():
        yield f"{macro}: count, now", f"select count(*) from \"{macro}\"(timestamp '{instant}')"  # noqa: S608 - a name that docs gives
    yield from worked_questions()


def _filtered(con, view, names):
    """Ask a typical question with its value written out, as a person does: a subquery there would not be pushed down."""
    shown = ", ".join(f'"{name}"' for name in names if name not in LONG)
    question = f'select {shown} from "{view}"'  # noqa: S608 - names that docs gives
    for column, sign, value in FILTERS:
        if column in names:
            (found,) = con.execute(f'select {value} from "{view}"').fetchone()  # noqa: S608 - ours, and names that docs gives
            written = "null" if found is None else "'" + str(found).replace("'", "''") + "'"
            return f"{view}: by {column}", f'{question} where "{column}" {sign} {written}'
    return f"{view}: all", question


def worked_questions():
    """Files of `queries/` that are one question for people, not statements of the program: their first line says it."""
    for file in sorted((files("warehouse") / "queries").iterdir(), key=lambda file: file.name):
        text = file.read_text(encoding="utf-8") if file.name.endswith(".sql") else "-- name:"
        if "-- name:" not in text:
            yield f"queries/{file.name}", text


def missing(con):
    """Names of objects in `docs` that no question is asked of: macros that take something else than an instant."""
    rows = con.execute("select object from docs where kind = 'macro' and column_name is distinct from 'ts' order by object")
    return [name for (name,) in rows.fetchall()]


def report(size, *, ingest_rate=None):
    rate, cpu = size.landed / size.landing_seconds, size.landing_cpu_seconds / size.landed
    print(f"\n== {size.articles:,} articles")
    print(
        f"landing              {rate:,.0f} articles/s in batches of {BATCH} ({size.last_rate:,.0f}/s in the last tenth), {cpu * 1000:.2f} ms of CPU each"
    )
    if ingest_rate:
        print(f"share of a run       {ingest_rate / rate:.1%} of the time of an end-to-end run at {ingest_rate:g} articles/s")
    report_published(size.articles, publish_seconds=size.publish_seconds, file_bytes=size.file_bytes)
    report_timings(size.timings)


def report_published(articles, *, publish_seconds, file_bytes):
    print(f"publication          {publish_seconds:.2f} s")
    print(f"file                 {file_bytes / 1e6:,.0f} MB, {file_bytes / articles:,.0f} bytes an article")


def report_timings(timings, *, times=TIMES):
    """Print each as soon as it is known."""
    print(f"{'question':44} {'median':>13} {'of CPU':>13} {'rows':>10}")
    for timing in timings:
        often = "" if timing.times == times else f"   (asked {timing.times} times)"
        print(
            f"{timing.name:44} {timing.seconds * 1000:10,.1f} ms {timing.cpu_seconds * 1000:10,.1f} ms {timing.rows:10,}{often}", flush=True
        )


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, nargs="+", default=[10_000, 100_000], metavar="N", help="sizes at which to measure")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ingest-rate", type=float, metavar="RATE", help="articles/s of an end-to-end run")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the files there; must be empty")
    parser.add_argument("--ask", type=Path, metavar="FILE", help="only ask the questions, of a published file that is there")
    args = parser.parse_args(arguments)
    if args.ask:
        with open_readonly(args.ask) as con:
            report_timings(time_questions(con))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.keep or Path(scratch)
        if folder.exists() and any(folder.iterdir()):
            parser.error(f"{folder}: not empty")
        print(f"duckdb {duckdb.__version__}, seed {args.seed}, median of {TIMES}")
        for size in measure(sorted(set(args.articles)), folder, seed=args.seed):
            report(size, ingest_rate=args.ingest_rate)
        with open_readonly(folder / "trilateral.duckdb") as con:
            if left_out := missing(con):
                print(f"not timed, since they take more than an instant: {', '.join(left_out)}")


if __name__ == "__main__":
    main()
