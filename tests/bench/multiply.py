"""A million articles in minutes: rows that really landed are multiplied by SQL, so that views can be timed at that size.

    python -m tests.bench.multiply --articles 20000 --times 5
    python -m tests.bench.multiply --base KEPT/private --times 10 --rounds 3

MULTIPLIED, NOT LANDED: each further copy has the rows of the landed ones with other ids, later landings and later days, so
that the pace in a day stays and the days grow. Its texts are the same letters rotated within their alphabets: no text
repeats another, each compresses as the first did, and every span stands where it stood. Sources, feeds and codebooks stay
as few as they were, and no article joins another copy's text. Says nothing about landing; refuses more copies than Latin
has letters.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC
from hashlib import blake2b
from pathlib import Path
from string import ascii_lowercase

from tests.bench.newswire import Newswire
from tests.bench.warehouse import TIMES, land_wire, report_published, report_timings, time_questions
from warehouse.checks import run_checks
from warehouse.publish import publish
from warehouse.store import open_readonly, open_writer

MOST_TIMES = len(ascii_lowercase)  # after so many turns an alphabet is where it was
_CYRILLIC = "".join(map(chr, range(ord("а"), ord("я") + 1)))
_ALPHABETS = (ascii_lowercase, ascii_lowercase.upper(), _CYRILLIC, _CYRILLIC.upper(), "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی")
# What the world declared and what is one row a site: there are no more of these when there are more articles.
STAYING = frozenset({
    "core.sources", "core.codebooks", "core.codebook_texts", "core.label_counts", "core.migrations", "core.view_sets",
    "raw.feeds", "raw.site_memory", "raw.units",
})  # fmt: skip
_IDS = frozenset({
    "article_id", "alias_of", "body_hash", "capture_id", "content_hash", "entry_hash", "matched_article_id", "rejection_id", "text_hash",
    "text_id", "visit_id",
})  # fmt: skip
_ADDRESSES = frozenset({"url_key", "url", "final_url", "claimed_canonical", "link", "guid"})
_LANDINGS = frozenset({"landed_seq", "since_seq", "through_seq"})
_WORDS = frozenset({"title", "text", "summary", "content"})
_OF_FEEDS = frozenset({("core.feed_states", "url"), ("core.feed_states", "title")})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """From one copy to the next."""

    landings: int
    days: int


def multiply(con, times):
    """Give the private file `times` as many articles and all that belongs to them."""
    if not 1 <= times <= MOST_TIMES:
        raise ValueError(f"times: {times} is not from 1 to {MOST_TIMES}")
    span = "select max(landed_seq), date_diff('day', min(landed_at), max(landed_at)) + 1 from core.landings"
    step, copies = _Step(**dict(zip(("landings", "days"), con.execute(span).fetchone(), strict=True))), range(1, times)
    names = con.execute("select schema_name || '.' || table_name from duckdb_tables() where schema_name in ('core', 'raw') order by all")
    for table in [name for (name,) in names.fetchall() if copies and name not in STAYING]:
        columns = _columns(con, table)
        # one statement a table: it reads none of what it adds, and copies stay in their order
        con.execute(f"insert into {table} " + " union all ".join(_copied(table, columns, step, copy) for copy in copies))
    moments = [name for name, kind in _columns(con, "raw.feeds") if kind == "TIMESTAMP"]
    later = ", ".join(f"{name} = {name} + to_days({step.days * (times - 1)})" for name in moments)
    con.execute(f"update raw.feeds set {later}")  # noqa: S608 - names that the catalogue gives


def _columns(con, table):
    """Names and types of a table's columns."""
    found = "select column_name, data_type from duckdb_columns() where schema_name || '.' || table_name = ? order by column_index"
    return tuple(con.execute(found, [table]).fetchall())


def _copied(table, columns, step, copy):
    """The question that gives a copy of the rows that landed; equal values stay equal, and NULL stays NULL."""
    others, values = _others(step, copy), []
    for name, kind in columns:
        value = others.get(name, name)
        if kind in ("TIMESTAMP", "DATE"):
            value = f"{name} + {step.days * copy}" if kind == "DATE" else f"{name} + to_days({step.days * copy})"
        elif table == "raw.visits" and name in _ADDRESSES:
            value = f"case when kind = 'page' then {value} else {name} end"
        values.append(name if (table, name) in _OF_FEEDS else value)
    return f"select {', '.join(values)} from {table}"  # noqa: S608 - likewise


def _others(step, copy):
    """By column the SQL of what it holds in a copy; columns that are not named hold the same."""
    letters, turned = "".join(_ALPHABETS), "".join(alphabet[copy:] + alphabet[:copy] for alphabet in _ALPHABETS)
    return (
        {name: f"md5({name} || '/{copy}')" for name in _IDS}
        | {name: f"{name} || '-{copy}'" for name in _ADDRESSES | {"file", "run_id"}}
        | {name: f"{name} + {step.landings * copy}" for name in _LANDINGS}
        | {name: f"translate({name}, '{letters}', '{turned}')" for name in _WORDS}
        | {"band": f"xor(band, {_noise(copy, 63)})", "slots": f"list_transform(slots, lambda slot: xor(slot, {_noise(copy, 32)}))"}
    )


def _noise(copy, bits):
    """A number of so many bits that is the copy's own; what is equal or not stays so under it."""
    return int.from_bytes(blake2b(str(copy).encode()).digest()[:8]) >> (64 - bits)


def measure(folder, times, *, rounds=TIMES):
    """Multiply the private file in `folder`, check, publish and ask, and print each figure as soon as it is there."""
    target = folder / "trilateral.duckdb"
    with open_writer(folder / "private", purpose="bench") as writer:
        begun = time.monotonic()
        multiply(writer.con, times)
        print(f"multiplied by {times}, not landed: in {time.monotonic() - begun:,.0f} s", flush=True)
        (last,) = writer.con.execute("select max(landed_at) from core.landings").fetchone()
        publication = publish(writer, target, now=last.replace(tzinfo=UTC))
    with open_readonly(target) as con:
        (articles,) = con.execute("select count(*) from articles").fetchone()
        print(f"\n== {articles:,} articles, multiplied by {times}, not landed")
        report_published(articles, publish_seconds=publication.seconds, file_bytes=publication.bytes)
        report_timings(time_questions(con, times=rounds), times=rounds)
        begun = time.monotonic()
        findings = run_checks(con)
        print(f"check: {len(findings)} findings in {time.monotonic() - begun:,.0f} s")
        return findings


def _take_base(args, folder):
    """Have a private file in `folder`: a copy of the one given, or one that is landed now."""
    if args.base:
        shutil.copytree(args.base, folder / "private")
        return
    with open_writer(folder / "private", purpose="bench") as writer:
        for _ in land_wire(writer.con, Newswire(seed=args.seed), args.articles):
            pass


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=20_000, metavar="N", help="how many to land before they are multiplied")
    parser.add_argument("--base", type=Path, metavar="DIR", help="a private folder with landed articles, instead; it is copied")
    parser.add_argument("--times", type=int, default=5, metavar="N", help=f"how many times as many, at most {MOST_TIMES}")
    parser.add_argument("--rounds", type=int, default=TIMES, metavar="N", help="how often each question is asked")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the files there; must be empty")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.keep or Path(scratch)
        if folder.exists() and any(folder.iterdir()):
            parser.error(f"{folder}: not empty")
        _take_base(args, folder)
        findings = measure(folder, args.times, rounds=args.rounds)
    for finding in findings:
        print(f"{finding.check}: {finding.detail}")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
