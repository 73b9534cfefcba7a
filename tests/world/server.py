"""The world on one loopback socket: every outlet is a name that `connect_to` leads here, told apart by its Host header.

Runs in a thread of the test, so that it outlives every client that is killed. Remembers each request with its start and
end, so that tests count on the publishers' side.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Self

from flows.settings import Settings
from world.answers import Exchange, answer, read_request
from world.truth import Article, Fault, Truth

_LINGER_ZERO = struct.pack("ii", 1, 0)  # closing then sends RST instead of FIN
_POLL_SECONDS = 0.02  # between two looks at what no request brings about


@dataclass(slots=True)
class World:
    """`with World(seed=1, hosts=3, articles_per_host=5) as world: run_stream(world.settings(folder))`."""

    seed: int = 1
    hosts: int = 3
    articles_per_host: int = 4
    faults: Mapping[str, Fault] = field(default_factory=dict)  # by url
    latency_seconds: float = 0.0  # before every answer
    truth: Truth = field(init=False)
    port: int = field(init=False, default=0)
    received: int = field(init=False, default=0)  # requests so far
    _log: list[Exchange] = field(init=False, default_factory=list)
    _open: dict[int, Exchange] = field(init=False, default_factory=dict)
    _changed: threading.Condition = field(init=False, default_factory=threading.Condition)
    _gates: dict[str, asyncio.Event] = field(init=False, default_factory=dict)  # by host
    _loop: asyncio.AbstractEventLoop = field(init=False)
    _closing: asyncio.Event = field(init=False)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.truth = Truth(seed=self.seed, hosts=self.hosts, articles_per_host=self.articles_per_host, faults=self.faults)

    # --- what tests do with it ---------------------------------------------------------------------------------------

    def publish(self, host: int, *, closed: bool = False, copied_from: Article | None = None) -> Article:
        """Add an article to an outlet, page and feed entry."""
        return self.truth.publish(host, closed=closed, copied_from=copied_from)

    def edit(self, article: Article, *, in_silence: bool = False) -> Article:
        """Change a page and, unless `in_silence`, its feed entry."""
        return self.truth.edit(article, in_silence=in_silence)

    def hold(self, host: str) -> None:
        """Answer no page of this host until it is released."""
        self._gates[host] = asyncio.Event()

    def release(self, host: str) -> None:
        """Answer what was held, and everything from now on."""
        self._loop.call_soon_threadsafe(self._gates.pop(host).set)

    def log(self, kind: str | None = None, *, since: int = 0) -> tuple[Exchange, ...]:
        """Exchanges that have ended in the order of their start: of one kind, without the first `since` of the log."""
        with self._changed:
            ended = sorted(self._log, key=lambda exchange: exchange.started_at)[since:]
        return tuple(exchange for exchange in ended if kind in (None, exchange.kind))

    def open_exchanges(self) -> tuple[Exchange, ...]:
        """What has been asked and is not answered."""
        with self._changed:
            return tuple(self._open.values())

    def wait_until(self, is_so: Callable[[], bool], *, what: str, seconds: float = 30.0) -> None:
        """Wait for what a request, a file or another process brings about; AssertionError where it does not come."""
        ends_at = time.monotonic() + seconds
        with self._changed:
            while not is_so():
                assert time.monotonic() < ends_at, f"not within {seconds:g} s: {what}"
                self._changed.wait(_POLL_SECONDS)

    def settle(self) -> None:
        """Wait until no request is open: every client has its answer or is gone."""
        self.wait_until(lambda: not self._open, what="the last exchange has ended")

    def settings(self, data_dir: Path, *, further_sources: str = "", **overrides: Any) -> Settings:
        """Settings under which this world, and nothing else, is ingested, in no hurry to be polite."""
        sources = data_dir.with_name(f"{data_dir.name}.sources.toml")
        sources.write_text(self.truth.sources_toml() + further_sources, encoding="utf-8")
        values = {
            "data_dir": data_dir,
            "sources": sources,
            "contact": "tests",
            "allow_networks": (ip_network("127.0.0.0/8"),),
            "connect_to": tuple(f"{outlet.host}=127.0.0.1:{self.port}" for outlet in self.truth.outlets),
            "host_delay_seconds": 0.0,
            "poll_floor_seconds": 0,
            "run_seconds": 60.0,  # a stream that goes round in circles fails, and soon
            "request_timeout_seconds": 5.0,
            "workers": 2,
            "batch_articles": 10,
            "batch_seconds": 0.2,
            "publish_seconds": 0.2,
        }
        return Settings.model_validate(values | overrides)

    # --- opening and closing -----------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        is_ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(is_ready)), name="world")
        self._thread.start()
        assert is_ready.wait(10), "the world did not open"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    async def _serve(self, is_ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        serving: set[asyncio.Task[None]] = set()

        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            serving.add(task)
            try:
                await self._meet(reader, writer)
            finally:
                serving.discard(task)
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()

        server = await asyncio.start_server(meet, "127.0.0.1", 0, backlog=256)
        self.port = server.sockets[0].getsockname()[1]
        is_ready.set()
        await self._closing.wait()
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await server.wait_closed()

    # --- one connection, one request ---------------------------------------------------------------------------------

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = read_request(await reader.readuntil(b"\r\n\r\n"), at=time.monotonic())
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # a client that was killed between connecting and asking
        number = self._note_start(request)
        try:
            with contextlib.suppress(ConnectionError):
                request = await self._tell(request, reader, writer)
        finally:
            self._note_end(number, request)

    async def _tell(self, request: Exchange, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Exchange:
        """Answer a request; return it with what was told."""
        gate = self._gates.get(request.host) if request.kind == "page" else None
        if gate is not None and not await _is_patient(reader, gate.wait()):
            return request
        told = answer(self.truth, request)
        if not await _is_patient(reader, asyncio.sleep(self.latency_seconds + told.delay_seconds)):
            return request
        if told.is_reset:
            connection: socket.socket = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
            writer.transport.abort()
            return request
        writer.write(told.wire())
        await writer.drain()
        return replace(request, status=told.status, headers=told.headers, body=told.sent_body, is_whole=not told.missing_bytes)

    def _note_start(self, request: Exchange) -> int:
        with self._changed:
            self.received += 1
            self._open[self.received] = request
            self._changed.notify_all()
            return self.received

    def _note_end(self, number: int, exchange: Exchange) -> None:
        with self._changed:
            del self._open[number]
            self._log.append(replace(exchange, ended_at=time.monotonic()))
            self._changed.notify_all()


async def _is_patient(reader: asyncio.StreamReader, waiting: Coroutine[Any, Any, object]) -> bool:
    """Wait for something; False where the client hangs up before it."""
    hanging_up = asyncio.create_task(reader.read(1))
    waited_for = asyncio.create_task(waiting)
    try:
        await asyncio.wait({hanging_up, waited_for}, return_when=asyncio.FIRST_COMPLETED)
        return waited_for.done()
    finally:
        for task in (hanging_up, waited_for):
            task.cancel()
        await asyncio.gather(hanging_up, waited_for, return_exceptions=True)
