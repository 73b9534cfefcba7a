"""Whose page an address is: the declared source that answers for its host, for archives that do not say.

Refuses to choose between several: an address that fits two sources alike is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from extractors.records import Source
from extractors.urls import registrable_domain


class Outlets:
    """The declared sources, by the hosts and domains they are known under."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._by_host: dict[str, list[Source]] = {}
        self._by_domain: dict[str, list[Source]] = {}
        for source in sources:
            addresses = [source.home] if source.home else [feed.url for feed in source.feeds]
            for host in {_host(address) for address in addresses}:
                self._by_host.setdefault(host, []).append(source)
            for domain in {registrable_domain(address) or _host(address) for address in addresses}:
                self._by_domain.setdefault(domain, []).append(source)

    def of(self, url: str) -> Source | None:
        """Find the source of an address: by its host, else by its domain; among those of one host by the longest home path."""
        found = self._by_host.get(_host(url)) or self._by_domain.get(registrable_domain(url) or _host(url), [])
        if len(found) <= 1:
            return found[0] if found else None
        path = urlsplit(url).path
        fitting = sorted((source for source in found if path.startswith(_home_path(source))), key=lambda source: -len(_home_path(source)))
        if not fitting or (len(fitting) > 1 and len(_home_path(fitting[0])) == len(_home_path(fitting[1]))):
            return None
        return fitting[0]


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _home_path(source: Source) -> str:
    path = urlsplit(source.home or "").path
    return path if path.endswith("/") else path + "/"
