"""Undoes Content-Encoding piece by piece, never holding more than it was allowed to.

The same decoder serves the wire and the captures. Refuses decompression bombs, bodies that end early and encodings
that nobody offered.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import brotli  # type: ignore[import-untyped]
import zstandard

from extractors.errors import TrilateralError
from extractors.records import Failure, FailureKind

ACCEPT_ENCODING = "gzip, br, zstd"

_PIECE_BYTES = 64 * 1024  # decoded at a time
_ZSTD_SLICE_BYTES = 256  # its decoder has no output limit: so little input yields at most a few MiB
_ZSTD_WINDOW_BYTES = 8 * 2**20  # RFC 9659: a Content-Encoding needs no more
_MAX_LAYERS = 3
_BOMB_FLOOR_BYTES = 2**20  # below it any ratio is harmless
_BOMB_RATIO = 250  # decoded to received; news pages stay under 30, repetitive sitemaps under 60


class BodyRefused(TrilateralError):
    """A body that cannot be used, with the failure it amounts to."""

    def __init__(self, kind: FailureKind, detail: str) -> None:
        super().__init__(detail)
        self.failure = Failure(kind=kind, detail=detail)


class BodyDecoder:
    """Takes a body as it arrives and keeps it decoded. `feed` and `finish` raise BodyRefused."""

    def __init__(self, content_encoding: str | None, *, max_bytes: int) -> None:
        self.decoded = bytearray()  # never longer than max_bytes
        self._max_bytes = max_bytes
        self._received = 0
        self._layers = _layers_of(content_encoding)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes as received."""
        self._received += len(chunk)
        try:
            for piece in self._pass_through(chunk):
                self._keep(piece)
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise BodyRefused("undecodable", f"Content-Encoding cannot be undone: {error}") from error

    def finish(self) -> bytes:
        """Return the whole decoded body; an empty one is whole, whatever encoding was announced."""
        if self._received and not all(layer.is_finished() for layer in self._layers):
            raise BodyRefused("truncated", f"compressed body ends early, after {self._received} bytes")
        return bytes(self.decoded)

    def _pass_through(self, chunk: bytes) -> Iterator[bytes]:
        pieces: Iterable[bytes] = (chunk,)
        for layer in self._layers:
            pieces = _decode_each(layer, pieces)
        yield from pieces

    def _keep(self, piece: bytes) -> None:
        room = self._max_bytes - len(self.decoded)
        self.decoded += piece[:room]
        if len(piece) > room:
            raise BodyRefused("too_large", f"decoded body larger than {self._max_bytes} bytes")
        if self._layers and len(self.decoded) > max(_BOMB_FLOOR_BYTES, _BOMB_RATIO * self._received):
            raise BodyRefused("too_large", f"decompression bomb: {self._received} bytes became more than {len(self.decoded)}")


class _Layer(Protocol):
    """One Content-Encoding being undone."""

    def decode(self, chunk: bytes) -> Iterator[bytes]: ...

    def is_finished(self) -> bool: ...


class _Deflated:
    """gzip, of several members if need be, and deflate with or without its zlib header (RFC 9110 §8.4.1.2)."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._member: zlib._Decompress | None = None
        self._begun = b""  # what came before the kind could be told

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        data = self._begun + chunk
        self._begun = b""
        while data:
            if self._member is None or (self._member.eof and self._gzip):
                if len(data) < 2:
                    self._begun = data
                    return
                if self._member is not None and data[:2] != b"\x1f\x8b":
                    return  # padding or junk behind the last member: browsers pass over it, too
                self._member = zlib.decompressobj(self._window_bits(data))
            if self._member.eof:
                return
            yield self._member.decompress(data, _PIECE_BYTES)
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    def is_finished(self) -> bool:
        return self._member is not None and self._member.eof

    def _window_bits(self, data: bytes) -> int:
        if self._gzip:
            return zlib.MAX_WBITS | 16
        has_zlib_header = data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
        return zlib.MAX_WBITS if has_zlib_header else -zlib.MAX_WBITS


class _Brotli:
    """br (RFC 7932)."""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        data = chunk
        while not self._stream.is_finished():
            piece = self._stream.process(data, output_buffer_limit=_PIECE_BYTES)
            data = b""
            yield piece
            if not piece and self._stream.can_accept_more_data():
                return

    def is_finished(self) -> bool:
        return bool(self._stream.is_finished())


class _Zstandard:
    """zstd (RFC 8878), of several frames if need be."""

    def __init__(self) -> None:
        self._frames = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
        self._frame = self._frames.decompressobj()

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        for start in range(0, len(chunk), _ZSTD_SLICE_BYTES):
            data = chunk[start : start + _ZSTD_SLICE_BYTES]
            while data:
                if self._frame.eof:
                    self._frame = self._frames.decompressobj()
                yield self._frame.decompress(data)
                data = self._frame.unused_data if self._frame.eof else b""

    def is_finished(self) -> bool:
        return self._frame.eof


_LAYERS: dict[str, Callable[[], _Layer]] = {
    "gzip": lambda: _Deflated(gzip=True),
    "x-gzip": lambda: _Deflated(gzip=True),
    "deflate": lambda: _Deflated(gzip=False),
    "br": _Brotli,
    "zstd": _Zstandard,
}


def _decode_each(layer: _Layer, pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield from layer.decode(piece)


def _layers_of(content_encoding: str | None) -> list[_Layer]:
    """List decoders in the order in which they undo: the last one applied comes first."""
    names = [name.strip().lower() for name in (content_encoding or "").split(",")]
    names = [name for name in names if name not in {"", "identity"}]
    unknown = [name for name in names if name not in _LAYERS]
    if unknown or len(names) > _MAX_LAYERS:
        raise BodyRefused("undecodable", f"Content-Encoding that nobody offered: {content_encoding!r}")
    return [_LAYERS[name]() for name in reversed(names)]
