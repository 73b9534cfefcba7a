"""Readings become versions: whether a page says something new, and whose doing that is.

Refuses to take a change of our extractor for one of the publisher, and an old capture for news.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from extractors.records import Article, Reading
from warehouse.identity import land_identities
from warehouse.ledger import Ledger
from warehouse.rows import reading_row, version_row
from warehouse.sql import Row, ask
from warehouse.texts import SignedVersion, land_texts
from warehouse.wording import diff_kind

_Wordings = dict[str, tuple[str, str]]  # title and text by content hash


@dataclass(frozen=True, slots=True, kw_only=True)
class _Latest:
    """What an article said last, and who read it when."""

    version: int  # the last one under the article's own id; 0 for none
    content_hash: str
    landed_seq: int  # of that wording
    extractor: str
    fetched_at: datetime


def land_articles(ledger: Ledger, readings: Sequence[tuple[Reading, Article]]) -> tuple[int, int]:
    """Land readings with the articles they found; how many articles and how many versions are new.

    A capture is read once by an extractor: what it landed the first time stands.
    """
    found = {(reading.capture.capture_id, article.extractor): (reading, article) for reading, article in reversed(readings)}
    read = ask(ledger.con, "articles.readings_of_captures", capture_ids=[capture_id for capture_id, _ in found])
    for row in read:
        found.pop((row["capture_id"], row["extractor"]), None)
    fresh = sorted(found.values(), key=lambda pair: (pair[0].capture.fetched_at, pair[0].capture.capture_id))
    if not fresh:
        return 0, 0
    article_ids, new = land_identities(ledger, [reading for reading, _ in fresh])
    return new, _land_versions(ledger, fresh, article_ids)


def _land_versions(ledger: Ledger, fresh: Sequence[tuple[Reading, Article]], article_ids: Sequence[str]) -> int:
    latest = _look_up_latest(ledger, article_ids)
    wordings = _look_up_wordings(ledger, fresh, article_ids, latest)
    versions: list[Row] = []
    signed: list[SignedVersion] = []
    for (reading, article), article_id in zip(fresh, article_ids, strict=True):
        before = latest.get(article_id)
        if before and reading.capture.fetched_at < before.fetched_at:
            continue
        version = before.version if before else 0
        if not before or before.content_hash != article.content_hash:
            version += 1
            wordings[article.content_hash] = (article.title, article.text)
            # Under another extractor than before, nobody can say that the publisher changed anything.
            cause = "publisher" if not before or before.extractor == article.extractor else "extractor"
            kind = diff_kind(wordings[before.content_hash] if before else None, wordings[article.content_hash])
            versions.append(version_row(article, reading, article_id=article_id, version=version, cause=cause, diff_kind=kind))
            if reading.signature:
                signed.append(SignedVersion(article_id=article_id, content_hash=article.content_hash, signature=reading.signature))
        latest[article_id] = _Latest(
            version=version,
            content_hash=article.content_hash,
            landed_seq=ledger.landed_seq,
            extractor=article.extractor,
            fetched_at=reading.capture.fetched_at,
        )
    ledger.append("articles.add_readings", [reading_row(*pair, article_id=item) for pair, item in zip(fresh, article_ids, strict=True)])
    count = ledger.append("articles.add_versions", versions)
    land_texts(ledger, signed)
    return count


def _look_up_latest(ledger: Ledger, article_ids: Sequence[str]) -> dict[str, _Latest]:
    """By article the newest of what landed under its own id and under those that proved to be the same."""
    rows = ask(ledger.con, "articles.latest", article_ids=list(set(article_ids)))
    return {row.pop("article_id"): _Latest(**row) for row in rows}


def _look_up_wordings(
    ledger: Ledger, fresh: Sequence[tuple[Reading, Article]], article_ids: Sequence[str], latest: dict[str, _Latest]
) -> _Wordings:
    """Title and text of those latest versions that a reading differs from."""
    wanted = {
        latest[article_id].content_hash: latest[article_id].landed_seq
        for (_, article), article_id in zip(fresh, article_ids, strict=True)
        if article_id in latest and latest[article_id].content_hash != article.content_hash
    }
    if not wanted:
        return {}
    # Rows lie in the order of their landings: the bound keeps the database from reading every text there is.
    rows = ask(ledger.con, "articles.wordings", content_hashes=wanted.keys(), since_seq=min(wanted.values()))
    return {row["content_hash"]: (row["title"], row["text"]) for row in rows}
