"""How many entries are found in real feed files, beside what a careful reader counts; how fast and how heavy that is.

    python -m tests.bench.feeds ../shared/feeds

The folder holds `manifest.jsonl` with rows {path, entries, entries_source}; rows without a count are parsed too, for
crashes and time. A disagreement needs a verdict in `feeds_verdicts.json`: an unexplained one fails the command, as do a
crash, a share under the floor, a file over 5 s and a peak of 300 MB or more. `--list` shows every entry, to be read.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections import Counter
from pathlib import Path

from extractors.feeds.documents import parse_feed

VERDICTS = Path(__file__).parent / "feeds_verdicts.json"
SHARE = 0.997
FILE_SECONDS = 5.0
PEAK_BYTES = 300 * 10**6


def load_rows(folder):
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def parse_all(folder, rows):
    """Each row with its document and the seconds it took."""
    for row in rows:
        body = (folder / row["path"]).read_bytes()
        began = time.perf_counter()
        document = parse_feed(body, url=f"https://feeds.invalid/{row['path']}")
        yield row, document, time.perf_counter() - began


def show_entries(row, document):
    print(f"{row['path']}: {document.format} {document.lang or '-'} {document.title!r}")
    for entry in document.entries:
        when = entry.published
        at = f"{when.at:%Y-%m-%dT%H:%M:%SZ} {when.precision} {when.zone}" if when.at else "undated"
        print(f"  {at} | {entry.lang or '-'} | {entry.title} | {entry.link} | {', '.join(entry.authors)}")
    for problem in document.problems:
        print(f"  ! {problem}")


class Tally:
    """What the files came to."""

    def __init__(self, verdicts):
        self.verdicts = verdicts
        self.agreed, self.counted, self.failures, self.slowest = Counter(), Counter(), [], (0.0, "")

    def add(self, row, document, seconds):
        self.slowest = max(self.slowest, (seconds, row["path"]))
        if any("the parser failed" in problem for problem in document.problems):
            self.failures.append(f"{row['path']}: crashed: {document.problems}")
        if row["entries"] is None:
            return
        self.counted[row["entries_source"]] += 1
        if len(document.entries) == row["entries"]:
            self.agreed[row["entries_source"]] += 1
            return
        verdict = self.verdicts.get(row["path"])
        words = verdict or "UNEXPLAINED"
        print(f"{row['path']}: counted {row['entries']} ({row['entries_source']}), found {len(document.entries)}: {words}")
        if not verdict:
            self.failures.append(f"{row['path']}: no verdict on its disagreement")

    def close(self, peak_bytes):
        agreed, counted = self.agreed.total(), self.counted.total()
        for source in sorted(self.counted):
            share = self.agreed[source] / self.counted[source]
            print(f"{source}: {self.agreed[source]} of {self.counted[source]} agree ({share:.2%})")
        seconds, path = self.slowest
        share = agreed / max(counted, 1)
        print(f"all: {agreed} of {counted} agree ({share:.2%}); slowest {seconds:.2f} s ({path}); peak {peak_bytes / 1e6:.0f} MB")
        misses = {
            f"{share:.2%} agree, {SHARE:.1%} are wanted": share < SHARE,
            f"{path} took {seconds:.1f} s": seconds > FILE_SECONDS,
            f"peak of {peak_bytes / 1e6:.0f} MB": peak_bytes >= PEAK_BYTES,
        }
        return self.failures + [words for words, is_missed in misses.items() if is_missed]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--list", action="store_true", help="print what was found in each file")
    args = parser.parse_args()
    tally = Tally(json.loads(VERDICTS.read_text(encoding="utf-8")))
    for row, document, seconds in parse_all(args.folder, load_rows(args.folder)):
        if args.list:
            show_entries(row, document)
        tally.add(row, document, seconds)
    if failures := tally.close(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024):
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
