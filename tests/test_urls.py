"""Addresses: one page, one key; nothing a feed can say makes them raise or point anywhere but http(s)."""

from __future__ import annotations

import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.records import short_hash
from extractors.urls import article_id, join_url, normalise_url, registrable_domain, scope_of, url_key

_LABELS = st.text(string.ascii_lowercase, min_size=1, max_size=8)
_HOSTS = st.builds("{}.{}.example".format, _LABELS, _LABELS)
_SEGMENTS = st.text(string.ascii_letters + string.digits + "-_~абвЙخبر%", min_size=1, max_size=12).filter(lambda text: text.strip("."))
_PATHS = st.lists(_SEGMENTS, max_size=4).map("/".join)
_PAIRS = st.builds("{}={}".format, _LABELS.map(lambda name: f"q{name}"), _SEGMENTS)
_QUERIES = st.lists(_PAIRS, max_size=3).map("&".join)
_URLISH = st.one_of(
    st.text(),
    st.builds("http://{}".format, st.text()),
    st.builds("https://{}/{}?{}".format, st.text(max_size=10), st.text(), st.text()),
    st.builds("http://{}/{}".format, _HOSTS, st.text("/.%2eE\\ab?#&=", max_size=30)),
)


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("HTTP://WWW.Example.COM:80/a/../b/./c/?utm_source=x&a=1&b=%7e%2f#f", "http://www.example.com/b/c/?a=1&b=~%2F"),
        ("https://news.example:443", "https://news.example/"),
        ("https://news.example:8443/a", "https://news.example:8443/a"),
        ("  ht\ntps://news.example/a\tb c ", "https://news.example/ab%20c"),
        ("http:\\\\news.example\\a", "http://news.example/a"),
        ("https://новости.рф/статья", "https://xn--b1amnebsh.xn--p1ai/%D1%81%D1%82%D0%B0%D1%82%D1%8C%D1%8F"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://news.example./a", "https://news.example/a"),
        ("https://n%65ws.example/a", "https://news.example/a"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://0177.0.0.1/", "http://127.0.0.1/"),
        ("http://[::FFFF:7F00:1]/", "http://[::ffff:7f00:1]/"),
        ("https://news.example/a%%341", "https://news.example/a%2541"),
        ("https://news.example/%2e%2E/a/%2e", "https://news.example/a/"),
        ("https://news.example/a?fbclid=1&id=2&amp;utm_medium=rss&yclid=3", "https://news.example/a?id=2"),
        ("https://news.example/a?b=2&a=1&b=0", "https://news.example/a?b=2&a=1&b=0"),
        ("https://news.example/a?UTM_Source=x", "https://news.example/a"),
    ],
)
def test_an_address_has_one_spelling(given_url, expected):
    assert normalise_url(given_url) == expected


@pytest.mark.parametrize(
    "refused",
    [
        "",
        "news.example/a",
        "ftp://news.example/a",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "http://",
        "http:///a",
        "http://user:password@news.example/",
        "http://user@news.example/",
        "http://a..example/",
        "http://news.example:99999/",
        "http://news.example:0/",
        "http://news.example:port/",
        "http://1.2.3.256/",
        "http://1.2.3.4.5/",
        "http://a.0x-1.3/",
        "http://1.0x-1.3/",
        "http://1_0.0.0.1/",
        "http://a.b.0x-2.1/",
        "http://[::1/",
        "http://[fe80::1%25eth0]/",
        "http://news example/",
        "http://news%2fexample/",
        "http://%ff/",
        f"http://{'a' * 64}.example/",
        f"http://news.example/{'a' * 9000}",
    ],
)
def test_an_address_nobody_should_fetch_is_refused(refused):
    assert normalise_url(refused) is None
    with pytest.raises(ValueError, match="not an http"):
        url_key(refused)


@given(_URLISH)
def test_normalising_twice_changes_nothing_and_never_raises(text):
    once = normalise_url(text)
    assert once is None or (normalise_url(once) == once and once.isascii() and once.startswith(("http://", "https://")))


@given(_URLISH)
def test_a_key_is_the_key_of_itself(text):
    if normalise_url(text) is not None:
        assert url_key(f"https://{url_key(text)}") == url_key(text)


@given(_URLISH, _URLISH)
def test_joining_never_raises_and_gives_a_normal_address_or_nothing(base, link):
    joined = join_url(base, link)
    assert joined is None or joined == normalise_url(joined)


@given(_HOSTS, _PATHS, _QUERIES)
def test_twins_share_a_key(host, path, query):
    tail = f"?{query}" if query else ""
    plain = f"https://{host}/{path}{tail}"
    slashed = f"https://{host}/{path.rstrip('/')}/{tail}"
    tracked = f"{plain}{'&' if query else '?'}utm_source=rss&fbclid=1"
    twins = (
        plain,
        plain.replace("https:", "http:", 1),
        f"https://{host.upper()}/{path}{tail}",
        f"https://{host}:443/{path}{tail}",
        f"http://{host}:80/{path}{tail}",
        f"https://www.{host}/{path}{tail}",
        f"{plain}#part",
        slashed,
        tracked,
    )
    assert {url_key(twin) for twin in twins} == {url_key(plain)}


def test_different_pages_keep_different_keys():
    keys = [
        url_key(url)
        for url in (
            "https://news.example/a",
            "https://news.example/A",
            "https://news.example/a?id=1",
            "https://news.example/a?id=2",
            "https://news.example:8443/a",
            "https://ru.news.example/a",
            "https://news.example/www.other.example/a",
        )
    ]
    assert len(set(keys)) == len(keys)


