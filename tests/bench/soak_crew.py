"""The processes of a soak: one that lands and publishes, one that keeps its connection, some that open anew each time.

    python -m tests.bench.soak_crew ROLE FOLDER PUBLISH_SECONDS SEED [BREAK]

Started, killed and judged by `tests.bench.soak`; each writes what it did or saw into a file of its own, one JSON object
a line. A reader ends when the folder holds a file `over`; the writer never does.
"""

import argparse
import itertools
import json
import os
import time
from pathlib import Path

import duckdb

from extractors.errors import TrilateralError
from extractors.fetch.clock import SYSTEM_CLOCK
from extractors.records import Article, short_hash
from extractors.urls import scope_of
from flows.press import Press
from flows.settings import Settings
from tests.bench.newswire import Newswire
from warehouse.landing import land, land_codebook, land_sources
from warehouse.store import open_readonly, open_writer

# name -> what it does wrong, and what of the verdict must say so
BREAKS = {
    "acknowledge-early": "a batch is acknowledged before its commit: rows are lost",
    "land-twice": "articles are inserted without asking whether they are there: duplicates",
    "publish-in-place": "the published file is overwritten instead of replaced: readers meet half of it",
    "publish-once": "what was published first stays for ever: lag, and too few publications",
    "hoard": "the reader that keeps its connection keeps 16 MiB an answer, too: memory grows",
}
WHAT_IS_THERE = "select (select through_seq from publication), (select count(*) from articles)"
# Everything that an article says, in one line: equal for equal pictures.
PICTURE = """
    select (select through_seq from publication), count(*), bit_xor(hash(article_id, version, title, text, landed_at, relevant)),
        (select count(*) from evidence), (select max(visited_at) from raw.visits)
    from articles
"""


def reference_of(folder):
    return folder / "acknowledged.jsonl"


def settings_of(folder, publish_seconds):
    return Settings(data_dir=folder, publish_seconds=publish_seconds)


def whole_lines(path):
    """The records of a log; a last line that was cut short by a kill was never acknowledged."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def digest(content_hashes):
    return short_hash(*sorted(content_hashes))


class Log:
    """A file of records, each on the disk before `add` returns."""

    def __init__(self, path):
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        whole = os.read(self._file, os.fstat(self._file).st_size).rfind(b"\n") + 1
        os.ftruncate(self._file, whole)
        os.lseek(self._file, whole, os.SEEK_SET)

    def add(self, **record):
        os.write(self._file, json.dumps(record).encode() + b"\n")
        os.fsync(self._file)


def write(folder, publish_seconds, seed, broken):
    """Land batch after batch, from the first that is not acknowledged on, and publish when the house rule says so."""
    settings, wire = settings_of(folder, publish_seconds), Newswire(seed=seed)
    first = max((line["batch"] for line in whole_lines(reference_of(folder))), default=-1) + 1
    reference, published = Log(reference_of(folder)), Log(folder / "published.jsonl")
    with open_writer(settings.private_dir, purpose="soak") as writer:
        land_sources(writer.con, wire.sources(), run_id="soak", now=SYSTEM_CLOCK.now())
        land_codebook(writer.con, wire.codebook(), run_id="soak", now=SYSTEM_CLOCK.now())
        press = Press(settings, writer, SYSTEM_CLOCK)
        for number in itertools.count(first):
            batch = wire.batch(number)
            if broken == "acknowledge-early":
                reference.add(**_acknowledgement(number, batch, seq=None))
            receipt = land(writer.con, batch, run_id="soak", now=SYSTEM_CLOCK.now(), scope_of=scope_of)
            if broken == "land-twice":
                writer.con.execute("insert into core.articles from core.articles where landed_seq = ?", [receipt.landed_seq])
            if broken != "acknowledge-early":
                reference.add(**_acknowledgement(number, batch, seq=receipt.landed_seq))
            press.has_news = broken != "publish-once" or not settings.published.exists()
            _publish(press, published, settings, in_place=broken == "publish-in-place")


def _acknowledgement(number, batch, *, seq):
    found = [reading.outcome.content_hash for reading in batch.readings if isinstance(reading.outcome, Article)]
    return {"batch": number, "seq": seq, "at": time.time(), "articles": len(found), "pages": len(batch.readings), "digest": digest(found)}


def _publish(press, published, settings, *, in_place):
    before, begun, target = press._last, time.time(), settings.published
    old = target.with_name("old")
    old.unlink(missing_ok=True)
    if in_place and target.exists():
        old.hardlink_to(target)
    press.publish_if_due()
    if press._last is not before:
        published.add(at=begun, seconds=press._last.seconds, seq=press._last.through_seq, bytes=press._last.bytes)
        if old.exists():
            _overwrite(old, target)


def _overwrite(old, target):
    """Undo the rename: the old file has its name back and the new content is written into it, as to a slow disk."""
    content = target.read_bytes()
    old.replace(target)
    target.chmod(0o644)
    with target.open("wb", buffering=0) as file:
        for start in range(0, len(content), 2**20):
            file.write(content[start : start + 2**20])
            time.sleep(0.05)


def read(folder, publish_seconds, name):
    """Open anew for every question, close again, and write down what was there at that time."""
    log, target = Log(folder / f"{name}.jsonl"), settings_of(folder, publish_seconds).published
    while not (folder / "over").exists():
        at = time.time()
        try:
            with open_readonly(target) as con:
                seq, articles = con.execute(WHAT_IS_THERE).fetchone()
            log.add(at=at, seq=seq, articles=articles)
        except (duckdb.Error, TrilateralError, OSError) as error:
            log.add(at=at, error=f"{type(error).__name__}: {error}")
        time.sleep(publish_seconds / 20)


def keep(folder, publish_seconds, name, broken):
    """Open once and ask the same again and again."""
    log, hoard = Log(folder / f"{name}.jsonl"), []
    with open_readonly(settings_of(folder, publish_seconds).published) as con:
        while not (folder / "over").exists():
            try:
                log.add(at=time.time(), picture=repr(con.execute(PICTURE).fetchone()))
                hoard.extend([b"x" * 2**24] if broken == "hoard" else [])
            except duckdb.Error as error:
                log.add(at=time.time(), error=f"{type(error).__name__}: {error}")
            time.sleep(publish_seconds / 20)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("role")
    parser.add_argument("folder", type=Path)
    parser.add_argument("publish_seconds", type=float)
    parser.add_argument("seed", type=int)
    parser.add_argument("broken", nargs="?")
    args = parser.parse_args()
    if args.role == "writer":
        write(args.folder, args.publish_seconds, args.seed, args.broken)
    elif args.role == "keeper":
        keep(args.folder, args.publish_seconds, args.role, args.broken)
    else:
        read(args.folder, args.publish_seconds, args.role)


if __name__ == "__main__":
    main()
