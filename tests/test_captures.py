"""What was captured can be read back, by us and by others, and survives whatever kills its writer."""

from __future__ import annotations

import contextlib
import errno
import gzip
import os
import random
import resource
import signal
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from extractors.archives.captures import CaptureWriter, _lock, leftovers, read_capture
from extractors.errors import CaptureError
from extractors.records import CaptureRef, Failure, Response, short_hash

ROOT = Path(__file__).parents[1]
AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
HTML = "<p>تهران و مسکو</p>".encode() * 20
HEADERS = (
    ("Date", "Sun, 01 Mar 2026 12:30:15 GMT"),
    ("Content-Type", "text/html; charset=utf-8"),
    ("ETag", '"é"'),
    ("Last-Modified", "whenever"),
)


def response(number=0, *, body=HTML, headers=HEADERS, encoding=None):
    wire = gzip.compress(body, mtime=0) if encoding == "gzip" else body
    if encoding:
        headers = (*headers, ("Content-Encoding", encoding), ("Content-Length", str(len(wire))))
    return Response(
        url=f"http://www.a.example/{number}?utm_source=feed",
        final_url=f"http://a.example/{number}",
        status=200,
        reason="OK",
        headers=headers,
        body=body,
        wire_body=wire,
        started_at=AT + timedelta(seconds=number),
        duration_ms=40,
    )


def key(number=0):
    return f"a.example/{number}"


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def written(folder, count, **options):
    """A sealed file with so many captures."""
    writer = CaptureWriter(folder, run_id="run-1", **options)
    refs = [writer.append(response(number), url_key=key(number)) for number in range(count)]
    landed(writer, *refs)
    writer.close()
    return refs


def landed(writer, *refs):
    writer.landed(ref.capture_id for ref in refs)


def seal_leftovers(folder):
    """What the next run finds, landed without ado."""
    with leftovers(folder) as refs:
        return refs


NAME = "2026/03/trilateral-20260301123015-run_1-1.warc.gz"


def test_a_capture_says_all_that_is_known_of_it(tmp_path):
    (ref,) = written(tmp_path, 1)
    body_hash = ref.body_hash
    assert ref == CaptureRef(
        capture_id=short_hash("a.example/0", "2026-03-01T12:30:15.123456+00:00", body_hash),
        url_key="a.example/0",
        url="http://www.a.example/0?utm_source=feed",
        final_url="http://a.example/0",
        file=NAME,
        offset=ref.offset,
        length=(tmp_path / NAME).stat().st_size - ref.offset,
        fetched_at=AT,
        status=200,
        content_type="text/html; charset=utf-8",
        body_bytes=len(HTML),
        body_hash=body_hash,
        etag='"é"',
        last_modified="whenever",
    )


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_a_capture_is_read_back_decoded(encoding, tmp_path):
    writer = CaptureWriter(tmp_path, run_id="run-1")
    asked = response(encoding=encoding)
    ref = writer.append(asked, url_key=key())
    while_open = read_capture(tmp_path, ref)
    landed(writer, ref)
    writer.close()
    assert while_open == read_capture(tmp_path, ref) == (HTML, "text/html; charset=utf-8", asked.headers)


def test_warcio_reads_what_we_write_and_finds_every_digest_right(tmp_path):
    writer = CaptureWriter(tmp_path, run_id="run-1")
    chunked = response(1, headers=(*HEADERS, ("Transfer-Encoding", "chunked"), ("Content-Length", "7")))
    for number, answer in enumerate([response(0, encoding="gzip"), chunked, response(2, body=b"", headers=())]):
        landed(writer, writer.append(answer, url_key=key(number)))
    writer.close()
    with (tmp_path / NAME).open("rb") as file:
        found = [
            (
                record.rec_type,
                record.rec_headers.get_header("WARC-Target-URI"),
                record.rec_headers.get_header("WARC-Date"),
                record.raw_stream.read(),
            )
            for record in ArchiveIterator(file, check_digests="raise")
        ]
    assert found == [
        ("warcinfo", None, "2026-03-01T12:30:15.123456Z", b"software: trilateral\r\nformat: WARC File Format 1.1\r\n"),
        ("response", "http://a.example/0", "2026-03-01T12:30:15.123456Z", gzip.compress(HTML, mtime=0)),
        ("response", "http://a.example/1", "2026-03-01T12:30:16.123456Z", HTML),
        ("response", "http://a.example/2", "2026-03-01T12:30:17.123456Z", b""),
    ]
    with (tmp_path / NAME).open("rb") as file:
        first, second = [record.http_headers for record in ArchiveIterator(file) if record.http_headers][:2]
    assert (first.get_statuscode(), first.get_header("Content-Encoding")) == ("200", "gzip")
    assert [value for value in second.headers if "C" in value[0]] == [
        ("Content-Type", "text/html; charset=utf-8"),
        ("X-Crawler-Transfer-Encoding", "chunked"),
        ("X-Crawler-Content-Length", "7"),
        ("Content-Length", str(len(HTML))),
    ]