def test_a_www_that_is_the_name_itself_stays():
    assert url_key("https://www.example/a") == "www.example/a"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("d", "https://news.example/a/d"),
        ("../d?e=1#f", "https://news.example/d?e=1"),
        ("/d", "https://news.example/d"),
        ("?d=1", "https://news.example/a/b?d=1"),
        ("#part", "https://news.example/a/b?c=1"),
        ("//other.example/d", "https://other.example/d"),
        ("\\\\other.example/d", "https://other.example/d"),
        ("http://other.example", "http://other.example/"),
        (" javascript:alert(1)", None),
        ("mailto:desk@news.example", None),
        ("  ", None),
    ],
)
def test_a_link_is_resolved_as_a_browser_would(link, expected):
    assert join_url("https://news.example/a/b?c=1", link) == expected


@pytest.mark.parametrize(
    ("url", "scope"),
    [
        ("https://www.gazette.example/a", "gazette.example"),
        ("https://gazette.example:8443/a", "gazette.example"),
        ("https://news.bbc.co.uk/", "bbc.co.uk"),
        ("https://en.irna.ir/", "irna.ir"),
        ("https://blog.github.io/", "github.io"),
        ("https://co.uk/", "co.uk"),
        ("http://127.0.0.1/", "127.0.0.1:80"),
        ("https://127.0.0.1/", "127.0.0.1:443"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("http://localhost:9000/", "localhost:9000"),
    ],
)
def test_politeness_is_owed_to_the_registrable_domain_or_to_the_port(url, scope):
    assert scope_of(url) == scope


def test_blogs_of_one_hoster_are_strangers():
    assert registrable_domain("https://one.github.io/") == "one.github.io"
    assert registrable_domain("https://github.io/") is None
    assert registrable_domain("http://127.0.0.1/") is None
    assert registrable_domain("http://localhost/") is None
    assert registrable_domain("not an address") is None


def test_an_article_id_is_a_hash_of_the_first_key():
    assert article_id("news.example/a") == short_hash("article", "news.example/a")


@pytest.mark.parametrize(
    ("wrapped", "inner"),
    [
        ("https://www.google.com/url?rct=j&sa=t&url=https://news.example/a%3Fid%3D1&ct=ga", "https://news.example/a?id=1"),
        ("http://www.bing.com/news/apiclick.aspx?ref=FexRss&url=https%3a%2f%2fnews.example%2fa&c=1", "https://news.example/a"),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fnews.example%2Fa%3Ffbclid%3D1&h=x", "https://news.example/a"),
        ("https://vk.com/away.php?to=http%3A%2F%2Fnews.example%2Fa", "http://news.example/a"),
        ("https://r.search.yahoo.com/_ylt=A/RV=2/RE=1/RO=10/RU=https%3a%2f%2fnews.example%2fa/RK=2/RS=x", "https://news.example/a"),
        ("https://news-example.cdn.ampproject.org/c/s/news.example/a/amp?b=1", "https://news.example/a/amp?b=1"),
        ("https://www.google.com/amp/s/news.example/a", "https://news.example/a"),
        ("https://www.google.com/url?q=https://vk.com/away.php?to=https%3A%2F%2Fnews.example%2Fa", "https://news.example/a"),
    ],
)
def test_a_redirector_is_undone_before_anybody_is_asked(wrapped, inner):
    assert normalise_url(wrapped) == inner


@pytest.mark.parametrize(
    "kept",
    [
        "https://www.google.com/url?url=javascript:alert(1)",
        "https://www.google.com/url?url=http://user:pw@news.example/",
        "https://news.example/url?url=https://other.example/",
        "https://www.google.com/search?q=https://other.example/",
    ],
)
def test_what_wraps_no_address_stays_itself(kept):
    assert registrable_domain(kept) == registrable_domain(normalise_url(kept))


@pytest.mark.parametrize(
    "twin",
    [
        "https://m.news.example/world/1",
        "https://mobile.news.example/world/1",
        "https://amp.news.example/world/1",
        "https://www.m.news.example/world/1",
        "https://news.example/world/1/amp",
        "https://news.example/world/1/amp/",
        "https://news.example/amp/world/1",
        "https://news.example/world/1.amp",
        "https://news.example/world/1?amp",
        "https://news.example/world/1?amp=1&utm_source=x",
        "https://news.example/world/1?outputType=amp",
        "https://news.example/world/1?from=rss",
        "https://m-news-example.cdn.ampproject.org/c/s/m.news.example/world/1",
    ],
)
def test_a_mobile_or_amp_twin_has_the_pages_key(twin):
    assert url_key(twin) == "news.example/world/1"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://m.example/1", "https://example/1"),  # `m` is the name itself
        ("https://news.example/amplifiers", "https://news.example/lifiers"),
        ("https://news.example/camp", "https://news.example/c"),
        ("https://news.example/amp", "https://news.example/"),
        ("https://news.example/a?from=moscow", "https://news.example/a"),
        ("https://mil.news.example/1", "https://news.example/1"),
        ("https://m.127.0.0.1/", "https://127.0.0.1/"),
    ],
)
def test_strangers_keep_different_keys(one, other):
    keys = [url_key(url) if normalise_url(url) else None for url in (one, other)]
    assert keys[0] != keys[1]


@given(_HOSTS, _PATHS.filter(bool), _QUERIES)
def test_every_twin_of_a_page_has_its_key_and_any_wrapper_too(host, path, query):
    page = f"https://{host}/{path}{f'?{query}' if query else ''}"
    quoted = quote(page, safe="")
    for twin in (
        page.replace("https://", "https://m."),
        page.replace("https://", "//").replace("//", "http://"),
        f"{page}#top",
        f"https://{host}/{path}/amp/{f'?{query}' if query else ''}",
        f"https://www.google.com/url?url={quoted}&sa=t",
        f"https://l.facebook.com/l.php?u={quoted}",
    ):
        assert url_key(twin) == url_key(page)
