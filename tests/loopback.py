"""A small HTTP server on loopback sockets that can misbehave, and that remembers who asked for what and when.

Replies are written byte for byte, one connection per request. `Raw` pieces go out as they are, a number among them is
a pause in seconds, `HANG` keeps the connection open in silence until the client gives up. `FakeClock` makes waiting free: its sleep moves its time.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

from extractors.fetch.clock import Clock

HANG = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it came in."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    at: float  # seconds, by the server's clock, when its head had come
    at_once: int  # open connections, this one included

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer as HTTP wants it."""

    status: int = 200
    reason: str = "OK"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    has_length: bool = True

    def pieces(self) -> tuple[bytes]:
        lines = [f"HTTP/1.1 {self.status} {self.reason}", *(f"{name}: {value}" for name, value in self.headers)]
        if self.has_length and self.status not in {204, 304}:
            lines.append(f"Content-Length: {len(self.body)}")
        return ("\r\n".join([*lines, "", ""]).encode("latin-1") + self.body,)


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes as they go out, with pauses and HANG among them."""

    sent: tuple[bytes | float | object, ...]

    def pieces(self) -> tuple[bytes | float | object, ...]:
        return self.sent


Answer = Reply | Raw
Handler = Callable[[Received], Answer | Awaitable[Answer]]


@dataclass(slots=True)
class LoopbackServer:
    """`async with LoopbackServer({"/feed": Reply(body=b"...")}) as server:`; what has no route is a 404."""

    routes: dict[str, Answer | Handler] = field(default_factory=dict)  # path, or host + path
    host: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    monotonic: Callable[[], float] = time.monotonic
    received: list[Received] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    def url(self, path: str = "/") -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}{path}"

    def targets(self) -> list[str]:
        return [request.target for request in self.received]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.host, 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._serving.add(task)
        self._open.add(writer)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await self._reply(reader, writer)
        finally:
            self._serving.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()
            self._open.discard(writer)

    async def _reply(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = tuple(tuple(line.split(": ", 1)) for line in head[1:] if line)
        request = Received(method=method, target=target, headers=headers, at=self.monotonic(), at_once=len(self._open))
        self.received.append(request)
        host = (request.header("Host") or "").partition(":")[0]
        path = target.partition("?")[0]
        found = self.routes.get(host + path) or self.routes.get(path) or Reply(status=404, reason="Not Found")
        answer = found(request) if callable(found) else found
        for piece in (await answer if isinstance(answer, Awaitable) else answer).pieces():
            if piece is HANG:
                await reader.read()
                return
            if isinstance(piece, float):
                await asyncio.sleep(piece)
            else:
                writer.write(piece)
                await writer.drain()


class FakeClock:
    """A clock that only `sleep` and `advance` move. Hand `clock` to what is tested."""

    def __init__(self, at: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)) -> None:
        self.at = at
        self.slept: list[float] = []
        self.clock = Clock(now=lambda: self.at, monotonic=self.monotonic, sleep=self.sleep)

    def monotonic(self) -> float:
        return self.at.timestamp()

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)
