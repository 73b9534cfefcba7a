"""One fetch over real sockets: what is sent, what comes back, and what every misbehaviour of a server amounts to."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import ipaddress
import ssl
from contextlib import asynccontextmanager
from dataclasses import replace

import brotli
import pytest
import zstandard
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from loopback import HANG, FakeClock, LoopbackServer, Raw, Reply

from extractors.fetch.client import Fetcher
from extractors.fetch.hosts import HostBook
from extractors.fetch.policy import ConnectTo, FetchPolicy
from extractors.records import Failure, Hop, Response

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
PAGE = b"<p>" + "Новости часа. ".encode() * 200
POLICY = FetchPolicy(
    user_agent="trilateral/1.0 (+desk@example.org)",
    allow_networks=(ipaddress.ip_network("127.0.0.0/8"),),
    host_delay_seconds=0.0,
    respect_robots=False,
    request_timeout_seconds=10.0,
    max_body_bytes=2**20,
)


def named(policy, server, *names):
    """The policy under which these names lead to the server."""
    pairs = tuple(ConnectTo(name=name, port=None, address="127.0.0.1", target_port=server.port) for name in names)
    return replace(policy, connect_to=pairs)


@asynccontextmanager
async def newsroom(routes, folder, *, policy=POLICY, names=("a.example", "b.example"), tls=(None, None)):
    hosts = HostBook(folder / "hosts.sqlite")
    async with LoopbackServer(routes, tls=tls[0]) as server:
        policy = named(policy, server, *names)
        async with Fetcher(policy, FakeClock(NOON).clock, hosts=hosts, tls=tls[1]) as fetcher:
            yield server, fetcher


def fetch(routes, folder, *, url="http://a.example/", kind="feed", policy=POLICY, **options):
    """Fetch one address from a server with these routes."""

    async def run():
        async with newsroom(routes, folder, policy=policy) as (_, fetcher):
            return await fetcher.fetch(url, kind=kind, **options)

    return asyncio.run(run())


def failure_of(reply, folder, **options):
    return fetch({"/": reply}, folder, **options).failure.kind


# --- what is sent, what comes back -----------------------------------------------------------------------------------


def test_a_response_keeps_everything_as_it_was_received(tmp_path):
    wire = gzip.compress(PAGE)
    headers = (("ETag", 'W/"x"'), ("X-Odd", "é"), ("Set-Cookie", "a=1"), ("set-cookie", "b=2"), ("Content-Encoding", "gzip"))
    response = fetch({"/": Reply(reason="Fine", headers=headers, body=wire)}, tmp_path)
    assert response == Response(
        url="http://a.example/",
        final_url="http://a.example/",
        status=200,
        reason="Fine",
        headers=(*headers, ("Content-Length", str(len(wire)))),
        body=PAGE,
        wire_body=wire,
        started_at=NOON,
        duration_ms=0,
        delay_seconds=0.0,
    )


def test_requests_are_honest_and_carry_nothing_else(tmp_path):
    async def run():
        async with newsroom({"/": Reply(headers=(("Set-Cookie", "id=1; Path=/"),))}, tmp_path) as (server, fetcher):
            await fetcher.fetch("http://a.example/", kind="page")
            await fetcher.fetch("http://a.example/", kind="page", accept="text/plain")
            return [request.headers for request in server.received]

    first, second = asyncio.run(run())
    assert first == (
        ("Host", "a.example"),
        ("User-Agent", "trilateral/1.0 (+desk@example.org)"),
        ("Accept", "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.1"),
        ("Accept-Encoding", "gzip, br, zstd"),
        ("Connection", "close"),
    )
    assert second == (*first[:2], ("Accept", "text/plain"), *first[3:])


@pytest.mark.parametrize("etag", ['"abc"', 'W/"a b"', "unquoted", '""', '"café"', '"a,b"'])
def test_validators_go_back_byte_for_byte(etag, tmp_path):
    def answer(request):
        is_same = (request.header("If-None-Match"), request.header("If-Modified-Since")) == (etag, "Sunday, whenever")
        return (
            Reply(status=304, reason="Not Modified") if is_same else Reply(headers=(("ETag", etag), ("Last-Modified", "Sunday, whenever")))
        )

    async def run():
        async with newsroom({"/": answer}, tmp_path) as (_, fetcher):
            first = await fetcher.fetch("http://a.example/", kind="feed")
            return await fetcher.fetch(
                "http://a.example/", kind="feed", etag=first.header("etag"), last_modified=first.header("last-modified")
            )

    second = asyncio.run(run())
    assert (second.status, second.body, second.sent_etag, second.sent_last_modified) == (304, b"", etag, "Sunday, whenever")


def test_what_cannot_be_a_header_is_not_sent(tmp_path):
    response = fetch({"/": Reply()}, tmp_path, etag='"1"\r\nX-Injected: 1', last_modified="вчера")
    assert (response.status, response.sent_etag, response.sent_last_modified) == (200, None, None)


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstandard.ZstdCompressor().compress)]
)
def test_offered_encodings_are_undone_and_the_wire_body_is_kept(encoding, pack, tmp_path):
    sent = pack(PAGE)  # once: gzip writes the second into its header
    response = fetch({"/": Reply(headers=(("Content-Encoding", encoding),), body=sent)}, tmp_path)
    assert (response.body, response.wire_body) == (PAGE, sent)


def test_chunked_transfer_is_undone(tmp_path):
    reply = Raw((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n"))
    response = fetch({"/": reply}, tmp_path)
    assert (response.body, response.wire_body, response.header("Transfer-Encoding")) == (b"abcde", b"abcde", "chunked")


def test_a_body_may_end_with_its_connection(tmp_path):
    assert fetch({"/": Raw((b"HTTP/1.0 200 OK\r\n\r\n", b"abc"))}, tmp_path).body == b"abc"


# --- redirects -------------------------------------------------------------------------------------------------------


def leads(location, status=302):
    return Reply(status=status, reason="Moved", headers=(("Location", location),), body=b"see there")


def test_redirects_are_followed_and_remembered(tmp_path):
    routes = {
        "a.example/": leads("/one", 301),
        "a.example/one": leads("//b.example/two?utm_source=x", 308),
        "b.example/two": Reply(body=b"there"),
    }
    response = fetch(routes, tmp_path)
    assert response == Response(
        url="http://a.example/",
        final_url="http://b.example/two?utm_source=x",
        status=200,
        reason="OK",
        headers=(("Content-Length", "5"),),
        body=b"there",
        wire_body=b"there",
        hops=(Hop(url="http://a.example/", status=301), Hop(url="http://a.example/one", status=308)),
        started_at=NOON,
        duration_ms=0,
        delay_seconds=0.0,
    )


@pytest.mark.parametrize(("kind", "allowed"), [("feed", 5), ("page", 10), ("robots", 5)])
def test_redirects_are_limited(kind, allowed, tmp_path):
    routes = {f"/{number}": leads(f"/{number - 1}") for number in range(1, 20)} | {"/0": Reply(body=b"there")}
    assert fetch(routes, tmp_path / "a", kind=kind, url=f"http://a.example/{allowed}").body == b"there"
    assert fetch(routes, tmp_path / "b", kind=kind, url=f"http://a.example/{allowed + 1}").failure.kind == "redirects"


@pytest.mark.parametrize("location", ["http://a.example/", "", "#top", "HTTP://A.example:80/"])
def test_a_circle_of_redirects_is_left_at_once(location, tmp_path):
    async def run():
        async with newsroom({"/": leads(location)}, tmp_path) as (server, fetcher):
            response = await fetcher.fetch("http://a.example/", kind="feed")
            return response.failure.kind, len(server.received)

    assert asyncio.run(run()) == ("redirects", 1)


@pytest.mark.parametrize(
    ("location", "kind"),
    [("ftp://b.example/", "scheme_refused"), ("http://b.example:8080/", "port_refused"), ("http://[", "scheme_refused")],
)
def test_each_hop_is_checked_again(location, kind, tmp_path):
    response = fetch({"/": leads(location)}, tmp_path)
    assert (response.failure.kind, response.hops) == (kind, (Hop(url="http://a.example/", status=302),))


def test_a_redirect_without_location_is_an_answer_of_its_own(tmp_path):
    response = fetch({"/": Reply(status=301, body=b"gone")}, tmp_path)
    assert (response.status, response.failure, response.hops) == (301, None, ())


@pytest.mark.parametrize("url", ["ftp://a.example/", "nonsense", "http://user:pw@a.example/"])
def test_what_is_no_http_address_is_not_asked_for(url, tmp_path):
    response = fetch({}, tmp_path, url=url)
    assert (response.url, response.final_url, response.failure.kind) == (url, url, "scheme_refused")


@pytest.mark.parametrize("host", ["a_b.example", "xn--.example", "xn--i-7iq.ws", "a" * 63 + ".example", "-a.example"])
def test_odd_names_are_names(host, tmp_path):
    """Whoever can put a link into a feed can put any of these there; none may stop a run."""

    async def run():
        async with newsroom({"/": leads(f"http://{host}/there"), "/there": Reply(body=b"x")}, tmp_path, names=("a.example", host)) as (
            server,
            fetcher,
        ):
            response = await fetcher.fetch("http://a.example/", kind="feed")
            return response.body, server.received[-1].header("Host")

    assert asyncio.run(run()) == (b"x", host)


# --- misbehaviour ----------------------------------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\n"
PACKED = gzip.compress(PAGE)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Raw((HEAD + b"Content-Length: 10\r\n\r\nabc",)), "truncated"),
        (Raw((HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nab",)), "truncated"),
        (Raw((HEAD + b"Content-Encoding: gzip\r\n\r\n" + PACKED[:-9],)), "truncated"),
        (Reply(headers=(("Content-Encoding", "gzip"),), body=PAGE), "undecodable"),
        (Reply(headers=(("Content-Encoding", "exi"),), body=PAGE), "undecodable"),
        (Raw((HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",)), "protocol"),
        (Raw((b"SSH-2.0-OpenSSH_9.6\r\n\r\n",)), "protocol"),
        (Raw((b"",)), "protocol"),
        (Raw((HEAD + b"X: " + b"x" * 300_000,)), "protocol"),
        (Reply(body=b"x" * (2**20 + 1)), "too_large"),
        (Raw((HEAD + b"\r\n", b"x" * 2**19, b"x" * 2**19, b"x", HANG)), "too_large"),
        (Raw((HEAD + b"Content-Length: 99999999\r\n\r\n", HANG)), "too_large"),
        (Raw((HEAD + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"") * 60_000, HANG)), "too_large"),
        (Reply(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(bytes(2**24))), "too_large"),
        (Reply(headers=(("Content-Encoding", "br"),), body=brotli.compress(bytes(2**24))), "too_large"),
    ],
)
def test_every_misbehaviour_has_its_word(reply, kind, tmp_path):
    response = fetch({"/": reply}, tmp_path)
    assert (response.status, response.body, response.failure.kind) == (None, b"", kind)


@pytest.mark.parametrize(
    "reply", [Raw((HANG,)), Raw((b"HTTP/1.1 200", HANG)), Raw((HEAD + b"\r\nab", HANG)), Raw((HEAD + b"Content-Length: 9\r\n\r\nab", HANG))]
)
def test_an_exchange_is_bounded_as_a_whole(reply, tmp_path):
    assert failure_of(reply, tmp_path, policy=replace(POLICY, request_timeout_seconds=0.2)) == "timeout"


def test_a_server_that_drips_is_given_up_on(tmp_path):
    drops = [b"x", 0.02] * 50
    assert failure_of(Raw((HEAD + b"\r\n", *drops)), tmp_path, policy=replace(POLICY, request_timeout_seconds=0.2)) == "timeout"


def test_redirects_share_one_budget_of_time(tmp_path):
    routes = {"/": leads("/slow"), "/slow": Raw((HANG,))}
    assert fetch(routes, tmp_path, policy=replace(POLICY, request_timeout_seconds=0.2)).failure.kind == "timeout"


@pytest.mark.parametrize("status", [404, 410, 429, 503])
@pytest.mark.parametrize(
    "body", [b"Content-Encoding: gzip\r\n\r\njunk", b"Content-Length: 99\r\n\r\nx", b"Content-Length: 99999999\r\n\r\n"]
)
def test_a_status_is_worth_more_than_its_body(status, body, tmp_path):
    response = fetch({"/": Raw((f"HTTP/1.1 {status} No\r\n".encode() + body,))}, tmp_path)
    assert (response.status, response.body, response.failure) == (status, b"", None)


def test_a_port_where_nobody_listens_is_a_connect_failure(tmp_path):
    policy = replace(POLICY, connect_to=(ConnectTo(name="a.example", port=None, address="127.0.0.1", target_port=1),))

    async def run():
        async with Fetcher(policy, FakeClock(NOON).clock, hosts=HostBook(tmp_path / "h")) as fetcher:
            return await fetcher.fetch("http://a.example/", kind="feed")

    assert asyncio.run(run()).failure == Failure(kind="connect", detail="[Errno 111] Connect call failed ('127.0.0.1', 1)")


# --- TLS -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """TLS contexts of a server that is a.example, and of a client that trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a.example")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now - dt.timedelta(days=1), now + dt.timedelta(days=1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("a.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "cert.pem"))


