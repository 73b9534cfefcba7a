"""Which article a page is.

An id is given once, to the first address under which an article was seen. Refuses to compute it anew or to delete
one: where two ids prove to be one article, the elder goes on and the younger becomes its alias.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from extractors.records import Reading, short_hash
from warehouse.ledger import Ledger
from warehouse.sql import Row, ask

_Age = tuple[int, datetime, str]  # landing, first seen, id: of two the smaller is the elder


@dataclass(slots=True, kw_only=True)
class _Directory:
    """Which article each address leads to, while the readings of a batch add to it."""

    by_url: dict[str, str]
    ages: dict[str, _Age]
    origins: dict[str, Row]
    landed_seq: int
    new: dict[str, Row] = field(default_factory=dict)
    urls: list[Row] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)

    def resolve(self, article_id: str) -> str:
        """Follow what was proved in this batch."""
        while article_id in self.aliases:
            article_id = self.aliases[article_id]
        return article_id


def land_identities(ledger: Ledger, readings: Sequence[Reading]) -> tuple[tuple[str, ...], int]:
    """Give each reading its article id, in their order; also how many of these articles are new."""
    url_keys = list({key for reading in readings for key in _addresses(reading)})
    rows = ask(ledger.con, "articles.of_urls", url_keys=url_keys)
    directory = _Directory(
        by_url={row["url_key"]: row["article_id"] for row in rows},
        ages={row["article_id"]: (row["landed_seq"], row["first_seen_at"], row["article_id"]) for row in rows},
        origins={row["url_key"]: row for row in ask(ledger.con, "pages.origins", url_keys=url_keys)},
        landed_seq=ledger.landed_seq,
    )
    given = [_identify(directory, reading) for reading in readings]
    ledger.append("articles.add", list(directory.new.values()))
    ledger.append("articles.add_urls", directory.urls)
    ledger.append("articles.add_aliases", _alias_rows(ledger, directory))
    return tuple(directory.resolve(article_id) for article_id in given), len(directory.new)


def _addresses(reading: Reading) -> dict[str, str]:
    """List the identities a page is known by with their kinds, the one that was asked for first."""
    further = {other.url_key: other.kind for other in reading.urls}
    return {reading.capture.url_key: "seen"} | {key: kind for key, kind in further.items() if key != reading.capture.url_key}


def _identify(directory: _Directory, reading: Reading) -> str:
    addresses = _addresses(reading)
    known = {directory.resolve(directory.by_url[key]) for key in addresses if key in directory.by_url}
    article_id = min(known, key=directory.ages.__getitem__) if known else _give_id(directory, reading)
    for younger in known - {article_id}:
        directory.aliases[younger] = article_id
    for key, kind in addresses.items():
        if key not in directory.by_url:
            directory.by_url[key] = article_id
            directory.urls.append({"url_key": key, "article_id": article_id, "kind": kind})
    return article_id


def _give_id(directory: _Directory, reading: Reading) -> str:
    capture = reading.capture
    article_id = short_hash("article", capture.url_key)
    unannounced = {"source_id": None, "first_seen_after": None, "first_seen_at": capture.fetched_at, "ingest_path": "feed"}
    origin = directory.origins.get(capture.url_key, unannounced)
    directory.new[article_id] = {"article_id": article_id, "url": capture.url} | {key: origin[key] for key in unannounced}
    directory.ages[article_id] = (directory.landed_seq, origin["first_seen_at"], article_id)
    return article_id


def _alias_rows(ledger: Ledger, directory: _Directory) -> list[Row]:
    """Write down what was proved, also of ids that led to the younger: one step always leads to the elder."""
    if not directory.aliases:
        return []
    followers = {row["article_id"]: row["alias_of"] for row in ask(ledger.con, "articles.aliases_of", article_ids=list(directory.aliases))}
    younger = directory.aliases | followers
    return [{"article_id": article_id, "alias_of": directory.resolve(elder)} for article_id, elder in younger.items()]
