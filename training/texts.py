"""Read labelled texts from folders: the shared form (texts.jsonl beside labels.jsonl) or rows that carry their labels.

Of news that may not be copied the project keeps its labels alone (`training/labels`), by a hash of the text: a folder of pages
(cases.jsonl and html) is read with those.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.news import cut_passages, pages_of

OWN_LABELS = Path(__file__).parent / "labels"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledText:
    """A text and what a reader found in it."""

    id: str
    lang: str
    kind: str  # 'real', 'full', 'written', …
    title: str
    text: str
    themes: frozenset[str]
    dyads: tuple[tuple[str, str], ...]  # (pair, direction)
    story: str = ""  # texts of one address are one story: none of them is judged by what was learned from another
    only: str = ""  # the one theme that was asked of it; '' where all were

    @property
    def relevant(self) -> bool:
        """At least one theme and at least one dyad (codebook.md)."""
        return bool(self.themes and self.dyads)


def read_folder(folder: Path, *, own: Path = OWN_LABELS) -> Iterator[LabelledText]:
    """Every labelled text of a folder, in the files' order; of pages without labels the passages that the project has labelled.

    Raises `OSError`, `ValueError` and `KeyError` on what is not in form.
    """
    if (folder / "labels.jsonl").exists():
        labels = {row["id"]: row for row in _rows(folder / "labels.jsonl")}
        yield from (_labelled(row | labels[row["id"]]) for row in _rows(folder / "texts.jsonl"))
        return
    if (folder / "cases.jsonl").exists():
        yield from _own_labels(folder, own)
        return
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise ValueError(f"{folder}: no labels.jsonl and no other .jsonl in it")
    for file in files:
        yield from (_labelled(row) for row in _rows(file))


def _own_labels(folder: Path, own: Path) -> Iterator[LabelledText]:
    """The passages of news pages that the project has labelled, once each."""
    labels = {row["sha256"]: row for file in sorted(own.glob("*.jsonl")) for row in _rows(file)}
    for page, title, text in pages_of(folder, {row["page"]: row for row in labels.values()}):
        for passage in cut_passages(text):
            if row := labels.pop(hashlib.sha256(passage.encode()).hexdigest(), None):
                yield _labelled(row | {"title": title, "text": passage, "url": page})


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def _labelled(row: dict[str, Any]) -> LabelledText:
    dyads = row["dyads"]
    pairs = dyads.items() if isinstance(dyads, dict) else ((dyad["dyad"], dyad["direction"]) for dyad in dyads)
    return LabelledText(
        id=row["id"],
        lang=row["lang"],
        kind=row.get("kind", "training"),
        title=row.get("title") or "",
        text=row["text"],
        themes=frozenset(row["themes"]),
        dyads=tuple(sorted(pairs)),
        story=row.get("url") or row["id"],
    )
