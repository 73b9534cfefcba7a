"""Draw spans for two readers to judge apart, each by the question: would this quote, with its title, be accepted as proof of the theme.

    python -m tests.bench.evidence FOLDER [FOLDER …] --seed COMMIT [--spans 100]

The commit's hash is the seed, so that nobody chooses what is judged; the same hash, texts and codebook draw the same spans. Prints
id, theme, cue, score, span and quote, one JSON object a line. Writes nothing.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from extractors.themes.classifier import classify
from extractors.themes.codebook import shipped_codebook
from training.texts import read_folder


def spans_of(text, *, codebook):
    """Every span that proves a theme of a text, as a row to judge."""
    for item in classify(text.title, text.text, text.lang, codebook=codebook).evidence:
        whole = text.title if item.part == "title" else text.text
        quote = whole[item.start : item.end]
        if not quote.strip():
            raise ValueError(f"{text.id}: {item.theme}: {item.start}-{item.end} of its {item.part} is no quote")
        row = {"id": text.id, "theme": item.theme, "cue": item.cue, "score": item.score, "part": item.part}
        yield row | {"start": item.start, "end": item.end, "quote": quote}


def draw(rows, *, seed, spans):
    """So many rows, in the order drawn."""
    return random.Random(seed).sample(rows, min(spans, len(rows)))


def main():
    """Classify, draw, print."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("folders", nargs="+", type=Path)
    command.add_argument("--seed", required=True)
    command.add_argument("--spans", type=int, default=100)
    asked = command.parse_args()
    codebook = shipped_codebook()
    rows = [row for folder in asked.folders for text in read_folder(folder) for row in spans_of(text, codebook=codebook)]
    for row in draw(rows, seed=asked.seed, spans=asked.spans):
        print(json.dumps(row, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
