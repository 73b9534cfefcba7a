"""What a capture looks like in a WARC file: records to bytes and back. Pure; refuses records whose digests do not match.

WARC 1.1 (ISO 28500:2017). Each record is one gzip member and says everything its reference holds, so that references
can be rebuilt from a file alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from extractors.errors import CaptureError
from extractors.records import CaptureRef, Response, short_hash

Headers = tuple[tuple[str, str], ...]

_GZIP = zlib.MAX_WBITS | 16
_GZIP_LEVEL = 6
_EXTENSION = "X-Trilateral-Capture"  # JSON in ASCII: what the standard's fields do not say
_KEPT_AS = "X-Crawler-"  # headers that no longer fit the body keep their value under this prefix
_LINE_END = b"\r\n"
_DATE = "%Y-%m-%dT%H:%M:%S.%fZ"
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRecord:
    """A page as fetched, as a WARC response record."""

    url: str  # as asked
    url_key: str
    final_url: str
    fetched_at: datetime
    status: int
    reason: str
    headers: Headers  # as received, but for those that the payload no longer fits
    payload: bytes  # Content-Encoding kept
    body_hash: str  # of the decoded body
    decoded_bytes: int

    @property
    def capture_id(self) -> str:
        """One fetch of one page with one body."""
        return short_hash(self.url_key, self.fetched_at.isoformat(), self.body_hash)

    @property
    def content_encoding(self) -> str | None:
        """All Content-Encoding headers as one."""
        return ", ".join(value for name, value in self.headers if name.lower() == "content-encoding") or None

    def header(self, name: str) -> str | None:
        """First value of a header."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def reference(self, file: str, offset: int, length: int) -> CaptureRef:
        """Say where the record lies."""
        return CaptureRef(
            capture_id=self.capture_id,
            url_key=self.url_key,
            url=self.url,
            final_url=self.final_url,
            file=file,
            offset=offset,
            length=length,
            fetched_at=self.fetched_at,
            status=self.status,
            content_type=self.header("Content-Type") or "",
            body_bytes=len(self.payload),
            body_hash=self.body_hash,
            etag=self.header("ETag"),
            last_modified=self.header("Last-Modified"),
        )

    @staticmethod
    def addresses_in(fields: Mapping[str, str]) -> tuple[str, str] | None:
        """Read the address as asked and the final one out of a record's fields, names in lower case; None: not one of ours."""
        try:
            about = json.loads(fields[_EXTENSION.lower()])
            return str(about["url"]), str(about["final_url"])
        except (KeyError, TypeError, ValueError):
            return None

    def write(self) -> bytes:
        """Write the record, uncompressed."""
        status_line = f"HTTP/1.1 {self.status} {self.reason}".encode("latin-1", "replace")
        fields = [f"{name}: {value}".encode("latin-1", "replace") for name, value in self.headers]
        about = {"url": self.url, "url_key": self.url_key, "final_url": self.final_url}
        return _write(
            _LINE_END.join((status_line, *fields, b"", b"")) + self.payload,
            ("WARC-Type", "response"),
            ("WARC-Record-ID", f"<urn:uuid:{uuid.UUID(self.capture_id)}>"),
            ("WARC-Date", f"{self.fetched_at:{_DATE}}"),
            ("WARC-Target-URI", quote(self.final_url, safe=_PRINTABLE, errors="replace")),
            ("WARC-Payload-Digest", _digest(self.payload)),
            ("Content-Type", "application/http; msgtype=response"),
            (_EXTENSION, json.dumps(about | {"body_hash": self.body_hash, "decoded_bytes": self.decoded_bytes})),
        )

    @classmethod
    def parse(cls, raw: bytes) -> CaptureRecord:
        """Read a record that `write` wrote; ValueError for anything else, and where a digest does not match."""
        head, _, rest = raw.partition(_LINE_END * 2)
        fields = dict(_parse_fields(head.decode("utf-8")))
        if fields.get("WARC-Type") != "response" or _EXTENSION not in fields:
            raise ValueError("not a response record of ours")
        block = rest[: int(fields["Content-Length"])]
        http_head, _, payload = block.partition(_LINE_END * 2)
        if _digest(block) != fields["WARC-Block-Digest"] or _digest(payload) != fields["WARC-Payload-Digest"]:
            raise ValueError("digest does not match")
        http = http_head.decode("latin-1")
        _, status, reason = http.partition("\r\n")[0].split(" ", 2)
        return cls(
            fetched_at=datetime.strptime(fields["WARC-Date"], _DATE).replace(tzinfo=UTC),
            status=int(status),
            reason=reason,
            headers=tuple(_parse_fields(http)),
            payload=payload,
            **json.loads(fields[_EXTENSION]),
        )


