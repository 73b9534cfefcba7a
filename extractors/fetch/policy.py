"""How the fetcher behaves towards publishers, as plain values. Refuses to read settings: it is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import quote, urlsplit

from extractors.urls import normalise_url

PRODUCT = "trilateral"  # the token that robots.txt groups are matched with

_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\]]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")
_HEADER_SAFE = "".join(map(chr, range(0x20, 0x7F))).replace("(", "").replace(")", "").replace("\\", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectTo:
    """Connect elsewhere for a name, as curl's --connect-to: URL, Host header, certificate and identity keep the name."""

    name: str  # lower case, A-labels; IP literals without brackets
    port: int | None  # of the url; None: every port of the name
    address: str  # IP literal without brackets, or a name
    target_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """What the fetcher may fetch, how large, how long and how often."""

    user_agent: str
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()  # non-public networks that may be fetched
    allow_ports: tuple[int, ...] | None = (80, 443)  # of the url; None: any
    connect_to: tuple[ConnectTo, ...] = ()
    host_delay_seconds: float = 5.0  # between two starts in one scope
    host_connections: int = 1  # at once in one scope
    delays: Mapping[str, float] = field(default_factory=dict)  # scope -> seconds, where it differs
    respect_robots: bool = True  # for pages
    max_body_bytes: int = 15 * 2**20  # as received, and decoded
    request_timeout_seconds: float = 30.0  # all hops of one fetch together, without waiting for turns
    max_wait_seconds: float = 120.0  # for a turn, beyond the scope's own delay; then the fetch is given back
    proxy: str | None = None  # http:// or https://

    def delay_of(self, scope: str) -> float:
        """Seconds between two starts in this scope."""
        return self.delays.get(scope, self.host_delay_seconds)


def parse_connect_to(text: str) -> tuple[ConnectTo, ...]:
    """Read `name[:port]=address:port` pairs, separated by commas. ValueError names the pair that cannot be used."""
    return tuple(_parse_pair(pair.strip()) for pair in text.split(",") if pair.strip())


def user_agent(version: str, contact: str | None) -> str:
    """Stable and honest: product, version and, where there is one, how to reach whoever runs it."""
    product = f"{PRODUCT}/{version}"
    return f"{product} (+{quote(contact.strip(), safe=_HEADER_SAFE)})" if contact and contact.strip() else product


def _parse_pair(pair: str) -> ConnectTo:
    name_text, equals, address_text = pair.partition("=")
    name, address = _split_host(name_text), _split_host(address_text)
    if not equals or name is None or address is None or address[1] is None:
        raise ValueError(f"connect_to: not name[:port]=address:port: {pair!r}")
    return ConnectTo(name=name[0], port=name[1], address=address[0], target_port=address[1])


def _split_host(text: str) -> tuple[str, int | None] | None:
    """Host in normal form and port; None where either is impossible."""
    parts = _HOST_AND_PORT.fullmatch(text.strip())
    clean = normalise_url(f"http://{parts['host']}/") if parts else None
    host = urlsplit(clean).hostname if clean else None
    port = int(parts["port"]) if parts and parts["port"] else None
    if host is None or (port is not None and not 0 < port < 65536):
        return None
    return host, port
