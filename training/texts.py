"""Read labelled texts from folders: the shared form (texts.jsonl beside labels.jsonl) or rows that carry their labels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


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


def read_folder(folder: Path) -> Iterator[LabelledText]:
    """Every labelled text of a folder, in the files' order. Raises `OSError`, `ValueError` and `KeyError` on what is not in form."""
    if (folder / "labels.jsonl").exists():
        labels = {row["id"]: row for row in _rows(folder / "labels.jsonl")}
        yield from (_labelled(row | labels[row["id"]]) for row in _rows(folder / "texts.jsonl"))
        return
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise ValueError(f"{folder}: no labels.jsonl and no other .jsonl in it")
    for file in files:
        yield from (_labelled(row) for row in _rows(file))


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
