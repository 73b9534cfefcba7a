"""Throw bytes at everything that reads what strangers send: feeds, robots.txt, addresses, headers, dates, encodings, pages.

    python -m tests.bench.fuzz --minutes 10 [--only feeds] [--seed 1]

Every target must answer with a value of its kind, keep its promises (written beside each target) and be quick. Inputs are
made by Hypothesis: our own case files cut, spliced and sprinkled with the tokens that parsers stumble over, and text from
nothing. The first input that breaks a promise is shrunk, printed, and makes the command fail.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from extractors.feeds.dates import parse_date
from extractors.feeds.documents import parse_feed
from extractors.feeds.schedule import SchedulePolicy, after_poll
from extractors.feeds.text import clean_line, markup_to_text
from extractors.fetch.encoding import BodyDecoder, BodyRefused
from extractors.fetch.robots import crawl_delay, judge, read_robots
from extractors.fetch.targets import follow, locate
from extractors.fetch.visits import outcome_of, retry_after_seconds
from extractors.pages.decode import decode_html
from extractors.records import FeedDocument, FeedState, Response
from extractors.urls import join_url, normalise_url, scope_of, url_key

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MOST_SECONDS = 5.0  # for one input; the cage would stop it at 30
ROUND = settings(  # of one target, before the next one has its turn
    max_examples=300,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
UNSEEN = frozenset("\n\x00\x08\x1b\x7f\u200b\u202a\u202b\u202d\u202e\u2066\u2067\u2068\ufeff")  # what fools a reader
CASES = Path(__file__).parent.parent / "cases"
FEED_URL = "https://gazette.example/rss"

# --- inputs ----------------------------------------------------------------------------------------------------------

SEEDS = tuple(path.read_bytes() for path in sorted(CASES.rglob("*")) if path.suffix in {".xml", ".json", ".html"})
TOKENS = (
    b"<![CDATA[", b"]]>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"&#0;", b"&#x110000;", b"&#xD800;", b"<!--", b"-->", b"<?xml version='1.1'?>",
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"</item>", b"<item>", b"<link/>", b"<entry xml:base='http://[::1'>", b"{", b"}", b"[",
    b'"items":', b"1e999", b"-0", b"\\ud800", b"<rdf:RDF>", b"<channel>", b"xmlns:a='a'", b"<a:b>", b"\xe2\x80\xae", b"<pubDate>", b"<updated>",
    b"9999-99-99T99:99:99Z", b"0000-00-00", b"javascript:alert(1)", b"//host:99999/", b"http://[", b"<script>", b"<base href='//x'>", b"charset=utf-7",
    b"encoding='utf-16'", b"<plaintext>", b"<svg><style>", b"<template>", b"&nbsp", b"\r\n\r\n", b"\x1f\x8b\x08\x00",
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """One of our cases, cut, spliced with another and sprinkled with tokens."""
    body = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 6))):
        begin = draw(st.integers(0, len(body)))
        end = draw(st.integers(begin, min(len(body), begin + 400)))
        other = draw(st.sampled_from(SEEDS))
        start = draw(st.integers(0, len(other)))
        piece = draw(
            st.one_of(
                st.sampled_from(TOKENS),
                st.binary(max_size=12),
                st.just(other[start : start + 300]),
                st.just(body[begin:end] * 3),
                st.just(b""),
            )
        )
        body = body[:begin] + piece + body[end:]
    return body


DOCUMENTS = st.one_of(mutated(), st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join), st.binary(max_size=400))
HEADER_TEXT = st.one_of(
    st.text(st.characters(min_codepoint=9, max_codepoint=255), max_size=60),
    st.sampled_from(
        (
            "0", "-1", "1e9", "99999999999999999999", "Wed, 21 Oct 2015 07:28:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 0001 00:00:00 +2359",
            "max-age=99999999999999999999", "max-age=-5, no-cache, stale-while-revalidate=0", 'text/html; charset="', "text/html; charset=utf-16", "gzip, br, zstd, identity",
            'W/"\x80"', "0xff", "1.5.5", "inf", "nan",
        )
    ),
)  # fmt: skip
HEADER_NAMES = (
    "Retry-After",
    "Date",
    "Cache-Control",
    "Expires",
    "Age",
    "ETag",
    "Last-Modified",
    "Content-Type",
    "cf-mitigated",
    "Location",
)
HEADERS = st.lists(st.tuples(st.sampled_from(HEADER_NAMES), HEADER_TEXT), max_size=8).map(tuple)
ADDRESS_PARTS = (
    "http", "https", "HTTP", "ftp", "javascript", ":", "//", "/", "\\", "?", "#", "@", "user:pass@", "[", "]", "::1", "[::ffff:127.0.0.1]", "127.1", "0x7f.1", "2130706433",
    "localhost", "example", ".example", ".", "..", "%2e%2e", "%", "%zz", "%00", "\t", "\n", " ", "ü", "例え", "xn--", "xn--a", "www.", "m.", "amp", ":0", ":65536", ":80", "utm_source=1", "&", "=", ";",
    "\u202e", "\u200c", "\ud800",
)  # fmt: skip
ADDRESSES = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(ADDRESS_PARTS), max_size=12).map("".join))
DATE_PARTS = (
    "2026", "26", "1404", "۱۴۰۴", "٢٠٢٦", "-", "/", ".", ":", ",", " ", "T", "Z", "+00:00", "+2500", "GMT", "MSK", "EST", "Feb", "30", "31", "29", "12", "00", "24", "60", "am", "pm",
    "آذر", "ноября", "Kasım", "نوفمبر", "1795608000", "99999999999999", "0",
)  # fmt: skip
DATES = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(DATE_PARTS), max_size=12).map("".join))
ZONES = st.sampled_from((None, "Europe/Moscow", "Asia/Tehran", "Nowhere/Land"))


TARGETS: dict[str, tuple[tuple[st.SearchStrategy[object], ...], Callable[..., None]]] = {}


def target(*made_of: st.SearchStrategy[object]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Enter a function among the targets, with what its inputs are made of."""

    def enter(function: Callable[..., None]) -> Callable[..., None]:
        TARGETS[function.__name__] = (made_of, function)
        return function

    return enter


