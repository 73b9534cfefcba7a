"""Feed documents: each file under cases/feeds opens with a comment that says what it is and what is expected of it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.feeds.documents import parse_feed
from extractors.records import NEVER_PUBLISHED, Entry, FeedDocument

_CASES = sorted((Path(__file__).parent / "cases" / "feeds").iterdir())
_HEADER_END = b"-->\n"


def _read_case(path: Path) -> tuple[dict, bytes]:
    """The statement in the comment, and the document behind it, in the encoding that the statement asks for."""
    header, _, body = path.read_bytes().partition(_HEADER_END)
    case = json.loads(header.removeprefix(b"<!--"))
    encoding = case.get("encoded")
    if encoding == "gzip":
        return case, gzip.compress(body, mtime=0)
    return case, body.decode("utf-8").encode(encoding) if encoding else body


def _say_entry(entry: Entry) -> dict:
    """The whole entry as the cases write it: what is empty is left out."""
    when = entry.published
    stated = [when.at.isoformat(), when.on.isoformat(), when.precision, when.zone, when.origin] if when.at and when.on else when
    said = {name: getattr(entry, name) for name in ("guid", "link", "title", "summary", "content", "lang")}
    said |= {"authors": list(entry.authors), "published": None if stated == NEVER_PUBLISHED else stated}
    return {name: value for name, value in said.items() if value}


def _say_document(document: FeedDocument) -> dict:
    said = {name: getattr(document, name) for name in ("format", "title", "home", "lang", "ttl_seconds", "hub")}
    said |= {"entries": [_say_entry(entry) for entry in document.entries], "problems": list(document.problems)}
    return {name: value for name, value in said.items() if value}


@pytest.mark.parametrize("path", _CASES, ids=lambda path: path.stem)
def test_a_document_holds_what_its_case_says(path):
    case, body = _read_case(path)
    document = parse_feed(
        body, url=case.get("url", "https://gazette.example/rss"), content_type=case.get("content_type"), timezone="Europe/Moscow"
    )
    assert _say_document(document) == case["expect"]


def test_the_sources_language_beats_the_documents_claim():
    body = b"<rss><channel><language>en-us</language><item><title>x</title><link>/1</link></item></channel></rss>"
    document = parse_feed(body, url="https://gazette.example/rss", lang="fa")
    assert (document.lang, [entry.lang for entry in document.entries]) == ("fa", ["fa"])


@pytest.mark.parametrize("bad_bytes", [1, 3])
def test_a_few_bad_bytes_do_not_cost_the_cyrillic(bad_bytes):
    body = "<rss><channel><item><title>Президент прибыл в Тегеран</title><link>/1</link></item></channel></rss>".encode()
    document = parse_feed(body.replace(b"</title>", b"\xff" * bad_bytes + b"</title>"), url="https://gazette.example/rss")
    assert document.entries[0].title == "Президент прибыл в Тегеран" + "\ufffd" * bad_bytes


def test_a_truncated_gzip_gives_what_arrived():
    items = "".join(f"<item><title>Number {place}</title><link>/{place}</link></item>" for place in range(500))
    body = gzip.compress(f"<rss><channel>{items}</channel></rss>".encode())[:-200]
    document = parse_feed(body, url="https://gazette.example/rss")
    assert 200 < len(document.entries) < 500
    assert "the gzip stream is truncated or larger than 15 MiB; the rest is missing" in document.problems


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("attributes", "<rss " + " ".join(f'a{place}="x"' for place in range(50_000)) + "/>"),
        ("namespaces", "<rss>" + "".join(f'<a xmlns:n{place}="x"/>' for place in range(5_000)) + "</rss>"),
        ("depth", "<rss>" + "<a>" * 100_000),
        ("open tags", "<rss>" + "<a " * 500_000),
        ("open comments", "<rss>" + "<!--" * 500_000),
        ("open CDATA", "<rss>" + "<![CDATA[" * 500_000),
        ("entity", '<!DOCTYPE x [<!ENTITY a "' + "A" * 250 + '">]><rss><item><title>' + "&a;" * 100_000 + "</title></item></rss>"),
    ],
    ids=lambda value: value if len(value) < 20 else "",
)
def test_hostile_documents_are_cheap(name, body):
    """Each of these took feedparser alone from half a minute to for ever; the suite would show it."""
    assert len(parse_feed(body.encode(), url="https://gazette.example/rss").entries) <= 1


def test_a_bomb_of_gzip_is_cut_off():
    document = parse_feed(gzip.compress(b" " * 100_000_000), url="https://gazette.example/rss")
    assert document.problems[-1] == "the document is empty"


_PIECES = st.sampled_from(
    [
        *("<rss>", "<channel>", "<item>", "</item>", "<title>", "</title>", "<link>", "</link>", "<![CDATA[", "]]>", "<!--", "-->"),
        *("&amp;", "&#xD83D;", "&#x110000;", "&lt;", "&", "<", ">", '"', "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>"),
        *("<!DOCTYPE x [", "<!ENTITY a 'b'>", "]>", "&a;", "\x00", "й", "{", '{"items":[{"id":1}]}', "<description>", "http://[", "<x:y>"),
    ]
)


@given(st.one_of(st.binary(), st.lists(_PIECES, max_size=40).map(lambda pieces: "".join(pieces).encode())))
def test_no_bytes_make_the_parser_raise(body):
    document = parse_feed(body, url="https://gazette.example/rss")
    assert not any("the parser failed" in problem for problem in document.problems)


def test_a_mark_that_a_comment_cuts_in_two_is_survived():
    body = b"<rss><channel><item><title>One</title><link>/1</link></item><item><![CDA<!-- -->TA[</item></channel></rss>"
    assert parse_feed(body, url="https://gazette.example/rss").entries[0].title == "One"


def test_a_body_is_never_opened_as_a_file_nor_fetched(tmp_path):
    path = tmp_path / "feed.xml"
    path.write_text("<rss><channel><item><title>from disk</title></item></channel></rss>")
    for body in (str(path).encode(), b"http://127.0.0.1:9/feed.xml"):
        assert parse_feed(body, url="https://gazette.example/rss").entries == ()
