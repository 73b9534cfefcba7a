"""Connections for the fetcher: opened to admitted addresses only, used for one request, never kept.

An httpx transport over httpcore's pool, used without `httpx.AsyncClient`: a client would keep cookies, read the
environment and judge Location headers. Refuses SOCKS proxies and certificates that do not fit the name.
"""

from __future__ import annotations

import functools
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterable

import httpcore
import httpx

from extractors.errors import SettingError
from extractors.fetch.addresses import AddressGuard

_ADDRESS_SECONDS = 8.0  # patience with one address of several, so that a dead IPv6 route does not eat the whole exchange


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Opens sockets for httpcore, to admitted addresses only."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Try the admitted addresses in turn; raises AddressRefused, NameNotFound or what httpcore does."""
        addresses, target_port = await self._guard.admit(host, port)
        for address in addresses[:-1]:
            try:
                return await self._sockets.connect_tcp(address, target_port, _ADDRESS_SECONDS, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._sockets.connect_tcp(addresses[-1], target_port, timeout, local_address, socket_options)


class CheckedTransport(httpx.AsyncBaseTransport):
    """One connection per request, to an address that was checked; through a proxy, the name is checked first."""

    def __init__(self, guard: AddressGuard, *, tls: ssl.SSLContext | None = None) -> None:
        proxy = guard.policy.proxy
        self._guard = guard
        self._is_proxied = proxy is not None
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or _public_tls(),
            proxy=None if proxy is None else _read_proxy(proxy),
            max_connections=None,  # bounded by the turns
            max_keepalive_connections=0,
            network_backend=None if proxy is not None else CheckedBackend(guard),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the answer's body is still to be read, as received."""
        url = request.url
        if self._is_proxied:
            await self._guard.admit(url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80))
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    async def aclose(self) -> None:
        """Close what is still open."""
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    """An httpcore answer's body, as httpx reads it."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert isinstance(self._answer.stream, AsyncIterable)  # noqa: S101 - httpcore's type covers its blocking twin, too
        async for chunk in self._answer.stream:
            yield chunk

    async def aclose(self) -> None:
        await self._answer.aclose()


@functools.cache
def _public_tls() -> ssl.SSLContext:
    """Make the context of certifi's authorities once: it takes tens of milliseconds."""
    return httpx.create_ssl_context(trust_env=False)


def _read_proxy(text: str) -> httpcore.Proxy:
    """SettingError for anything but http:// and https://."""
    try:
        proxy = httpx.Proxy(text)
    except (ValueError, httpx.InvalidURL) as error:
        raise SettingError(f"proxy: not an http(s) address: {text!r}") from error
    if proxy.url.scheme not in {"http", "https"} or not proxy.url.host:
        raise SettingError(f"proxy: not an http(s) address: {text!r}")
    return httpcore.Proxy(str(proxy.url), auth=proxy.raw_auth, headers=proxy.headers.raw)
