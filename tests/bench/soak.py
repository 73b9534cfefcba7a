"""Twenty minutes of landing under SIGKILL with readers at it: nothing lost, nothing twice, nobody disturbed.

    python -m tests.bench.soak [--minutes 20] [--seed N] [--break NAME]

A writer lands the synthetic newswire as fast as it can and is killed every minute; what it acknowledged stands in a
file that it syncs, and is the reference. One reader keeps one connection and must get the same answer throughout; three
open anew for every question and must see `through_seq` grow with a lag of at most 2 x publish_seconds and a
publication, in at least fifteen publications. Shorter runs are killed more often, publish more often and expect in
proportion. Exits 1 on any breach. `--break` makes the crew do one thing wrong; the soak must then fail.
"""

from __future__ import annotations

import argparse
import bisect
import contextlib
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from tests.bench.soak_crew import BREAKS, digest, reference_of, settings_of, whole_lines
from warehouse.checks import run_checks
from warehouse.publish import next_publish_at, publish
from warehouse.store import open_readonly, open_writer

PROJECT = Path(__file__).parent.parent.parent
FULL_SECONDS = 20 * 60
READERS = ("reader-1", "reader-2", "reader-3")
KEPT_SHARE = 0.75  # of the publications that fit in; fifteen in twenty minutes
MEMORY_GROWTH = 256 * 2**20  # bytes that a process may hold more at the end than at the start
START_SECONDS = 120.0  # for a first acknowledgement or publication on a busy machine
LANDED = """
    select captures.file, count(*), list(readings.content_hash)
    from core.readings as readings
    inner join raw.captures as captures using (capture_id)
    inner join core.article_versions as versions using (article_id, content_hash)
    group by captures.file
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long, and how often what; a soak of twenty minutes has the pace of the defaults."""

    seconds: float
    seed: int = 0
    broken: str | None = None

    @property
    def kill_seconds(self):
        return min(60.0, self.seconds / 6)

    @property
    def publish_seconds(self):
        return max(3.0, min(60.0, self.seconds / 20))

    def pace(self, longest):
        """Seconds from one publication to the next. A short run must bear the rest that a slow publication asks for."""
        if self.seconds >= FULL_SECONDS:
            return self.publish_seconds
        start = datetime(2026, 1, 1, tzinfo=UTC)
        later = next_publish_at(start, longest, publish_seconds=self.publish_seconds)
        return (later - start + timedelta(seconds=longest)).total_seconds()


@dataclass(slots=True, kw_only=True)
class Course:
    """What happened while it went on."""

    started_at: float = 0.0
    ended_at: float = 0.0
    kills: int = 0
    died: list[str] = field(default_factory=list)  # processes that ended by themselves, with their last words
    memory: dict[str, list[int]] = field(default_factory=dict)  # by process; of the writer one figure a life, its last


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What came of it: lines for people, and what must not be."""

    lines: list[str] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)

    def tell(self, name, words, *breaches):
        self.lines.append(f"{name:22} {words}")
        self.breaches.extend(f"{name}: {breach}" for breach in breaches if breach)


@contextlib.contextmanager
def _process(folder, role, plan):
    """One of the crew, killed at the end; its words go into a file."""
    command = [sys.executable, "-m", "tests.bench.soak_crew", role, str(folder), str(plan.publish_seconds), str(plan.seed)]
    with (folder / f"{role}.words").open("ab") as words:
        process = subprocess.Popen([*command, *filter(None, [plan.broken])], cwd=PROJECT, stdout=words, stderr=words)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _until(happened, *, seconds=START_SECONDS, pause=0.002):
    """Wait until something has happened; whether it did."""
    end = time.monotonic() + seconds
    while not (done := happened()) and time.monotonic() < end:
        time.sleep(pause)
    return done


def conduct(folder, plan):
    """Let the crew work for so long; the writer is killed again and again, half of the times right after an acknowledgement."""
    course, dice = Course(), random.Random(plan.seed)
    target = settings_of(folder, plan.publish_seconds).published
    with contextlib.ExitStack() as readers:
        crew = {}
        while not crew or time.time() < course.ended_at:
            with _process(folder, "writer", plan) as writer:
                if not crew:
                    if not _until(lambda: target.exists() or writer.poll() is not None, pause=0.05) or writer.poll() is not None:
                        course.died.append(f"writer: {_last_words(folder, 'writer')}")
                        return course
                    crew = {name: readers.enter_context(_process(folder, name, plan)) for name in ("keeper", *READERS)}
                    course.started_at = time.time()
                    course.ended_at = course.started_at + plan.seconds
                _one_life(folder, plan, course, dice, crew | {"writer": writer})
        (folder / "over").touch()
        for name, reader in crew.items():
            if not _until(lambda reader=reader: reader.poll() is not None, pause=0.05) or reader.returncode:
                course.died.append(f"{name}: {_last_words(folder, name)}")
    return course


def _one_life(folder, plan, course, dice, crew):
    """Watch the writer until it is time to kill it; the caller's context does that."""
    reference, writer = reference_of(folder), crew["writer"]
    size = reference.stat().st_size
    _until(lambda: reference.stat().st_size > size or writer.poll() is not None)
    end, held = min(course.ended_at, time.time() + plan.kill_seconds * dice.uniform(0.7, 1.3)), 0
    while time.time() < end and writer.poll() is None:
        time.sleep(min(0.5, max(0.0, end - time.time())))
        for name, process in crew.items():
            with contextlib.suppress(psutil.Error):
                memory = psutil.Process(process.pid).memory_info().rss
                if name == "writer":
                    held = memory
                else:
                    course.memory.setdefault(name, []).append(memory)
    if course.kills % 2 == 0:  # aimed: a batch that is acknowledged too early is not yet committed now
        size = reference.stat().st_size
        _until(lambda: reference.stat().st_size > size or writer.poll() is not None)
    if writer.poll() is not None:
        course.died.append(f"writer: {_last_words(folder, 'writer')}")
    if held:
        course.memory.setdefault("writer", []).append(held)
    course.kills += 1


