"""No address that is not public is ever connected to, whatever led there."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest
from loopback import FakeClock, LoopbackServer, Reply

from extractors.errors import SettingError
from extractors.fetch.addresses import is_allowed
from extractors.fetch.client import Fetcher
from extractors.fetch.hosts import HostBook
from extractors.fetch.policy import FetchPolicy, parse_connect_to

POLICY = FetchPolicy(user_agent="trilateral/test", respect_robots=False, allow_ports=None)
LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.1", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.31.0.1", "192.0.0.8"),
        *(
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.19.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
        ),
        *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1"),
        *("2001::1", "2001:db8::1", "2002:7f00:1::", "2002:c0a8:101::", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1"),
        *("fe80::1", "fe80::1%lo", "fec0::1", "ff02::1"),
    ],
)
def test_addresses_that_are_not_public_are_refused(address):
    assert not is_allowed(ip_address(address), ())


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "100.128.0.1", "172.32.0.1", "2a00:1450::1", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"],
)
def test_public_addresses_are_allowed(address):
    assert is_allowed(ip_address(address), ())


@pytest.mark.parametrize(("address", "allowed"), [("127.0.0.1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False), ("::1", False)])
def test_a_network_can_be_allowed_and_nothing_else_is(address, allowed):
    assert is_allowed(ip_address(address), LOOPBACK) is allowed


def fetch(url, policy, folder, *, resolve=None):
    async def run():
        options = {} if resolve is None else {"resolve": resolve}
        async with Fetcher(policy, FakeClock().clock, hosts=HostBook(folder / "hosts.sqlite"), **options) as fetcher:
            return await fetcher.fetch(url, kind="feed")

    return asyncio.run(run())


def answering(*addresses):
    async def resolve(name, port):
        return addresses

    return resolve


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:1/", "http://2130706433:1/", "http://0x7f.1:1/", "http://0177.0.0.1:1/", "http://127.1:1/", "http://[::1]:1/"),
        *("http://[::ffff:127.0.0.1]:1/", "http://[::ffff:7f00:1]:1/", "http://169.254.169.254/latest/meta-data", "http://0/"),
        *("http://１２７.0.0.1:1/", "http://localhost:1/"),
    ],
)
def test_every_spelling_of_a_private_address_is_refused(url, tmp_path):
    response = fetch(url, POLICY, tmp_path)
    assert (response.status, response.failure.kind) == (None, "address_refused")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "fe80::1%eth0"])
def test_a_public_name_with_a_private_address_is_refused(address, tmp_path):
    response = fetch("http://news.example/", POLICY, tmp_path, resolve=answering(address))
    assert response.failure.kind == "address_refused"
    assert "news.example" in response.failure.detail


def test_a_redirect_to_a_private_address_is_refused(tmp_path):
    async def run():
        async with LoopbackServer(host="127.0.0.7") as public, LoopbackServer({"/": Reply(body=b"secret")}) as private:
            public.routes["/"] = Reply(status=302, reason="Found", headers=(("Location", private.url()),))
            policy = replace(POLICY, allow_networks=(ip_network("127.0.0.7/32"),))
            async with Fetcher(policy, FakeClock().clock, hosts=HostBook(tmp_path / "h")) as fetcher:
                return await fetcher.fetch(public.url(), kind="feed"), public.targets(), private.targets()

    response, asked_public, asked_private = asyncio.run(run())
    assert (response.failure.kind, asked_public, asked_private) == ("address_refused", ["/"], [])


def test_a_name_that_answers_differently_the_second_time_gains_nothing(tmp_path):
    """DNS rebinding: whatever is resolved is what is checked and what is connected to, once per connection."""
    answers = [("127.0.0.1",), ("10.0.0.1",), ("127.0.0.1",)]

    async def resolve(name, port):
        return answers.pop(0)

    async def run():
        async with LoopbackServer({"/": Reply(body=b"x")}) as server:
            policy = replace(POLICY, allow_networks=LOOPBACK)
            async with Fetcher(policy, FakeClock().clock, hosts=HostBook(tmp_path / "h"), resolve=resolve) as fetcher:
                return [await fetcher.fetch(f"http://news.example:{server.port}/", kind="feed") for _ in range(3)]

    outcomes = [response.status or response.failure.kind for response in asyncio.run(run())]
    assert (outcomes, answers) == ([200, "address_refused", 200], [])


def test_only_the_allowed_ones_of_several_addresses_are_used(tmp_path):
    async def run():
        async with LoopbackServer({"/": Reply(body=b"x")}) as server:
            policy = replace(POLICY, allow_networks=LOOPBACK)
            hosts = HostBook(tmp_path / "h")
            async with Fetcher(policy, FakeClock().clock, hosts=hosts, resolve=answering("10.0.0.1", "127.0.0.9", "127.0.0.1")) as fetcher:
                return await fetcher.fetch(f"http://news.example:{server.port}/", kind="feed")

    assert asyncio.run(run()).body == b"x"


def test_connect_to_keeps_the_name_and_is_checked_at_its_target(tmp_path):
    async def run(networks):
        async with LoopbackServer({"/": Reply(body=b"x")}) as server:
            pairs = parse_connect_to(f"a.example=10.0.0.1:1, a.example:80=127.0.0.1:{server.port}")
            policy = FetchPolicy(user_agent="t", allow_networks=networks, connect_to=pairs)
            async with Fetcher(policy, FakeClock().clock, hosts=HostBook(tmp_path / "h")) as fetcher:
                response = await fetcher.fetch("http://a.example/", kind="feed")
                return response.failure and response.failure.kind, response.final_url, [r.header("Host") for r in server.received]

    assert asyncio.run(run(LOOPBACK)) == (None, "http://a.example/", ["a.example"])
    assert asyncio.run(run(())) == ("address_refused", "http://a.example/", [])


def test_a_name_without_an_address_is_a_dns_failure(tmp_path):
    async def resolve(name, port):
        raise OSError("no such name")

    assert fetch("http://news.example/", POLICY, tmp_path, resolve=resolve).failure.kind == "dns"
    assert fetch("http://news.example/", POLICY, tmp_path, resolve=answering()).failure.kind == "dns"


@pytest.mark.parametrize(
    ("ports", "url", "kind"), [((80, 443), "http://a.example:8080/", "port_refused"), (None, "http://a.example:8080/", "dns")]
)
def test_ports_are_checked_before_anything_is_resolved(ports, url, kind, tmp_path):
    assert fetch(url, replace(POLICY, allow_ports=ports), tmp_path, resolve=answering()).failure.kind == kind


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "127.0.0.1:3128", "http://", "nonsense"])
def test_a_proxy_that_cannot_be_used_is_named(proxy, tmp_path):
    with pytest.raises(SettingError, match=r"proxy: not an http\(s\) address: '" + re.escape(proxy)):
        Fetcher(replace(POLICY, proxy=proxy), hosts=HostBook(tmp_path / "h"))


def test_behind_a_proxy_names_are_still_resolved_and_refused_here(tmp_path):
    async def run():
        async with LoopbackServer() as proxy:
            proxy.routes["http://news.example/feed"] = Reply(body=b"through the proxy")
            policy = replace(POLICY, proxy=proxy.url("/"))
            results = []
            for address in ("8.8.8.8", "192.168.0.1"):
                async with Fetcher(policy, FakeClock().clock, hosts=HostBook(tmp_path / address), resolve=answering(address)) as fetcher:
                    response = await fetcher.fetch("http://news.example/feed", kind="feed")
                    results.append(response.body or response.failure.kind)
            return results, proxy.targets()

    assert asyncio.run(run()) == ([b"through the proxy", "address_refused"], ["http://news.example/feed"])
