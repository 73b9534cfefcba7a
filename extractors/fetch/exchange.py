"""One request and its answer, bounded in time and size. Refuses to wait for turns or to follow anything.

What goes wrong on the net comes back as a value. A status other than 2xx is worth more than its body: where only the
body fails, the status stands and the body is empty.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import httpcore
import httpx

from extractors.fetch.addresses import AddressRefused, NameNotFound
from extractors.fetch.clock import Clock
from extractors.fetch.encoding import BodyDecoder, BodyRefused
from extractors.records import Failure

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CUT_SHORT = "peer closed connection"  # how h11 words a body that ends before its Content-Length or its last chunk

_NET_ERRORS = (
    AddressRefused,
    NameNotFound,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    OSError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one request brought. `status` may be known even where the exchange failed afterwards."""

    status: int | None = None
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()  # ISO 8859-1, so that encoding gives back the bytes
    body: bytes = b""
    wire_body: bytes = b""
    answered_at: datetime | None = None  # when status and headers had come
    failure: Failure | None = None

    @property
    def location(self) -> str | None:
        """Where a redirect leads; None: the answer is none."""
        return _location_of(self.status, self.headers)


async def exchange(
    transport: httpx.AsyncBaseTransport, url: str, headers: Mapping[str, str], *, max_body_bytes: int, seconds: float, clock: Clock
) -> Answer:
    """Send a GET and take the answer in, all within `seconds`."""
    reception = _Reception(max_body_bytes, clock)
    failure: Failure | None = None
    try:
        async with asyncio.timeout(seconds):
            await reception.run(transport, url, headers)
    except TimeoutError:
        failure = Failure(kind="timeout", detail=f"no whole answer within {seconds:.3g} s")
    except BodyRefused as error:
        failure = error.failure
    except _NET_ERRORS as error:
        failure = _failure_of(error, in_body=reception.status is not None)
    return reception.answer(failure)


class _Reception:
    """An answer while it comes in."""

    def __init__(self, max_body_bytes: int, clock: Clock) -> None:
        self.status: int | None = None
        self._max_body_bytes = max_body_bytes
        self._clock = clock
        self._reason = ""
        self._headers: tuple[tuple[str, str], ...] = ()
        self._wire = bytearray()
        self._body = b""
        self._answered_at: datetime | None = None

    async def run(self, transport: httpx.AsyncBaseTransport, url: str, headers: Mapping[str, str]) -> None:
        target = httpx.URL(url)
        host = (b"Host", target.netloc)  # said here, because httpx would decode the name for it and stumble over odd ones
        pairs = [host, *((name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items())]
        response = await transport.handle_async_request(httpx.Request("GET", target, headers=pairs))
        try:
            self._answered_at = self._clock.now()
            self.status = response.status_code
            self._reason = response.reason_phrase
            self._headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
            if _location_of(self.status, self._headers) is None:
                await self._take_body(response)
        finally:
            await response.aclose()

    async def _take_body(self, response: httpx.Response) -> None:
        decoder = BodyDecoder(", ".join(response.headers.get_list("Content-Encoding")), max_bytes=self._max_body_bytes)
        announced = response.headers.get("Content-Length", "")
        if announced.isdecimal() and int(announced) > self._max_body_bytes:
            raise BodyRefused("too_large", f"body of {announced} bytes, more than {self._max_body_bytes}")
        async for chunk in response.aiter_raw():
            self._wire += chunk
            if len(self._wire) > self._max_body_bytes:
                raise BodyRefused("too_large", f"body larger than {self._max_body_bytes} bytes")
            decoder.feed(chunk)
        self._body = decoder.finish()

    def answer(self, failure: Failure | None) -> Answer:
        is_body_needed = self.status is None or 200 <= self.status < 300
        return Answer(
            status=self.status,
            reason=self._reason,
            headers=self._headers,
            body=self._body,
            wire_body=bytes(self._wire),
            answered_at=self._answered_at,
            failure=failure if is_body_needed else None,
        )


def _location_of(status: int | None, headers: tuple[tuple[str, str], ...]) -> str | None:
    if status not in _REDIRECTS:
        return None
    return next((value for name, value in headers if name.lower() == "location"), None)


def _failure_of(error: Exception, *, in_body: bool) -> Failure:
    """Tell what an exception of the network's layers means; `in_body`: the status and headers had come."""
    if isinstance(error, AddressRefused):
        return Failure(kind="address_refused", detail=str(error))
    if isinstance(error, NameNotFound):
        return Failure(kind="dns", detail=str(error))
    innermost = _innermost(error)
    detail = " ".join(str(innermost).split()) or type(innermost).__name__
    if isinstance(error, httpcore.TimeoutException):
        return Failure(kind="timeout", detail=detail)
    if isinstance(error, httpcore.ProtocolError):
        return Failure(kind="truncated" if in_body and detail.startswith(_CUT_SHORT) else "protocol", detail=detail)
    if in_body:
        return Failure(kind="truncated", detail=detail)
    return Failure(kind="tls" if isinstance(innermost, ssl.SSLError) else "connect", detail=detail)


def _innermost(error: BaseException) -> BaseException:
    """Find what started it: the layers above say less. httpcore's pool drops causes, contexts are left."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return error
