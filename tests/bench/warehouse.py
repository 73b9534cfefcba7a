"""How fast the warehouse takes articles, what it weighs, how long a publication takes and how fast it answers.

    python -m tests.bench.warehouse --articles 10000 100000 --ingest-rate 25

Lands the synthetic newswire in batches of 100 through the real landing on a real private file. At each size: landing
rate, bytes, seconds of a publication, and the median of five of every public view's count and of a typical filtered
question to it, taken from `docs`, and of every worked question. With `--ingest-rate` (articles/s of an end-to-end run,
as `tests.bench.ingest` prints it) also the share of such a run that landing is. One million articles take about 6 GB.
"""

from __future__ import annotations

import argparse
import statistics
import sys
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
# A typical question about a view: the first of these columns that it has, and the value to look for.
FILTERS = (
    ("day", ">=", "(select max(day) - 6 from {view})"),
    ("published_on", ">=", "(select max(published_on) - 6 from {view})"),
    ("theme", "=", "(select theme from article_themes group by theme order by count(*) desc, theme limit 1)"),
    ("source_id", "=", "'outlet-07'"),
    ("article_id", "=", "(select max(article_id) from {view})"),
)
LONG = {"text"}  # nobody reads ten thousand texts at a prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long a question took, and how many rows it gave."""

    name: str
    seconds: float  # median
    times: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What was measured at one size."""

    articles: int  # in the file; pages that are none are not counted
    landed: int  # articles and dead ends that were landed since the size before
    landing_seconds: float
    last_rate: float  # articles/s of the last tenth
    publish_seconds: float
    file_bytes: int
    timings: tuple[Timing, ...]


def measure(sizes, folder, *, seed=0, times=TIMES):
    """Land up to each size in turn and measure there; yields a Size each."""
    wire, target = Newswire(seed=seed), folder / "trilateral.duckdb"
    with open_writer(folder / "private", purpose="bench") as writer:
        land_sources(writer.con, wire.sources(), run_id="bench", now=wire.now(-1))
        land_codebook(writer.con, wire.codebook(), run_id="bench", now=wire.now(-1))
        done = 0
        for size in sizes:
            batches = range(done, max(done + 1, size // BATCH))
            spent = [_land(writer.con, wire, number) for number in batches]
            done = batches.stop
            publication = publish(writer, target, now=wire.now(done - 1))
            with open_readonly(target) as con:
                timings = tuple(time_questions(con, times=times))
                articles = con.execute("select count(*) from articles").fetchone()[0]
            tail = spent[-max(1, len(spent) // 10) :]
            yield Size(
                articles=articles,
                landed=len(batches) * BATCH,
                landing_seconds=sum(spent),
                last_rate=len(tail) * BATCH / sum(tail),
                publish_seconds=publication.seconds,
                file_bytes=publication.bytes,
                timings=timings,
            )


def _land(con, wire, number):
    """Seconds that the landing of one batch took; making it up is not counted."""
    batch = wire.batch(number)
    begun = time.perf_counter()
    land(con, batch, run_id="bench", now=wire.now(number), scope_of=scope_of)
    return time.perf_counter() - begun


def time_questions(con, *, times=TIMES):
    """Time every public view and macro that `docs` names, and every worked question."""
    for name, sql in questions(con):
        spent, rows = [], 0
        while len(spent) < times and sum(spent) < PATIENCE_SECONDS:
            begun = time.perf_counter()
            rows = con.execute(sql).to_arrow_table().num_rows
            spent.append(time.perf_counter() - begun)
        yield Timing(name=name, seconds=statistics.median(spent), times=len(spent), rows=rows)


def questions(con):
    """Every question as (name, SQL): two about each view, one about each macro, and the worked ones."""
    columns = {}
    for view, column in con.execute("select object, column_name from docs where kind = 'view'").fetchall():
        columns.setdefault(view, []).extend([column] if column else [])
    for view, names in columns.items():
        yield f"{view}: count", f'select count(*) from "{view}"'  # noqa: S608 - names that docs gives
        yield f"{view}: {(filtered := _filtered(view, names))[0]}", filtered[1]
    as_of = "select object from docs where kind = 'macro' and column_name = 'ts' order by object"
    for (macro,) in con.execute(as_of).fetchall():
        yield f"{macro}: count, now", f'select count(*) from "{macro}"((select published_at from publication))'  # noqa: S608 - names that docs gives
    yield from worked_questions()


def _filtered(view, names):
    shown = ", ".join(f'"{name}"' for name in names if name not in LONG)
    for column, sign, value in FILTERS:
        if column in names:
            return f"by {column}", f'select {shown} from "{view}" where "{column}" {sign} {value.format(view=view)}'  # noqa: S608 - names that docs gives
    return "all", f'select {shown} from "{view}"'  # noqa: S608 - names that docs gives


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
    rate = size.landed / size.landing_seconds
    print(f"\n== {size.articles:,} articles")
    print(f"landing              {rate:,.0f} articles/s in batches of {BATCH} ({size.last_rate:,.0f}/s in the last tenth)")
    if ingest_rate:
        print(f"share of a run       {ingest_rate / rate:.1%} of the time of an end-to-end run at {ingest_rate:g} articles/s")
    print(f"publication          {size.publish_seconds:.2f} s")
    print(f"file                 {size.file_bytes / 1e6:,.0f} MB, {size.file_bytes / size.articles:,.0f} bytes an article")
    for timing in size.timings:
        often = "" if timing.times == TIMES else f"   (asked {timing.times} times)"
        print(f"{timing.name:44} {timing.seconds * 1000:10,.1f} ms {timing.rows:10,} rows{often}")
    sys.stdout.flush()


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, nargs="+", default=[10_000, 100_000], metavar="N", help="sizes at which to measure")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ingest-rate", type=float, metavar="RATE", help="articles/s of an end-to-end run")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the files there; must be empty")
    args = parser.parse_args(arguments)
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
