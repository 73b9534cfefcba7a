"""A codebook that somebody wrote, in place of the shipped one: checked, named by its line where it is wrong, compiled once.

The actors are the shipped ones, and so are languages that it does not declare. What was learned is used where the themes are
the shipped ones; a codebook with other themes is decided by its cues alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from extractors.errors import CodebookError
from extractors.feeds.tomllines import find_lines
from extractors.themes.codebook import load_codebook, shipped_codebook, shipped_parts
from extractors.themes.cues import Codebook

_LANGUAGE = re.compile(r"^\[language\.(\w+)\]\n(?:(?!\[).*\n)*", re.MULTILINE)
_AT_LINE = re.compile(r"^(?P<words>.*?) \(at line (?P<line>\d+), column \d+\)$", re.DOTALL)
_AT_END = re.compile(r"^(?P<words>.*?) \(at end of document\)$", re.DOTALL)


@lru_cache(maxsize=2)
def read_draft(codebook_toml: str) -> Codebook:
    """Compile a codebook.toml; the one that is shipped gives the shipped codebook. Raises `CodebookError`."""
    shipped_toml, actors_toml, learned = shipped_parts()
    if codebook_toml == shipped_toml:
        return shipped_codebook()
    try:
        document = tomllib.loads(codebook_toml)
        is_same = tuple(sorted(document.get("theme", ()))) == shipped_codebook().theme_ids
        declared = document.get("language", ())
        further = (found[0] for found in _LANGUAGE.finditer(shipped_toml) if found[1] not in declared)
        return load_codebook("\n".join((codebook_toml, *further)), actors_toml, learned if is_same else b"")
    except tomllib.TOMLDecodeError as error:
        raise CodebookError(f"codebook.toml: not TOML: {error}") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CodebookError(f"codebook.toml: not in the form of a codebook: {error}") from error


def explain_mistake(codebook_toml: str, error: CodebookError, *, name: str) -> str:
    """Say what is wrong with a draft, with file and line: 'mine.toml:12: theme.arms: no cue: nothing could show it'."""
    words = str(error).removeprefix("codebook.toml: ")
    malformed = _AT_LINE.match(words)
    if malformed:
        return f"{name}:{malformed['line']}: {malformed['words']}"
    at_end = _AT_END.match(words)
    if at_end:
        return f"{name}:{codebook_toml.count(chr(10)) + 1}: {at_end['words']}"
    place, _, field = words.partition(": ")
    field = field.partition(":")[0]
    lines = find_lines(codebook_toml)
    paths = [path for path in _paths(place, tomllib.loads(codebook_toml)) if path in lines.lines]
    line = lines.of((*paths[0], *field.split("."))) if paths else 1
    return f"{name}:{line}: {words}"


def _paths(place: str, document: dict[str, Any]) -> Iterator[tuple[str | int, ...]]:
    """Where what an error speaks of may stand: a cue by its id, else a table or key by its dotted name, or a part of that."""
    owner, _, cue_id = place.partition(".")
    home: tuple[str, ...] = ("dyad",) if owner == "dyad" else ("theme", owner, "cue")
    cues: Any = document
    for key in home:
        cues = cues.get(key) if isinstance(cues, dict) else None
    for index, cue in enumerate(cues if isinstance(cues, list) else ()):
        if isinstance(cue, dict) and str(cue.get("id")) == cue_id.partition("#")[0]:
            yield (*home, index)
    parts = place.split(".")
    for length in range(len(parts), 0, -1):
        yield tuple(parts[:length])