def fetch_over_tls(url, routes, folder, certified):
    async def run():
        async with newsroom(routes, folder, tls=certified) as (_, fetcher):
            return await fetcher.fetch(url, kind="feed")

    return asyncio.run(run())


def test_tls_keeps_the_name_whatever_address_is_connected_to(certified, tmp_path):
    assert fetch_over_tls("https://a.example/", {"/": Reply(body=b"safe")}, tmp_path, certified).body == b"safe"


def test_a_certificate_for_another_name_is_a_tls_failure(certified, tmp_path):
    assert fetch_over_tls("https://b.example/", {"/": Reply(body=b"safe")}, tmp_path, certified).failure.kind == "tls"


@pytest.mark.parametrize("host", ["a_b.example", "xn--.example", "xn--i-7iq.ws", "a" * 63 + ".example", "-a.example"])
def test_odd_names_do_no_harm_to_tls(host, certified, tmp_path):
    async def run():
        async with newsroom({}, tmp_path, names=(host,), tls=certified) as (_, fetcher):
            return await fetcher.fetch(f"https://{host}/", kind="feed")

    assert asyncio.run(run()).failure.kind == "tls"


def test_a_certificate_nobody_vouches_for_is_a_tls_failure(certified, tmp_path):
    response = fetch_over_tls("https://a.example/", {"/": Reply()}, tmp_path, (certified[0], None))
    assert response.failure.kind == "tls"


