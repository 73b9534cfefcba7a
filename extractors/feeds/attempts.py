"""When a page is fetched again: old state and what just happened in, new state or a final refusal out.

Pure and without a clock. Never costs an article because a second look at it failed, never charges a publisher for our
own stopping.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from extractors.feeds.waits import NEVER_DUE, SchedulePolicy
from extractors.fetch.visits import outcome_of, retry_after_seconds, visit_of
from extractors.records import Article, CaptureRef, Outcome, PageState, Reading, Rejection, RejectionReason, Response

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
    if tried.last_outcome == "not_modified":  # it may carry newer validators for the same body (RFC 9111 §4.3.4)
        etag, last_modified = response.header("ETag") or page.etag, response.header("Last-Modified") or page.last_modified
        rested = replace(rested, etag=etag, last_modified=last_modified)
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
