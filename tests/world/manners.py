"""How a fetcher treated the hosts of a world, counted from the servers' own log. Refuses to look at anything the fetcher says.

Times are world time: seconds of the servers' clock, stretched by `pace`.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from world.answers import Exchange

_SLACK_SECONDS = 0.001  # of rounding, in world time


@dataclass(frozen=True, slots=True, kw_only=True)
class Etiquette:
    """What hosts expect."""

    delay_seconds: float
    floor_seconds: float
    pace: float = 1.0  # world seconds in one second of the machine's clock


def violations(log: Iterable[Exchange], etiquette: Etiquette, *, edits: Sequence[str] = ()) -> tuple[str, ...]:
    """Every breach of manners in a log, in words; `edits`: addresses of pages that changed, once for each time."""
    by_host: defaultdict[str, list[Exchange]] = defaultdict(list)
    for exchange in sorted(log, key=lambda exchange: exchange.started_at):
        by_host[exchange.host].append(exchange)
    return tuple(fault for exchanges in by_host.values() for fault in _at_host(exchanges, etiquette, edits))


def _at_host(exchanges: list[Exchange], etiquette: Etiquette, edits: Sequence[str]) -> Iterator[str]:
    yield from _crowding(exchanges, etiquette)
    yield from _trespassing(exchanges)
    yield from _impatience(exchanges, etiquette)
    yield from _indiscretion(exchanges)
    by_url: defaultdict[str, list[Exchange]] = defaultdict(list)
    for exchange in exchanges:
        by_url[exchange.url].append(exchange)
    for url, asked in by_url.items():
        yield from _repetition(url, asked, etiquette, edits)
        yield from _forgetfulness(asked)


def _crowding(exchanges: list[Exchange], etiquette: Etiquette) -> Iterator[str]:
    """Starts too close to each other, and two exchanges at once."""
    for earlier, later in itertools.pairwise(exchanges):
        apart = (later.started_at - earlier.started_at) * etiquette.pace
        if apart < etiquette.delay_seconds - _SLACK_SECONDS:
            yield f"spacing: {later.url} {apart:.2f} s after {earlier.url}"
        if later.started_at < earlier.ended_at:
            yield f"two at once: {later.url} beside {earlier.url}"


def _trespassing(exchanges: list[Exchange]) -> Iterator[str]:
    """Pages asked for before robots.txt had answered, or against its word; robots.txt asked for again."""
    is_known = False
    for exchange in exchanges:
        if exchange.kind == "robots":
            if is_known:
                yield f"robots.txt again: {exchange.url}"
            is_known = is_known or exchange.status is not None
        elif exchange.kind == "page" and (not is_known or "/closed/" in exchange.target):
            yield f"robots.txt: {exchange.url}"


def _impatience(exchanges: list[Exchange], etiquette: Etiquette) -> Iterator[str]:
    """Requests within the time for which a 429 or 503 asked to be left alone."""
    for earlier, later in itertools.combinations(exchanges, 2):
        wait = dict(earlier.headers).get("Retry-After")
        if wait and earlier.status in {429, 503} and (later.started_at - earlier.started_at) * etiquette.pace < float(wait):
            yield f"Retry-After: {later.url} within {wait} s of {earlier.url}"


def _indiscretion(exchanges: list[Exchange]) -> Iterator[str]:
    """Cookies, referrers, and nobody to write to."""
    for exchange in exchanges:
        if exchange.unwanted_headers:
            yield f"headers: {exchange.url}: {', '.join(exchange.unwanted_headers)}"
        if "+tests" not in exchange.user_agent:
            yield f"no contact: {exchange.url}: {exchange.user_agent!r}"


def _repetition(url: str, asked: list[Exchange], etiquette: Etiquette, edits: Sequence[str]) -> Iterator[str]:
    """Feeds asked for sooner than the floor; pages asked for again though they had not changed."""
    if asked[0].kind == "feed":
        for earlier, later in itertools.pairwise(asked):
            apart = (later.started_at - earlier.started_at) * etiquette.pace
            if apart < etiquette.floor_seconds - _SLACK_SECONDS:
                yield f"floor: {url} after {apart:.0f} s"
    elif asked[0].kind == "page":
        good = [exchange for exchange in asked if exchange.status in {200, 304}]
        if len(good) > 1 + edits.count(url):
            yield f"repeat: {url} {len(good)} times"


def _forgetfulness(asked: list[Exchange]) -> Iterator[str]:
    """What gave validators is asked for without them, or with others."""
    given: dict[str, str] = {}
    for exchange in asked:
        if given and (exchange.if_none_match, exchange.if_modified_since) != (given.get("ETag"), given.get("Last-Modified")):
            yield f"validators: {exchange.url}: {exchange.if_none_match} {exchange.if_modified_since}, not {given}"
        if exchange.status in {200, 304}:
            given = {name: value for name, value in exchange.headers if name in {"ETag", "Last-Modified"}}
