"""Archives on this machine: what is found in them, what is passed over and why, and where they can be entered again."""

import gzip
import json
import os
from datetime import UTC, datetime, timedelta

import archives
import pytest
from archives import AT, address, page_record, record, response_bytes, story, zipped

from extractors.archives.foreignwarc import WarcArchive
from extractors.archives.history import ArchivedPage, Window, parse_bound
from extractors.archives.outlets import Outlets
from extractors.archives.rowfiles import RowFiles
from extractors.archives.savedpages import SavedPages
from extractors.errors import SettingError
from extractors.records import Feed, Published, Source


def found_in(archive, target, *, place=0, window=None):
    (slot,) = archive.slots(target)
    return list(archive.find(slot, place=place, window=window or Window()))


def in_warc(tmp_path, data, **parts):
    path = tmp_path / "some.warc.gz"
    path.write_bytes(data)
    return found_in(WarcArchive(), path, **parts)


def pages(found):
    return [(item.response.url, item.response.body, item.response.started_at) for item in found if isinstance(item, ArchivedPage)]


def passed(found):
    return [(item.reason, item.detail) for item in found if not isinstance(item, ArchivedPage)]


def told(*numbers):
    return [(address(number), story(number), AT + timedelta(minutes=number)) for number in numbers]


# --- WARC ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(archives.by_warcio(range(3)), id="a gzip member a record, by warcio"),
        pytest.param(archives.by_warcio(range(3), gzip_records=False), id="plain, by warcio"),
        pytest.param(gzip.compress(b"".join(map(page_record, range(3)))), id="one gzip member for all"),
        pytest.param(archives.zstd_with_dictionary(*map(page_record, range(3))), id="zstd frames with a dictionary"),
    ],
)
def test_pages_are_found_whatever_the_file_is_compressed_with(tmp_path, data):
    assert pages(in_warc(tmp_path, data)) == told(0, 1, 2)


def test_a_page_is_found_as_it_came(tmp_path):
    headers = (("Content-Type", "text/html"), ("X-Two", "a"), ("X-Two", "b"), ("Content-Encoding", "gzip"))
    packed = gzip.compress(story(1), mtime=0)
    (page,) = in_warc(tmp_path, zipped(record(response_bytes(packed, headers=headers), url=address(1))))
    assert (page.response.headers, page.response.wire_body, page.response.body) == (headers, packed, story(1))


def test_a_body_that_the_archive_decoded_keeps_its_header_under_another_name(tmp_path):
    headers = (("Content-Type", "text/html"), ("Content-Encoding", "br"), ("Transfer-Encoding", "chunked"))
    (page,) = in_warc(tmp_path, zipped(record(response_bytes(story(1), headers=headers), url=address(1))))
    assert page.response.body == story(1)
    assert page.response.headers == (headers[0], ("X-Crawler-Content-Encoding", "br"), headers[2])


def test_chunks_are_put_together(tmp_path):
    body = story(1)
    chunked = b"%x\r\n%s\r\n%x;x=1\r\n%s\r\n0\r\n\r\n" % (100, body[:100], len(body) - 100, body[100:])
    headers = (("Content-Type", "text/html"), ("Transfer-Encoding", "chunked"))
    assert pages(in_warc(tmp_path, zipped(record(response_bytes(chunked, headers=headers), url=address(1), at=AT)))) == [
        (address(1), body, AT)
    ]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (record(b"", kind="revisit", url=address(1)), "revisit"),
        (record(response_bytes(b"", status="301 Moved"), url=address(1)), "no_page"),
        (record(response_bytes(b"x", headers=(("Content-Type", "image/png"),)), url=address(1)), "no_page"),
        (record(response_bytes(story(1)), url="dns:gazette.example"), "no_page"),
        (record(b"no HTTP at all", url=address(1)), "broken"),
        (record(response_bytes(story(1)), url=address(1)).replace(b"WARC-Date: 2026", b"WARC-Date: soon"), "broken"),
        (record(response_bytes(story(1)), url=address(1)).replace(b"Content-Length", b"Content-Depth", 1), "broken"),
        (record(b"x" * (25 * 2**20), url=address(1)), "too_large"),
    ],
)
def test_what_is_no_page_is_passed_with_its_reason_and_the_next_is_read(tmp_path, item, reason):
    found = in_warc(tmp_path, zipped(page_record(0), item, page_record(2)))
    assert pages(found) == told(0, 2)
    assert [why for why, _ in passed(found)][:1] == [reason]


