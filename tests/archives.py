"""Archives as other programs write them, made for tests: WARC by warcio, by hand, cut short and with a zstd dictionary. Not a test."""

import gc
import gzip
import io
import warnings
from datetime import UTC, datetime, timedelta

import zstandard
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

AT = datetime(2026, 2, 1, 12, tzinfo=UTC)

PARAGRAPHS = (
    "The ministry said on Tuesday that the two delegations would meet again in the coming week to go on with the talks.",
    "Officials who know the file said that the United States had offered Iran relief from some of the sanctions on its oil.",
    "Russia has said that it would take the enriched uranium, as it did under the agreement that was reached ten years ago.",
    "No date was given for the next round, and neither of the two sides would say where it was going to be held this time.",
)


def story(number, *, words="", lang="en"):
    """A page that is an article, different for each number."""
    body = "".join(f"<p>{paragraph} This is what report {number} says{words}.</p>" for paragraph in PARAGRAPHS)
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>Talks to go on, report {number}</title>'
        f'<meta property="og:type" content="article"><meta property="article:published_time" content="2026-01-{number % 28 + 1:02}T08:00:00Z">'
        f"</head><body><header><a href='/'>Gazette</a></header><main><article><h1>Talks to go on, report {number}</h1>{body}</article></main>"
        "</body></html>"
    ).encode()


def address(number, host="gazette.example"):
    return f"https://{host}/reports/{number}"


def response_bytes(body, *, status="200 OK", headers=(("Content-Type", "text/html; charset=utf-8"),)):
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode() + body


def record(block, *, url="", kind="response", at=AT, **fields):
    """A WARC record by hand, uncompressed."""
    lines = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000000>",
        f"WARC-Date: {at:%Y-%m-%dT%H:%M:%SZ}",
        *([f"WARC-Target-URI: {url}"] if url else []),
        *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items()),
        f"Content-Length: {len(block)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + block + b"\r\n\r\n"


def page_record(number, *, host="gazette.example", at=None, words="", **parts):
    when = AT + timedelta(minutes=number) if at is None else at
    return record(response_bytes(story(number, words=words), **parts), url=address(number, host), at=when)


def zipped(*records):
    """A gzip member a record."""
    return b"".join(gzip.compress(item, mtime=0) for item in records)


def zstd_with_dictionary(*records):
    """A zstd frame a record, their dictionary in a skippable frame in front, as the warc-zstd proposal has it."""
    trained = zstandard.train_dictionary(2000, [item[:600] + str(n).encode() * 3 for n in range(40) for item in records])
    data = zstandard.ZstdCompressor().compress(trained.as_bytes())
    packer = zstandard.ZstdCompressor(dict_data=trained)
    return b"\x5d\x2a\x4d\x18" + len(data).to_bytes(4, "little") + data + b"".join(packer.compress(item) for item in records)


def by_warcio(numbers, *, gzip_records=True):
    """A file as warcio writes it: warcinfo, requests, responses, a revisit and metadata."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # warcio leaves temporary files to the collector
        data = _write_by_warcio(numbers, gzip_records=gzip_records)
        gc.collect()
    return data


def _write_by_warcio(numbers, *, gzip_records):
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=gzip_records)
    writer.write_record(writer.create_warcinfo_record("x.warc.gz", {"software": "tests"}))
    for number in numbers:
        url, when = address(number), f"{AT + timedelta(minutes=number):%Y-%m-%dT%H:%M:%SZ}"
        asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", "gazette.example")], is_http_request=True)
        writer.write_record(writer.create_warc_record(url, "request", http_headers=asked, warc_headers_dict={"WARC-Date": when}))
        told = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
        writer.write_record(
            writer.create_warc_record(
                url, "response", payload=io.BytesIO(story(number)), http_headers=told, warc_headers_dict={"WARC-Date": when}
            )
        )
    writer.write_record(writer.create_revisit_record(address(1), "sha1:AAAA", address(1), f"{AT:%Y-%m-%dT%H:%M:%SZ}"))
    writer.write_record(writer.create_warc_record(address(1), "metadata", payload=io.BytesIO(b"fetchTimeMs: 12\r\n")))
    return out.getvalue()
