"""Draw spans for two readers to judge apart, each by the question: would this quote, with its title, be accepted as proof of the theme.

    python -m tests.bench.evidence draw FOLDER [FOLDER …] --seed COMMIT [--spans 100] > spans.jsonl
    python -m tests.bench.evidence sum tests/gold/evidence/COMMIT.first.jsonl tests/gold/evidence/COMMIT.second.jsonl

The commit's hash is the seed, so that nobody chooses what is judged; the same hash, texts and codebook draw the same spans. `draw`
prints id, theme, cue, score, span, title and quote, one JSON object a line. A verdict file keeps these rows and adds "verdict" (true
or false) and "reason"; `sum` says how many each reader and both accepted, with Wilson's interval, and how far they agree.
Writes nothing.
"""

from __future__ import annotations

import argparse
import json
import random
from math import sqrt
from pathlib import Path

from extractors.themes.classifier import classify
from extractors.themes.codebook import shipped_codebook
from training.texts import read_folder

SPAN = ("id", "theme", "part", "start", "end")
Z = 1.96


def spans_of(text, *, codebook):
    """Every span that proves a theme of a text, as a row to judge."""
    for item in classify(text.title, text.text, text.lang, codebook=codebook).evidence:
        whole = text.title if item.part == "title" else text.text
        quote = whole[item.start : item.end]
        if not quote.strip():
            raise ValueError(f"{text.id}: {item.theme}: {item.start}-{item.end} of its {item.part} is no quote")
        row = {"id": text.id, "lang": text.lang, "theme": item.theme, "cue": item.cue, "score": item.score, "part": item.part}
        yield row | {"start": item.start, "end": item.end, "title": text.title, "quote": quote}


def draw(rows, *, seed, spans):
    """So many rows, in the order drawn."""
    return random.Random(seed).sample(rows, min(spans, len(rows)))


def read_verdicts(file):
    """Verdicts by span. Raises ValueError on a row without a verdict and a reason, and on a span that is judged twice."""
    verdicts = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        span = tuple(row[key] for key in SPAN)
        if not isinstance(row.get("verdict"), bool) or not str(row.get("reason") or "").strip():
            raise ValueError(f"{file}:{number}: a verdict is true or false and has a reason")
        if span in verdicts:
            raise ValueError(f"{file}:{number}: judged before: {span}")
        verdicts[span] = row["verdict"]
    return verdicts


def tally(first, second):
    """The lines that say what two readers of the same spans found. Raises ValueError where they did not judge the same."""
    if first.keys() != second.keys():
        raise ValueError(f"not the same spans: {min(first.keys() ^ second.keys())}")
    total = len(first)
    both, one, other = (sum(f(span) for span in first) for f in (lambda s: first[s] and second[s], first.get, second.get))
    agreed = sum(first[span] == second[span] for span in first) / total
    by_chance = (one * other + (total - one) * (total - other)) / total**2
    kappa = (agreed - by_chance) / (1 - by_chance) if by_chance < 1 else 1.0
    for name, accepted in (("first reader", one), ("second reader", other), ("both", both)):
        low, high = wilson(accepted, total)
        yield f"{name}: {accepted} of {total} accepted, {accepted / total:.3f} ({low:.3f} to {high:.3f})"
    yield f"agreement {agreed:.3f}, kappa {kappa:.2f}"


def wilson(hits, total):
    """Wilson's 95 % interval of a share."""
    middle, width = hits + Z * Z / 2, Z * sqrt(hits * (total - hits) / total + Z * Z / 4)
    return (middle - width) / (total + Z * Z), (middle + width) / (total + Z * Z)


def main():
    """Classify, draw, print; or sum up two readers' verdicts."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = command.add_subparsers(dest="command", required=True)
    drawing = commands.add_parser("draw")
    drawing.add_argument("folders", nargs="+", type=Path)
    drawing.add_argument("--seed", required=True)
    drawing.add_argument("--spans", type=int, default=100)
    summing = commands.add_parser("sum")
    summing.add_argument("first", type=Path)
    summing.add_argument("second", type=Path)
    asked = command.parse_args()
    if asked.command == "sum":
        for line in tally(read_verdicts(asked.first), read_verdicts(asked.second)):
            print(line)
        return 0
    codebook = shipped_codebook()
    rows = [row for folder in asked.folders for text in read_folder(folder) for row in spans_of(text, codebook=codebook)]
    for row in draw(rows, seed=asked.seed, spans=asked.spans):
        print(json.dumps(row, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
