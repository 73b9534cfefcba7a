"""What an exchange amounts to: its outcome, its row in the log, and how long the publisher asked us to stay away.

Pure: everything is read from the response. Refuses to judge bodies; whether a document is a feed is the feeds' room's
business.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from extractors.records import Outcome, Response, Visit, VisitKind
from extractors.urls import scope_of

MAX_RETRY_AFTER_SECONDS = 86400.0
THROTTLED_SECONDS = 4 * 3600.0  # after a 429 that names no time (Unread Cloud's rule)

_BY_STATUS: dict[int, Outcome] = {
    304: "not_modified",
    401: "blocked",
    402: "blocked",
    403: "blocked",
    404: "not_found",
    407: "blocked",
    410: "gone",
    429: "throttled",
    451: "blocked",
}
_BY_CLASS: dict[int, Outcome] = {2: "ok", 3: "redirects", 4: "client_error", 5: "server_error"}
_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def outcome_of(response: Response) -> Outcome:
    """Find the word for what came of a request."""
    if response.failure is not None:
        return response.failure.kind
    status = response.status or 0
    if _is_challenge(response):
        return "blocked"
    if (status == 503 or 300 <= status < 400) and retry_after_seconds(response) is not None:
        return "throttled"
    if status == 304 and not (response.sent_etag or response.sent_last_modified):
        return "server_error"  # nobody asked whether it had changed
    return _BY_STATUS.get(status) or _BY_CLASS.get(status // 100, "protocol")


def retry_after_seconds(response: Response) -> float | None:
    """How long Retry-After asks to stay away, from the response's end on; at most a day, None without a usable one.

    Seconds or an HTTP-date (RFC 9110 §10.2.3); a date is relative to the response's own Date, so that a publisher's wrong
    clock does no harm.
    """
    text = (response.header("Retry-After") or "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), MAX_RETRY_AFTER_SECONDS)
    until = _parse_http_date(text)
    if until is None:
        return None
    since = _parse_http_date(response.header("Date") or "") or response.started_at + timedelta(milliseconds=response.duration_ms)
    return min(max((until - since).total_seconds(), 0.0), MAX_RETRY_AFTER_SECONDS)


def pause_seconds(response: Response) -> float | None:
    """How long nobody may ask anything of the host that answered; None: it asked for no pause."""
    wait = retry_after_seconds(response)
    if response.status == 429:
        return THROTTLED_SECONDS if wait is None else wait or None
    is_heeded = response.status == 503 or 300 <= (response.status or 0) < 400
    return wait or None if is_heeded else None


def pause_scope_of(url: str) -> str:
    """What a Retry-After binds: a public name's whole scope; one address of a private host, whose scope names the port."""
    scope = scope_of(url)
    return url if ":" in scope else scope


def visit_of(
    response: Response, *, kind: VisitKind, source_id: str | None, feed_id: str | None = None, url_key: str | None = None
) -> Visit:
    """Write the log's row for an exchange."""
    wait = None if response.is_shared else pause_seconds(response)
    return Visit(
        kind=kind,
        url=response.url,
        final_url=response.final_url,
        source_id=source_id,
        feed_id=feed_id,
        url_key=url_key,
        status=response.status,
        outcome=outcome_of(response),
        detail=_detail_of(response),
        body_bytes=len(response.wire_body),
        duration_ms=response.duration_ms,
        at=response.started_at,
        sent_etag=response.sent_etag,
        sent_last_modified=response.sent_last_modified,
        got_etag=response.header("ETag"),
        got_last_modified=response.header("Last-Modified"),
        scope=None if response.delay_seconds is None else scope_of(response.url),
        delay_seconds=response.delay_seconds,
        pause_scope=pause_scope_of(response.final_url) if wait else None,
        pause_ends_at=response.started_at + timedelta(milliseconds=response.duration_ms, seconds=wait) if wait else None,
        is_shared=response.is_shared,
    )


def _detail_of(response: Response) -> str:
    """In words what the outcome does not say; empty where all went well."""
    if response.failure is not None:
        return response.failure.detail
    if response.status is None or (response.status < 400 and outcome_of(response) != "throttled"):
        return ""
    parts = [f"{response.status} {response.reason}".strip()]
    if _is_challenge(response):
        parts.append("a bot challenge")
    if retry_after := response.header("Retry-After"):
        parts.append(f"Retry-After: {retry_after[:100]}")
    return "; ".join(parts)


def _is_challenge(response: Response) -> bool:
    return response.header("cf-mitigated") == "challenge"


def _parse_http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
        return (date.replace(tzinfo=UTC) if date.tzinfo is None else date).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