def test_https_is_never_left_for_http(certified, tmp_path):
    response = fetch_over_tls("https://a.example/", {"/": leads("http://b.example/")}, tmp_path, certified)
    assert response.failure == Failure(kind="redirects", detail="https://a.example/ redirects from https to http: http://b.example/")


# --- manners ---------------------------------------------------------------------------------------------------------


def requests_of(routes, folder, *urls, **options):
    """Fetch addresses one after the other; the responses, and what the server was asked."""

    async def run():
        async with newsroom(routes, folder) as (server, fetcher):
            responses = [await fetcher.fetch(url, **{"kind": "feed"} | options) for url in urls]
            return responses, server.received

    return asyncio.run(run())


def test_validators_are_shown_to_no_address_but_the_one_that_gave_them(tmp_path):
    routes = {"/old": Reply(status=301, headers=(("Location", "/new"),)), "/new": Reply(status=304)}
    _, received = requests_of(routes, tmp_path, "http://a.example/old", etag='"1"', validated_url="http://a.example/new")
    assert [(request.target, request.header("If-None-Match")) for request in received] == [("/old", None), ("/new", '"1"')]


def test_a_redirect_that_asks_to_wait_is_not_followed_now(tmp_path):
    routes = {"/old": Reply(status=302, headers=(("Location", "/new"), ("Retry-After", "600"))), "/new": Reply()}
    (response, later), received = requests_of(routes, tmp_path, "http://a.example/old", "http://a.example/new")
    assert (response.status, later.failure.kind) == (302, "cancelled")
    assert [request.target for request in received] == ["/old"]


