"""What a publisher's server answers to one request, healthy or at fault, and how that goes over the wire.

Pure but for the fault it takes from the truth, which counts how often it strikes.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import assert_never

from world.truth import Document, Fault, Truth

_CHUNK_BYTES = 1000
_UNWANTED = frozenset({"cookie", "referer", "authorization", "from", "origin"})
_INSTEAD = {
    "web_page": (
        b"<!DOCTYPE html><html><head><title>Welcome</title></head><body><h1>Welcome</h1><p>Our feeds have moved.</p></body></html>",
        "text/html",
    ),
    "empty": (b"<!DOCTYPE html><html><head><title></title></head><body><div id='app'></div></body></html>", "text/html"),
    "pdf": (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n",
        "application/pdf",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request as the server saw it. Times are `time.monotonic()`, one clock for all processes of a machine."""

    host: str
    target: str  # path and query
    started_at: float  # its head had come
    ended_at: float = 0.0  # its answer had gone, or its client
    if_none_match: str | None = None
    if_modified_since: str | None = None
    takes_gzip: bool = False
    user_agent: str = ""
    unwanted_headers: tuple[str, ...] = ()  # names of those that no feed reader has to send
    status: int | None = None  # None: no answer was sent
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""  # what was sent of it, with its Content-Encoding, without its Transfer-Encoding
    is_whole: bool = False  # all of the answer was sent to a client that still was there

    @property
    def url(self) -> str:
        return f"http://{self.host}{self.target}"

    @property
    def kind(self) -> str:
        """'robots', 'feed' or 'page'."""
        if self.target == "/robots.txt":
            return "robots"
        return "feed" if self.target.endswith(("feed.xml", "atom.xml", "feed.json")) else "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent, and how much of it."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""  # with its Content-Encoding
    is_chunked: bool = False
    missing_bytes: int = 0  # announced and never sent
    is_reset: bool = False  # nothing is sent, the connection breaks
    delay_seconds: float = 0.0

    @property
    def sent_body(self) -> bytes:
        return self.body[: len(self.body) - self.missing_bytes]

    def wire(self) -> bytes:
        """The bytes that go out."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}", *(f"{name}: {value}" for name, value in self.headers)]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        if not self.is_chunked:
            return head + self.sent_body
        pieces = [self.body[start : start + _CHUNK_BYTES] for start in range(0, len(self.body), _CHUNK_BYTES)]
        return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def read_request(head: bytes, *, at: float) -> Exchange:
    """A request's head as the log keeps it."""
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Exchange(
        host=fields.get("host", "").partition(":")[0],
        target=first.split(" ")[1],
        started_at=at,
        if_none_match=fields.get("if-none-match"),
        if_modified_since=fields.get("if-modified-since"),
        user_agent=fields.get("user-agent", ""),
        unwanted_headers=tuple(sorted(_UNWANTED & fields.keys())),
        takes_gzip="gzip" in fields.get("accept-encoding", ""),
    )


def answer(truth: Truth, request: Exchange) -> Answer:
    """What this request is told."""
    fault = truth.take_fault(request.url)
    document = truth.document_at(request.host, request.target)
    healthy = _plain(404, b"Not found\n", "text/plain") if document is None else _healthy(truth, document, request)
    return healthy if fault is None else _at_fault(fault, healthy)


def _healthy(truth: Truth, document: Document, request: Exchange) -> Answer:
    validators = {"ETag": document.etag, "Last-Modified": document.last_modified}
    stated = tuple((name, value) for name, value in validators.items() if value is not None)
    if _is_unchanged(document, request):
        return Answer(status=304, headers=(*stated, ("Connection", "close")))
    coding = next((outlet.coding for outlet in truth.outlets if outlet.host == request.host), "plain")
    is_gzipped = coding == "gzip" and request.takes_gzip
    body = gzip.compress(document.body, mtime=0) if is_gzipped else document.body
    is_chunked = coding == "chunked"
    length = ("Transfer-Encoding", "chunked") if is_chunked else ("Content-Length", str(len(body)))
    encoded = (("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")) if is_gzipped else ()
    headers = (("Content-Type", document.content_type), *encoded, *stated, length, ("Connection", "close"))
    return Answer(status=200, headers=headers, body=body, is_chunked=is_chunked)


def _is_unchanged(document: Document, request: Exchange) -> bool:
    """RFC 9110 §13.1.3: If-Modified-Since is not looked at where If-None-Match is there and understood."""
    if request.if_none_match is not None and document.etag is not None:
        return document.etag in (tag.strip().removeprefix("W/") for tag in request.if_none_match.split(","))
    if request.if_modified_since is not None and document.last_modified is not None:
        return parsedate_to_datetime(document.last_modified) <= parsedate_to_datetime(request.if_modified_since)
    return False


def _at_fault(fault: Fault, healthy: Answer) -> Answer:
    match fault.kind:
        case "status":
            wait = (("Retry-After", fault.retry_after),) if fault.retry_after else ()
            told = _plain(fault.status, b"Something went wrong\n", "text/plain", *wait)
        case "slow":
            told = replace(healthy, delay_seconds=fault.seconds)
        case "truncated":
            told = replace(_plain(200, healthy.body, "text/html; charset=utf-8"), missing_bytes=len(healthy.body) // 2)
        case "reset":
            told = Answer(status=0, is_reset=True)
        case "redirect":
            told = _plain(301, b"", "text/html", ("Location", fault.location))
        case "web_page" | "empty" | "pdf":
            told = _plain(200, *_INSTEAD[fault.kind])
        case unknown:
            assert_never(unknown)
    return told


def _plain(status: int, body: bytes, content_type: str, *further: tuple[str, str]) -> Answer:
    return Answer(status=status, headers=(*further, *_headers(content_type, body)), body=body)


def _headers(content_type: str, body: bytes) -> tuple[tuple[str, str], ...]:
    return ("Content-Type", content_type), ("Content-Length", str(len(body))), ("Connection", "close")
