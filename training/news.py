"""Find the passages of real news pages that the project has labelled: pages may not be copied, labels may.

Cuts the known text of each page (or what trafilatura, which is pinned, makes of it) as it was cut when it was read, and takes
the passages whose hash has a label. Refuses to guess: a text that came out otherwise has no label.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import trafilatura

_SHORTEST_PARAGRAPH = 26  # characters
_LONGEST_PARAGRAPH = 900  # a longer one is cut at sentences
_CUT_AT = 700
_SHORTEST, _FULL, _LONGEST = 400, 1000, 1300  # of a passage
_KEPT = range(380, 1401)
_SENTENCE_END = re.compile(r"(?<=[.!?。؟»”\"])\s+(?=\S)")


def pages_of(folder: Path, labelled: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Name, title and text of each page in cases.jsonl that `labelled` names."""
    with (folder / "cases.jsonl").open(encoding="utf-8") as lines:
        for case in map(json.loads, lines):
            name = Path(case["html"]).name
            if name in labelled:
                yield name, *_title_and_text(case, folder / "html" / name)


def _title_and_text(case: dict[str, Any], file: Path) -> tuple[str, str]:
    title, text = case.get("gold_title") or "", case.get("gold_text") or ""
    if text:
        return title, text
    page = gzip.decompress(file.read_bytes())
    about = None if title else trafilatura.extract_metadata(page)
    text = trafilatura.extract(page, include_comments=False, include_tables=False) or ""
    return title or (about.title if about else "") or "", text


def cut_passages(text: str) -> list[str]:
    """Runs of paragraphs of about 400 to 1,300 characters."""
    passages: list[str] = []
    run: list[str] = []
    for piece in _pieces(text):
        if _size(run) + len(piece) > _FULL and _size(run) >= _SHORTEST:
            passages.append("\n".join(run))
            run = []
        run.append(piece)
    if _size(run) >= _SHORTEST:
        passages.append("\n".join(run))
    elif run and passages and len(passages[-1]) + _size(run) < _LONGEST:
        passages[-1] += "\n" + "\n".join(run)
    return [passage for passage in passages if len(passage) in _KEPT]


def _size(run: list[str]) -> int:
    return sum(map(len, run))


def _pieces(text: str) -> Iterator[str]:
    """Paragraphs, long ones cut at the ends of sentences."""
    for paragraph in (line.strip() for line in re.split(r"\n+", text)):
        if len(paragraph) < _SHORTEST_PARAGRAPH:
            continue
        if len(paragraph) <= _LONGEST_PARAGRAPH:
            yield paragraph
            continue
        run = ""
        for sentence in _SENTENCE_END.split(paragraph):
            if run and len(run) + len(sentence) > _CUT_AT:
                yield run
                run = sentence
            else:
                run = f"{run} {sentence}".strip()
        if run:
            yield run