def record_of(response: Response, url_key: str) -> CaptureRecord:
    """Make a response's record. CaptureError where there is nothing to capture."""
    if response.failure is not None or response.status is None:
        raise CaptureError(f"{response.url}: there is no response to capture: {response.failure}")
    return CaptureRecord(
        url=response.url,
        url_key=url_key,
        final_url=response.final_url,
        fetched_at=response.started_at.astimezone(UTC),
        status=response.status,
        reason=response.reason,
        headers=tuple(_headers_to_keep(response)),
        payload=response.wire_body,
        body_hash=hashlib.sha256(response.body).hexdigest()[:32],
        decoded_bytes=len(response.body),
    )


def write_file_record(name: str, at: datetime) -> bytes:
    """Write the `warcinfo` record that opens a file."""
    return _write(
        b"software: trilateral\r\nformat: WARC File Format 1.1\r\n",
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", f"<urn:uuid:{uuid.UUID(short_hash('warcinfo', name))}>"),
        ("WARC-Date", f"{at:{_DATE}}"),
        ("WARC-Filename", name.rpartition("/")[2]),
        ("Content-Type", "application/warc-fields"),
    )


def compress(record: bytes) -> bytes:
    """Pack a record as one gzip member."""
    packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(record) + packer.flush()


def expand(member: bytes) -> bytes:
    """Unpack one gzip member; ValueError where it is not whole and alone."""
    unpacker = zlib.decompressobj(_GZIP)
    try:
        record = unpacker.decompress(member)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("not one whole gzip member")
    return record


def walk_members(read: Callable[[], bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Offset, length and content of each whole gzip member, up to the first that is not. `read` gives the next bytes."""
    offset, rest = 0, b""
    while True:
        member, pieces, length = zlib.decompressobj(_GZIP), [], 0
        while not member.eof:
            chunk = rest or read()
            if not chunk:
                return
            try:
                pieces.append(member.decompress(chunk))
            except zlib.error:
                return
            rest = member.unused_data
            length += len(chunk) - len(rest)
        yield offset, length, b"".join(pieces)
        offset += length


def _headers_to_keep(response: Response) -> Iterator[tuple[str, str]]:
    """Keep headers as received; those that the body as kept no longer fits are renamed."""
    for name, value in response.headers:
        is_wrong_length = name.lower() == "content-length" and value.strip() != str(len(response.wire_body))
        yield (_KEPT_AS + name if name.lower() == "transfer-encoding" or is_wrong_length else name, value)
        if is_wrong_length:
            yield name, str(len(response.wire_body))


def _write(block: bytes, *fields: tuple[str, str]) -> bytes:
    head = ["WARC/1.1", *(f"{name}: {value}" for name, value in fields)]
    head += [f"WARC-Block-Digest: {_digest(block)}", f"Content-Length: {len(block)}", "", ""]
    return "\r\n".join(head).encode("utf-8") + block + _LINE_END * 2


def _digest(content: bytes) -> str:
    return "sha256:" + base64.b32encode(hashlib.sha256(content).digest()).decode("ascii")


def _parse_fields(head: str) -> Iterator[tuple[str, str]]:
    """Name and value of each line below the first."""
    for line in head.split("\r\n")[1:]:
        name, _, value = line.partition(":")
        yield name, value.strip(" ")
