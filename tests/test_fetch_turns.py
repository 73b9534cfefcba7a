"""Politeness: whose turn it is, in this process and in all of them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path

import pytest
from loopback import HANG, FakeClock, LoopbackServer, Raw, Reply

from extractors.errors import TrilateralError
from extractors.fetch.client import Fetcher
from extractors.fetch.hosts import HostBook, Lease, Wait
from extractors.fetch.policy import ConnectTo, FetchPolicy

ROOT = Path(__file__).parents[1]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICY = FetchPolicy(
    user_agent="trilateral/test", allow_networks=(ip_network("127.0.0.0/8"),), host_delay_seconds=5.0, respect_robots=False
)


def after(seconds):
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def book(tmp_path):
    book = HostBook(tmp_path / "private" / "hosts.sqlite")
    yield book
    book.close()


# --- the book --------------------------------------------------------------------------------------------------------


def test_a_second_start_waits_for_the_delay(book):
    first = book.acquire("a.example", 5.0, NOON)
    book.release(first, counted_from=NOON)
    assert [book.acquire("a.example", 5.0, after(2)), book.acquire("b.example", 5.0, after(2))] == [
        Wait(seconds=3.0),
        Lease(lease_id=2, scope="b.example"),
    ]
    assert isinstance(book.acquire("a.example", 5.0, after(5)), Lease)


def test_the_longer_of_two_delays_holds(book):
    book.release(book.acquire("a.example", 20.0, NOON), counted_from=NOON)
    assert book.acquire("a.example", 5.0, after(10)) == Wait(seconds=10.0)
    book.release(book.acquire("a.example", 5.0, after(20)), counted_from=after(20))
    assert book.acquire("a.example", 30.0, after(30)) == Wait(seconds=20.0)


def test_the_delay_is_counted_from_when_the_server_had_surely_seen_the_request(book):
    book.release(book.acquire("a.example", 5.0, NOON), counted_from=after(3))
    assert book.acquire("a.example", 5.0, after(5)) == Wait(seconds=3.0)


def test_a_held_lease_keeps_others_out_until_it_is_released(book):
    lease = book.acquire("a.example", 1.0, NOON)
    assert isinstance(book.acquire("a.example", 1.0, after(30)), Wait)
    book.release(lease, counted_from=NOON)
    assert isinstance(book.acquire("a.example", 1.0, after(30)), Lease)


def test_as_many_leases_as_connections_are_handed_out(book):
    taken = [book.acquire("a.example", 0.0, NOON, connections=2) for _ in range(3)]
    assert [type(answer) for answer in taken] == [Lease, Lease, Wait]


def test_a_lease_of_a_living_process_is_void_after_its_time(book):
    book.acquire("a.example", 1.0, NOON, lease_seconds=60)
    assert isinstance(book.acquire("a.example", 1.0, after(59)), Wait)
    assert isinstance(book.acquire("a.example", 1.0, after(60)), Lease)


def test_a_pause_holds_until_its_end_and_a_shorter_one_does_not_cut_it(book):
    book.pause("a.example", after(100))
    book.pause("a.example", after(50))
    assert book.acquire("a.example", 5.0, after(40)) == Wait(seconds=60.0, paused_until=after(100))
    assert isinstance(book.acquire("a.example", 5.0, after(100)), Lease)


def test_no_pause_is_longer_than_a_day(book):
    book.pause("a.example", after(10 * 86400))
    assert book.acquire("a.example", 5.0, NOON).seconds == 86400.0


def test_a_wall_clock_that_was_set_back_costs_one_delay(book):
    book.release(book.acquire("a.example", 5.0, after(3600)), counted_from=after(3600))
    assert book.acquire("a.example", 5.0, NOON) == Wait(seconds=5.0)
    assert isinstance(book.acquire("a.example", 5.0, after(5)), Lease)


def test_an_unusable_file_is_named(tmp_path):
    (tmp_path / "hosts.sqlite").write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(TrilateralError, match=r"hosts\.sqlite: file is not a database"):
        HostBook(tmp_path / "hosts.sqlite").acquire("a.example", 5.0, NOON)


def test_many_threads_and_books_may_open_the_file_at_once(tmp_path):
    books = [HostBook(tmp_path / "private" / "hosts.sqlite") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda book: book.acquire("a.example", 0.0, NOON), books))
    for book in books:
        book.close()
    assert sorted(type(answer).__name__ for answer in answers) == ["Lease", *["Wait"] * 7]


HOLDER = """
    import os, signal, sys
    from datetime import UTC, datetime
    from extractors.fetch.hosts import HostBook
    print(HostBook(sys.argv[1]).acquire("a.example", 1.0, datetime(2026, 3, 1, 12, tzinfo=UTC), lease_seconds=1e6), flush=True)
    signal.pause()
