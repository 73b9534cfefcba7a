"""Where each key of a TOML document stands, so that an error in its value can name the line.

tomlkit keeps the text but no line numbers, pydantic knows the path of a wrong value: this is what lies between. Reads
statements only; whether the document is valid is tomlkit's business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_Path = tuple[str | int, ...]

_NAME = r"(?:[\w\-]+|\"[^\"\n]*\"|'[^'\n]*')"
_DOTTED = rf"{_NAME}(?:[ \t]*\.[ \t]*{_NAME})*"
_HEADER = re.compile(rf"\s*(\[\[?)[ \t]*({_DOTTED})[ \t]*\]\]?")
_KEY = re.compile(rf"\s*({_DOTTED})[ \t]*=")
_PART = re.compile(_NAME)
_TOKEN = re.compile(
    r"\"\"\"(?:\\.|[^\\])*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|#[^\n]*|[\[{]|[\]}]|\n|[^\"'#\[\]{}\n]+|.", re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlLines:
    """Lines by path, such as ('source', 0, 'feed', 2, 'url'); counted from 1."""

    lines: Mapping[_Path, int]
    repeated: tuple[int, ...]  # lines of keys and tables that were there before

    def of(self, path: _Path) -> int:
        """Find the line of a key, or of the nearest table around it that stands in the file."""
        for length in range(len(path), 0, -1):
            line = self.lines.get(tuple(path[:length]))
            if line is not None:
                return line
        return 1


def find_lines(text: str) -> TomlLines:
    """Walk the statements of a document; never raises, for what is no TOML ends the walk nowhere worse than at its end."""
    lines: dict[_Path, int] = {}
    repeated: list[int] = []
    counts: dict[_Path, int] = {}  # how many tables each array of tables has so far
    table: _Path = ()
    position = 0
    while position < len(text):
        header, key = _HEADER.match(text, position), None
        if header:
            line = _line_at(text, header.end())
            table = _enter(_parts(header[2]), is_array=header[1] == "[[", counts=counts)
            if table in counts or table in lines:
                repeated.append(line)
            lines.setdefault(table, line)
            position = header.end()
        else:
            key = _KEY.match(text, position)
        if key:
            path = (*table, *_parts(key[1]))
            line = _line_at(text, key.end())
            if path in lines:
                repeated.append(line)
            lines.setdefault(path, line)
            position = key.end()
        position = _end_of_statement(text, position)
    return TomlLines(lines=lines, repeated=tuple(repeated))


def _enter(names: _Path, *, is_array: bool, counts: dict[_Path, int]) -> _Path:
    """Path of the table that a header opens: inside of an array of tables, the last one is meant."""
    path: _Path = ()
    for name in names[:-1]:
        path = (*path, name)
        if path in counts:
            path = (*path, counts[path] - 1)
    path = (*path, names[-1])
    if not is_array:
        return path
    counts[path] = counts.get(path, 0) + 1
    return (*path, counts[path] - 1)


def _end_of_statement(text: str, position: int) -> int:
    """Position behind the line break that ends the statement; those in texts, lists and inline tables do not."""
    depth = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            return len(text)
        position = token.end()
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if token[0] == "\n" and depth <= 0:
            return position
    return position


def _parts(dotted: str) -> _Path:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
