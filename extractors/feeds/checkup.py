"""What is wrong with a feed, in words for the one who can change it: the address, the document, what the sources file says.

Looks at one poll. Refuses to say that a feed is broken for what may be a bad hour: it says what came, not what will come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from extractors.fetch.visits import outcome_of, retry_after_seconds
from extractors.records import Entry, Feed, FeedDocument, Outcome, Response, Source
from extractors.urls import normalise_url

Verdict = Literal["good", "mind", "bad"]  # bad: no entries can be had; mind: something should be looked at

_QUIET = timedelta(days=14)
_AHEAD = timedelta(hours=2)  # clocks of publishers go wrong by minutes; by hours, the zone is wrong
_MOST = 0.5  # of the entries
_SHOWN_PROBLEMS = 3
_PERMANENT = frozenset({301, 308})
_OUTCOMES: dict[Outcome, str] = {
    "dns": "the name of its host cannot be resolved",
    "connect": "its host takes no connection",
    "tls": "its certificate cannot be verified",
    "timeout": "no whole answer in time",
    "scheme_refused": "it leads to an address that is not http(s)",
    "port_refused": "its port is not among `allow_ports`",
    "address_refused": "its host has a non-public address that is not among `allow_networks`",
    "not_found": "not there (404); look for its new address with `trilateral sources discover`",
    "gone": "gone for good (410); take it out of the sources file",
    "throttled": "we ask too often, says its host",
    "blocked": "refused to us; its owner may let a known contact in",
    "too_large": "larger than `max_body_bytes`",
    "redirects": "its redirects lead nowhere",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """One feed as it was found."""

    source_id: str
    url: str
    verdict: Verdict
    outcome: Outcome
    format: str
    entries: int
    newest_at: datetime | None
    remarks: tuple[str, ...] = ()  # in words, the gravest first


def examine(
    feed: Feed, source: Source, response: Response, document: FeedDocument | None, *, now: datetime, successor: str | None = None
) -> FeedReport:
    """Judge one poll of a feed; `document` is what a 200 body holds, read without the source's own language and timezone.

    `successor`: the address that the outlet's home page named when the feed was last found to be gone.
    """
    outcome = outcome_of(response)
    usable = document if document and document.format != "unknown" and outcome == "ok" else None
    entries = usable.entries if usable else ()
    dates = [entry.published.at for entry in entries if entry.published.at]
    grave = tuple(_failures(response, document, outcome))
    named = (f"its outlet's home page names another: {successor}",) if successor and outcome in {"not_found", "gone"} else ()
    objection = (response.robots_objection,) if response.robots_objection else ()
    remarks = (*grave, *named, *_moves(feed, response), *objection, *(_remarks(usable, feed, source, response, now=now) if usable else ()))
    return FeedReport(
        source_id=source.id,
        url=feed.url,
        verdict="bad" if grave else "mind" if remarks else "good",
        outcome="ok" if outcome == "ok" and usable else outcome if outcome != "ok" else "not_a_feed",
        format=usable.format if usable else "unknown",
        entries=len(entries),
        newest_at=max(dates, default=None),
        remarks=remarks,
    )


def not_asked(feed: Feed, source: Source, why: str) -> FeedReport:
    """Report that a feed was left alone this time, which says nothing about it."""
    return FeedReport(
        source_id=source.id,
        url=feed.url,
        verdict="mind",
        outcome="cancelled",
        format="unknown",
        entries=0,
        newest_at=None,
        remarks=(f"not asked: {why}",),
    )


def _failures(response: Response, document: FeedDocument | None, outcome: Outcome) -> Iterator[str]:
    if outcome != "ok":
        detail = response.failure.detail if response.failure else f"status {response.status} {response.reason}".rstrip()
        wait = retry_after_seconds(response)
        later = f"; come back in {wait / 60:.0f} minutes" if wait else ""
        yield f"{_OUTCOMES.get(outcome, outcome.replace('_', ' '))} ({detail}){later}"
    elif document is None or document.format == "unknown":
        yield document.problems[-1] if document and document.problems else "not a feed"


def _moves(feed: Feed, response: Response) -> Iterator[str]:
    """Say where a feed went, if it got there."""
    if not response.hops or response.failure or response.status != 200 or normalise_url(feed.url) == normalise_url(response.final_url):
        return
    if all(hop.status in _PERMANENT for hop in response.hops):
        yield f"moved permanently to {response.final_url}: put that into the sources file"
    else:
        yield f"redirected, not permanently, to {response.final_url}"


def _remarks(document: FeedDocument, feed: Feed, source: Source, response: Response, *, now: datetime) -> Iterator[str]:
    entries = document.entries
    if not entries:
        yield "no entries in it"
    else:
        yield from _date_remarks(entries, source, now=now)
        if unlinked := sum(not entry.link for entry in entries):
            yield f"{unlinked} of {len(entries)} entries have no usable link and are not read"
        if untitled := sum(not entry.title for entry in entries):
            yield f"{untitled} of {len(entries)} entries have no title"
        if len({entry.link for entry in entries if entry.link}) < len(entries) * _MOST and not unlinked:
            yield "most entries share their links: this reader tells articles apart by address"
    declared = feed.lang or source.lang
    if declared and document.lang and document.lang != declared:
        yield f"says its language is {document.lang}; the sources file says {declared}, which stands"
    if not declared and document.lang:
        yield f"the sources file names no language; the feed says {document.lang}"
    if not (response.header("ETag") or response.header("Last-Modified")):
        yield "sends neither ETag nor Last-Modified: every poll transfers the whole"
    ours = ("entry ",)  # said above, for all entries together
    told = [problem for problem in document.problems if not problem.startswith(ours)]
    yield from told[:_SHOWN_PROBLEMS]
    if len(told) > _SHOWN_PROBLEMS:
        yield f"and {len(told) - _SHOWN_PROBLEMS} more faults; see `trilateral sources parse`"


def _date_remarks(entries: tuple[Entry, ...], source: Source, *, now: datetime) -> Iterator[str]:
    dates = [entry.published.at for entry in entries if entry.published.at]
    if not dates:
        yield "no entry has a date that can be read"
        return
    if len(dates) < len(entries):
        yield f"{len(entries) - len(dates)} of {len(entries)} entries have no date that can be read"
    if now - max(dates) > _QUIET:
        yield f"quiet: its newest entry is of {max(dates):%Y-%m-%d}"
    if ahead := sum(at - now > _AHEAD for at in dates):
        yield f"{ahead} of {len(entries)} entries are dated in the future: the zone or the clock of the publisher is wrong"
    if zoneless := sum(entry.published.zone == "unknown" and entry.published.precision in {"second", "minute"} for entry in entries):
        settled = f"; they are read in {source.timezone}" if source.timezone else "; give the source a `timezone`"
        yield f"{zoneless} of {len(entries)} times name no zone{settled}"