"""


def test_a_lease_of_a_killed_process_is_void_at_once(book, tmp_path):
    command = [sys.executable, "-c", textwrap.dedent(HOLDER), str(tmp_path / "private" / "hosts.sqlite")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline().startswith("Lease")
        assert isinstance(book.acquire("a.example", 1.0, after(60)), Wait)
        holder.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet buried
        assert isinstance(book.acquire("a.example", 1.0, after(60)), Lease)


# --- the fetcher -----------------------------------------------------------------------------------------------------


def toward(server, *names, **options):
    pairs = tuple(ConnectTo(name=name, port=None, address="127.0.0.1", target_port=server.port) for name in names)
    return replace(POLICY, connect_to=pairs, **options)


def test_starts_in_one_scope_are_spaced_whatever_is_asked_for(tmp_path):
    """Feeds, pages, robots.txt, redirects and neighbouring names together; another scope is not held up."""
    time = FakeClock(NOON)
    routes = {
        "/old": Reply(status=301, headers=(("Location", "http://www.a.example/feed"),)),
        "/feed": Reply(body=b"feed"),
        "/page": Reply(body=b"page"),
        "/robots.txt": Reply(body=b"User-agent: *\nCrawl-delay: 9\n"),
    }

    async def run():
        async with LoopbackServer(routes, monotonic=time.monotonic) as server:
            policy = toward(server, "a.example", "www.a.example", "b.example", respect_robots=True)
            async with Fetcher(policy, time.clock, hosts=HostBook(tmp_path / "hosts.sqlite")) as fetcher:
                wanted = [("http://a.example/old", "feed"), ("http://a.example/page", "page"), ("http://www.a.example/page", "page")]
                await asyncio.gather(*(fetcher.fetch(url, kind=kind) for url, kind in wanted))
                await fetcher.fetch("http://b.example/feed", kind="feed")
            return server.received

    received = asyncio.run(run())
    starts = [request.at for request in received if "b.example" not in request.header("Host")]
    pages = [request.at for request in received if request.target == "/page"]
    assert len(starts) == 6  # two feeds, two pages, two robots.txt
    assert min(later - earlier for earlier, later in pairwise(starts)) >= 5.0
    assert pages[1] - pages[0] >= 9.0
    assert received[-1].at == starts[-1]
    assert {request.at_once for request in received} == {1}


def test_waiters_are_served_in_the_order_in_which_they_came(tmp_path):
    time = FakeClock(NOON)

    async def run():
        async with LoopbackServer({}, monotonic=time.monotonic) as server:
            async with Fetcher(toward(server, "a.example"), time.clock, hosts=HostBook(tmp_path / "hosts.sqlite")) as fetcher:
                await asyncio.gather(*(fetcher.fetch(f"http://a.example/{number}", kind="feed") for number in range(20)))
            return server.targets()

    assert asyncio.run(run()) == [f"/{number}" for number in range(20)]


def test_two_connections_may_be_open_where_two_are_allowed(tmp_path):
    async def run():
        async with LoopbackServer({"/": Raw((HANG,))}) as server:
            policy = toward(server, "a.example", host_delay_seconds=0.0, host_connections=2, request_timeout_seconds=0.3)
            async with Fetcher(policy, hosts=HostBook(tmp_path / "hosts.sqlite")) as fetcher:
                await asyncio.gather(*(fetcher.fetch("http://a.example/", kind="feed") for _ in range(4)))
            return max(request.at_once for request in server.received)

    assert asyncio.run(run()) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_pauses_the_whole_scope_and_nobody_blocks_for_it(status, tmp_path):
    time = FakeClock(NOON)
    busy = Reply(
        status=status, reason="Later", headers=(("Retry-After", "Sun, 01 Mar 2026 13:00:00 GMT"), ("Date", "Sun, 01 Mar 2026 12:00:00 GMT"))
    )

    async def run():
        async with LoopbackServer({"/": busy, "/other": Reply()}) as server:
            hosts = HostBook(tmp_path / "hosts.sqlite")
            async with Fetcher(toward(server, "a.example", "www.a.example"), time.clock, hosts=hosts) as fetcher:
                first = await fetcher.fetch("http://a.example/", kind="feed")
                second = await fetcher.fetch("http://www.a.example/other", kind="page")
                time.advance(3600)
                return first, second, await fetcher.fetch("http://www.a.example/other", kind="page")

    first, second, third = asyncio.run(run())
    assert first.status == status
    assert (second.failure.kind, second.failure.detail) == ("cancelled", "scope a.example paused until 2026-03-01T13:00:00Z")
    assert third.status == 200
    assert time.slept == []


def test_a_short_pause_is_waited_for(tmp_path):
    time = FakeClock(NOON)

    async def run():
        async with LoopbackServer({"/": Reply(status=429, headers=(("Retry-After", "30"),)), "/b": Reply()}) as server:
            policy = toward(server, "a.example")
            async with Fetcher(policy, time.clock, hosts=HostBook(tmp_path / "hosts.sqlite")) as fetcher:
                await fetcher.fetch("http://a.example/", kind="feed")
                return (await fetcher.fetch("http://a.example/b", kind="feed")).status

    assert (asyncio.run(run()), time.slept) == (200, [30.0])


def test_a_scope_that_other_processes_keep_busy_is_given_back(tmp_path):
    time = FakeClock(NOON)

    async def run():
        other = HostBook(tmp_path / "hosts.sqlite")
        other.acquire("a.example", 5.0, NOON, lease_seconds=1e6)
        async with Fetcher(replace(POLICY, max_wait_seconds=60.0), time.clock, hosts=HostBook(tmp_path / "hosts.sqlite")) as fetcher:
            response = await fetcher.fetch("http://a.example/", kind="feed")
        other.close()
        return response

    response = asyncio.run(run())
    assert (response.failure.kind, response.failure.detail) == ("cancelled", "scope a.example busy with other processes")
    assert 60.0 <= sum(time.slept) <= 66.0


@pytest.mark.parametrize("moment", ["on the net", "waiting for a turn"])
def test_cancelling_closes_the_exchange_and_frees_the_turn(moment, tmp_path):
    time = FakeClock(NOON)

    async def run():
        hosts = HostBook(tmp_path / "hosts.sqlite")
        async with LoopbackServer({"/": Raw((HANG,)), "/next": Reply(body=b"free")}) as server:
            policy = toward(server, "a.example")
            async with Fetcher(policy, time.clock, hosts=hosts) as fetcher:
                hanging = asyncio.create_task(fetcher.fetch("http://a.example/", kind="feed"))
                while not server.received:
                    await asyncio.sleep(0)
                waiting = asyncio.create_task(fetcher.fetch("http://a.example/next", kind="feed"))
                await asyncio.sleep(0)
                cancelled, left = (hanging, waiting) if moment == "on the net" else (waiting, hanging)
                cancelled.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await cancelled
                if moment == "on the net":
                    return (await left).body
                hanging.cancel()
                await asyncio.gather(hanging, return_exceptions=True)
                return (await fetcher.fetch("http://a.example/next", kind="feed")).body

    assert asyncio.run(run()) == b"free"


VISITOR = """
    import asyncio, sys
    from ipaddress import ip_network
    from extractors.fetch.client import Fetcher
    from extractors.fetch.hosts import HostBook
    from extractors.fetch.policy import FetchPolicy, parse_connect_to

    async def main(path, port):
        policy = FetchPolicy(
            user_agent="trilateral/test", allow_networks=(ip_network("127.0.0.0/8"),), host_delay_seconds=0.25,
            connect_to=parse_connect_to(f"a.example=127.0.0.1:{port},www.a.example=127.0.0.1:{port}"),
        )
        async with Fetcher(policy, hosts=HostBook(path)) as fetcher:
            urls = [f"http://{name}a.example/{number}" for number in range(4) for name in ("", "www.")]
            for response in await asyncio.gather(*(fetcher.fetch(url, kind="page") for url in urls)):
                assert response.status == 200, response

    asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


