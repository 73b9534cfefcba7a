"""The newsroom on the air: one loopback HTTP server that is every outlet's site, told apart by the Host header.

`Newsroom` holds the socket, the edition and the log; what a request gets is decided in sites.py. Refuses to listen
anywhere but on 127.0.0.1.
"""

from __future__ import annotations

import socket
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from flows.newsroom.articles import LAST_EDITION, Edition, load_outlets, write_sources
from flows.newsroom.sites import Answer, answer
from flows.newsroom.truth import ArticleTruth, RejectionTruth, article_truths, rejection_truths

ADDRESS = "127.0.0.1"
_NOBODY = Answer(status=HTTPStatus.MISDIRECTED_REQUEST)  # a host that no outlet has
_POLL_SECONDS = 0.02  # how soon the server notices that it is to stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request as the newsroom's log keeps it."""

    at: datetime
    method: str
    host: str  # without its port
    path: str  # with its query, as asked
    headers: tuple[tuple[str, str], ...]  # of the request, as received
    status: int

    def header(self, name: str) -> str | None:
        """First value of a request header, names compared without case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Newsroom:
    """All outlets on one loopback port, as a context manager; names reach it through `connect_to`."""

    def __init__(self) -> None:
        self.outlets = load_outlets()
        self._by_host = {outlet.host: outlet for outlet in self.outlets}
        self._edition: Edition = 1
        self._log: list[Exchange] = []
        self._server = _Server((ADDRESS, 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), name="newsroom")

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Hang up on everybody and free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return int(self._server.server_address[1])

    @property
    def connect_to(self) -> tuple[str, ...]:
        """One `name=127.0.0.1:port` for every outlet, as the setting of that name takes them."""
        return tuple(f"{outlet.host}={ADDRESS}:{self.port}" for outlet in self.outlets)

    @property
    def sources_toml(self) -> str:
        """The text of a sources file that declares the outlets."""
        return write_sources(self.outlets)

    @property
    def edition(self) -> Edition:
        """Which edition is on the air."""
        return self._edition

    def advance(self) -> None:
        """Put edition 2 on the air: two stories new, one revised, one gone."""
        self._edition = LAST_EDITION

    @property
    def requests(self) -> tuple[Exchange, ...]:
        """Every request so far, in the order of the answers."""
        return tuple(self._log)

    def truth(self, edition: Edition | None = None) -> tuple[ArticleTruth, ...]:
        """Every article of an edition (the one on the air) as a perfect run would land it."""
        return article_truths(self.outlets, edition or self._edition)

    def rejections(self) -> tuple[RejectionTruth, ...]:
        """Every feed entry that cannot become an article."""
        return rejection_truths(self.outlets)

    def respond(self, method: str, path: str, headers: tuple[tuple[str, str], ...]) -> Answer:
        """Answer one request and write it down; called from the connections' threads."""
        by_name = {name.lower(): value for name, value in headers}
        host = by_name.get("host", "").partition(":")[0].lower()
        outlet = self._by_host.get(host)
        given = _NOBODY if outlet is None else answer(outlet, path, by_name, edition=self._edition)
        self._log.append(Exchange(at=datetime.now(UTC), method=method, host=host, path=path, headers=headers, status=given.status))
        return given


class _Server(ThreadingHTTPServer):
    """A server that can hang up: keep-alive connections end with it, and its threads are waited for."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], newsroom: Newsroom) -> None:
        self.newsroom = newsroom
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, peer = super().get_request()
        self._open.add(connection)
        return connection, peer

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Close every open connection for reading and writing."""
        for connection in tuple(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client may leave when it likes
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 around `Newsroom.respond`."""

    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "newsroom"
    sys_version = ""
    wbufsize = -1  # head and body leave in one segment

    def do_GET(self) -> None:
        """Answer a GET."""
        given = self.server.newsroom.respond("GET", self.path, tuple(self.headers.items()))
        self.send_response(given.status)
        for name, value in given.headers:
            self.send_header(name, value)
        if given.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(given.body)))
        self.end_headers()
        self.wfile.write(given.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's own name)
        """The newsroom keeps its own log."""
