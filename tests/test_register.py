"""The sources commands as their user meets them: an outlet on loopback sockets, a sources file, the words that come out."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner

from extractors.feeds.sources import parse_sources
from extractors.records import Feed, Source
from flows.cli import main

pytestmark = pytest.mark.slow  # a cage of processes for each

HOME = """<!doctype html><html lang="ru-RU"><head><title>Вестник — новости дня</title>
<link rel="alternate" type="application/rss+xml" title="Вестник" href="/rss.xml">
<link rel="alternate" type="application/atom+xml" title="Вестник Atom" href="//gazette.example/atom.xml">
<link rel="alternate" type="application/rss+xml" title="Вестник: комментарии" href="/comments/feed/">
<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">
<link rel="alternate" hreflang="en" href="/en/"></head>
<body><a href="/news-sitemap.xml">Карта</a> <a href="/world/feed">Мир</a> <a href="javascript:alert(1)">x</a></body></html>"""

ITEM = "<item><title>Вести</title><link>https://gazette.example/{0}</link><pubDate>{1}</pubDate></item>"
GOOD = "<rss version='2.0'><channel><language>ru</language>" + ITEM.format(1, "Sun, 22 Nov 2099 10:00:00 +0300") + "</channel></rss>"

SOURCES = """# my feeds, by hand
[[source]]
id = "meridian"  # the first
name = "Meridian"
[[source.feed]]
url = "http://meridian.example/rss"
"""


@contextmanager
def outlet(routes):
    """Serve {path: (status, headers, body)} on a free port; yields the port and the list of what was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, headers, body = routes.get(self.path, (404, {}, ""))
            data = body if isinstance(body, bytes) else body.encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1], asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def trilateral(tmp_path, monkeypatch):
    """The command line in an empty folder, with all names leading to one port."""
    monkeypatch.chdir(tmp_path)

    def run(*args, port=9, delay="0.01"):
        monkeypatch.setenv(
            "TRILATERAL_CONNECT_TO", ",".join(f"{name}.example=127.0.0.1:{port}" for name in ("gazette", "meridian", "www.meridian"))
        )
        monkeypatch.setenv("TRILATERAL_ALLOW_NETWORKS", "127.0.0.0/8")
        monkeypatch.setenv("TRILATERAL_ALLOW_PORTS", "*")
        monkeypatch.setenv("TRILATERAL_HOST_DELAY_SECONDS", delay)
        return CliRunner().invoke(main, list(args))

    return run


def test_add_finds_the_feeds_in_one_get_and_keeps_the_files_comments(tmp_path, trilateral):
    (tmp_path / "mine.toml").write_text(SOURCES, encoding="utf-8")
    with outlet({"/": (200, {"Content-Type": "text/html; charset=utf-8"}, HOME)}) as (port, asked):
        done = trilateral("sources", "add", "http://gazette.example/", "--sources", "mine.toml", port=port)
    assert (done.exit_code, asked) == (0, ["/"]), done.output
    text = (tmp_path / "mine.toml").read_text(encoding="utf-8")
    assert text.startswith(SOURCES)
    assert parse_sources(text, name="mine.toml")[1] == Source(
        id="gazette",
        name="Вестник",
        home="http://gazette.example/",
        lang="ru",
        feeds=(Feed(url="http://gazette.example/atom.xml"), Feed(url="http://gazette.example/news-sitemap.xml")),
    )


def test_adding_twice_adds_once(tmp_path, trilateral):
    (tmp_path / "mine.toml").write_text("", encoding="utf-8")
    with outlet({"/": (200, {}, HOME)}) as (port, _):
        first = trilateral("sources", "add", "http://gazette.example/", "--sources", "mine.toml", port=port)
        text = (tmp_path / "mine.toml").read_text(encoding="utf-8")
        second = trilateral("sources", "add", "http://gazette.example/", "--sources", "mine.toml", port=port)
    assert (first.exit_code, second.exit_code) == (0, 1), first.output + second.output
    assert (tmp_path / "mine.toml").read_text(encoding="utf-8") == text
    assert "already declared: http://gazette.example/atom.xml" in second.output


def test_the_address_of_a_feed_is_added_as_it_is(tmp_path, trilateral):
    (tmp_path / "mine.toml").write_text("", encoding="utf-8")
    with outlet({"/rss.xml": (200, {}, GOOD)}) as (port, _):
        done = trilateral("sources", "add", "http://gazette.example/rss.xml", "--sources", "mine.toml", "--json", port=port)
    assert done.exit_code == 0, done.output
    (source,) = parse_sources((tmp_path / "mine.toml").read_text(encoding="utf-8"), name="mine.toml")
    assert (source.id, source.feeds) == ("gazette", (Feed(url="http://gazette.example/rss.xml"),))


