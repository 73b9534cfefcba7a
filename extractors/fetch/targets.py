"""An address as it goes on the wire, and where a redirect leads. Refuses everything but http and https.

Unlike `normalise_url` the query is kept as it is: a server that redirects to an address with a tracking parameter
would otherwise be asked for the first address again, for ever.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx

from extractors.records import Failure
from extractors.urls import normalise_url, scope_of

_DEFAULT_PORTS = {"http": 80, "https": 443}
_BREAKS = re.compile(r"[\t\n\r]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where one request goes."""

    url: str  # without fragment
    scheme: str
    host: str  # IP literals without brackets
    port: int
    scope: str  # politeness scope

    @property
    def robots_url(self) -> str:
        """Address of the robots.txt that speaks for this target (RFC 9309 §2.3); names the authority, too."""
        return str(httpx.URL(self.url).copy_with(raw_path=b"/robots.txt"))


def locate(url: str) -> Target | None:
    """Read an http(s) address; None: it is not one."""
    # a lone surrogate is no character: it goes out as U+FFFD, as in every normalised address
    bare, _, query = _SURROGATES.sub("\ufffd", _BREAKS.sub("", url)).partition("#")[0].partition("?")
    clean = normalise_url(bare) if normalise_url(url) else None
    if clean is None:
        return None
    try:
        wire = httpx.URL(f"{clean}?{query.rstrip()}" if query.strip() else clean)
    except httpx.InvalidURL:
        return None
    port = wire.port or _DEFAULT_PORTS[wire.scheme]
    return Target(url=str(wire), scheme=wire.scheme, host=wire.raw_host.decode("ascii"), port=port, scope=scope_of(clean))


def follow(target: Target, location: str) -> Target | Failure:
    """Where a Location header leads (RFC 9110 §10.2.2). Never from https to http, never to another scheme."""
    try:
        url = urljoin(target.url, _as_text(location).strip())
        onward = locate(url)
    except ValueError:
        onward = None
    if onward is None:
        return Failure(kind="scheme_refused", detail=f"{target.url} redirects to what is no http(s) address: {location[:200]!r}")
    if target.scheme == "https" and onward.scheme == "http":
        return Failure(kind="redirects", detail=f"{target.url} redirects from https to http: {onward.url}")
    return onward


def _as_text(value: str) -> str:
    """Read letters outside ASCII in a header value: it is kept as ISO 8859-1, browsers and servers mean UTF-8."""
    raw = value.encode("latin-1", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return value
