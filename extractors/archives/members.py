"""Compressed files taken apart: each gzip member or zstd frame by itself, so that a damaged one costs itself only.

Streams: what is held is a piece of a member, never a member. Refuses frames that need more than 128 MiB of window.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

import zstandard

from extractors.errors import TrilateralError

_READ_BYTES = 256 * 1024
_PIECE_BYTES = 256 * 1024  # decompressed at a time
_ZSTD_SLICE_BYTES = 2048  # its decoder has no output limit: so little input yields at most some MiB
_ZSTD_WINDOW_BYTES = 128 * 2**20
_GZIP_MAGIC = b"\x1f\x8b\x08"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = b"\x2a\x4d\x18"  # behind a first byte of 50 to 5F (RFC 8878 §3.1.2)
_DICTIONARY = b"\x5d\x2a\x4d\x18"  # iipc.github.io/warc-specifications/specifications/warc-zstd
_MAX_DICTIONARY_BYTES = 64 * 2**20


class Damaged(TrilateralError):
    """What stands in a file cannot be what it says it is; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A part of a file that can be decompressed by itself; take all `pieces` before the next member. They may raise Damaged."""

    offset: int  # bytes, in the file
    pieces: Iterator[bytes]
    is_plain: bool = False  # not compressed: it can be entered at any byte
    problem: str = ""  # why nothing can come of it


class _Source:
    """A file read forwards, with bytes given back and jumps."""

    def __init__(self, file: BinaryIO, at: int) -> None:
        self._file = file
        self._rest = b""
        self.at = at  # of the next byte that `read` gives
        file.seek(at)

    def read(self) -> bytes:
        chunk = self._rest or self._file.read(_READ_BYTES)
        self._rest = b""
        self.at += len(chunk)
        return chunk

    def give_back(self, data: bytes) -> None:
        self._rest = data + self._rest
        self.at -= len(data)

    def take(self, count: int) -> bytes:
        data = b""
        while len(data) < count and (chunk := self.read()):
            data += chunk
        self.give_back(data[count:])
        return data[:count]

    def jump(self, at: int) -> None:
        self._rest = b""
        self.at = at
        self._file.seek(at)

    def find(self, magic: bytes) -> bool:
        """Go to the next place where these bytes stand; False: there is none, and the file is at its end."""
        tail = b""
        while chunk := self.read():
            data = tail + chunk
            place = data.find(magic)
            if place >= 0:
                self.give_back(data[place:])
                return True
            tail = data[-(len(magic) - 1) :]
        return False


def walk(file: BinaryIO, *, start: int = 0) -> Iterator[Member]:
    """Give the members from a byte on, whatever the file is compressed with; a plain file is one member.

    After a damaged one it goes on at the next place that looks like the beginning of another.
    """
    head = _Source(file, 0).take(4)
    if head.startswith(_GZIP_MAGIC):
        yield from _walk_members(_Source(file, start), _GZIP_MAGIC, _gzip_pieces)
    elif head == _ZSTD_MAGIC or (head[:1] and 0x50 <= head[0] <= 0x5F and head[1:] == _SKIPPABLE):
        dictionary = _read_dictionary(_Source(file, 0))
        yield from _walk_members(_Source(file, start), _ZSTD_MAGIC, partial(_zstd_pieces, dictionary=dictionary))
    else:
        source = _Source(file, start)
        yield Member(offset=start, pieces=iter(source.read, b""), is_plain=True)


def _walk_members(source: _Source, magic: bytes, decompress: Callable[[_Source], Iterator[bytes]]) -> Iterator[Member]:
    while head := source.take(8):
        if head[1:4] == _SKIPPABLE and 0x50 <= head[0] <= 0x5F:
            source.jump(source.at + int.from_bytes(head[4:8], "little"))
            continue
        source.give_back(head)
        offset = source.at
        if not head.startswith(magic):
            yield Member(offset=offset, pieces=iter(()), problem="something that is not compressed stands between two records")
            if not source.find(magic):
                return
            continue
        told = _Told()
        yield Member(offset=offset, pieces=told.of(decompress(source)))
        if not told.is_whole:
            source.jump(offset + 1)
            if not source.find(magic):
                return


class _Told:
    """Notes whether all pieces of a member came."""

    def __init__(self) -> None:
        self.is_whole = False

    def of(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        yield from pieces
        self.is_whole = True


def _gzip_pieces(source: _Source) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    while not unpacker.eof:
        data = source.read()
        if not data:
            raise Damaged("the file ends in the middle of a record")
        is_full = False
        while (data or is_full) and not unpacker.eof:
            try:
                piece = unpacker.decompress(data, _PIECE_BYTES)
            except zlib.error as error:
                raise Damaged(str(error)) from error
            if piece:
                yield piece
            data, is_full = unpacker.unconsumed_tail, len(piece) == _PIECE_BYTES
    source.give_back(unpacker.unused_data)


def _zstd_pieces(source: _Source, *, dictionary: zstandard.ZstdCompressionDict | None) -> Iterator[bytes]:
    unpacker = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=_ZSTD_WINDOW_BYTES).decompressobj()
    while not unpacker.eof:
        data = source.read()
        if not data:
            raise Damaged("the file ends in the middle of a record")
        source.give_back(data[_ZSTD_SLICE_BYTES:])
        try:
            piece = unpacker.decompress(data[:_ZSTD_SLICE_BYTES])
        except zstandard.ZstdError as error:
            raise Damaged(str(error)) from error
        if piece:
            yield piece
    source.give_back(unpacker.unused_data)


def _read_dictionary(source: _Source) -> zstandard.ZstdCompressionDict | None:
    """Read the dictionary that a file of WARC records opens with; None: it needs none."""
    head = source.take(8)
    if head[:4] != _DICTIONARY:
        return None
    data = source.take(min(int.from_bytes(head[4:8], "little"), _MAX_DICTIONARY_BYTES))
    if data.startswith(_ZSTD_MAGIC):
        data = zstandard.ZstdDecompressor().decompress(data, max_output_size=_MAX_DICTIONARY_BYTES)
    return zstandard.ZstdCompressionDict(data)
