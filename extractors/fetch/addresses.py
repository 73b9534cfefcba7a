"""Which addresses may be connected to, checked on the very address that is connected to.

A name is resolved here, every address that is not public is refused unless a network was allowed, and the connection
goes to the address that passed: a name that answers differently the second time gains nothing. TLS keeps the name.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from extractors.errors import TrilateralError
from extractors.fetch.policy import FetchPolicy

Resolver = Callable[[str, int], Awaitable[tuple[str, ...]]]  # name, port -> IP literals; raises OSError

# IANA special-purpose registries. `ipaddress.is_global` is not asked: its answers changed between patch releases.
_REFUSED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_PUBLIC_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_NAT64 = IPv6Network("64:ff9b::/96")


class AddressRefused(TrilateralError):
    """A name or literal leads only to addresses that may not be fetched."""


class NameNotFound(TrilateralError):
    """A name has no address."""


def is_allowed(address: IPv4Address | IPv6Address, allow_networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Whether an address is public, or inside a network that was allowed. IPv4 inside IPv6 is judged as IPv4."""
    if any(address in network for network in allow_networks):
        return True
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    embedded = address.ipv4_mapped or address.sixtofour or (_low_v4(address) if address in _NAT64 else None)
    if embedded is not None:
        return is_allowed(embedded, allow_networks)
    return address in _PUBLIC_V6 and not any(address in network for network in _REFUSED_V6)


async def resolve_by_system(name: str, port: int) -> tuple[str, ...]:
    """Ask the system's resolver; addresses in the order it prefers."""
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressGuard:
    """Turns a host and port of a url into addresses that may be connected to."""

    policy: FetchPolicy
    resolve: Resolver = resolve_by_system

    async def admit(self, host: str, port: int) -> tuple[tuple[str, ...], int]:
        """Addresses, best first, and the port to connect to. Raises AddressRefused and NameNotFound."""
        name, target_port = self._redirect(host, port)
        addresses = await self._look_up(name, target_port)
        admitted = tuple(str(address) for address in addresses if is_allowed(address, self.policy.allow_networks))
        if not admitted:
            listed = ", ".join(map(str, addresses))
            raise AddressRefused(f"{host}: not a public address: {listed}")
        return admitted, target_port

    def _redirect(self, host: str, port: int) -> tuple[str, int]:
        """Apply `connect_to`; a pair that names the port wins."""
        pairs = [pair for pair in self.policy.connect_to if pair.name == host and pair.port in {port, None}]
        pair = min(pairs, key=lambda pair: pair.port is None, default=None)
        return (pair.address, pair.target_port) if pair else (host, port)

    async def _look_up(self, name: str, port: int) -> tuple[IPv4Address | IPv6Address, ...]:
        try:
            return (ip_address(name),)
        except ValueError:
            pass
        try:
            found = await self.resolve(name, port)
        except (OSError, UnicodeError) as error:
            raise NameNotFound(f"{name}: {error}") from error
        if not found:
            raise NameNotFound(f"{name}: no address")
        return tuple(map(ip_address, found))


def _low_v4(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)