def response_of(headers: tuple[tuple[str, str], ...], *, status: int = 200, body: bytes = b"", sent_etag: str | None = None) -> Response:
    return Response(
        url=FEED_URL, final_url=FEED_URL, hops=(), started_at=NOW, duration_ms=5, status=status, headers=headers, body=body, wire_body=body, sent_etag=sent_etag
    )  # fmt: skip


# --- targets: each keeps the promises written in it -------------------------------------------------------------------


@target(DOCUMENTS, st.one_of(st.none(), HEADER_TEXT), ZONES)
def feeds(body: bytes, content_type: str | None, zone: str | None) -> None:
    document = parse_feed(body, url=FEED_URL, content_type=content_type, timezone=zone)
    assert isinstance(document, FeedDocument)
    for entry in document.entries:
        assert not entry.link or normalise_url(entry.link) is not None, "only http(s) links leave the room"
        assert not set(entry.title) & UNSEEN, "a title is one line that shows what it holds"
        assert "<script" not in entry.summary.lower() or "<script" in markup_to_text(entry.summary).lower(), "markup is rendered"
        json.dumps((entry.title, entry.link, entry.summary, entry.content), ensure_ascii=False).encode("utf-8")  # no lone surrogates


@target(st.one_of(DOCUMENTS, st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass"))), ADDRESSES)
def robots(body: bytes, path: str) -> None:
    found = read_robots(response_of((), body=body), NOW)
    target = locate(f"https://gazette.example/{path}")
    refusal = judge(found, target.url if target else "https://gazette.example/")
    assert refusal is None or refusal.kind == "robots_refused"
    assert 0 <= crawl_delay(found) <= 120


@target(ADDRESSES, ADDRESSES)
def addresses(text: str, base: str) -> None:
    clean = normalise_url(text)
    if clean is not None:
        assert normalise_url(clean) == clean, "normalising twice changes nothing"
        assert clean.startswith(("http://", "https://"))
        assert scope_of(clean)
        assert url_key(clean) == url_key(text)
    joined = join_url(base, text)
    assert joined is None or normalise_url(joined) == joined
    target = locate(text)
    if target is not None:
        assert target.scheme in {"http", "https"}
        assert "@" not in target.url.split("/")[2], "credentials stay at home"
        follow(target, base)


@target(HEADERS, st.integers(100, 599), st.one_of(st.none(), HEADER_TEXT), DOCUMENTS)
def headers(pairs: tuple[tuple[str, str], ...], status: int, sent_etag: str | None, body: bytes) -> None:
    response = response_of(pairs, status=status, sent_etag=sent_etag)
    seconds = retry_after_seconds(response)
    assert seconds is None or 0 <= seconds <= 86400
    assert outcome_of(response)
    policy = SchedulePolicy()
    document = parse_feed(body, url=FEED_URL) if status == 200 else None
    visit = after_poll(FeedState(feed_id="f", source_id="s", url=FEED_URL), response, document, now=NOW, policy=policy)
    due_at = visit.after.next_poll_at
    assert due_at is None or due_at > NOW, "never at once"
    assert status == 410 or due_at is None or due_at <= NOW + timedelta(days=40), "no death but by 410"


@target(DATES, ZONES)
def dates(text: str, zone: str | None) -> None:
    found = parse_date(text, timezone=zone, origin="fuzz")
    assert found.at is None or found.at.tzinfo is not None
    assert found.on is None or 1600 <= found.on.year <= 2200


@target(st.one_of(st.text(max_size=300), DOCUMENTS.map(lambda body: body.decode("utf-8", "replace"))))
def text(markup: str) -> None:
    line = clean_line(markup)
    assert not set(line) & UNSEEN
    assert "\x00" not in markup_to_text(markup)


@target(st.sampled_from(("gzip", "deflate", "br", "zstd", "gzip, br", "identity", "rot13", "")), DOCUMENTS, st.integers(1, 64))
def encodings(names: str, body: bytes, step: int) -> None:
    try:
        decoder = BodyDecoder(names, max_bytes=100_000)
        for begin in range(0, len(body), step):
            decoder.feed(body[begin : begin + step])
        assert len(decoder.finish()) <= 100_000
    except BodyRefused as refused:
        kind = refused.failure.kind
    else:
        kind = None
    assert kind in {None, "undecodable", "truncated", "too_large"}


@target(DOCUMENTS, HEADER_TEXT)
def pages(body: bytes, content_type: str) -> None:
    assert "\x00" not in decode_html(body, content_type)


# --- the run ---------------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--only", choices=tuple(TARGETS), action="append")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    names = args.only or list(TARGETS)
    ends_at = time.monotonic() + 60 * args.minutes
    inputs: Counter[str] = Counter()
    slowest = dict.fromkeys(names, 0.0)
    for turn, name in enumerate(itertools.cycle(names)):
        if time.monotonic() > ends_at:
            break
        check(name, seed_of=args.seed * 1_000_003 + turn, inputs=inputs, slowest=slowest)
    for name in names:
        print(f"{name:<10} {inputs[name]:>8} inputs, the slowest {slowest[name] * 1000:.0f} ms")
    print(f"no promise broken in {args.minutes:g} minutes, seed {args.seed}")


def check(name: str, *, seed_of: int, inputs: Counter[str], slowest: dict[str, float]) -> None:
    """One round of a target; a broken promise ends the command with the shrunk input."""
    made_of, function = TARGETS[name]

    @seed(seed_of)
    @ROUND
    @given(st.tuples(*made_of))
    def one_round(made: tuple[object, ...]) -> None:
        began = time.perf_counter()
        function(*made)
        seconds = time.perf_counter() - began
        inputs[name] += 1
        slowest[name] = max(slowest[name], seconds)
        assert seconds < MOST_SECONDS, f"{seconds:.1f} s for one input"

    try:
        one_round()
    except Exception as error:  # noqa: BLE001  whatever it is, its input is what people need to see
        notes = "\n".join(getattr(error, "__notes__", ()))
        sys.exit(f"{name}: {type(error).__name__}: {error}\n{notes}")


if __name__ == "__main__":
    main()
