"""The sample newsroom's outlets and stories, as the TOML files beside this module tell them.

One file is one outlet: how its site works, what is wrong with its feed, and every story with the themes that a careful
reader finds in it. Refuses to know HTML, HTTP or the clock.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
import tomllib
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from extractors.records import Actor, Affiliation, Direction, DyadName

Edition = Literal[1, 2]
LAST_EDITION: Edition = 2

Validator = Literal["etag", "last_modified"]
Dialect = Literal["rss", "rss_full", "atom", "rdf", "json"]
DeadEndKind = Literal["robots_refused", "not_found", "empty"]

_DATA = importlib.resources.files("flows.newsroom")
_PATH_SAFE = "/?=&"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a story says from edition 2 on, silently."""

    title: str
    dek: str
    revised: datetime
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One article as its outlet wrote it, with the truth that tests compare against."""

    slug: str
    title: str
    dek: str
    authors: tuple[str, ...]
    section: str
    published: datetime  # with the offset of the outlet's own zone
    paragraphs: tuple[str, ...]
    themes: tuple[str, ...]  # codebook ids, as a careful reader labels the text; sorted
    near: tuple[str, ...]  # themes that are touched but not carried
    actors: tuple[Actor, ...]
    dyads: tuple[tuple[DyadName, Direction], ...]
    caption: str | None = None
    edition: Edition = 1  # the first that has it
    removed_in: Edition | None = None
    syndicated_from: str | None = None  # 'outlet/slug' of the agency's story this is a copy of
    translated_from: str | None = None  # the same, but in other words: no copy
    feed_path: str | None = None  # a short address that the feed gives; answers 301
    revision: Revision | None = None
    revised: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadEnd:
    """A feed entry that leads to no article."""

    kind: DeadEndKind
    path: str
    title: str
    summary: str
    published: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletFeed:
    """The one feed of an outlet."""

    format: Dialect
    path: str
    validators: tuple[Validator, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """An invented outlet: who owns it, how its site works, what it publishes."""

    id: str
    name: str
    host: str
    country: str
    lang: str
    timezone: str  # IANA
    owner: str
    affiliation: Affiliation
    layout: str  # a file of layouts/
    article_path: str  # pattern over slug, number and published
    page_validators: tuple[Validator, ...]
    feed: OutletFeed
    stories: tuple[Story, ...]
    dead_ends: tuple[DeadEnd, ...] = ()
    family: str | None = None
    encoding: str = "utf-8"
    gzip: bool = False
    closed_path: str | None = None  # what robots.txt disallows


@functools.cache
def load_outlets() -> tuple[Outlet, ...]:
    """All outlets, by id."""
    files = sorted((_DATA / "outlets").iterdir(), key=lambda file: file.name)
    return tuple(_outlet(tomllib.loads(file.read_text("utf-8"))) for file in files if file.name.endswith(".toml"))


def load_data(name: str) -> dict[str, Any]:
    """One of the TOML files beside the outlets: `phrases.toml`, `layouts/….toml`."""
    return tomllib.loads(_DATA.joinpath(*name.split("/")).read_text("utf-8"))


def stories_in(outlet: Outlet, edition: Edition) -> tuple[Story, ...]:
    """What the outlet holds in an edition, newest first: new stories in, removed ones out, revised ones in their later words."""
    alive = (
        _revised(story) if edition == LAST_EDITION else story
        for story in outlet.stories
        if story.edition <= edition and (story.removed_in is None or edition < story.removed_in)
    )
    return tuple(sorted(alive, key=lambda story: story.published, reverse=True))


def path_of(outlet: Outlet, story: Story) -> str:
    """Path of a story's own address, percent-encoded."""
    number = 100_000 + zlib.crc32(story.slug.encode()) % 900_000
    return quote(outlet.article_path.format(slug=story.slug, number=number, published=story.published), safe=_PATH_SAFE)


def url_of(outlet: Outlet, path: str) -> str:
    """Absolute address of a path of an outlet's site."""
    return f"http://{outlet.host}{path}"


def feed_link(outlet: Outlet, story: Story) -> str:
    """Address under which the outlet's feed gives a story."""
    return url_of(outlet, story.feed_path or path_of(outlet, story))


def write_sources(outlets: Iterable[Outlet]) -> str:
    """The sources file that declares the outlets to an ingest."""
    return "\n".join(_source_table(outlet) for outlet in outlets)


def _source_table(outlet: Outlet) -> str:
    rows: dict[str, str | None] = {
        "id": outlet.id,
        "name": outlet.name,
        "home": url_of(outlet, "/"),
        "country": outlet.country,
        "lang": outlet.lang,
        "timezone": outlet.timezone,
        "owner": outlet.owner,
        "affiliation": outlet.affiliation,
        "family": outlet.family,
    }
    lines = [f"{key} = {_toml_string(value)}" for key, value in rows.items() if value is not None]
    feed = f"\n[[source.feed]]\nurl = {_toml_string(url_of(outlet, outlet.feed.path))}\n"
    return "\n".join(["[[source]]", *lines, feed])


def _toml_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a JSON string is a TOML basic string


def _outlet(table: Mapping[str, Any]) -> Outlet:
    simple = {key: value for key, value in table.items() if key not in {"feed", "article", "dead_end", "page_validators"}}
    feed = table["feed"]
    return Outlet(
        **simple,
        page_validators=tuple(table["page_validators"]),
        feed=OutletFeed(format=feed["format"], path=feed["path"], validators=tuple(feed["validators"])),
        stories=tuple(_story(row) for row in table["article"]),
        dead_ends=tuple(DeadEnd(**row) for row in table.get("dead_end", ())),
    )


def _story(table: Mapping[str, Any]) -> Story:
    row = dict(table)
    later = row.pop("revision", None)
    row |= {key: tuple(row[key]) for key in ("authors", "near", "actors")}
    row |= {"themes": tuple(sorted(row["themes"])), "dyads": tuple(sorted(row["dyads"].items()))}
    row["paragraphs"] = _paragraphs(row.pop("text"))
    return Story(**row, revision=None if later is None else _revision(later))


def _revision(table: Mapping[str, Any]) -> Revision:
    return Revision(title=table["title"], dek=table["dek"], revised=table["revised"], paragraphs=_paragraphs(table["text"]))


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(text.strip().splitlines())


def _revised(story: Story) -> Story:
    later = story.revision
    if later is None:
        return story
    return replace(story, title=later.title, dek=later.dek, paragraphs=later.paragraphs, revised=later.revised)
