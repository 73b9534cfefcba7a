"""One GET per address and pass: who comes second is given what the first was told, over real sockets."""

from __future__ import annotations

import asyncio
import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loopback import FakeClock, LoopbackServer, Reply

from extractors.fetch.client import Fetcher
from extractors.fetch.exchange import Answer
from extractors.fetch.hosts import HostBook
from extractors.fetch.passes import PassMemory
from extractors.fetch.policy import ConnectTo, FetchPolicy
from extractors.records import Failure

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TARGET = "http://a.example/story"
LEADS = Reply(status=301, reason="Moved", headers=(("Location", TARGET),))
STORY = Reply(headers=(("ETag", '"1"'),), body=b"<p>The story</p>")
ROUTES = {"/old": LEADS, "/amp": LEADS, "/story": STORY, "/onward": Reply(status=302, headers=(("Location", "/old"),))}


def ask(tmp_path: Path, calls, *, routes=ROUTES, clock=None, connections=1):
    """Fetch each (path, options) one after the other, or all at once where the calls are a set; responses and what the server saw."""

    async def run():
        async with LoopbackServer(routes) as server:
            policy = FetchPolicy(
                user_agent="trilateral/1.0",
                allow_networks=(ipaddress.ip_network("127.0.0.0/8"),),
                connect_to=(ConnectTo(name="a.example", port=None, address="127.0.0.1", target_port=server.port),),
                host_delay_seconds=0.0,
                host_connections=connections,
                respect_robots=False,
            )
            time = clock or FakeClock(NOON)
            async with Fetcher(policy, time.clock, hosts=HostBook(tmp_path / "hosts.sqlite")) as fetcher:
                asked = [
                    lambda path=path, options=options: fetcher.fetch(f"http://a.example{path}", kind="page", **options)
                    for path, options in calls
                ]
                if connections > 1:
                    responses = await asyncio.gather(*(question() for question in asked))
                else:
                    responses = []
                    for question in asked:
                        responses.append(await question())
                        time.advance(1)
            return responses, server.targets()

    return asyncio.run(run())


SHARED = {"shares": True}


@pytest.mark.parametrize("connections", [1, 4])
def test_addresses_that_lead_to_one_page_cost_one_get_of_it(tmp_path, connections):
    calls = [("/old", SHARED), ("/amp", SHARED), ("/story", SHARED), ("/onward", SHARED)]
    responses, targets = ask(tmp_path, calls, connections=connections)
    assert sorted(targets) == ["/amp", "/old", "/onward", "/story"]
    assert {(response.status, response.final_url, response.body, response.wire_body) for response in responses} == {
        (200, TARGET, STORY.body, STORY.body)
    }
    assert sum(response.is_shared for response in responses) == 3


def test_what_was_not_asked_anew_is_marked(tmp_path):
    (first, second, third), _ = ask(tmp_path, [("/old", SHARED), ("/amp", SHARED), ("/story", SHARED)])
    assert (first.is_shared, second.is_shared, third.is_shared) == (False, True, True)
    assert (first.delay_seconds, second.delay_seconds, third.delay_seconds) == (0.0, 0.0, None)


def test_who_looks_again_asks_again(tmp_path):
    _, targets = ask(tmp_path, [("/story", SHARED), ("/story", {"etag": '"1"'}), ("/old", {})])
    assert targets == ["/story", "/story", "/old", "/story"]


def test_a_failure_is_shared_too(tmp_path):
    (first, second), targets = ask(tmp_path, [("/old", SHARED), ("/amp", SHARED)], routes={"/old": LEADS, "/amp": LEADS})
    assert (first.status, second.status, targets) == (404, 404, ["/old", "/story", "/amp"])


def test_an_hour_later_it_is_another_pass():
    memory = PassMemory()
    memory.keep("a", {}, Answer(status=200), NOON)
    found = [memory.find("a", {}, NOON + timedelta(minutes=minutes)) for minutes in (59, 60)]
    assert found == [Answer(status=200), None]


def test_a_304_answers_only_who_put_the_same_question(tmp_path):
    routes = ROUTES | {"/story": lambda request: Reply(status=304) if request.header("If-None-Match") else STORY}
    calls = [("/story", {"etag": '"1"', **SHARED}), ("/old", SHARED), ("/old", {"etag": '"1"', **SHARED})]
    (first, second, third), targets = ask(tmp_path, calls, routes=routes)
    assert (first.status, third.status, targets) == (304, 304, ["/story", "/old"])
    assert second.failure == Failure(kind="cancelled", detail=f"{TARGET} was asked in this pass already")


def test_bodies_are_let_go_and_addresses_are_not():
    memory = PassMemory(max_bytes=10)
    for name in ("a", "b", "c"):
        memory.keep(name, {}, Answer(status=200, body=b"1234"), NOON)
    assert memory.find("a", {}, NOON) == Failure(kind="cancelled", detail="a was asked in this pass already")
    assert [memory.find(name, {}, NOON) for name in ("b", "c", "d")] == [Answer(status=200, body=b"1234")] * 2 + [None]
