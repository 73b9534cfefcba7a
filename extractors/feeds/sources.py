"""The sources file: what strangers write about outlets, checked, as `Source` records.

Every mistake is one sentence with file, line, source and field. Refuses to skip what it does not understand: a key
nobody knows is a typing error, and it names the nearest known one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Annotated, Any, get_args
from zoneinfo import ZoneInfo, available_timezones

import tomlkit
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from tomlkit.exceptions import ParseError, TOMLKitError

from extractors.errors import SourceError
from extractors.feeds.entries import primary_tag
from extractors.feeds.tomllines import TomlLines, find_lines
from extractors.records import Affiliation, ExtractRules, Feed, Source
from extractors.urls import normalise_url, registrable_domain, url_key

_AFFILIATIONS = get_args(Affiliation)
_IN_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+(?:@[0-9a-f]{7,40})? [^\s/]\S*(?: \S+)*")  # owner/name, a commit if known, a path


def parse_sources(text: str, *, name: str) -> tuple[Source, ...]:
    """Read a sources file; `name` stands for it in messages. Raises SourceError for the first mistake in the file."""
    lines = find_lines(text)
    try:
        document = tomlkit.parse(text).unwrap()
    except TOMLKitError as error:
        raise SourceError(_say_malformed(error, text, lines, name)) from error
    try:
        checked = _Document.model_validate(document)
    except ValidationError as error:
        raise SourceError(_first_mistake(error, document, lines, name)) from error
    sources = tuple(_to_record(source) for source in checked.source)
    _refuse_twins(sources, lines, name)
    return sources


def kin_of(sources: Iterable[Source]) -> dict[str, tuple[str, ...]]:
    """Give each source of a family the registrable domains of all its members: of their homes, or of feeds where none is stated."""
    families: dict[str, set[str]] = {}
    members = [source for source in sources if source.family]
    for source in members:
        addresses = [source.home] if source.home else [feed.url for feed in source.feeds]
        families.setdefault(source.family or "", set()).update(filter(None, map(registrable_domain, addresses)))
    return {source.id: tuple(sorted(families[source.family or ""])) for source in members}


# --- what the file may hold ------------------------------------------------------------------------------------------


def _check_address(value: str) -> str:
    if normalise_url(value) is not None:
        return value.strip()
    is_web = value.strip().lower().startswith(("http://", "https://"))
    raise ValueError(f"{'not an address that can be fetched' if is_web else 'not http(s)'}: {value!r}")


def _check_timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        near = difflib.get_close_matches(value, available_timezones(), n=1)
        raise ValueError(f"not an IANA timezone: {value!r}{f'; did you mean {near[0]!r}?' if near else ''}") from error
    return value


def _check_affiliation(value: str) -> str:
    if value not in _AFFILIATIONS:
        raise ValueError(f"must be one of {', '.join(map(repr, _AFFILIATIONS))}: {value!r}")
    return value


def _check_lang(value: str) -> str:
    lang = primary_tag(value)
    if lang is None:
        raise ValueError(f"not a language tag such as 'fa' or 'ru': {value!r}")
    return lang


def _check_country(value: str) -> str:
    if not (len(value) == 2 and value.isascii() and value.isalpha()):
        raise ValueError(f"not a two-letter country code such as 'ir': {value!r}")
    return value.lower()


def _check_id(value: str) -> str:
    if not value or not value.isascii() or not all(letter.isalnum() or letter in "-_." for letter in value):
        raise ValueError(f"may hold letters, digits, '-', '_' and '.' only: {value!r}")
    return value


def _check_filled(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty")
    return value


def _check_listing(value: str) -> str:
    if _IN_REPOSITORY.fullmatch(value) or (" " not in value and normalise_url(value) is not None):
        return value
    raise ValueError(f"neither a page nor 'owner/repository path': {value!r}")


_Address = Annotated[str, AfterValidator(_check_address)]
_Lang = Annotated[str, AfterValidator(_check_lang)]
_Filled = Annotated[str, AfterValidator(_check_filled)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _FeedModel(_Model):
    url: _Address
    lang: _Lang | None = None
    seen_in: Annotated[str, AfterValidator(_check_listing)] | None = None


class _ExtractModel(_Model):
    keep: list[_Filled] = []
    drop: list[_Filled] = []


class _SourceModel(_Model):
    id: Annotated[str, AfterValidator(_check_id)]
    name: _Filled
    home: _Address | None = None
    country: Annotated[str, AfterValidator(_check_country)] | None = None
    lang: _Lang | None = None
    timezone: Annotated[str, AfterValidator(_check_timezone)] | None = None
    owner: _Filled | None = None
    affiliation: Annotated[str, AfterValidator(_check_affiliation)] | None = None
    family: _Filled | None = None
    feed: list[_FeedModel] = []
    extract: _ExtractModel = _ExtractModel()
    host_delay_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    enabled: bool = True


class _Document(_Model):
    source: list[_SourceModel] = []


def _to_record(source: _SourceModel) -> Source:
    fields: dict[str, Any] = source.model_dump(exclude={"feed", "extract"})
    return Source(
        **fields,
        feeds=tuple(Feed(url=feed.url, lang=feed.lang, seen_in=feed.seen_in) for feed in source.feed),
        extract=ExtractRules(keep=tuple(source.extract.keep), drop=tuple(source.extract.drop)),
    )


# --- mistakes in words -----------------------------------------------------------------------------------------------

_Location = tuple[str | int, ...]

_KNOWN_KEYS: dict[int, tuple[type[BaseModel], ...]] = {1: (_Document,), 3: (_SourceModel,), 4: (_ExtractModel,), 5: (_FeedModel,)}

_WORDS = {
    "missing": "is missing",
    "string_type": "must be text in quotes",
    "bool_type": "must be true or false",
    "float_type": "must be a number",
    "greater_than_equal": "must not be negative",
    "finite_number": "must be a finite number",
    "list_type": "must be a list",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
}


def _first_mistake(error: ValidationError, document: dict[str, Any], lines: TomlLines, name: str) -> str:
    """Put the mistake that stands first in the file into a sentence."""
    mistakes = error.errors(include_url=False)
    # A misspelt key leaves the right one missing: say the cause, not what follows from it.
    misspelt = {mistake["loc"][:-1] for mistake in mistakes if mistake["type"] == "extra_forbidden"}
    causes = [mistake for mistake in mistakes if mistake["type"] != "missing" or mistake["loc"][:-1] not in misspelt]
    first = min(causes, key=lambda mistake: lines.of(mistake["loc"]))
    location: _Location = first["loc"]
    return f"{name}:{lines.of(location)}: {_say_place(location, document)}{_say_what(first, location)}"


def _say_place(location: _Location, document: dict[str, Any]) -> str:
    """Name the source by its id, or by its place in the file, and the field by its path."""
    if len(location) < 2 or not isinstance(location[1], int):
        return f"{location[0]}: " if location else ""
    source = document["source"][location[1]]
    stated = source.get("id") if isinstance(source, dict) else None
    who = f"source {stated!r}" if isinstance(stated, str) else f"source {location[1] + 1}"
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location[2:]).lstrip(".")
    return f"{who}: {path}: " if path else f"{who}: "


def _say_what(mistake: Any, location: _Location) -> str:
    kind = str(mistake["type"])
    if kind == "extra_forbidden":
        known = [key for model in _KNOWN_KEYS.get(len(location), ()) for key in model.model_fields]
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        return "unknown key" + (f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}")
    if kind == "value_error":
        return str(mistake["ctx"]["error"])
    words = _WORDS.get(kind) or _lower(str(mistake["msg"]))
    return words if kind == "missing" else f"{words}: {mistake['input']!r}"


def _refuse_twins(sources: tuple[Source, ...], lines: TomlLines, name: str) -> None:
    """Refuse an id that two sources share, and a feed that two sources would fetch."""
    ids: dict[str, int] = {}
    feeds: dict[str, str] = {}
    for place, source in enumerate(sources):
        if source.id in ids:
            first = lines.of(("source", ids[source.id], "id"))
            raise SourceError(f"{name}:{lines.of(('source', place, 'id'))}: source {source.id!r}: id: already used in line {first}")
        ids[source.id] = place
        for number, feed in enumerate(source.feeds):
            key = url_key(feed.url)
            if key in feeds:
                line = lines.of(("source", place, "feed", number, "url"))
                where = f"{name}:{line}: source {source.id!r}: feed[{number}].url"
                raise SourceError(f"{where}: already a feed of source {feeds[key]!r}: {feed.url!r}")
            feeds[key] = source.id


def _say_malformed(error: TOMLKitError, text: str, lines: TomlLines, name: str) -> str:
    """Say what the TOML parser says, in the words of the commonest mistakes where it is one of them."""
    words = _lower(str(error).partition(" at line ")[0].rstrip("."))
    if "already exists" in words:
        stranger = next((path for path in lines.lines if path[0] != "source"), None)
        if stranger:
            return f"{name}:{lines.of(stranger)}: {stranger[0]}: unknown table; did you mean [[source]]?"
        return f"{name}:{lines.repeated[0] if lines.repeated else 1}: not valid TOML: {words}; each source begins with [[source]]"
    line = error.line if isinstance(error, ParseError) else 1
    written = text.splitlines()[line - 1 : line]
    key, equals, value = written[0].partition("=") if written else ("", "", "")
    if words.startswith("control characters"):
        words = "a text is not closed before its line ends"
    elif equals and value.strip()[:1].isalpha():
        words = f"{words}; text needs quotes: {key.strip()} = {value.strip()!r}"
    return f"{name}:{line}: not valid TOML: {words}"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
