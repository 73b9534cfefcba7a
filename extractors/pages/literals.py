"""Values as a script writes them, read without running it: object literals, and the wrapped form `(function(a,b){return {…}}(1,2))`.

Refuses every expression: calls, operators and templates end the reading with ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_MAX_DEPTH = 200
_SPACE = re.compile(r"(?:\s|/\*.*?\*/|//[^\n]*\n)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', re.DOTALL)
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_VOID = re.compile(r"void 0|undefined\b|null\b|NaN\b|-?Infinity\b")
_TRUTH = re.compile(r"true\b|false\b|!0|!1")
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_WRAPPED = re.compile(r"\(?\s*function\s*\w*\s*\(([\w$,\s]*)\)\s*\{")
_RETURN = re.compile(r"\breturn\s*(?=[{\[])")
_ARGUMENTS = re.compile(r"[;\s]*\}\s*\)?\s*\(")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "\n": ""}


class _Unbound(str):
    """The name of an argument whose value is not known yet."""

    __slots__ = ()


def read_literal(text: str, at: int = 0) -> tuple[Any, int]:
    """Read the value that begins at `at`, and tell where it ends; ValueError for what is no plain value."""
    wrapped = _WRAPPED.match(text, at)
    if wrapped is None:
        value, end = _value(text, at, 0)
        return _bound(value, {}), end
    start = _RETURN.search(text, wrapped.end())
    if start is None:
        raise ValueError("a function that returns no value")
    value, end = _value(text, start.end(), 0)
    opening = _ARGUMENTS.match(text, end)
    if opening is None:
        raise ValueError("a function that is not called")
    arguments, end = _items(text, opening.end(), ")", 0)
    names = [name.strip() for name in wrapped[1].split(",")]
    return _bound(value, dict(zip(names, arguments, strict=False))), end


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deep")
    at = _skip(text, at)
    first = text[at : at + 1]
    if first == "{":
        return _object(text, at + 1, depth + 1)
    if first == "[":
        return _items(text, at + 1, "]", depth + 1)
    if match := _STRING.match(text, at):
        return _unquote(match[0]), match.end()
    return _plain(text, at)


def _plain(text: str, at: int) -> tuple[Any, int]:
    """Read what is neither quoted nor nested: nothing, a truth, a number or a name."""
    if match := _VOID.match(text, at):
        return None, match.end()
    if match := _TRUTH.match(text, at):
        return match[0] in {"true", "!0"}, match.end()
    if match := _NUMBER.match(text, at):
        return float(match[0]) if any(mark in match[0] for mark in ".eE") else int(match[0]), match.end()
    if match := _NAME.match(text, at):
        return _Unbound(match[0]), match.end()
    raise ValueError(f"no value at character {at}")


def _object(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while (at := _skip(text, at)) < len(text):
        if text[at] == "}":
            return found, at + 1
        key = _STRING.match(text, at) or _NAME.match(text, at) or _NUMBER.match(text, at)
        colon = _skip(text, key.end()) if key else len(text)
        if key is None or text[colon : colon + 1] != ":":
            raise ValueError(f"no key at character {at}")
        found[_unquote(key[0]) if key[0][0] in "\"'" else key[0]], at = _value(text, colon + 1, depth)
        at = _after_item(text, at, "}")
    raise ValueError("an object without an end")


def _items(text: str, at: int, closing: str, depth: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    while (at := _skip(text, at)) < len(text):
        if text[at] == closing:
            return found, at + 1
        value, at = _value(text, at, depth)
        found.append(value)
        at = _after_item(text, at, closing)
    raise ValueError("a list without an end")


def _after_item(text: str, at: int, closing: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] == ",":
        return at + 1
    if text[at : at + 1] == closing:
        return at
    raise ValueError(f"an expression at character {at}")


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _unquote(literal: str) -> str:
    """Read a quoted string; pairs of surrogates become one character, single ones are dropped."""
    text = _ESCAPE.sub(_unescaped, literal[1:-1])
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _ESCAPED.get(match[3], match[3])


def _bound(value: Any, arguments: Mapping[str, Any]) -> Any:
    """Put the arguments in the place of their names; other names are variables of the page, and unknown."""
    if isinstance(value, _Unbound):
        return arguments.get(value)
    if isinstance(value, dict):
        return {key: _bound(child, arguments) for key, child in value.items()}
    return [_bound(child, arguments) for child in value] if isinstance(value, list) else value


def unflatten(cells: list[Any]) -> Any:
    """Rebuild what Nuxt 3 writes as one flat list, in which every value is named by its place; ValueError for what is none."""
    left = 200_000

    def build(place: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if not isinstance(place, int) or not 0 <= place < len(cells) or depth > _MAX_DEPTH or left < 0:
            return None
        cell = cells[place]
        if isinstance(cell, dict):
            return {key: build(child, depth + 1) for key, child in cell.items()}
        if not isinstance(cell, list):
            return cell
        if cell and isinstance(cell[0], str):  # a wrapper: ["Reactive", place], ["Date", "2026-…"]
            inner = cell[1] if len(cell) > 1 else None
            return inner if isinstance(inner, str) else build(inner, depth + 1)
        return [build(child, depth + 1) for child in cell]

    if not cells or isinstance(cells[0], int):
        raise ValueError("no list of cells")
    return build(0, 0)
