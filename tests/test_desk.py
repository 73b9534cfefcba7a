"""The stages with their real fetcher and loopback sockets: what is asked for once, what again, and what is kept for people."""

from __future__ import annotations

import asyncio
import ipaddress
from contextlib import closing
from datetime import UTC, datetime

import pytest
from loopback import FakeClock, LoopbackServer, Reply

from extractors.archives.captures import CaptureWriter
from extractors.fetch.client import Fetcher
from extractors.fetch.hosts import HostBook
from extractors.records import FeedState, PageState
from flows.desk import Desk
from flows.settings import Settings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEED = FeedState(feed_id="f1", source_id="a", url="http://a.example/feed")
RSS = b"<rss version='2.0'><channel><item><title>One</title><link>http://a.example/1</link></item></channel></rss>"
LEADS = Reply(status=301, headers=(("Location", "/story"),))
ROUTES = {"/one": LEADS, "/two": LEADS, "/story": Reply(body=b"<p>The story</p>")}


class InOneProcess:
    """A cage without bars: what is handed in is done at once."""

    async def run(self, task, *arguments):
        return task(*arguments)


def page(path, **parts):
    url = f"http://a.example{path}"
    return PageState(url_key=f"a.example{path}", url=url, scope="a.example", due_at=NOON, first_seen_at=NOON, **parts)


def at_the_desk(tmp_path, routes, *questions):
    """Put questions, each a method's name and what it is asked with, to one desk; the answers and what the server was asked for."""

    async def run():
        async with LoopbackServer(routes) as server:
            settings = Settings(
                data_dir=tmp_path,
                connect_to=(f"a.example=127.0.0.1:{server.port}",),
                allow_networks=(ipaddress.ip_network("127.0.0.0/8"),),
                host_delay_seconds=0,
                respect_robots=False,
            )
            clock, hosts = FakeClock(NOON).clock, HostBook(tmp_path / "hosts.sqlite")
            async with Fetcher(settings.fetch_policy(()), clock, hosts=hosts) as fetcher:
                with closing(CaptureWriter(settings.captures_dir, run_id="run-1")) as captures:
                    desk = Desk(
                        settings=settings,
                        writer=None,
                        press=None,
                        fetcher=fetcher,
                        hosts=hosts,
                        cage=InOneProcess(),
                        captures=captures,
                        run_id="run-1",
                        only=None,
                        force=False,
                        clock=clock,
                    )
                    answers = [await getattr(desk, name)(asked) for name, asked in questions]
            return answers, server.targets(), settings

    return asyncio.run(run())


def test_new_pages_that_turn_out_to_be_one_cost_one_get_of_it_and_are_captured_each(tmp_path):
    answers, targets, _ = at_the_desk(tmp_path, ROUTES, ("fetch", page("/one")), ("fetch", page("/two")), ("fetch", page("/story")))
    assert targets == ["/one", "/story", "/two"]
    assert [(visit.after.stage, visit.after.capture.final_url, visit.visit.is_shared) for visit in answers] == [
        ("captured", "http://a.example/story", False),
        ("captured", "http://a.example/story", True),
        ("captured", "http://a.example/story", True),
    ]


@pytest.mark.parametrize("reason", ["changed", "revisit"])
def test_a_page_that_is_looked_at_again_is_asked_for_again(tmp_path, reason):
    _, targets, _ = at_the_desk(tmp_path, ROUTES, ("fetch", page("/story")), ("fetch", page("/story", reason=reason)))
    assert targets == ["/story", "/story"]


def test_two_feeds_that_moved_to_one_address_cost_one_get_of_it(tmp_path):
    routes = {"/feed": LEADS, "/rss": LEADS, "/story": Reply(body=RSS)}
    other = FeedState(feed_id="f2", source_id="a", url="http://a.example/rss")
    answers, targets, _ = at_the_desk(tmp_path, routes, ("poll", FEED), ("poll", other))
    assert targets == ["/feed", "/story", "/rss"]
    assert [len(visit.entries) for visit in answers] == [1, 1]


@pytest.mark.parametrize(("body", "is_kept"), [(b"<html><p>Moved</p></html>", True), (RSS, False)])
def test_what_no_entry_could_be_read_from_is_kept_for_people(tmp_path, body, is_kept):
    _, _, settings = at_the_desk(tmp_path, {"/feed": Reply(body=body)}, ("poll", FEED))
    path = settings.unread_dir / "f1"
    assert path.exists() is is_kept
    assert not is_kept or path.read_bytes() == body
