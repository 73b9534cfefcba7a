"""How long to leave a feed alone, and the rule that says so: the longest of what we and the publisher want, under a ceiling.

Pure, without a clock and without chance: what has to be spread is spread by hashes. Refuses to come before the floor or
after the ceiling.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from extractors.records import FeedState, Response, short_hash

NEVER_DUE = datetime(9999, 12, 31, tzinfo=UTC)  # the due date of what is done with: a stopped feed, a page past its last revisit
MISSING_TWICE = 1.0  # weighted failures of a feed that was not found again
UNRELIABLE_CHANGES = 3  # that 304s hid, before a feed's validators are not believed any more

_FULL_BODIES = 24  # floors between two polls that cost a whole body: an hour with validators is a day without (Kroll)
_AFTER_THROTTLE_SECONDS = 3600.0
_QUIET_SHARE = 0.25  # of the time a feed has been quiet for
_GAP_SHARE = 0.5  # of the usual time between two changes
_GAP_MEMORY = 0.7  # what of the old estimate stays when a new gap is seen
_LEAST_ADAPTIVE_SECONDS = 60.0

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_NO_CACHE = re.compile(r"(?:^|[\s,])no-(?:cache|store)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePolicy:
    """How often, at most and at least, feeds are polled, and at which ages articles are looked at again."""

    poll_floor_seconds: float = 3600
    poll_ceiling_seconds: float = 86_400
    revisit_hours: tuple[float, ...] = (6, 24, 72)
    spread: float = 0.25  # share of a wait by which it may grow, so that feeds do not come due together


def schedule(state: FeedState, response: Response, *, now: datetime, policy: SchedulePolicy) -> FeedState:
    """Set when a feed that answered is due again. `state` has taken in what the answer said, but for its caching headers."""
    fresh, fresh_rule = _cache_wait(response, now=now)
    if not fresh_rule and response.status == 304 and state.fresh_seconds:
        fresh, fresh_rule = state.fresh_seconds, f"freshness of {state.fresh_seconds:g} s, as stated before"
    floor = _floor(state, is_asked=fresh > 0 or bool(state.ttl_seconds), policy=policy)
    adaptive = _adaptive_wait(state, now=now)
    waits = [floor, adaptive, (fresh, fresh_rule), (float(state.ttl_seconds or 0), f"ttl {(state.ttl_seconds or 0) / 60:g} min")]
    seconds, rule = max(waits, key=lambda wait: wait[0])
    ceiling = policy.poll_ceiling_seconds
    if seconds > ceiling:
        seconds, rule = ceiling, f"{rule}, capped at {ceiling:g} s"
    own = max(floor[0], min(adaptive[0], ceiling))
    known = replace(
        state,
        fresh_seconds=fresh if fresh > 0 else None,
        interval_seconds=own,
        earliest_poll_at=now + timedelta(seconds=min(max(floor[0], fresh), ceiling)),
    )
    seconds, rule = spread_out(known, seconds, rule, now=now, policy=policy)
    seconds, rule = _skip(known, seconds, rule, now=now, ceiling=ceiling)
    return due_in(known, seconds, rule, now=now)


def due_in(state: FeedState, seconds: float, rule: str, *, now: datetime) -> FeedState:
    """Make a feed due in so many seconds."""
    return replace(state, next_poll_at=now + timedelta(seconds=seconds), next_poll_rule=rule)


def spread_out(
    state: FeedState, seconds: float, rule: str, *, now: datetime, policy: SchedulePolicy, after_throttle: bool = False
) -> tuple[float, str]:
    """Lengthen a wait towards the feed's own phase, or by a share of it: no bursts at the full hour or after a downtime.

    Who was asked to wait does not come back at the stroke of the clock: by up to an hour later, when all others do.
    """
    share = max(policy.spread * seconds, _AFTER_THROTTLE_SECONDS if after_throttle and policy.spread else 0.0)
    width = min(share, max(policy.poll_ceiling_seconds - seconds, 0.0))
    if width < 1:
        return seconds, rule
    to_phase = (_share(state.feed_id) * seconds - now.timestamp() - seconds) % seconds
    shift = int(to_phase if to_phase <= width else width * _share(state.feed_id, now.isoformat()))
    return (seconds + shift, f"{rule}, spread by {shift} s") if shift else (seconds, rule)


def observe_gap(state: FeedState, *, now: datetime) -> float | None:
    """Estimate anew the usual time between two changes, when one is seen; None: there was none before."""
    if state.last_changed_at is None:
        return None
    seen = (now - state.last_changed_at).total_seconds()
    return seen if state.gap_seconds is None else _GAP_MEMORY * state.gap_seconds + (1 - _GAP_MEMORY) * seen


def _share(*parts: str) -> float:
    """A number in [0, 1) that depends on nothing else."""
    return int(short_hash("share", *parts)[:12], 16) / 16**12


def _floor(state: FeedState, *, is_asked: bool, policy: SchedulePolicy) -> tuple[float, str]:
    """Seconds below which we never go: more where each poll costs a whole body, unless the publisher states a wait."""
    floor = policy.poll_floor_seconds
    full = min(_FULL_BODIES * floor, policy.poll_ceiling_seconds)
    if state.hidden_changes >= UNRELIABLE_CHANGES:
        return full, f"validators unreliable: whole bodies, floor {full:g} s"
    if not (state.etag or state.last_modified or is_asked):
        return full, f"no validators: floor {full:g} s"
    return floor, f"floor {floor:g} s"


def _adaptive_wait(state: FeedState, *, now: datetime) -> tuple[float, str]:
    """Half the usual gap between two changes, or a quarter of the present silence, whichever is longer."""
    quiet = 0.0 if state.last_changed_at is None else (now - state.last_changed_at).total_seconds()
    gap = state.gap_seconds or 0.0
    waits = (
        (_GAP_SHARE * gap, f"adaptive: changes about every {gap / 60:.0f} min"),
        (_QUIET_SHARE * quiet, f"adaptive: quiet for {quiet / 60:.0f} min"),
    )
    seconds, rule = max(waits)
    return (seconds, rule) if seconds >= _LEAST_ADAPTIVE_SECONDS else (0.0, "")


def _skip(state: FeedState, seconds: float, rule: str, *, now: datetime, ceiling: float) -> tuple[float, str]:
    """Move a poll out of the hours and days at which the document asks for none, as far as the ceiling allows."""
    due = (now + timedelta(seconds=seconds)).astimezone(UTC)
    latest = now + timedelta(seconds=max(ceiling, seconds))
    moved = due
    while moved < latest and (moved.hour in state.skip_hours or moved.weekday() in state.skip_days):
        moved = moved.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if moved == due:
        return seconds, rule
    return (min(moved, latest) - now).total_seconds(), f"{rule}, moved by skipHours/skipDays"


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