def test_odd_addresses_survive(tmp_path):
    writer = CaptureWriter(tmp_path, run_id="run-1")
    odd = replace(response(), url="http://a.example/\r\nX: новость \ud800", final_url="http://a.example/новость\n")
    ref = writer.append(odd, url_key="a.example/ключ")
    writer.close()
    assert (seal_leftovers(tmp_path), ref.url) == ((ref,), odd.url)


def test_what_failed_is_not_captured(tmp_path):
    writer = CaptureWriter(tmp_path, run_id="run-1")
    failed = replace(response(), status=None, failure=Failure(kind="truncated", detail="too short"))
    with pytest.raises(CaptureError, match=r"www\.a\.example/0.*too short"):
        writer.append(failed, url_key=key())
    writer.close()
    assert names(tmp_path) == []


def test_a_file_is_open_while_it_is_written_and_sealed_once_its_captures_have_landed(tmp_path):
    writer = CaptureWriter(tmp_path, run_id="run-1")
    ref = writer.append(response(), url_key=key())
    writer.sync()
    while_open = names(tmp_path)
    landed(writer, ref)
    while_landed = names(tmp_path)
    writer.close()
    writer.close()
    assert (while_open, while_landed, names(tmp_path)) == ([NAME + ".open"], [NAME + ".open"], [NAME])


def test_a_closed_file_with_a_capture_that_has_not_landed_is_left_to_the_next_run(tmp_path):
    writer = CaptureWriter(tmp_path, run_id="run-1")
    refs = tuple(writer.append(response(number), url_key=key(number)) for number in range(2))
    landed(writer, refs[0])
    writer.close()
    assert names(tmp_path) == [NAME + ".open"]
    assert seal_leftovers(tmp_path) == refs
    assert names(tmp_path) == [NAME]


def test_leftovers_are_sealed_only_after_they_have_landed(tmp_path):
    writer = CaptureWriter(tmp_path, run_id="run-1")
    refs = (writer.append(response(), url_key=key()),)
    writer.close()
    with contextlib.suppress(KeyError), leftovers(tmp_path) as found:
        assert found == refs
        raise KeyError
    assert names(tmp_path) == [NAME + ".open"]
    assert seal_leftovers(tmp_path) == refs


def test_full_files_are_sealed_when_the_last_of_their_captures_has_landed(tmp_path):
    writer = CaptureWriter(tmp_path, run_id="run-1", max_bytes=1)
    refs = [writer.append(response(number), url_key=key(number)) for number in range(4)]
    numbered = [f"2026/03/trilateral-2026030112301{5 + number}-run_1-{number + 1}.warc.gz" for number in range(4)]
    assert [ref.file for ref in refs] == numbered
    assert names(tmp_path) == [name + ".open" for name in numbered]
    landed(writer, refs[0], refs[2])
    assert names(tmp_path) == sorted([numbered[0], numbered[1] + ".open", numbered[2], numbered[3] + ".open"])
    bodies = [read_capture(tmp_path, ref)[0] for ref in refs]
    landed(writer, refs[1], refs[3])
    writer.close()
    assert names(tmp_path) == numbered
    assert bodies == [HTML] * 4


def test_a_taken_name_is_passed_over(tmp_path):
    first, second = written(tmp_path, 1) + written(tmp_path, 1)
    assert (first.file, second.file) == (NAME, NAME.replace("-1.", "-2."))