@pytest.mark.parametrize(
    ("routes", "args", "code", "words"),
    [
        ({}, ("add", "http://gazette.example/", "--sources", "none.toml"), 2, "sources: no such file: 'none.toml'; make one"),
        ({"/": (200, {}, "<p>Nothing</p>")}, ("add", "gazette.example", "--sources", "mine.toml"), 1, "not fetched"),
        (
            {"/": (200, {}, "<p>No</p>")},
            ("add", "http://gazette.example/", "--sources", "mine.toml"),
            1,
            "names no feed and no news sitemap",
        ),
        ({}, ("discover", "http://gazette.example/"), 1, "not fetched: status 404"),
        ({}, ("discover", "ftp://gazette.example/"), 2, "not an http(s) address"),
        ({}, ("check", "--sources", "mine.toml", "--only", "nowhere"), 2, "no enabled feed matches 'nowhere'"),
        ({}, ("import-opml", "mine.toml", "--sources", "mine.toml"), 2, "mine.toml: not an OPML file"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(tmp_path, trilateral, routes, args, code, words):
    (tmp_path / "mine.toml").write_text(SOURCES, encoding="utf-8")
    with outlet(routes) as (port, _):
        done = trilateral("sources", *args, port=port)
    assert (done.exit_code, len(done.output.strip().splitlines())) == (code, 1)
    assert words in done.output
    assert (tmp_path / "mine.toml").read_text(encoding="utf-8") == SOURCES


def test_discover_shows_what_add_would_take(trilateral):
    with outlet({"/": (200, {}, HOME)}) as (port, _):
        done = trilateral("sources", "discover", "http://gazette.example/", "--json", port=port)
    found = json.loads(done.stdout)
    assert [(feed["url"].partition("example")[2], feed["format"], feed["how"], feed["is_comments"]) for feed in found["feeds"]] == [
        ("/rss.xml", "rss", "declared", False),
        ("/atom.xml", "atom", "declared", False),
        ("/comments/feed/", "rss", "declared", True),
        ("/news-sitemap.xml", "sitemap", "linked", False),
        ("/world/feed", "rss", "linked", False),
    ]
    assert found["chosen"] == ["http://gazette.example/atom.xml", "http://gazette.example/news-sitemap.xml"]


def test_check_says_per_feed_what_is_wrong_in_words(tmp_path, trilateral):
    routes = {
        "/moved": (301, {"Location": "/rss.xml"}, ""),
        "/rss.xml": (200, {"ETag": '"1"'}, GOOD.replace("+0300", "QXZ").replace("2099", "2020")),
        "/page": (200, {}, HOME),
        "/busy": (429, {"Retry-After": "600"}, ""),
        "/gone": (410, {}, ""),
        "/index": (200, {}, "<sitemapindex><sitemap><loc>http://gazette.example/n.xml</loc></sitemap></sitemapindex>"),
    }
    hosts = {path: "meridian" if path == "/busy" else "gazette" for path in routes if path != "/rss.xml"}
    feeds = "".join(f'[[source.feed]]\nurl = "http://{host}.example{path}"\n' for path, host in hosts.items())
    (tmp_path / "mine.toml").write_text(f'[[source]]\nid = "gazette"\nname = "Gazette"\nlang = "en"\n{feeds}', encoding="utf-8")
    with outlet(routes) as (port, asked):
        done = trilateral("sources", "check", "--sources", "mine.toml", "--json", port=port)
    assert done.exit_code == 0, done.output
    assert {report["url"].rpartition("/")[2]: report["remarks"] for report in json.loads(done.stdout)} == {
        "moved": [
            "moved permanently to http://gazette.example/rss.xml: put that into the sources file",
            "quiet: its newest entry is of 2020-11-22",
            "1 of 1 times name no zone; give the source a `timezone`",
            "says its language is ru; the sources file says en, which stands",
        ],
        "page": ["this is a web page, not a feed"],
        "busy": ["we ask too often, says its host (status 429 Too Many Requests); come back in 10 minutes"],
        "gone": ["gone for good (410); take it out of the sources file (status 410 Gone)"],
        "index": ["an index of sitemaps, not a news sitemap; name one of its 1, such as http://gazette.example/n.xml"],
    }
    assert sorted(asked) == ["/busy", "/gone", "/index", "/moved", "/page", "/robots.txt", "/robots.txt", "/rss.xml"]


def test_a_check_of_which_every_feed_is_bad_fails(tmp_path, trilateral):
    (tmp_path / "mine.toml").write_text(SOURCES, encoding="utf-8")
    with outlet({}) as (port, asked):
        done = trilateral("sources", "check", "--sources", "mine.toml", port=port)
    assert (done.exit_code, asked) == (1, ["/robots.txt", "/rss"])
    assert "BAD   meridian  http://meridian.example/rss\n        not there (404)" in done.output


def test_opml_goes_out_and_comes_back_as_it_was(tmp_path, trilateral):
    full = SOURCES + 'lang = "fa"\n[[source]]\nid = "x"\nname = "A & \\"B\\""\ncountry = "ir"\naffiliation = "state"\nenabled = false\n'
    (tmp_path / "mine.toml").write_text(full, encoding="utf-8")
    (tmp_path / "new.toml").write_text("", encoding="utf-8")
    assert trilateral("sources", "export-opml", "out.opml", "--sources", "mine.toml").exit_code == 0
    assert trilateral("sources", "import-opml", "out.opml", "--sources", "new.toml").exit_code == 0
    texts = [(tmp_path / name).read_text(encoding="utf-8") for name in ("mine.toml", "new.toml")]
    assert parse_sources(texts[0], name="mine.toml") == parse_sources(texts[1], name="new.toml")


def test_a_check_spaces_its_requests_to_one_outlet(tmp_path, trilateral, monkeypatch):
    times = []
    monkeypatch.setattr(BaseHTTPRequestHandler, "log_request", lambda *_: times.append(time.monotonic()))
    (tmp_path / "mine.toml").write_text(SOURCES + '[[source.feed]]\nurl = "http://www.meridian.example/b"\n', encoding="utf-8")
    with outlet({"/rss": (200, {}, GOOD), "/b": (200, {}, GOOD)}) as (port, asked):
        done = trilateral("sources", "check", "--sources", "mine.toml", port=port, delay="0.3")
    assert (done.exit_code, sorted(asked)) == (0, ["/b", "/robots.txt", "/robots.txt", "/rss"]), done.output
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) > 0.25


def test_a_check_says_what_robots_txt_says_and_whom_it_left_alone(tmp_path, trilateral):
    routes = {
        "/robots.txt": (200, {}, "User-agent: *\nDisallow: /rss"),
        "/rss": (200, {"ETag": '"1"'}, GOOD.replace("2099", "2020")),
        "/busy": (429, {"Retry-After": "600"}, ""),
        "/alone": (200, {}, GOOD),
    }
    text = SOURCES + "".join(f'[[source.feed]]\nurl = "http://gazette.example/{path}"\n' for path in ("busy", "alone"))
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with outlet(routes) as (port, asked):
        done = trilateral("sources", "check", "--sources", "mine.toml", "--json", port=port)
        again = trilateral("sources", "check", "--sources", "mine.toml", "--only", "busy", port=port)
    reports = {report["url"].rpartition("/")[2]: report for report in json.loads(done.stdout)}
    disallowed = "robots.txt disallows http://meridian.example/rss; polled all the same, as it is subscribed to"
    assert disallowed in reports["rss"]["remarks"]
    busy, alone = reports["busy"], reports["alone"]
    assert (busy["verdict"], alone["verdict"]) == ("bad", "mind")
    assert re.fullmatch(r"not asked: its host asked us to wait until 20\d\d-\d\d-\d\d \d\d:\d\d UTC", alone["remarks"][0]), alone
    assert "not asked: its host asked us to wait" in again.output
    assert asked.count("/busy") == 1
    assert "/alone" not in asked


def test_a_check_leaves_to_a_run_what_it_is_polling(tmp_path, trilateral):
    (tmp_path / "mine.toml").write_text(SOURCES, encoding="utf-8")
    claim = (
        "import sys, datetime as dt; from extractors.fetch.hosts import HostBook; from warehouse.landing import feed_id; "
        "HostBook('data/private/hosts.sqlite').claim(feed_id('http://meridian.example/rss'), known_at=dt.datetime.now(dt.UTC)); "
        "print('claimed', flush=True); sys.stdin.read()"
    )
    with outlet({"/rss": (200, {}, GOOD)}) as (port, asked):
        with subprocess.Popen([sys.executable, "-c", claim], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
            assert run.stdout.readline() == "claimed\n"
            during = trilateral("sources", "check", "--sources", "mine.toml", port=port)
            run.stdin.close()
        after = trilateral("sources", "check", "--sources", "mine.toml", port=port)
    assert "not asked: a run of this data folder is polling it" in during.output
    assert "1 good" in after.output or "1 to look at" in after.output, after.output
    assert asked == ["/robots.txt", "/rss"]


def test_parse_shows_each_entry_and_what_was_wrong(tmp_path, trilateral):
    (tmp_path / "feed.xml").write_text(GOOD.replace("+0300", ""), encoding="utf-8")
    (tmp_path / "page.html").write_text(HOME, encoding="utf-8")
    shown = trilateral("sources", "parse", "feed.xml", "page.html")
    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert lines[0] == "feed.xml: RSS · 1 entry · ru"
    assert any("2099-11-22 10:00 ?" in line and "Вести" in line for line in lines)
    assert any("https://gazette.example/1" in line for line in lines)
    assert lines[-2:] == ["page.html: not a feed", "problem: this is a web page, not a feed"]


def test_parse_as_json_is_one_object_a_document(tmp_path, trilateral):
    (tmp_path / "feed.xml").write_bytes(GOOD.encode("cp1251"))
    done = trilateral("sources", "parse", "feed.xml", "--content-type", "text/xml; charset=windows-1251", "--json")
    assert json.loads(done.stdout) == {
        "id": "feed.xml",
        "format": "rss",
        "entries": [
            {
                "title": "Вести",
                "link": "https://gazette.example/1",
                "guid": None,
                "published_at": "2099-11-22T07:00:00+00:00",
                "published_precision": "second",
                "authors": [],
                "summary": "",
                "lang": "ru",
            }
        ],
        "problems": [],
    }
