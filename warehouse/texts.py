"""Which text an article is: the near-duplicates that one article founded.

An article joins the text of what it is most like, else it founds one under its own id, and keeps it for life. Two texts
become one only where one article is much like both: a digest that quotes two stories whole joins one of them and merges
none, and a page that is rewritten beyond recognition takes no reprint of its old words along. Then the elder goes on
and the younger becomes its alias. Refuses to compute signatures: readings bring them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from extractors.records import TextSignature
from warehouse.ledger import Ledger, open_ledger
from warehouse.sql import Row, ask

# Chosen on 2026-11-25 by arithmetic, before any run. Two texts of one length that share 46 % of their shingles have a
# Jaccard similarity of 0.3, a quote of 25 words in texts of 120 words gives 0.1; 8 of 64 slots cannot be equal by chance.
_LIKE = 0.3
_CONTAINED = 0.8  # of the shorter text's shingles, for a cut
_PART_LIKE = 0.125
_MUCH_LIKE = 0.5  # merges texts

_Age = tuple[int, datetime, str]  # landing and first sight of the founder, id: of two texts the smaller is the elder


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedVersion:
    """A version that lands, and what its text is recognised by."""

    article_id: str
    content_hash: str
    signature: TextSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsignedText:
    """A version that nothing recognises yet."""

    article_id: str
    content_hash: str
    text: str
    authors: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class _Shelf:
    """Which text each article is, while the versions of a batch add to it."""

    holders: dict[str, list[str]]  # articles by wording
    texts: dict[str, str]  # by article
    ages: dict[str, _Age]  # by text, and by article that may found one
    aliases: dict[str, str] = field(default_factory=dict)  # proved in this batch
    members: list[Row] = field(default_factory=list)

    def text_of(self, article_id: str) -> str | None:
        """Follow what was proved in this batch."""
        text_id = self.texts.get(article_id)
        while text_id in self.aliases:
            text_id = self.aliases[text_id]
        return text_id


def land_texts(ledger: Ledger, versions: Sequence[SignedVersion]) -> None:
    """Land the signatures of new versions, in their order, and find out which text each article is."""
    if not versions:
        return
    fresh = {version.content_hash: version for version in versions}
    known = {row["content_hash"] for row in ask(ledger.con, "texts.signed", content_hashes=fresh.keys())}
    rows = [_signature_row(version) for version in fresh.values() if version.content_hash not in known]
    ledger.append("texts.add_signatures", rows)
    ledger.append("texts.add_bands", [{"content_hash": row["content_hash"], "bands": row["bands"]} for row in rows])
    likeness = _find_likeness(ledger, fresh.keys())
    shelf = _fill_shelf(ledger, {*likeness, *(other for others in likeness.values() for other in others)})
    for version in versions:
        _place(ledger, shelf, version, likeness[version.content_hash])
    ledger.append("texts.add_members", shelf.members)
    ledger.append("texts.add_aliases", _alias_rows(ledger, shelf.aliases))


def unsigned_texts(con: duckdb.DuckDBPyConnection, *, limit: int) -> tuple[UnsignedText, ...]:
    """List the eldest versions that landed without a signature."""
    return tuple(UnsignedText(**row | {"authors": tuple(row["authors"])}) for row in ask(con, "texts.unsigned", limit=limit))


def land_signatures(con: duckdb.DuckDBPyConnection, versions: Sequence[SignedVersion], *, run_id: str, now: datetime) -> None:
    """Land what stored versions are recognised by, in one transaction; each joins or founds a text as if it came today."""
    with open_ledger(con, run_id=run_id, now=now) as ledger:
        land_texts(ledger, versions)


def _signature_row(version: SignedVersion) -> Row:
    signature = version.signature
    return {
        "content_hash": version.content_hash,
        "shingles": signature.shingles,
        "slots": signature.slots,
        "bands": signature.bands,
        "agency": signature.agency,
    }


def _find_likeness(ledger: Ledger, content_hashes: Collection[str]) -> dict[str, dict[str, float]]:
    """By wording the wordings that it is like, itself among them, and how much."""
    likeness = {content_hash: {content_hash: 1.0} for content_hash in content_hashes}
    limits = {"like": _LIKE, "part_like": _PART_LIKE, "contained": _CONTAINED}
    for row in ask(ledger.con, "texts.matches", incoming=None, landed_seq=ledger.landed_seq, **limits):
        likeness[row["content_hash"]][row["other_hash"]] = row["similarity"]
    return likeness


def _fill_shelf(ledger: Ledger, content_hashes: set[str]) -> _Shelf:
    shelf = _Shelf(holders={}, texts={}, ages={})
    for row in ask(ledger.con, "texts.holders", content_hashes=content_hashes):
        shelf.holders.setdefault(row["content_hash"], []).append(row["article_id"])
        age_of = row["text_id"] or row["article_id"]
        shelf.ages[age_of] = (row["landed_seq"], row["first_seen_at"], age_of)
        if row["text_id"]:
            shelf.texts[row["article_id"]] = row["text_id"]
    return shelf


def _place(ledger: Ledger, shelf: _Shelf, version: SignedVersion, likeness: dict[str, float]) -> None:
    """Give the article its text, and merge the texts that it shows to be one."""
    article_id = version.article_id
    mine = shelf.text_of(article_id)
    alike: dict[str, tuple[float, str]] = {}  # by text: how much, and which article
    for content_hash, similarity in likeness.items():
        for other in shelf.holders.get(content_hash, ()):
            text_id = shelf.text_of(other)
            if other != article_id and text_id is not None:
                alike[text_id] = max(alike.get(text_id, (0.0, "")), (similarity, other))
    if mine is None:
        mine = _join(shelf, article_id, alike)
    merged = {text_id for text_id, (similarity, _) in alike.items() if similarity >= _MUCH_LIKE} | {mine}
    if len(merged) > 1 and (alike[mine][0] >= _MUCH_LIKE if mine in alike else _is_alone(ledger, shelf, mine, article_id)):
        elder = min(merged, key=shelf.ages.__getitem__)
        shelf.aliases |= dict.fromkeys(merged - {elder}, elder)


def _is_alone(ledger: Ledger, shelf: _Shelf, text_id: str, article_id: str) -> bool:
    """Whether no other article is that text: then nobody is taken along where this one was rewritten beyond recognition."""
    stored = ask(ledger.con, "texts.members", text_id=text_id)
    known = {row["article_id"] for row in stored} | {other for other in shelf.texts if shelf.text_of(other) == text_id}
    return known <= {article_id}


def _join(shelf: _Shelf, article_id: str, alike: dict[str, tuple[float, str]]) -> str:
    """Put a new article to the text that it is most like, of two equally like to the elder; else it founds one."""
    ranked = sorted(alike, key=lambda text_id: (-alike[text_id][0], shelf.ages[text_id]))
    text_id = ranked[0] if ranked else article_id
    similarity, matched = alike.get(text_id, (None, None))
    shelf.texts[article_id] = text_id
    shelf.members.append({"article_id": article_id, "text_id": text_id, "matched_article_id": matched, "similarity": similarity})
    return text_id


def _alias_rows(ledger: Ledger, aliases: dict[str, str]) -> list[Row]:
    """Write down what was proved, also of texts that led to the younger: one step always leads to the elder."""
    if not aliases:
        return []
    followers = {row["text_id"]: row["alias_of"] for row in ask(ledger.con, "texts.followers", text_ids=list(aliases))}
    younger = aliases | followers
    return [{"text_id": text_id, "alias_of": _resolve(aliases, elder)} for text_id, elder in younger.items()]


def _resolve(aliases: dict[str, str], text_id: str) -> str:
    while text_id in aliases:
        text_id = aliases[text_id]
    return text_id