@pytest.mark.slow
def test_two_processes_together_are_as_polite_as_one(tmp_path):
    """Counted by the server: starts spaced, never two connections, each robots.txt asked for once."""
    slow = Raw((0.1, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    routes = {"/robots.txt": Reply()} | {f"/{number}": slow for number in range(4)}

    async def run():
        async with LoopbackServer(routes) as server:
            command = [sys.executable, "-c", textwrap.dedent(VISITOR), str(tmp_path / "hosts.sqlite"), str(server.port)]
            visitors = [await asyncio.create_subprocess_exec(*command, cwd=ROOT) for _ in range(2)]
            assert [await visitor.wait() for visitor in visitors] == [0, 0]
            return server.received

    received = asyncio.run(run())
    starts = [request.at for request in received]
    assert len(starts) == 2 * 8 + 2
    assert sum(request.target == "/robots.txt" for request in received) == 2
    assert {request.at_once for request in received} == {1}
    assert min(later - earlier for earlier, later in pairwise(starts)) >= 0.25


# --- claims ----------------------------------------------------------------------------------------------------------

CLAIMING = """
import sys
from datetime import datetime
from extractors.fetch.hosts import HostBook
book = HostBook(sys.argv[1])
print(book.claim("feed", known_at=datetime.fromisoformat(sys.argv[2])), flush=True)
sys.stdin.read()
"""


def claim_elsewhere(folder, known_at):
    """Another process, which claims the same, says whether it may and lives until its input is closed."""
    command = [sys.executable, "-c", CLAIMING, str(folder / "private" / "hosts.sqlite"), known_at.isoformat()]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_what_one_process_is_at_no_other_asks_for_while_it_lives(book, tmp_path):
    with claim_elsewhere(tmp_path, NOON) as other:
        assert other.stdout.readline() == "True\n"
        assert [book.claim("feed", known_at=NOON), book.claim("page", known_at=NOON)] == [False, True]
        other.stdin.close()
        other.wait()
        assert book.claim("feed", known_at=NOON)


def test_what_landed_after_it_was_handed_out_is_not_asked_for_again(book):
    assert book.claim("feed", known_at=NOON)
    book.settle(["feed"], after(10))
    assert [book.claim("feed", known_at=after(5)), book.claim("feed", known_at=after(11))] == [False, True]