def test_a_damaged_member_costs_itself_only(tmp_path):
    first, second, third = (zipped(page_record(number)) for number in range(3))
    for broken in (second[: len(second) // 2], second[:100] + bytes(60) + second[160:], b"junk between"):
        found = in_warc(tmp_path, first + broken + third)
        assert pages(found) == told(0, 2)
        assert [why for why, _ in passed(found)] == ["broken"]


def test_a_file_that_is_cut_short_gives_what_is_whole(tmp_path):
    data = zipped(*map(page_record, range(3)))
    found = in_warc(tmp_path, data[:-20])
    assert pages(found)[:2] == told(0, 1)
    assert passed(found)[-1] == ("broken", "the file ends in the middle of a record")


@pytest.mark.parametrize(
    "data",
    [zipped(*map(page_record, range(4))), b"".join(map(page_record, range(4))), archives.zstd_with_dictionary(*map(page_record, range(4)))],
    ids=["gz", "plain", "zst"],
)
def test_a_file_is_entered_again_at_any_record(tmp_path, data):
    places = [item.place for item in in_warc(tmp_path, data)]
    assert [pages(in_warc(tmp_path, data, place=place)) for place in places] == [told(*range(first, 4)) for first in range(4)]


def test_records_are_taken_by_their_dates_and_a_last_day_is_whole(tmp_path):
    data = zipped(*(page_record(number, at=AT + timedelta(days=number)) for number in range(5)))
    window = Window(since=parse_bound("2026-02-02", is_end=False), until=parse_bound("2026-02-04", is_end=True))
    found = in_warc(tmp_path, data, window=window)
    assert [url for url, _, _ in pages(found)] == [address(1), address(2), address(3)]
    assert [why for why, _ in passed(found)] == ["outside", "outside"]


def test_an_instant_bounds_to_the_second():
    until = parse_bound("2026-02-04T12:00:00+03:00", is_end=True)
    assert until == datetime(2026, 2, 4, 9, tzinfo=UTC)
    window = Window(until=until)
    assert (window.holds(until), window.holds(until - timedelta(seconds=1))) == (False, True)


def test_the_newest_files_come_first(tmp_path):
    for name in ("CC-NEWS-20260101000000-00001.warc.gz", "CC-NEWS-20260301000000-00002.warc.gz", "CC-NEWS-20260201000000-00003.warc.gz"):
        (tmp_path / name).write_bytes(b"")
    assert [slot.name[8:16] for slot in WarcArchive().slots(tmp_path)] == ["20260301", "20260201", "20260101"]


@pytest.mark.parametrize("archive", [WarcArchive(), RowFiles(), SavedPages()])
def test_a_target_that_is_not_there_is_said_in_one_sentence(tmp_path, archive):
    with pytest.raises(SettingError, match="no .* at|no such folder"):
        archive.slots(tmp_path / "nowhere")


# --- saved pages -----------------------------------------------------------------------------------------------------

SAVED = datetime(2026, 1, 5, 9, tzinfo=UTC)
MHTML = b"""From: <Saved by Blink>
Snapshot-Content-Location: https://gazette.example/reports/7
Subject: Talks
Date: Mon, 5 Jan 2026 12:00:00 +0300
MIME-Version: 1.0
Content-Type: multipart/related; type="text/html"; boundary="----b"

------b
Content-Type: text/css
Content-Location: https://gazette.example/a.css

p {}
------b
Content-Type: text/html; charset=windows-1251
Content-Transfer-Encoding: quoted-printable
Content-Location: https://gazette.example/reports/7

<html><body><p>=CF=F0=E8=E2=E5=F2</p></body></html>
------b--
"""


def in_folder(tmp_path, name, data, **parts):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (SAVED.timestamp(), SAVED.timestamp()))
    return found_in(SavedPages(), tmp_path, **parts)


@pytest.mark.parametrize(
    ("name", "data", "url", "at"),
    [
        ("a.html", b"<!-- saved from url=(0034)https://gazette.example/reports/7 -->\n" + story(7), address(7), SAVED),
        (
            "b.htm",
            b"<!DOCTYPE html><html><!--\n Page saved with SingleFile \n url: https://gazette.example/reports/7 \n"
            b" saved date: Sun Jan 04 2026 10:00:00 GMT+0100 (CET)\n-->" + story(7),
            address(7),
            datetime(2026, 1, 4, 9, tzinfo=UTC),
        ),
        ("c.html", b"<html><head><link rel=canonical href='https://gazette.example/reports/7'></head>" + story(7), address(7), SAVED),
        (
            "d/e.html.gz",
            gzip.compress(b"<meta property='og:url' content='https://gazette.example/reports/7'>" + story(7)),
            address(7),
            SAVED,
        ),
        ("f.mhtml", MHTML, address(7), SAVED),
    ],
)
def test_a_saved_page_says_where_it_was_and_when_it_was_saved(tmp_path, name, data, url, at):
    (page,) = in_folder(tmp_path, name, data)
    assert (page.response.url, page.response.started_at) == (url, at)


def test_an_mhtml_page_is_decoded_by_its_own_part(tmp_path):
    (page,) = in_folder(tmp_path, "f.mht", MHTML)
    assert page.response.body.decode("cp1251") == "<html><body><p>Привет</p></body></html>"
    assert page.response.header("content-type") == "text/html; charset=windows-1251"


def test_a_saved_page_that_says_no_address_is_passed_with_the_reason(tmp_path):
    (item,) = in_folder(tmp_path, "a.html", story(1))
    assert (item.reason, item.where, item.at) == ("no_address", "a.html", SAVED)
    assert "no canonical link" in item.detail


# --- rows ------------------------------------------------------------------------------------------------------------


def in_rows(tmp_path, *rows, name="pages.jsonl", **parts):
    data = b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return found_in(RowFiles(), path, **parts)


@pytest.mark.parametrize("name", ["pages.jsonl", "pages.jsonl.gz"])
def test_rows_give_their_page_from_html_a_file_or_a_text(tmp_path, name):
    (tmp_path / "p.html.gz").write_bytes(gzip.compress(story(2)))
    found = in_rows(
        tmp_path,
        {"url": address(1), "html": story(1).decode(), "fetched_at": "2026-02-01T12:00:00Z"},
        {"url": address(2), "html_path": "p.html.gz", "fetched_at": "2026-02-01T12:00:00Z"},
        {"url": address(3), "text": "One <line>.\n\nAnother.", "title": "A & B", "lang": "en", "date": "2026-01-31", "authors": ["Ann"]},
        name=name,
    )
    assert [page.response.body for page in found[:2]] == [story(1), story(2)]
    assert b"<h1>A &amp; B</h1>\n<p>One &lt;line&gt;.</p>\n<p>Another.</p>" in found[2].response.body
    assert (found[2].hints.title, found[2].hints.authors, found[2].hints.lang) == ("A & B", ("Ann",), "en")
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert found[2].hints.published == Published(at=noon, on=noon.date(), precision="day", zone="unknown", origin="jsonl")


def test_bad_rows_are_named_by_their_line(tmp_path):
    html = story(1).decode()
    found = in_rows(tmp_path, b"{half", {"html": html}, {"url": "ftp://x", "html": html}, {"url": address(4)}, b"[]", b"")
    assert [(item.reason, item.where) for item in found] == [
        ("broken", "pages.jsonl: line 1"),
        ("no_address", "pages.jsonl: line 2"),
        ("no_address", "pages.jsonl: line 3"),
        ("broken", "pages.jsonl: line 4"),
        ("broken", "pages.jsonl: line 5"),
    ]


def test_rows_are_entered_again_at_a_line(tmp_path):
    rows = [{"url": address(number), "html": story(number).decode()} for number in range(3)]
    assert [page.response.url for page in in_rows(tmp_path, *rows, place=2)] == [address(2)]


# --- whose page it is ------------------------------------------------------------------------------------------------

SOURCES = (
    Source(id="gazette", name="Gazette", home="https://www.gazette.example/"),
    Source(id="tribune-en", name="Tribune", home="https://tribune.example/en/"),
    Source(id="tribune-fa", name="Tribune", home="https://tribune.example/fa/"),
    Source(id="wire", name="Wire", feeds=(Feed(url="https://rss.wire.example/all"),)),
)


@pytest.mark.parametrize(
    ("url", "source_id"),
    [
        ("https://gazette.example/a", "gazette"),
        ("https://live.gazette.example/a", "gazette"),
        ("https://tribune.example/fa/1", "tribune-fa"),
        ("https://tribune.example/1", None),
        ("https://www.wire.example/1", "wire"),
        ("https://stranger.example/1", None),
    ],
)
def test_an_address_is_of_the_source_that_answers_for_it_or_of_none(url, source_id):
    source = Outlets(SOURCES).of(url)
    assert (source.id if source else None) == source_id
