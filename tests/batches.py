"""Small records and batches as landing tests need them, and the two kinds of database they land in. Not a test."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb

from extractors.records import (
    ActorMention,
    Article,
    ArticleUrl,
    Batch,
    CaptureRef,
    Classification,
    DyadFinding,
    Entry,
    Evidence,
    Feed,
    FeedState,
    FeedVisit,
    PageHints,
    PageState,
    Reading,
    SeenEntry,
    Source,
    Visit,
    short_hash,
)
from warehouse import landing, schema
from warehouse.lake import attach_lake

GAZETTE = Source(id="gazette", name="The Gazette", lang="en", timezone="Europe/Moscow", feeds=(Feed(url="https://gazette.test/rss"),))
FEED = FeedState(
    feed_id=landing.feed_id("https://gazette.test/rss"),
    source_id="gazette",
    url="https://gazette.test/rss",
    lang="en",
    timezone="Europe/Moscow",
)
TABLES = (
    *("raw.feeds", "raw.visits", "raw.entries", "raw.captures", "raw.pages", "core.landings", "core.runs", "core.sources"),
    *("core.articles", "core.article_urls", "core.article_aliases", "core.article_versions", "core.readings", "core.classifications"),
    *("core.text_signatures", "core.text_bands", "core.text_members", "core.text_aliases", "core.feed_states"),
    *("core.evidence", "core.article_actors", "core.article_dyads", "core.rejections", "core.codebooks"),
    *("core.codebook_texts", "core.label_counts"),
)


@contextmanager
def warehouse(kind, folder):
    """Open an empty migrated database of a kind, 'plain' or 'lake', made in a folder."""
    with duckdb.connect() as con:
        if kind == "plain":
            con.execute(f"attach '{folder}/plain.duckdb' as plain (storage_version 'latest')")
            con.execute("use plain")
        else:
            attach_lake(con, folder / "lake.ducklake", folder / "lake")
        schema.migrate(con)
        yield con


def at(hours=0.0):
    """Make an instant, counted from noon of 1 March 2026."""
    return datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(hours=hours)


def scope_of(url):
    return url.split("/")[2]


def land(con, hours=0.0, **parts):
    """Land a batch made of the given parts."""
    return landing.land(con, Batch(**parts), run_id="run-1", now=at(hours), scope_of=scope_of)


def rows(con, query):
    return con.execute(query).fetchall()


def contents(con, tables=TABLES):
    """Everything in the tables, in an order of its own."""
    return {table: sorted(map(repr, rows(con, f"from {table}"))) for table in tables}


def empty(con):
    """Delete everything that `contents` shows."""
    for table in TABLES:
        con.execute(f"delete from {table}")  # noqa: S608 - the names are ours


def entry(key, title="A title", **parts):
    return SeenEntry(entry=Entry(link=f"https://{key}", title=title, **parts), url_key=key)


def poll(*entries, hours=0.0, feed=FEED, outcome="ok", **state):
    """Poll a feed with success, so that it is due again in an hour."""
    visit = Visit(
        kind="feed",
        url=feed.url,
        final_url=feed.url,
        source_id=feed.source_id,
        feed_id=feed.feed_id,
        status=304 if outcome == "not_modified" else 200,
        outcome=outcome,
        duration_ms=12,
        at=at(hours),
    )
    moved = {
        "last_polled_at": at(hours),
        "last_success_at": at(hours),
        "last_outcome": outcome,
        "next_poll_at": at(hours + 1),
        "next_poll_rule": "floor",
    }
    return FeedVisit(visit=visit, after=replace(feed, **moved | state), entries=entries)


def capture(key, hours=0.0, **parts):
    fields = {
        "capture_id": short_hash("capture", key, str(hours)),
        "url_key": key,
        "url": f"https://{key}",
        "final_url": f"https://{key}",
        "file": "run-1.warc.gz",
        "offset": int(hours * 1000),
        "length": 500,
        "fetched_at": at(hours),
        "status": 200,
        "content_type": "text/html",
        "body_bytes": 1200,
        "body_hash": short_hash("body", key, str(hours)),
    }
    return CaptureRef(**fields | parts)


def article(text, title="A title", **parts):
    return Article(**{"title": title, "text": text, "lang": "en", "extractor": "reader 1", "word_count": len(text.split())} | parts)


def classification(codebook="1.0.0+abc"):
    return Classification(
        codebook_version=codebook,
        evidence=(Evidence(theme="sanctions", cue="sanction", part="text", start=0, end=3, score=0.9),),
        actors=(ActorMention(actor="iran", mentions=2), ActorMention(actor="us", mentions=1)),
        dyads=(DyadFinding(dyad="us_iran", direction="diverging", part="text", start=0, end=3, score=0.7),),
    )


def reading(key, text, *further, hours=0.0, kind="canonical", **parts):
    """Read a page as an article; `further` are url_keys of other addresses of it."""
    return Reading(
        capture=capture(key, hours),
        outcome=article(text, **parts),
        classification=classification(),
        urls=tuple(ArticleUrl(url_key=other, kind=kind) for other in further),
    )


def page(key, hours=0.0, **parts):
    fields = {
        "url_key": key,
        "url": f"https://{key}",
        "scope": key.split("/")[0],
        "due_at": at(hours),
        "first_seen_at": at(hours),
        "hints": PageHints(source_id="gazette"),
    }
    return PageState(**fields | parts)
