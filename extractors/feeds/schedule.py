"""When to come back: old state and what just happened in, new state and the rule that set it out.

Pure and without a clock. Never gives a feed up but for 410, never charges a publisher for our own stopping, and saves a
validator only beside the entries it vouches for.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from extractors.fetch.visits import outcome_of, retry_after_seconds, visit_of
from extractors.records import (
    Article,
    CaptureRef,
    FeedDocument,
    FeedState,
    FeedVisit,
    Outcome,
    PageState,
    Reading,
    Rejection,
    RejectionReason,
    Response,
    SeenEntry,
    Visit,
)
from extractors.urls import url_key

NEVER_DUE = datetime(9999, 12, 31, tzinfo=UTC)  # the due date of what is done with: a stopped feed, a page past its last revisit

_TEMPORARY, _SOFT, _HARD = 0.25, 0.5, 1.0  # what a failure weighs; a success clears the sum
_WEIGHTS: dict[Outcome, float] = {
    **dict.fromkeys(("dns", "connect", "timeout", "truncated", "server_error", "throttled"), _TEMPORARY),
    **dict.fromkeys(("tls", "protocol", "redirects", "undecodable", "blocked", "not_found", "client_error", "not_a_feed"), _SOFT),
    **dict.fromkeys(("gone", "too_large", "unparseable", "scheme_refused", "port_refused", "address_refused"), _HARD),
}
_UNCHARGED = frozenset({"cancelled", "robots_refused"})
_THROTTLED_SECONDS = 4 * 3600.0  # after a 429 that names no time: doubled, and at least this (Unread Cloud's rule)

_RETRY_HOURS = (1, 6, 24, 41)  # five attempts within 72 hours
_CONFIRM_HOURS = 6  # a page is gone when it was missing twice, this far apart
_MISSING: dict[Outcome, RejectionReason] = {"not_found": "not_found", "gone": "gone"}
_FINAL: dict[Outcome, RejectionReason] = {
    "scheme_refused": "address_refused",
    "port_refused": "address_refused",
    "address_refused": "address_refused",
    "robots_refused": "robots_refused",  # but for a robots.txt that could not be had, which is a failure like others
    "too_large": "too_large",
}
_EXHAUSTED: dict[Outcome, RejectionReason] = {**_MISSING, "blocked": "blocked", "robots_refused": "robots_refused"}

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_NO_CACHE = re.compile(r"(?:^|[\s,])no-(?:cache|store)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePolicy:
    """How often, at most and at least, feeds are polled, and at which ages articles are looked at again."""

    poll_floor_seconds: float = 3600
    poll_ceiling_seconds: float = 86_400
    revisit_hours: tuple[float, ...] = (6, 24, 72)


# --- feeds -----------------------------------------------------------------------------------------------------------


def after_poll(state: FeedState, response: Response, document: FeedDocument | None, *, now: datetime, policy: SchedulePolicy) -> FeedVisit:
    """Judge a poll. `document` is what a 200 body holds, None where there was none or its parser did not survive."""
    visit = visit_of(response, kind="feed", source_id=state.source_id, feed_id=state.feed_id)
    if visit.outcome in _UNCHARGED:
        return FeedVisit(visit=replace(visit, next_at=state.next_poll_at, next_rule=f"{visit.outcome}: still due"), after=state)
    body_hash = hashlib.sha256(response.body).hexdigest()[:32]
    is_unchanged = body_hash == state.body_hash
    if visit.outcome == "ok" and not (document is None and is_unchanged):
        visit = _judge_document(visit, document)
    tried = replace(state, last_polled_at=now, last_outcome=visit.outcome)
    if visit.outcome == "not_modified":
        return _after_not_modified(visit, tried, response, wait=_standing_ttl(state), now=now, policy=policy)
    if visit.outcome != "ok":
        return _after_failure(visit, tried, response, document, interval=_interval(state), now=now, policy=policy)
    seconds, rule = _next_wait(response, document.ttl_seconds if document else None, now=now, policy=policy)
    # Validators go with the body they came with: none sent, none kept.
    after = replace(
        _scheduled(tried, now=now, seconds=seconds, rule=rule),
        etag=response.header("ETag"),
        last_modified=response.header("Last-Modified"),
        body_hash=body_hash,
        title=(document.title if document else "") or state.title,
        last_success_at=now,
        last_changed_at=state.last_changed_at if is_unchanged else now,
        failures=0.0,
    )
    seen, problems = ((), ()) if is_unchanged or not document else _identify(document)
    return _feed_visit(visit, after, entries=seen, problems=(*(document.problems if document else ()), *problems))


def _judge_document(visit: Visit, document: FeedDocument | None) -> Visit:
    """Give a 200 the outcome that its body deserves."""
    if document is None:
        return replace(visit, outcome="unparseable", detail="the parser did not survive the document")
    why = document.problems[0] if document.problems else ""
    if document.format == "unknown":
        return replace(visit, outcome="not_a_feed", detail=why)
    if not document.entries and why:
        return replace(visit, outcome="unparseable", detail=why)
    return visit


def _after_not_modified(
    visit: Visit, tried: FeedState, response: Response, *, wait: float | None, now: datetime, policy: SchedulePolicy
) -> FeedVisit:
    """Keep what is known; a 304 may carry newer validators for the same body (RFC 9111 §4.3.4)."""
    seconds, rule = _next_wait(response, wait, now=now, policy=policy)
    after = replace(
        _scheduled(tried, now=now, seconds=seconds, rule=rule),
        etag=response.header("ETag") or tried.etag,
        last_modified=response.header("Last-Modified") or tried.last_modified,
        last_success_at=now,
        failures=0.0,
    )
    return _feed_visit(visit, after)


def _after_failure(
    visit: Visit,
    tried: FeedState,
    response: Response,
    document: FeedDocument | None,
    *,
    interval: float | None,
    now: datetime,
    policy: SchedulePolicy,
) -> FeedVisit:
    """Back off in a straight line, longer where the publisher says so; what was known of the last good body is kept."""
    charged = replace(tried, failures=tried.failures + _WEIGHTS.get(visit.outcome, _SOFT))
    problems = document.problems if document else ()
    if visit.outcome == "gone":
        after = replace(charged, stopped=True, next_poll_at=NEVER_DUE, next_poll_rule="410 Gone: stopped")
        return _feed_visit(visit, after, problems=problems)
    floor, ceiling = policy.poll_floor_seconds, policy.poll_ceiling_seconds
    seconds, rule = min(floor * (1 + charged.failures), ceiling), f"back-off: {charged.failures:g} failures"
    asked = retry_after_seconds(response)
    is_refused = visit.outcome == "throttled" or (visit.outcome == "blocked" and tried.last_success_at is not None)
    if asked is not None and asked > seconds:
        seconds, rule = asked, f"Retry-After {asked:g} s"
    elif asked is None and is_refused:
        seconds = min(max(_THROTTLED_SECONDS, 2 * (interval or floor)), ceiling)
        rule = f"{visit.outcome}: doubled to {seconds:g} s"
    return _feed_visit(visit, _scheduled(charged, now=now, seconds=seconds, rule=rule), problems=problems)


def _feed_visit(visit: Visit, after: FeedState, *, entries: tuple[SeenEntry, ...] = (), problems: tuple[str, ...] = ()) -> FeedVisit:
    logged = replace(visit, next_at=after.next_poll_at, next_rule=after.next_poll_rule)
    return FeedVisit(visit=logged, after=after, entries=entries, problems=problems)


def _scheduled(state: FeedState, *, now: datetime, seconds: float, rule: str) -> FeedState:
    return replace(state, next_poll_at=now + timedelta(seconds=seconds), next_poll_rule=rule)


def _interval(state: FeedState) -> float | None:
    """Seconds that lay between the last poll and this one, as planned."""
    if state.next_poll_at is None or state.last_polled_at is None:
        return None
    return (state.next_poll_at - state.last_polled_at).total_seconds()


def _standing_ttl(state: FeedState) -> float | None:
    """Give the wait that the document asked for when it was last read: a 304 says that it still does."""
    return _interval(state) if state.next_poll_rule.startswith("ttl ") else None


def _next_wait(response: Response, ttl_seconds: float | None, *, now: datetime, policy: SchedulePolicy) -> tuple[float, str]:
    """Find the longest of the floor, what the caching headers say and what the document asks for, under the ceiling."""
    waits = [(policy.poll_floor_seconds, f"floor {policy.poll_floor_seconds:g} s"), _cache_wait(response, now=now)]
    if ttl_seconds:
        waits.append((ttl_seconds, f"ttl {ttl_seconds / 60:g} min"))
    seconds, rule = max(waits, key=lambda wait: wait[0])
    ceiling = policy.poll_ceiling_seconds
    return (ceiling, f"{rule}, capped at {ceiling:g} s") if seconds > ceiling else (seconds, rule)


def _cache_wait(response: Response, *, now: datetime) -> tuple[float, str]:
    """Seconds for which the response is fresh (RFC 9111 §4.2): max-age less Age, else Expires less Date; no-cache: none."""
    control = ", ".join(value for name, value in response.headers if name.lower() == "cache-control")
    if _NO_CACHE.search(control):
        return 0.0, "no-cache"
    stated = _MAX_AGE.search(control)
    if stated:
        age = response.header("Age") or ""
        spent = float(age) if re.fullmatch(r"\d{1,10}", age.strip()) else 0.0
        return float(stated[1]) - spent, f"Cache-Control max-age {stated[1]}" + (f" less Age {spent:g}" if spent else "")
    expires = _http_date(response.header("Expires"))
    if expires is None:
        return 0.0, ""
    seconds = (expires - (_http_date(response.header("Date")) or now)).total_seconds()
    return seconds, f"Expires in {seconds:g} s"


def _http_date(text: str | None) -> datetime | None:
    try:
        stated = parsedate_to_datetime(text or "")
        return (stated if stated.tzinfo else stated.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _identify(document: FeedDocument) -> tuple[tuple[SeenEntry, ...], tuple[str, ...]]:
    """Give each entry its page's key. Entries without one are dropped, of several for one page the first stays."""
    seen: dict[str, SeenEntry] = {}
    dropped = 0
    for entry in document.entries:
        try:
            key = url_key(entry.link)
        except ValueError:
            dropped += 1
            continue
        seen.setdefault(key, SeenEntry(entry=entry, url_key=key))
    return tuple(seen.values()), (f"entries dropped for want of a usable link: {dropped}",) if dropped else ()