def test_of_a_private_host_only_the_address_that_asked_for_rest_is_left_alone(tmp_path):
    routes = {"/feed": Reply(status=429, headers=(("Retry-After", "600"),)), "/other": Reply()}

    async def run():
        async with newsroom(routes, tmp_path, policy=replace(POLICY, allow_ports=None)) as (server, fetcher):
            root = f"http://127.0.0.1:{server.port}"
            responses = [await fetcher.fetch(root + path, kind="feed") for path in ("/feed", "/feed", "/other")]
            return [response.status for response in responses], [request.target for request in server.received]

    assert asyncio.run(run()) == ([429, None, 200], ["/feed", "/other"])


def test_a_subscribed_feed_that_robots_txt_disallows_is_polled_and_that_is_reported(tmp_path):
    routes = {"/robots.txt": Reply(body=b"User-agent: *\nDisallow: /feed\n"), "/page": Reply(), "/feed": Reply()}

    async def run():
        async with newsroom(routes, tmp_path, policy=replace(POLICY, respect_robots=True)) as (_, fetcher):
            await fetcher.fetch("http://a.example/page", kind="page")
            return await fetcher.fetch("http://a.example/feed", kind="feed")

    response = asyncio.run(run())
    assert response.status == 200
    assert response.robots_objection == "robots.txt disallows http://a.example/feed; polled all the same, as it is subscribed to"
