"""What a robots.txt allows (RFC 9309). Pure: it is told what the file said. Refuses to fetch."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from typing import assert_never

from protego import Protego

from extractors.fetch.hosts import RobotsFile
from extractors.fetch.policy import PRODUCT
from extractors.records import Failure, Response

MAX_CRAWL_DELAY_SECONDS = 120.0

_PARSED_BYTES = 500 * 1024  # RFC 9309 §2.5
_KNOWN_FOR = timedelta(hours=24)  # RFC 9309 §2.4
_REFUSED_FOR = timedelta(hours=1)  # the server answers, but not with its robots.txt
_UNREACHABLE_FOR = timedelta(minutes=10)  # maybe it is our own line


def read_robots(response: Response, now: datetime) -> RobotsFile:
    """Tell what a robots.txt exchange means for the pages of its authority, and for how long."""
    if response.failure is not None:
        is_led_astray = bool(response.hops) and response.failure.kind in {"scheme_refused", "port_refused", "address_refused"}
        if is_led_astray:
            detail = f"robots.txt could not be had: {response.failure.detail}"
            return RobotsFile(expires_at=now + _REFUSED_FOR, failure=Failure(kind="robots_refused", detail=detail))
        return _read_failure(response.failure, now)
    status = response.status or 0
    if status == 429 or status >= 500:
        failure = Failure(kind="robots_refused", detail=f"robots.txt could not be had: {status} {response.reason}".rstrip())
        return RobotsFile(expires_at=now + _REFUSED_FOR, failure=failure)
    is_found = 200 <= status < 300
    text = response.body[:_PARSED_BYTES].decode("utf-8-sig", "replace") if is_found else ""
    return RobotsFile(expires_at=now + _KNOWN_FOR, body=text)


def judge(robots: RobotsFile, url: str) -> Failure | None:
    """Why a page may not be fetched; None: it may."""
    if robots.failure is not None:
        return robots.failure
    if _rules_of(robots.body).can_fetch(url, PRODUCT):
        return None
    return Failure(kind="robots_refused", detail=f"robots.txt disallows {url}")


def crawl_delay(robots: RobotsFile) -> float:
    """Seconds that robots.txt asks to keep between two requests, at most 120; 0 where it asks for nothing."""
    return min(_rules_of(robots.body).crawl_delay(PRODUCT) or 0.0, MAX_CRAWL_DELAY_SECONDS)


def _read_failure(failure: Failure, now: datetime) -> RobotsFile:
    """Keep the failure: what befell robots.txt would befall the page. Only where the server did answer is it a refusal of its own."""
    match failure.kind:
        case "redirects":  # RFC 9309 §2.3.1.2: as if there were none
            return RobotsFile(expires_at=now + _KNOWN_FOR)
        case "dns" | "connect" | "tls" | "timeout":
            detail = f"robots.txt: {failure.detail}"
            return RobotsFile(expires_at=now + _UNREACHABLE_FOR, failure=Failure(kind=failure.kind, detail=detail))
        case "too_large" | "truncated" | "undecodable" | "protocol":
            detail = f"robots.txt could not be had: {failure.detail}"
            return RobotsFile(expires_at=now + _REFUSED_FOR, failure=Failure(kind="robots_refused", detail=detail))
        case "scheme_refused" | "port_refused" | "address_refused" | "robots_refused" | "cancelled":
            return RobotsFile(expires_at=now, failure=failure)  # our own doing: not to be remembered
        case unknown:
            assert_never(unknown)


@functools.lru_cache(maxsize=128)
def _rules_of(text: str) -> Protego:
    return Protego.parse(text)
