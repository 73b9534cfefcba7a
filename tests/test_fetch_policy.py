"""How the fetcher's policy is written down, and which address a request goes to."""

from __future__ import annotations

import pytest

from extractors.fetch.policy import ConnectTo, FetchPolicy, parse_connect_to, user_agent
from extractors.fetch.targets import Target, follow, locate
from extractors.records import Failure


def pair(name, port, address, target_port):
    return ConnectTo(name=name, port=port, address=address, target_port=target_port)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("news.example=127.0.0.1:8080", (pair("news.example", None, "127.0.0.1", 8080),)),
        ("News.Example:443=127.0.0.1:8443", (pair("news.example", 443, "127.0.0.1", 8443),)),
        ("a.example=[::1]:80 , b.example=localhost:81", (pair("a.example", None, "::1", 80), pair("b.example", None, "localhost", 81))),
        ("[2001:db8::1]:80=127.0.0.1:1", (pair("2001:db8::1", 80, "127.0.0.1", 1),)),
        ("новости.рф=127.0.0.1:80", (pair("xn--b1amnebsh.xn--p1ai", None, "127.0.0.1", 80),)),
    ],
)
def test_connect_to_pairs_are_read(text, expected):
    assert parse_connect_to(text) == expected


@pytest.mark.parametrize("text", ["a.example", "a.example=127.0.0.1", "a.example=127.0.0.1:0", "=1.2.3.4:80", "a.example:99999=1.2.3.4:80"])
def test_an_impossible_connect_to_pair_is_named(text):
    with pytest.raises(ValueError, match=text.replace(".", r"\.")):
        parse_connect_to(f"ok.example=127.0.0.1:80,{text}")


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        (None, "trilateral/1.0"),
        ("  ", "trilateral/1.0"),
        ("https://desk.example/bot", "trilateral/1.0 (+https://desk.example/bot)"),
        (
            "desk@пример.рф (night)\r\nX: y",
            "trilateral/1.0 (+desk@%D0%BF%D1%80%D0%B8%D0%BC%D0%B5%D1%80.%D1%80%D1%84 %28night%29%0D%0AX: y)",
        ),
    ],
)
def test_the_user_agent_carries_the_contact_and_fits_into_a_header(contact, expected):
    assert user_agent("1.0", contact) == expected


def test_a_source_may_ask_for_its_own_delay():
    policy = FetchPolicy(user_agent="t", host_delay_seconds=5.0, delays={"slow.example": 30.0})
    assert (policy.delay_of("slow.example"), policy.delay_of("other.example")) == (30.0, 5.0)


def target(url, scheme, host, port, scope):
    return Target(url=url, scheme=scheme, host=host, port=port, scope=scope)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://www.news.example", target("http://www.news.example/", "http", "www.news.example", 80, "news.example")),
        ("https://News.Example:443/a#b", target("https://news.example/a", "https", "news.example", 443, "news.example")),
        ("http://a.example/x?utm_source=y", target("http://a.example/x?utm_source=y", "http", "a.example", 80, "a.example")),
        ("http://0x7f.1/", target("http://127.0.0.1/", "http", "127.0.0.1", 80, "127.0.0.1:80")),
        ("http://a.example/x?\ud800", target("http://a.example/x?%EF%BF%BD", "http", "a.example", 80, "a.example")),
        ("http://[::1]:8080/", target("http://[::1]:8080/", "http", "::1", 8080, "[::1]:8080")),
        (
            " http://a.example/новость ",
            target("http://a.example/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D1%8C", "http", "a.example", 80, "a.example"),
        ),
    ],
)
def test_an_address_is_read_as_it_goes_on_the_wire(url, expected):
    assert locate(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "file:///etc/passwd",
        "http://",
        "http://user:pw@a.example/",
        "",
        "http://a b/",
        "http://[::1",
        "http://a.example/?\0",
    ],
)
def test_what_is_no_http_address_is_refused(url):
    assert locate(url) is None


@pytest.mark.parametrize(
    ("base", "location", "expected"),
    [
        ("http://a.example/x/y?z", "w", "http://a.example/x/w"),
        ("http://a.example/", "https://b.example/?utm_source=kept", "https://b.example/?utm_source=kept"),
        ("https://a.example/", "//c.example/1", "https://c.example/1"),
        ("http://a.example/", "/caf\xe9", "http://a.example/caf%C3%A9"),
        ("http://a.example/", "/новость".encode().decode("latin-1"), "http://a.example/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D1%8C"),
    ],
)
def test_a_location_is_resolved_and_keeps_its_query(base, location, expected):
    assert follow(locate(base), location).url == expected


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("ftp://b.example/", "scheme_refused"),
        ("http://b.example/", "redirects"),
        ("https://[::1", "scheme_refused"),
        ("data:,x", "scheme_refused"),
    ],
)
def test_a_location_that_leads_nowhere_good_is_refused(location, kind):
    refusal = follow(locate("https://a.example/"), location)
    assert isinstance(refusal, Failure)
    assert refusal.kind == kind
