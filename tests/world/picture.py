"""What people can see of a world in the published warehouse, in the words in which the truth is told, to be compared with `==`."""

from __future__ import annotations

import fcntl
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warehouse.checks import Finding, run_checks
from warehouse.store import open_readonly
from world.truth import Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An article as a reader sees it."""

    source_id: str
    title: str
    text: str
    authors: tuple[str, ...]
    lang: str
    published_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One published warehouse. Keys are url keys."""

    articles: Mapping[str, Told]
    rows: int  # of `articles`
    versions: frozenset[tuple[str, int, str]]  # version and cause
    sightings: Mapping[str, int]  # how many feeds announced it
    further_urls: Mapping[str, str]  # url key of another address -> that of the article
    rejections: Mapping[str, str]  # reasons
    stages: Mapping[str, str]
    outcomes: Mapping[str, str]  # of the last visit to a page
    attempts: Mapping[str, int]
    deleted: frozenset[str]
    quotes: tuple[tuple[str, str, str], ...]  # article, part and quote of each passage of evidence
    runs: tuple[str, ...]  # how each ended, in order
    findings: tuple[Finding, ...]  # of the SQL checks


def told(articles: Iterable[Article]) -> dict[str, Told]:
    """The truth, as a reader should see it."""
    return {
        article.url_key: Told(
            source_id=article.outlet.source_id,
            title=article.title,
            text=article.text,
            authors=article.authors,
            lang=article.outlet.lang,
            published_at=article.published_at,
            version=article.version,
        )
        for article in articles
    }


def look(published: Path) -> Picture:
    """Open a published warehouse as people do, and look at everything."""
    with open_readonly(published) as con:

        def ask(query: str) -> list[tuple[Any, ...]]:
            return con.execute(query).fetchall()

        rows = ask("select article_id, url, source_id, title, text, authors, lang, published_at, version from articles")
        keys = {article_id: url.removeprefix("http://") for article_id, url, *_ in rows}
        return Picture(
            articles={
                keys[article_id]: Told(
                    source_id=source,
                    title=title,
                    text=text,
                    authors=tuple(authors),
                    lang=lang,
                    published_at=at and at.replace(tzinfo=UTC),
                    version=version,
                )
                for article_id, _, source, title, text, authors, lang, at, version in rows
            },
            rows=len(rows),
            versions=frozenset((keys[row[0]], *row[1:]) for row in ask("select article_id, version, cause from article_versions")),
            sightings=dict(ask("select url_key, count(distinct feed_id) from raw.entries group by url_key")),
            further_urls={key: keys[of] for key, of in ask("select url_key, article_id from core.article_urls") if key != keys[of]},
            rejections=dict(ask("select url_key, reason from rejections")),
            stages=dict(ask("select url_key, stage from raw.pages")),
            outcomes=dict(ask("select url_key, arg_max(outcome, \"at\") from visits where kind = 'page' group by url_key")),
            attempts=dict(ask("select url_key, attempts from raw.pages")),
            deleted=frozenset(keys[row[0]] for row in ask("select article_id from articles where deleted_at is not null")),
            quotes=tuple(
                (keys[row[0]], *row[1:]) for row in ask("select article_id, part, quote from evidence where is_latest and is_active")
            ),
            runs=tuple(row[0] for row in ask("select status from runs order by started_at")),
            findings=run_checks(con),
        )


def twice(keys: Iterable[str]) -> dict[str, int]:
    """What occurs more than once, and how often."""
    return {key: count for key, count in Counter(keys).items() if count > 1}


def is_locked(path: Path) -> bool:
    """Whether a living process holds the lock on a file."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
