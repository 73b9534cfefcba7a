"""How fast, how heavy and how whole a backfill of a CC-NEWS-like WARC is, killed three times on its way.

    python -m tests.bench.backfill --records 20000

Makes the file of the sample newsroom's stories, each varied by dice (sentences left out, mixed and numbered; hosts of its
own), with requests, metadata, redirects, images and revisits between them as crawlers leave them. One run in a process of
its own is killed with SIGKILL at three places and then goes on to the end; another takes the file undisturbed. Fails
where a page is missing, twice, or copied twice.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from extractors.archives.captures import leftovers
from extractors.archives.warc import walk_members
from flows.history import Order, run_backfill
from flows.newsroom.articles import load_outlets, path_of, stories_in, url_of, write_sources
from flows.newsroom.pages import render_article
from flows.settings import Settings
from warehouse.answers import run_query
from warehouse.checks import run_checks
from warehouse.store import open_readonly

BEGUN = datetime(2026, 3, 1, 2, 15, tzinfo=UTC)
KILLS = (0.15, 0.4, 0.7)  # shares of the pages that are on disk when it is killed


def pages(count, *, seed):
    """Address and body of `count` articles, each another."""
    dice = random.Random(seed)
    outlets = load_outlets()
    for number in range(count):
        outlet = outlets[number % len(outlets)]
        stories = stories_in(outlet, 1)
        story, other = dice.sample(stories, 2)
        paragraphs = [part for part in story.paragraphs if dice.random() < 0.85] or list(story.paragraphs)
        paragraphs.insert(dice.randrange(len(paragraphs) + 1), f"{dice.choice(other.paragraphs)} ({number})")
        own = replace(story, slug=f"{story.slug}-{number}", title=f"{story.title} ({number})", paragraphs=tuple(paragraphs))
        site = replace(outlet, article_path=f"/{number}{outlet.article_path}")
        yield url_of(site, path_of(site, own)), render_article(site, own, tuple(own if one is story else one for one in stories))


def record(kind, url, block, at):
    head = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Date: {at:%Y-%m-%dT%H:%M:%SZ}",
        "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000000>",
        f"WARC-Target-URI: {url}",
        f"Content-Length: {len(block)}",
    ]
    return gzip.compress("\r\n".join([*head, "", ""]).encode() + block + b"\r\n\r\n", compresslevel=6, mtime=0)


def write_warc(path, count, *, seed):
    """Write the file; how many records it has."""
    written = 0
    with path.open("wb") as file:
        for number, (url, html) in enumerate(pages(count, seed=seed)):
            at = BEGUN + timedelta(seconds=number // 3)
            told = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nServer: x\r\n\r\n" + html.encode()
            records = [record("request", url, b"GET / HTTP/1.1\r\n\r\n", at), record("response", url, told, at)]
            records.append(record("metadata", url, b"fetchTimeMs: 120\r\n", at))
            if number % 20 == 0:
                records.append(record("response", f"{url}?moved", b"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n", at))
                records.append(record("response", f"{url}.png", b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG", at))
                records.append(record("revisit", url, b"HTTP/1.1 200 OK\r\n\r\n", at))
            file.write(b"".join(records))
            written += len(records)
    return written


class Measured:
    """A backfill in a process of its own: its peak memory with all its children, its CPU time, how far it has come."""

    def __init__(self, command, env):
        self.process = subprocess.Popen(command, env=env)
        self.peak = self.peak_main = 0
        self._me = psutil.Process(self.process.pid)

    def look(self):
        """Sample once; whether it still runs."""
        total = 0
        try:
            for process in (self._me, *self._me.children(recursive=True)):
                try:
                    total += process.memory_full_info().pss
                except psutil.Error:
                    continue
            self.peak_main = max(self.peak_main, self._me.memory_info().rss)
        except psutil.Error:
            pass
        self.peak = max(self.peak, total)
        return self.process.poll() is None


def copied(settings):
    """Bytes of our own captures: how far a run has come."""
    return sum(path.stat().st_size for path in settings.captures_dir.rglob("*.warc.gz*"))


def run(settings, folder, target, *, stop_at=None):
    """One run, killed once the captures are larger than `stop_at`; seconds and what it needed."""
    (folder / "settings.json").write_text(settings.model_dump_json(), encoding="utf-8")
    (folder / "order.json").write_text(json.dumps({"adapter": "warc", "target": str(target)}), encoding="utf-8")
    tests = Path(__file__).parent.parent
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(tests), str(tests.parent)])}
    began = time.perf_counter()
    measured = Measured([sys.executable, "-m", "history_driver", str(folder / "settings.json"), str(folder / "order.json")], env)
    while measured.look():
        if stop_at is not None and copied(settings) >= stop_at:
            measured.process.kill()
        time.sleep(0.2)
    measured.process.wait()
    return time.perf_counter() - began, measured


def settings_in(folder, workers):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sources.toml").write_text(write_sources(load_outlets()), encoding="utf-8")
    return Settings(data_dir=folder / "data", sources=folder / "sources.toml", workers=workers)


def faults(settings, count):
    """What is not as it should be, in words."""
    with open_readonly(settings.published) as con:
        ((articles, urls),) = run_query(con, "select count(*), count(distinct url) from articles").rows
        reasons = dict(run_query(con, "select reason, count(*) from rejections group by reason order by reason").rows)
        open_units = run_query(con, "select count(*) from raw.units where stage <> 'done'").rows[0][0]
        findings = run_checks(con)
    times = collections.Counter()
    for path in settings.captures_dir.rglob("*.warc.gz"):
        with path.open("rb") as file:
            for _, _, raw in walk_members(lambda file=file: file.read(65536)):
                times[raw.partition(b"WARC-Target-URI: ")[2].partition(b"\r\n")[0]] += b"WARC-Type: response" in raw[:400]
    refused = sum(reasons.values())
    twice = sum(times_copied > 1 for times_copied in times.values())
    with leftovers(settings.captures_dir) as left:
        said = {
            f"{articles} articles and {refused} rejections of {count} pages": articles + refused != count or urls != articles,
            f"{twice} pages copied twice": twice > 0,
            f"{open_units} units not done": open_units > 0,
            f"{len(left)} captures left in open files": bool(left),
            f"checks: {findings}": bool(findings),
        }
    return articles, reasons, [words for words, is_so in said.items() if is_so]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000, help="articles in the file; three records and more for each")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--skip-undisturbed", action="store_true", help="only the run that is killed")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target = folder / "CC-NEWS-20260301021500-00001.warc.gz"
        records = write_warc(target, args.records, seed=args.seed)
        print(f"file            {records} records, {args.records} articles, {target.stat().st_size / 2**20:.1f} MiB")
        wrong = []
        whole = None
        if not args.skip_undisturbed:
            settings = settings_in(folder / "whole", args.workers)
            seconds, measured = run(settings, folder, target)
            whole = copied(settings)
            articles, reasons, found = faults(settings, args.records)
            wrong += found
            print(
                f"undisturbed     {seconds:.1f} s, {records / seconds:.0f} records/s, {args.records / seconds:.1f} articles/s, {args.workers} workers"
            )
            print(
                f"peak memory     {measured.peak / 2**20:.0f} MiB all processes (PSS), {measured.peak_main / 2**20:.0f} MiB the run's own"
            )
            print(f"landed          {articles} articles, rejections {reasons}")
        settings = settings_in(folder / "killed", args.workers)
        total = 0.0
        expected = whole or target.stat().st_size
        for share in KILLS:
            seconds, _ = run(settings, folder, target, stop_at=expected * share)
            total += seconds
            print(f"killed          after {seconds:.1f} s, with {copied(settings) / expected:.0%} copied")
        seconds, _ = run(settings, folder, target)
        total += seconds
        articles, reasons, found = faults(settings, args.records)
        wrong += found
        print(f"resumed         {seconds:.1f} s to the end, {total:.1f} s in all four runs; {articles} articles, rejections {reasons}")
        began = time.perf_counter()
        again = run_backfill(settings, Order(adapter="warc", target=str(target)))
        print(f"once more       {time.perf_counter() - began:.1f} s, {again.tally.taken} pages taken")
    if wrong or again.tally.taken:
        sys.exit("; ".join(wrong) or "a finished file was gone through again")


if __name__ == "__main__":
    main()
