"""An HTTP response as an archive keeps it, taken apart: status, headers, body as received and body decoded.

Forgiving, since archives are: bare line feeds, a Transfer-Encoding that was undone or not, a Content-Encoding that the
kept body no longer has. Refuses bodies beyond what a page may be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractors.errors import TrilateralError
from extractors.fetch.encoding import BodyDecoder, BodyRefused
from extractors.records import Response

MAX_PAGE_BYTES = 20 * 2**20

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(r"HTTP/\d(?:\.\d)?\s+(\d{3})\s*(.*)")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_NO_LONGER_FITS = "X-Crawler-"


class NotHttp(TrilateralError):
    """Bytes that are no HTTP response."""


class TooLarge(TrilateralError):
    """A body larger than a page may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a response's bytes hold."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes  # Content-Encoding undone
    wire_body: bytes  # Transfer-Encoding undone


def parse_message(raw: bytes) -> Message:
    """Take a response apart; NotHttp or TooLarge where that cannot be done."""
    end = _HEAD_END.search(raw)
    head, wire_body = (raw[: end.start()], raw[end.end() :]) if end else (raw, b"")
    lines = head.decode("latin-1").split("\n")
    first = _STATUS.fullmatch(lines[0].strip())
    if first is None:
        raise NotHttp(f"not an HTTP response: {lines[0][:60]!r}")
    headers = _parse_headers(lines[1:])
    if any(name.lower() == "transfer-encoding" and "chunked" in value.lower() for name, value in headers):
        wire_body = _dechunk(wire_body)
    coding = ", ".join(value for name, value in headers if name.lower() == "content-encoding") or None
    try:
        body = _decode(wire_body, coding)
    except BodyRefused as error:
        if error.failure.kind == "too_large":
            raise TooLarge(error.failure.detail) from error
        if not _is_plain(wire_body):
            raise NotHttp(f"the body cannot be decoded: {error.failure.detail}") from error
        # the archive undid the encoding and left the header
        body = wire_body
        headers = [(_NO_LONGER_FITS + name if name.lower() == "content-encoding" else name, value) for name, value in headers]
    return Message(status=int(first[1]), reason=first[2].strip(), headers=tuple(headers), body=body, wire_body=wire_body)


def plain_response(url: str, body: bytes, *, content_type: str, **parts: object) -> Response:
    """Make the response that a page saved without one would have come in; `parts` are further fields of it."""
    fields = {"final_url": url, "status": 200, "reason": "OK", "headers": (("Content-Type", content_type),), "duration_ms": 0}
    return Response(**{"url": url, "body": body, "wire_body": body} | fields | parts)  # type: ignore[arg-type]


def _parse_headers(lines: list[str]) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    for line in lines:
        text = line.rstrip("\r")
        if text[:1] in (" ", "\t") and headers:  # a folded line (RFC 9112 §5.2)
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {text.strip()}")
            continue
        name, colon, value = text.partition(":")
        if colon and name.strip():
            headers.append((name.strip(), value.strip()))
    return headers


def _decode(body: bytes, coding: str | None) -> bytes:
    if coding is None:
        if len(body) > MAX_PAGE_BYTES:
            raise BodyRefused("too_large", f"{len(body)} bytes, more than {MAX_PAGE_BYTES}")
        return body
    decoder = BodyDecoder(coding, max_bytes=MAX_PAGE_BYTES)
    decoder.feed(body)
    return decoder.finish()


def _is_plain(body: bytes) -> bool:
    return b"<" in body[:2000] and b"\x00" not in body[:2000]


def _dechunk(body: bytes) -> bytes:
    """Undo chunked Transfer-Encoding; a body that is not chunked after all is given back as it is."""
    pieces: list[bytes] = []
    at = 0
    while size := _CHUNK_SIZE.match(body, at):
        count = int(size[1], 16)
        if not count:
            return b"".join(pieces)
        pieces.append(body[size.end() : size.end() + count])
        at = size.end() + count
        at += 2 if body[at : at + 2] == b"\r\n" else int(body[at : at + 1] == b"\n")
    return b"".join(pieces) if pieces and at >= len(body) else body