# --- pages -----------------------------------------------------------------------------------------------------------


def after_fetch(
    page: PageState, response: Response, capture: CaptureRef | None, *, now: datetime, policy: SchedulePolicy
) -> tuple[PageState, Rejection | None]:
    """Judge a page's fetch: captured, due again, or finally refused. `capture` is where a response worth keeping was written."""
    outcome = outcome_of(response)
    if outcome == "cancelled":
        return page, None
    tried = replace(page, attempts=page.attempts + 1, first_attempt_at=page.first_attempt_at or now, last_outcome=outcome)
    if outcome == "ok":
        if capture is None:
            raise ValueError(f"page {page.url_key}: a response of status {response.status} was not captured")
        return _captured(tried, response, capture, now=now), None
    if page.reason != "new":
        return _after_revisit(tried, page, response, now=now, policy=policy), None
    return _after_failed_attempt(tried, page, response, now=now)


def after_reading(page: PageState, reading: Reading, *, now: datetime, policy: SchedulePolicy) -> PageState:
    """Judge a page's reading: done until its next revisit, or rejected. A page that once was an article stays one."""
    if isinstance(reading.outcome, Article) or page.reason != "new":
        return _rested(page, now=now, policy=policy)
    return replace(page, stage="rejected", due_at=NEVER_DUE)


