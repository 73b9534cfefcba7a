"""Content-Encoding is undone within bounds."""

from __future__ import annotations

import gzip
import random
import zlib

import brotli
import pytest
import zstandard

from extractors.fetch.encoding import BodyDecoder, BodyRefused

TEXT = ("Тегеран и Москва подписали соглашение. " * 400).encode() + random.Random(1).randbytes(20_000)


def deflate_raw(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "Deflate": deflate_raw(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstandard.ZstdCompressor().compress(TEXT),
    "identity": TEXT,
    "gzip, br": brotli.compress(gzip.compress(TEXT)),
}


def undo(encoding, wire, *, max_bytes=10**6, step=None):
    decoder = BodyDecoder(encoding, max_bytes=max_bytes)
    for start in range(0, len(wire), step or len(wire) or 1):
        decoder.feed(wire[start : start + (step or len(wire))])
    return decoder.finish()


def refusal(encoding, wire, **options):
    with pytest.raises(BodyRefused) as caught:
        undo(encoding, wire, **options)
    return caught.value.failure.kind


@pytest.mark.parametrize("step", [None, 1, 7, 1000])
@pytest.mark.parametrize("encoding", PACKED)
def test_every_offered_encoding_is_undone_in_pieces_of_any_size(encoding, step):
    assert undo(encoding, PACKED[encoding], step=step) == TEXT


@pytest.mark.parametrize("step", [None, 1])
@pytest.mark.parametrize(
    ("encoding", "wire"),
    [
        ("gzip", gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:])),
        ("zstd", zstandard.ZstdCompressor().compress(TEXT[:100]) + zstandard.ZstdCompressor().compress(TEXT[100:])),
        ("gzip", gzip.compress(TEXT) + b"\0" * 9),
        ("gzip", gzip.compress(TEXT) + b"junk"),
    ],
)
def test_several_members_are_one_body_and_padding_is_passed_over(encoding, wire, step):
    assert undo(encoding, wire, step=step) == TEXT


def test_an_empty_body_needs_no_encoding():
    assert undo("gzip", b"") == b""


@pytest.mark.parametrize("encoding", [name for name in PACKED if name != "identity"])
def test_a_compressed_body_that_ends_early_is_truncated(encoding):
    assert {refusal(encoding, PACKED[encoding][:cut]) for cut in (1, 2, 10, 500, len(PACKED[encoding]) - 1)} == {"truncated"}


@pytest.mark.parametrize(
    ("encoding", "wire"), [("gzip", b"<html>plain"), ("br", b"\xff" * 50), ("zstd", b"<html>"), ("deflate", b"<html>")]
)
def test_what_was_never_compressed_is_undecodable(encoding, wire):
    assert refusal(encoding, wire) == "undecodable"


@pytest.mark.parametrize("encoding", ["compress", "utf-8", "gzip, gzip, gzip, gzip", "gzip,exi"])
def test_an_encoding_that_nobody_offered_is_undecodable(encoding):
    assert refusal(encoding, b"x") == "undecodable"


def test_a_corrupted_gzip_body_is_undecodable():
    wire = bytearray(PACKED["gzip"])
    wire[-6] ^= 0xFF  # its CRC
    assert refusal("gzip", bytes(wire)) == "undecodable"


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br", "zstd"])
def test_the_decoded_size_is_capped(encoding):
    assert undo(encoding, PACKED[encoding], max_bytes=len(TEXT)) == TEXT
    assert refusal(encoding, PACKED[encoding], max_bytes=len(TEXT) - 1) == "too_large"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress), ("zstd", zstandard.ZstdCompressor().compress)],
)
def test_a_decompression_bomb_is_stopped_long_before_the_cap(encoding, pack):
    decoder = BodyDecoder(encoding, max_bytes=10**9)
    with pytest.raises(BodyRefused) as caught:
        decoder.feed(pack(bytes(50_000_000)))
    assert caught.value.failure.kind == "too_large"
    assert len(decoder.decoded) < 40_000_000


def test_a_bomb_inside_a_bomb_is_stopped():
    assert refusal("gzip, gzip", gzip.compress(gzip.compress(bytes(30_000_000))), max_bytes=10**9) == "too_large"


def test_a_zstd_frame_that_wants_a_huge_window_is_refused():
    wide = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=27)).compressobj()
    assert refusal("zstd", wide.compress(TEXT) + wide.flush()) == "undecodable"
