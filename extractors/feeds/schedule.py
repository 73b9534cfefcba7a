"""What a poll came to: old state and what just happened in, new state and the rule that set its next poll out.

Pure and without a clock. Never gives a feed up but for 410, never charges a publisher for our own stopping or our own
outage, and saves a validator only beside the entries it vouches for.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from extractors.feeds.moves import note_move
from extractors.feeds.outage import OUTAGE_SECONDS
from extractors.feeds.waits import MISSING_TWICE, NEVER_DUE, UNRELIABLE_CHANGES, SchedulePolicy, due_in, observe_gap, schedule, spread_out
from extractors.fetch.visits import THROTTLED_SECONDS, retry_after_seconds, visit_of
from extractors.records import FeedDocument, FeedState, FeedVisit, Outcome, Response, SeenEntry, Visit, short_hash
from extractors.urls import url_key

READER = "feeds 2"  # raised when documents are read differently: validators of what another reader read are not sent

_TEMPORARY, _SOFT, _HARD = 0.25, 0.5, 1.0  # what a failure weighs; a success clears the sum
_WEIGHTS: dict[Outcome, float] = {
    **dict.fromkeys(("dns", "connect", "timeout", "truncated", "server_error", "throttled"), _TEMPORARY),
    **dict.fromkeys(("tls", "protocol", "redirects", "undecodable", "blocked", "not_found", "client_error", "not_a_feed"), _SOFT),
    **dict.fromkeys(("gone", "too_large", "unparseable", "scheme_refused", "port_refused", "address_refused"), _HARD),
}
_UNCHARGED = frozenset({"cancelled", "robots_refused"})
_HONEST_FOR = timedelta(days=7)  # that validators which lied must tell each change before they are believed again
_FULL_AFTER = timedelta(hours=24)  # of 304s only: then a whole body is asked for, in case they lie


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to ask a publisher for: the address, and the validators that belong to it."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    validated_url: str | None = None  # the only address they may be sent to; None: any


def question_of(state: FeedState, *, now: datetime) -> Question:
    """Ask conditionally, but for what cannot be believed: a day of 304s only, validators that lied or another reader's."""
    url = state.moved_url or state.url
    is_ours = state.reader in {"", READER} and state.hidden_changes < UNRELIABLE_CHANGES
    is_checked = state.last_full_at is None or now - state.last_full_at < _FULL_AFTER or state.last_outcome != "not_modified"
    if not (is_ours and is_checked):
        return Question(url=url)
    return Question(url=url, etag=state.etag, last_modified=state.last_modified, validated_url=state.validated_url)


def after_poll(
    state: FeedState,
    response: Response,
    document: FeedDocument | None,
    *,
    now: datetime,
    policy: SchedulePolicy,
    is_our_outage: bool = False,
) -> FeedVisit:
    """Judge a poll. `document` is what a 200 body holds, None where there was none or its parser did not survive."""
    visit = visit_of(response, kind="feed", source_id=state.source_id, feed_id=state.feed_id)
    if visit.outcome in _UNCHARGED:
        return FeedVisit(visit=replace(visit, next_at=state.next_poll_at, next_rule=f"{visit.outcome}: still due"), after=state)
    if is_our_outage:
        return _feed_visit(visit, after_our_outage(state, now=now, policy=policy))
    body_hash = hashlib.sha256(response.body).hexdigest()[:32]
    is_unchanged = body_hash == state.body_hash
    if visit.outcome == "ok" and not (document is None and is_unchanged):
        visit = _judge_document(visit, document)
    tried = replace(state, last_polled_at=now, last_outcome=visit.outcome)
    if visit.outcome == "not_modified":
        return _after_not_modified(visit, tried, response, now=now, policy=policy)
    if visit.outcome != "ok":
        return _after_failure(visit, tried, response, document, interval=_interval(state), now=now, policy=policy)
    return _after_body(visit, tried, response, document, body_hash=body_hash, now=now, policy=policy)


def after_our_outage(state: FeedState, *, now: datetime, policy: SchedulePolicy) -> FeedState:
    """Take a poll as if it had not been tried: nobody was reached, and nobody else is to blame."""
    seconds = min(policy.poll_floor_seconds, OUTAGE_SECONDS)
    return due_in(state, seconds, f"our own outage: nobody is charged, again in {seconds:g} s", now=now)


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


def _after_body(
    visit: Visit,
    tried: FeedState,
    response: Response,
    document: FeedDocument | None,
    *,
    body_hash: str,
    now: datetime,
    policy: SchedulePolicy,
) -> FeedVisit:
    """Take in what a good document says. Validators go with the body they came with: none sent, none kept."""
    is_unchanged = body_hash == tried.body_hash
    entries_hash = short_hash(*(entry.entry_hash for entry in document.entries)) if document else tried.entries_hash
    read = replace(
        tried,
        etag=response.header("ETag"),
        last_modified=response.header("Last-Modified"),
        validated_url=response.final_url,
        reader=READER,
        body_hash=body_hash,
        entries_hash=entries_hash,
        successor_url=None,
        **_trust(tried, response, entries_hash, now=now),
        title=(document.title if document else "") or tried.title,
        last_success_at=now,
        last_full_at=now,
        last_changed_at=tried.last_changed_at if is_unchanged else now,
        gap_seconds=tried.gap_seconds if is_unchanged else observe_gap(tried, now=now),
        failures=0.0,
        **_wishes(tried, document),
    )
    after = schedule(note_move(read, response, now=now), response, now=now, policy=policy)
    seen, problems = ((), ()) if is_unchanged or not document else _identify(document)
    said = (*(document.problems if document else ()), *problems, *filter(None, (response.robots_objection,)))
    return _feed_visit(visit, after, entries=seen, problems=said, is_complete=bool(document and document.is_complete))


