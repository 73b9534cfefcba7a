"""robots.txt, for pages only, once a day for all processes, and never a reason to stop a feed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from loopback import FakeClock, LoopbackServer, Raw, Reply

from extractors.fetch.client import Fetcher
from extractors.fetch.hosts import HostBook, RobotsFile
from extractors.fetch.policy import ConnectTo, FetchPolicy
from extractors.fetch.robots import crawl_delay, judge, read_robots
from extractors.records import Failure, Response, Visit

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICY = FetchPolicy(user_agent="trilateral/test", allow_networks=(ip_network("127.0.0.0/8"),), host_delay_seconds=0.0)
ANSWER = Response(url="http://a.example/robots.txt", final_url="http://a.example/robots.txt", started_at=NOON, duration_ms=0)


def saying(text):
    return RobotsFile(expires_at=NOON, body=text)


# --- what it means ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: trilateral\nDisallow: /x", "/a", True),
        ("User-agent: Trilateral\nDisallow: /", "/a", False),
        ("User-agent: otherbot\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /news\nAllow: /news/world", "/news/world/1", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x", True),
        ("User-agent: *\nDisallow: /новости", "/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/1", False),
        ("User-agent: *\nDisallow: /?print", "/?print=1", False),
        ("<html>User-agent: none of this</html>", "/a", True),
    ],
)
def test_groups_and_paths_are_matched_as_the_rfc_says(text, path, allowed):
    assert (judge(saying(text), "http://a.example" + path) is None) is allowed


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("0.5", 0.5), ("100000", 120.0), ("-1", 0.0), ("inf", 0.0), ("soon", 0.0)])
def test_crawl_delay_is_honoured_up_to_two_minutes(value, seconds):
    assert crawl_delay(saying(f"User-agent: *\nCrawl-delay: {value}")) == seconds


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 301])
def test_without_a_robots_file_everything_is_allowed_for_a_day(status):
    assert read_robots(replace(ANSWER, status=status, body=b"User-agent: *\nDisallow: /"), NOON) == RobotsFile(
        expires_at=NOON + timedelta(days=1)
    )


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_in_trouble_disallows_everything_for_an_hour(status):
    assert read_robots(replace(ANSWER, status=status, reason="Oh"), NOON) == RobotsFile(
        expires_at=NOON + timedelta(hours=1), failure=Failure(kind="robots_refused", detail=f"robots.txt could not be had: {status} Oh")
    )


@pytest.mark.parametrize(
    ("kind", "minutes", "failure"),
    [
        ("timeout", 10, Failure(kind="timeout", detail="robots.txt: why")),
        ("dns", 10, Failure(kind="dns", detail="robots.txt: why")),
        ("truncated", 60, Failure(kind="robots_refused", detail="robots.txt could not be had: why")),
        ("redirects", 24 * 60, None),
        ("address_refused", 0, Failure(kind="address_refused", detail="why")),
        ("cancelled", 0, Failure(kind="cancelled", detail="why")),
    ],
)
def test_an_unreachable_robots_file_disallows_for_a_while(kind, minutes, failure):
    robots = read_robots(replace(ANSWER, failure=Failure(kind=kind, detail="why")), NOON)
    assert robots == RobotsFile(expires_at=NOON + timedelta(minutes=minutes), failure=failure)


def test_only_the_first_500_kib_are_read_and_a_byte_order_mark_is_passed_over():
    body = b"\xef\xbb\xbfUser-agent: *\nDisallow: /a\n#" + b"x" * 500 * 1024 + b"\nDisallow: /b"
    robots = read_robots(replace(ANSWER, status=200, body=body), NOON)
    assert [judge(robots, f"http://a.example/{path}") is None for path in "ab"] == [False, True]


# --- how it is asked for ---------------------------------------------------------------------------------------------


def visiting(routes, folder, *calls, policy=POLICY, time=None):
    """Make these calls, (kind, url) or seconds to pass, and tell what came of them, what the server saw, and the own visits."""
    time = time or FakeClock(NOON)

    async def run():
        async with LoopbackServer(routes, monotonic=time.monotonic) as server:
            pairs = tuple(
                ConnectTo(name=name, port=None, address="127.0.0.1", target_port=server.port)
                for name in ("a.example", "www.a.example", "b.example")
            )
            outcomes, visits = [], []
            for call in calls:
                if isinstance(call, int):
                    time.advance(call)
                    continue
                kind, url = call
                async with Fetcher(replace(policy, connect_to=pairs), time.clock, hosts=HostBook(folder / "hosts.sqlite")) as fetcher:
                    response = await fetcher.fetch(url, kind=kind)
                    outcomes.append(response.status or response.failure.kind)
                    visits += fetcher.take_visits()
                    assert fetcher.take_visits() == ()
            return outcomes, [f"{request.header('Host')}{request.target}" for request in server.received], visits

    return asyncio.run(run())


CLOSED = {"/robots.txt": Reply(body=b"User-agent: *\nDisallow: /private"), "/private": Reply(), "/open": Reply()}


def test_robots_is_asked_for_once_and_kept_for_all_processes(tmp_path):
    calls = [("page", "http://a.example/open"), ("page", "http://a.example/private"), ("page", "http://www.a.example/open")]
    assert visiting(CLOSED, tmp_path, *calls)[:2] == (
        [200, "robots_refused", 200],
        ["a.example/robots.txt", "a.example/open", "www.a.example/robots.txt", "www.a.example/open"],
    )


def test_robots_is_asked_for_again_after_a_day(tmp_path):
    calls = [("page", "http://a.example/open"), 86399, ("page", "http://a.example/open"), 1, ("page", "http://a.example/open")]
    _, asked, _ = visiting(CLOSED, tmp_path, *calls)
    assert asked.count("a.example/robots.txt") == 2


def test_a_feed_that_was_subscribed_to_needs_no_robots(tmp_path):
    assert visiting(CLOSED, tmp_path, ("feed", "http://a.example/private"))[:2] == ([200], ["a.example/private"])


def test_robots_is_left_alone_where_the_operator_says_so(tmp_path):
    policy = replace(POLICY, respect_robots=False)
    assert visiting(CLOSED, tmp_path, ("page", "http://a.example/private"), policy=policy)[:2] == ([200], ["a.example/private"])


def test_each_hop_of_a_page_is_judged_by_its_own_robots(tmp_path):
    routes = CLOSED | {"a.example/robots.txt": Reply(), "/moved": Reply(status=302, headers=(("Location", "http://b.example/private"),))}
    assert visiting(routes, tmp_path, ("page", "http://a.example/moved"))[:2] == (
        ["robots_refused"],
        ["a.example/robots.txt", "a.example/moved", "b.example/robots.txt"],
    )


def test_robots_may_be_redirected(tmp_path):
    routes = CLOSED | {"/robots.txt": Reply(status=301, headers=(("Location", "/r"),)), "/r": CLOSED["/robots.txt"]}
    assert visiting(routes, tmp_path, ("page", "http://a.example/private"))[0] == ["robots_refused"]


def test_a_server_that_hides_its_robots_is_asked_again_after_an_hour(tmp_path):
    calls = [("page", "http://a.example/open"), 3599, ("page", "http://a.example/open"), 1, ("page", "http://a.example/open")]
    outcomes, asked, _ = visiting({"/robots.txt": Reply(status=500), "/open": Reply()}, tmp_path, *calls)
    assert (outcomes, asked) == (["robots_refused"] * 3, ["a.example/robots.txt"] * 2)


def test_a_page_shares_the_fate_of_a_robots_file_that_nobody_serves(tmp_path):
    routes = {"/robots.txt": Raw((b"",)), "/open": Reply()}
    outcomes, asked, visits = visiting(routes, tmp_path, ("page", "http://a.example/open"))
    assert (outcomes, asked, [visit.outcome for visit in visits]) == (["robots_refused"], ["a.example/robots.txt"], ["protocol"])


def test_a_private_address_is_refused_for_what_it_is(tmp_path):
    outcomes, _, visits = visiting({}, tmp_path, ("page", "http://10.0.0.1/"), ("page", "http://10.0.0.1/"))
    assert (outcomes, [visit.outcome for visit in visits]) == (["address_refused"] * 2, ["address_refused"] * 2)


def test_a_pause_is_no_word_about_robots(tmp_path):
    """Retry-After on a feed pauses the scope; a page then is given back, and its robots.txt is not put down as refused."""
    routes = CLOSED | {"/feed": Reply(status=429, headers=(("Retry-After", "3600"),))}
    calls = [("feed", "http://a.example/feed"), ("page", "http://a.example/open"), 3600, ("page", "http://a.example/open")]
    outcomes, _, visits = visiting(routes, tmp_path, *calls)
    assert (outcomes, [visit.outcome for visit in visits]) == ([429, "cancelled", 200], ["ok"])


def test_a_robots_txt_that_leads_where_nothing_may_be_fetched_is_not_asked_for_with_every_page(tmp_path):
    routes = {"/robots.txt": Reply(status=302, headers=(("Location", "http://10.0.0.7/robots.txt"),)), "/open": Reply()}
    calls = [("page", "http://a.example/open"), ("page", "http://a.example/open"), 3600, ("page", "http://a.example/open")]
    outcomes, asked, _ = visiting(routes, tmp_path, *calls)
    assert (outcomes, asked) == (["robots_refused"] * 3, ["a.example/robots.txt"] * 2)


def test_crawl_delay_spaces_pages_even_where_ours_is_shorter(tmp_path):
    time = FakeClock(NOON)
    routes = CLOSED | {"/robots.txt": Reply(body=b"User-agent: *\nCrawl-delay: 40")}
    visiting(routes, tmp_path, *[("page", "http://a.example/open")] * 3, ("feed", "http://a.example/open"), time=time)
    assert time.slept == [40.0] * 4


def test_an_own_visit_says_what_was_asked(tmp_path):
    *_, visits = visiting(CLOSED, tmp_path, ("page", "http://a.example/open"))
    assert visits == [
        Visit(
            kind="robots",
            url="http://a.example/robots.txt",
            final_url="http://a.example/robots.txt",
            source_id=None,
            status=200,
            outcome="ok",
            body_bytes=32,
            duration_ms=0,
            at=NOON,
            scope="a.example",
            delay_seconds=0.0,
        )
    ]