def test_many_threads_may_append(tmp_path):
    writer = CaptureWriter(tmp_path, run_id="run-1", max_bytes=20_000)
    refs = []

    def append_some(start):
        refs.extend(writer.append(response(number), url_key=key(number)) for number in range(start, start + 25))

    threads = [threading.Thread(target=append_some, args=(25 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    landed(writer, *refs)
    writer.close()
    assert len({(ref.file, ref.offset) for ref in refs}) == 100
    assert {read_capture(tmp_path, ref)[0] for ref in refs} == {HTML}


def test_an_append_that_fits_no_more_on_the_disk_leaves_nothing_of_itself(tmp_path):
    """A limit on the file's size stands for the full disk: the write stops short in the middle of a record."""
    writer = CaptureWriter(tmp_path, run_id="run-1")
    first = writer.append(response(0), url_key=key(0))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (first.offset + first.length + 100, limits[1]))
    try:
        with pytest.raises(CaptureError, match=os.strerror(errno.EFBIG)):
            writer.append(response(1), url_key=key(1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert (tmp_path / (NAME + ".open")).stat().st_size == first.offset + first.length
    third = writer.append(response(2), url_key=key(2))
    writer.close()
    assert third.offset == first.offset + first.length
    assert [read_capture(tmp_path, ref)[0] for ref in (first, third)] == [HTML, HTML]


# --- reading what is not there ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"file": "2026/03/other.warc.gz"}, "no such file"),
        ({"offset": 3}, "cannot be read"),
        ({"length": 40}, "not one whole gzip member"),
        ({"offset": 10**9}, "not one whole gzip member"),
        ({"capture_id": "0" * 32}, "holds capture"),
    ],
)
def test_a_reference_that_leads_elsewhere_names_file_and_offset(change, why, tmp_path):
    (ref,) = written(tmp_path, 1)
    wrong = replace(ref, **change)
    with pytest.raises(CaptureError, match=why) as caught:
        read_capture(tmp_path, wrong)
    assert f"{wrong.file} at byte {wrong.offset}" in str(caught.value)


def test_a_flipped_bit_is_noticed_wherever_it_is(tmp_path):
    (ref,) = written(tmp_path, 1)
    path = tmp_path / ref.file
    whole = path.read_bytes()
    for place in random.Random(1).sample(range(ref.offset + 10, len(whole)), 60):  # not in gzip's own header
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(CaptureError):
            read_capture(tmp_path, ref)


def test_a_changed_body_is_noticed_though_its_packing_is_right(tmp_path):
    (ref,) = written(tmp_path, 1)
    path = tmp_path / ref.file
    member = gzip.decompress(path.read_bytes()[ref.offset :])
    forged = gzip.compress(member.replace("مسکو".encode(), "لندن".encode()))
    path.write_bytes(path.read_bytes()[: ref.offset] + forged)
    with pytest.raises(CaptureError, match="digest does not match"):
        read_capture(tmp_path, replace(ref, length=len(forged)))


# --- recovery --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_file_cut_at_any_byte_gives_back_every_whole_record(tmp_path):
    refs = written(tmp_path / "whole", 3)
    whole = (tmp_path / "whole" / NAME).read_bytes()
    path = tmp_path / "cut" / (NAME + ".open")
    path.parent.mkdir(parents=True)
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        expected = tuple(ref for ref in refs if ref.offset + ref.length <= cut)
        assert seal_leftovers(tmp_path / "cut") == expected
        assert names(tmp_path / "cut") == ([NAME] if expected else [])
        if expected:
            sealed = tmp_path / "cut" / NAME
            assert sealed.stat().st_size == expected[-1].offset + expected[-1].length
            assert read_capture(tmp_path / "cut", expected[-1])[0] == HTML
            sealed.unlink()


def test_garbage_behind_the_last_record_is_cut_off(tmp_path):
    refs = written(tmp_path, 2)
    sealed = tmp_path / NAME
    whole = sealed.read_bytes()
    sealed.unlink()
    for garbage in (bytes(5000), b"\x1f\x8b\x08" + bytes(50), b"junk"):
        (tmp_path / (NAME + ".open")).write_bytes(whole + garbage)
        assert seal_leftovers(tmp_path) == tuple(refs)
        assert sealed.read_bytes() == whole
        sealed.unlink()


def test_a_living_writers_files_are_left_alone(tmp_path):
    writer = CaptureWriter(tmp_path, run_id="run-1", max_bytes=1)
    refs = [writer.append(response(number), url_key=key(number)) for number in range(2)]
    assert seal_leftovers(tmp_path) == ()
    assert all(name.endswith(".open") for name in names(tmp_path))
    landed(writer, *refs)
    writer.close()
    assert seal_leftovers(tmp_path) == ()


def test_a_file_that_was_sealed_meanwhile_is_not_locked_as_an_open_one(tmp_path):
    path = tmp_path / "x.warc.gz.open"
    with path.open("wb") as file:
        path.rename(tmp_path / "x.warc.gz")
        assert not _lock(file.fileno(), path)
        path.touch()
        assert not _lock(file.fileno(), path)


def test_there_is_nothing_to_seal_where_nothing_was_written(tmp_path):
    assert seal_leftovers(tmp_path / "never") == ()


KILLED = """
    import sys
    sys.path.insert(0, "tests")
    from test_captures import CaptureWriter, key, response
    writer = CaptureWriter(sys.argv[1], run_id="run-1", max_bytes=50_000)
    number = 0
    while True:
        print(writer.append(response(number), url_key=key(number)).capture_id, flush=True)
        number += 1
"""


@pytest.mark.slow
def test_what_was_appended_before_a_kill_is_found_again(tmp_path):
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        told = [writer.stdout.readline().strip() for _ in range(300)]
        writer.kill()
        told += writer.stdout.read().split()[:-1]  # the last line may be half a line
    found = seal_leftovers(tmp_path)
    assert set(told) <= {ref.capture_id for ref in found}  # nothing has landed, so no full file was sealed
    assert {read_capture(tmp_path, ref)[0] for ref in found} == {HTML}
    assert not [name for name in names(tmp_path) if name.endswith(".open")]