def _last_words(folder, role):
    lines = (folder / f"{role}.words").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "without a word"


def judge(folder, plan, course):
    """Compare what readers saw and what is there at the end with what was acknowledged."""
    verdict, settings = Verdict(), settings_of(folder, plan.publish_seconds)
    acknowledged, published = whole_lines(reference_of(folder)), whole_lines(folder / "published.jsonl")
    verdict.tell("processes", f"writer killed {course.kills} times", *course.died, "" if course.kills > 1 else "hardly killed")
    with open_writer(settings.private_dir, purpose="soak, at its end") as writer:
        publish(writer, settings.published, now=datetime.now(UTC))
    with open_readonly(settings.published) as con:
        landings = con.execute("select landed_seq, count(*) from core.articles group by landed_seq order by landed_seq").fetchall()
        _judge_rows(verdict, con, acknowledged)
    longest = max((line["seconds"] for line in published), default=0.0)
    pace = plan.pace(longest)
    size = max((line["bytes"] for line in published), default=0)
    verdict.tell("publications", f"{len(published)}; longest {longest:.2f} s, up to {size / 1e6:,.0f} MB")
    if pace > plan.publish_seconds:
        strict, wanted = 2 * plan.publish_seconds + longest, int(KEPT_SHARE * plan.seconds / plan.publish_seconds)
        words = f"a rest of {pace:.0f} s after the longest publication is borne; else lag {strict:.1f} s, publications {wanted}"
        verdict.tell("allowance", words)
    for name in READERS:
        _judge_reader(verdict, name, whole_lines(folder / f"{name}.jsonl"), acknowledged, landings, plan, longest=longest, pace=pace)
    _judge_keeper(verdict, whole_lines(folder / "keeper.jsonl"))
    for name, held in sorted(course.memory.items()):
        start, end = held[min(1, len(held) - 1)], held[-1]
        grown = f"{(end - start) / 2**20:.0f} MiB more at the end" if end - start > MEMORY_GROWTH else ""
        verdict.tell(f"memory of {name}", f"{start / 2**20:.0f} MiB at the start, {end / 2**20:.0f} MiB at the end", grown)
    return verdict