def _wishes(tried: FeedState, document: FeedDocument | None) -> dict[str, Any]:
    """What the document asks for; an unchanged one that was not read again asks for what it did."""
    spoken = document or tried
    return {"ttl_seconds": spoken.ttl_seconds, "skip_hours": spoken.skip_hours, "skip_days": spoken.skip_days}


def _trust(tried: FeedState, response: Response, entries_hash: str | None, *, now: datetime) -> dict[str, Any]:
    """How far the validators can be believed: those that lied win belief back by telling each change for a week."""
    hidden = _count_hidden(tried, response, entries_hash)
    if hidden < UNRELIABLE_CHANGES or entries_hash == tried.entries_hash:
        return {"hidden_changes": hidden, "honest_since_at": tried.honest_since_at if hidden else None}
    stated = response.header("ETag"), response.header("Last-Modified")
    if stated == (tried.etag, tried.last_modified) or not any(stated):
        return {"hidden_changes": hidden, "honest_since_at": None}
    since = tried.honest_since_at or now
    if now - since >= _HONEST_FOR:
        return {"hidden_changes": 0, "honest_since_at": None}
    return {"hidden_changes": hidden, "honest_since_at": since}


def _count_hidden(tried: FeedState, response: Response, entries_hash: str | None) -> int:
    """Count the changes that 304s kept from us.

    Only a poll without validators can tell: other entries under the very same validators prove a lie, a change that
    it is the first to see after 304s is a hint. A conditional poll that sees a change clears hints, not proofs.
    """
    if tried.hidden_changes >= UNRELIABLE_CHANGES or entries_hash == tried.entries_hash or tried.entries_hash is None:
        return tried.hidden_changes
    if response.sent_etag or response.sent_last_modified:
        return 0
    etag, last_modified = response.header("ETag"), response.header("Last-Modified")
    if (etag, last_modified) == (tried.etag, tried.last_modified) and (etag or last_modified):
        return UNRELIABLE_CHANGES
    return tried.hidden_changes + bool(tried.etag or tried.last_modified)


def _after_not_modified(visit: Visit, tried: FeedState, response: Response, *, now: datetime, policy: SchedulePolicy) -> FeedVisit:
    """Keep what is known; a 304 may carry newer validators for the same body (RFC 9111 §4.3.4)."""
    known = replace(
        tried,
        etag=response.header("ETag") or tried.etag,
        last_modified=response.header("Last-Modified") or tried.last_modified,
        last_success_at=now,
        failures=0.0,
        successor_url=None,
    )
    after = schedule(note_move(known, response, now=now), response, now=now, policy=policy)
    return _feed_visit(visit, after, problems=tuple(filter(None, (response.robots_objection,))))


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
    problems = document.problems if document else ()
    charged = replace(tried, failures=tried.failures + _WEIGHTS.get(visit.outcome, _SOFT))
    is_missing = visit.outcome in {"not_found", "gone"}
    if visit.outcome == "gone" and tried.moved_url is None:
        after = replace(charged, stopped=True, next_poll_at=NEVER_DUE, next_poll_rule="410 Gone: stopped")
        return _feed_visit(visit, after, problems=problems)
    if is_missing:  # the declared address is asked again: where it had moved to, nothing is left
        charged = replace(charged, moved_url=None, move_seen_url=None, move_seen_at=None, move_sightings=0)
    seconds, rule, is_asked = _back_off(visit, charged, response, interval=interval, policy=policy)
    earliest = max(policy.poll_floor_seconds, seconds if is_asked else 0.0)
    after = replace(charged, earliest_poll_at=now + timedelta(seconds=earliest))
    seconds, rule = spread_out(after, seconds, rule, now=now, policy=policy, after_throttle=visit.outcome == "throttled")
    return _feed_visit(visit, due_in(after, seconds, rule, now=now), problems=problems)


def _back_off(
    visit: Visit, charged: FeedState, response: Response, *, interval: float | None, policy: SchedulePolicy
) -> tuple[float, str, bool]:
    """Seconds, the rule, and whether the publisher asked for them."""
    floor, ceiling = policy.poll_floor_seconds, policy.poll_ceiling_seconds
    seconds, rule = min(floor * (1 + charged.failures), ceiling), f"back-off: {charged.failures:g} failures"
    asked = retry_after_seconds(response)
    is_refused = visit.outcome == "throttled" or (visit.outcome == "blocked" and charged.last_success_at is not None)
    if asked is not None and asked > seconds:
        return asked, f"Retry-After {asked:g} s", True
    if asked is None and is_refused:
        seconds = min(max(THROTTLED_SECONDS, 2 * (interval or floor)), ceiling)
        return seconds, f"{visit.outcome}: doubled to {seconds:g} s", True
    if visit.outcome == "not_found" and charged.failures >= MISSING_TWICE:
        return ceiling, f"404 again: slowed to {ceiling:g} s", False
    return seconds, rule, is_refused


def _feed_visit(
    visit: Visit,
    after: FeedState,
    *,
    entries: tuple[SeenEntry, ...] = (),
    problems: tuple[str, ...] = (),
    is_complete: bool = False,
) -> FeedVisit:
    logged = replace(visit, next_at=after.next_poll_at, next_rule=after.next_poll_rule, not_before_at=after.earliest_poll_at)
    return FeedVisit(visit=logged, after=after, entries=entries, problems=problems, is_complete=is_complete)


def _interval(state: FeedState) -> float | None:
    """Seconds that lay between the last poll and this one, as planned."""
    if state.next_poll_at is None or state.last_polled_at is None:
        return None
    return (state.next_poll_at - state.last_polled_at).total_seconds()


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