def _captured(tried: PageState, response: Response, capture: CaptureRef, *, now: datetime) -> PageState:
    etag, last_modified = response.header("ETag"), response.header("Last-Modified")
    return replace(tried, stage="captured", due_at=now, capture=capture, etag=etag, last_modified=last_modified)


def _after_revisit(tried: PageState, page: PageState, response: Response, *, now: datetime, policy: SchedulePolicy) -> PageState:
    """Go back to rest: whatever a second look brings, the article is there. A missing page is looked for once more in between."""
    rested = _rested(tried, now=now, policy=policy)
    if tried.last_outcome in _MISSING and page.last_outcome not in _MISSING:
        return replace(rested, due_at=now + timedelta(hours=_CONFIRM_HOURS))
    pause = timedelta(seconds=retry_after_seconds(response) or 0)
    return replace(rested, due_at=max(rested.due_at, now + pause))


def _after_failed_attempt(tried: PageState, page: PageState, response: Response, *, now: datetime) -> tuple[PageState, Rejection | None]:
    outcome = tried.last_outcome or outcome_of(response)
    detail = visit_of(response, kind="page", source_id=page.hints.source_id).detail or outcome
    final = _FINAL.get(outcome)
    if final and not (outcome == "robots_refused" and "could not be had" in detail):
        return _rejected(tried, final, detail)
    if outcome in _MISSING and page.last_outcome in _MISSING and now >= page.due_at:
        return _rejected(tried, _MISSING[outcome], detail)
    if tried.attempts > len(_RETRY_HOURS):
        return _rejected(tried, _EXHAUSTED.get(outcome, "unreachable"), f"{tried.attempts} attempts, the last: {detail}")
    hours = max(_RETRY_HOURS[tried.attempts - 1], _CONFIRM_HOURS if outcome in _MISSING else 0)
    wait = max(hours * 3600.0, retry_after_seconds(response) or 0.0)
    return replace(tried, stage="pending", due_at=now + timedelta(seconds=wait)), None


def _rejected(tried: PageState, reason: RejectionReason, detail: str) -> tuple[PageState, Rejection]:
    return replace(tried, stage="rejected", due_at=NEVER_DUE), Rejection(reason=reason, detail=detail)


def _rested(page: PageState, *, now: datetime, policy: SchedulePolicy) -> PageState:
    """Read, and due at the next age of `revisit_hours`, counted from when the page was first seen."""
    ages = sorted(page.first_seen_at + timedelta(hours=hours) for hours in policy.revisit_hours)
    behind = sum(age <= now for age in ages)
    due_at = ages[behind] if behind < len(ages) else NEVER_DUE
    return replace(page, stage="read", reason="revisit", attempts=0, first_attempt_at=None, due_at=due_at, revisits=behind)