def _judge_rows(verdict, con, acknowledged):
    """Every acknowledged batch is there, whole; nothing is there twice; every check is content."""
    there = {file: (count, digest(hashes)) for file, count, hashes in con.execute(LANDED).fetchall()}
    pages = dict(con.execute("select file, count(*) from raw.captures group by file").fetchall())
    lost = [line for line in acknowledged if there.get(_file(line)) != (line["articles"], line["digest"])]
    short = [line for line in acknowledged if pages.get(_file(line)) != line["pages"]]
    articles = sum(line["articles"] for line in acknowledged)
    missing = sum(max(0, line["articles"] - there.get(_file(line), (0, ""))[0]) for line in acknowledged)
    verdict.tell(
        "acknowledged",
        f"{len(acknowledged)} batches, {articles:,} texts; {missing} lost",
        f"{len(lost)} batches are not there as acknowledged: {[line['batch'] for line in lost][:5]}" if lost else "",
        f"{len(short)} batches lack pages: {[line['batch'] for line in short][:5]}" if short else "",
        "" if acknowledged else "nothing was acknowledged",
    )
    unasked = set(there) - {_file(line) for line in acknowledged}
    findings = Counter(finding.check for finding in run_checks(con))
    verdict.tell(
        "checks",
        f"{sum(findings.values())} findings",
        f"{len(unasked)} batches landed that nobody acknowledged" if len(unasked) > 1 else "",
        *(f"{check}: {count} findings" for check, count in findings.items()),
    )


def _file(line):
    return f"{line['batch']:08d}.warc.gz"


def _judge_reader(verdict, name, seen, acknowledged, landings, plan, *, longest, pace):
    """Lag, publications, errors, and that each picture was one that the warehouse once gave."""
    good, errors = [line for line in seen if "seq" in line], [line["error"] for line in seen if "error" in line]
    seqs = [line["seq"] for line in good]
    late = max((lag(line, acknowledged) for line in good), default=0.0)
    most = 2 * pace + longest
    wanted = max(2, int(KEPT_SHARE * plan.seconds / pace))
    totals, total = {}, 0
    for seq, count in landings:
        total += count
        totals[seq] = total
    known = sorted(totals)
    torn = [line for line in good if line["articles"] != totals.get(_at_most(known, line["seq"]), 0)]
    verdict.tell(
        name,
        f"{len(good)} answers, {len(set(seqs))} publications, lag at most {late:.1f} s (allowed {most:.1f} s), {len(errors)} errors",
        f"{len(errors)} errors, the first: {errors[0]}" if errors else "",
        f"lag {late:.1f} s, allowed are {most:.1f} s" if late > most else "",
        f"{len(set(seqs))} publications, at least {wanted} were expected" if len(set(seqs)) < wanted else "",
        "through_seq went back" if seqs != sorted(seqs) else "",
        f"{len(torn)} answers with a number of articles that never was, the first: {torn[0]}" if torn else "",
    )


def _at_most(known, seq):
    place = bisect.bisect_right(known, seq)
    return known[place - 1] if place else None


def lag(line, acknowledged):
    """How long the oldest batch that a reader did not see had been acknowledged when it asked."""
    unseen = (batch["at"] for batch in acknowledged if batch["seq"] is not None and batch["seq"] > line["seq"])
    return max(0.0, line["at"] - min(unseen, default=line["at"]))


def _judge_keeper(verdict, seen):
    pictures = {line["picture"] for line in seen if "picture" in line}
    errors = [line["error"] for line in seen if "error" in line]
    verdict.tell(
        "keeper",
        f"{len(seen)} answers, {len(pictures)} distinct, {len(errors)} errors",
        f"{len(errors)} errors, the first: {errors[0]}" if errors else "",
        f"{len(pictures)} distinct answers" if len(pictures) != 1 else "",
    )


def soak(folder, plan):
    course = conduct(folder, plan)
    return judge(folder, plan, course)


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="breaks:\n" + "\n".join(f"  {name:20} {what}" for name, what in BREAKS.items()),
    )
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--break", dest="broken", choices=BREAKS)
    args = parser.parse_args(arguments)
    plan = Plan(seconds=args.minutes * 60, seed=args.seed, broken=args.broken)
    print(f"{plan.seconds:.0f} s, killed every {plan.kill_seconds:.0f} s, publish_seconds {plan.publish_seconds:.0f}, seed {plan.seed}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        verdict = soak(Path(folder), plan)
    print("\n".join(verdict.lines))
    if verdict.breaches:
        sys.exit("\n".join(["", "breached:", *verdict.breaches]))
    print("nothing was breached")


if __name__ == "__main__":
    main()
