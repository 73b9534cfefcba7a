"""How the shipped codebook labels the project's own gold set: counts per theme and group of languages, for the view `label_quality`.

    python -m tests.bench.quality           write extractors/themes/quality.json anew
    python -m tests.bench.quality --check   exit 1 where it is not what is counted now

Needed after every change of codebook, actors, reader or what was learned: the file is stamped with the codebook's version, and
one of another version counts for nothing. The gold set's texts are invented; they are easier than news.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from extractors.themes.classifier import classify
from extractors.themes.codebook import shipped_codebook
from training.texts import read_folder

PROJECT = Path(__file__).parent.parent.parent
GOLD = PROJECT / "tests" / "gold" / "themes"
FILE = PROJECT / "extractors" / "themes" / "quality.json"
GROUPS = {
    "en": "en",
    "ru": "ru+uk",
    "uk": "ru+uk",
    "fa": "fa",
    "ar": "ar",
    "tr": "tr",
    "fr": "fr+es+de",
    "es": "fr+es+de",
    "de": "fr+es+de",
}


def count(codebook):
    """One row a theme and group, in the order in which the file keeps them."""
    labelled = [
        (GROUPS[text.lang], text.themes, set(classify(text.title, text.text, text.lang, codebook=codebook).themes))
        for text in read_folder(GOLD)
    ]
    for language in dict.fromkeys(GROUPS.values()):
        of_group = [(wanted, found) for group, wanted, found in labelled if group == language]
        for theme in codebook.theme_ids:
            yield {
                "theme": theme,
                "language": language,
                "texts": len(of_group),
                "carried": sum(theme in wanted for wanted, _ in of_group),
                "found": sum(theme in found for _, found in of_group),
                "found_rightly": sum(theme in wanted & found for wanted, found in of_group),
            }


def as_text(version, rows):
    """The file: a row a line, so that a change of figures can be read as a diff."""
    lines = ",\n".join("  " + json.dumps(row) for row in rows)
    return f'{{"codebook_version": "{version}", "counts": [\n{lines}\n]}}\n'


def main():
    """Count; write or compare."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--check", action="store_true")
    asked = command.parse_args()
    codebook = shipped_codebook()
    text = as_text(codebook.version, count(codebook))
    if not asked.check:
        FILE.write_text(text, encoding="utf-8")
        print(f"{FILE.name}: {codebook.version}")
    elif FILE.read_text(encoding="utf-8") != text:
        print(f"{FILE.name} is not what codebook {codebook.version} gives: python -m tests.bench.quality")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
