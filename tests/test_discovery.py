"""What a home page names, and which of it is worth polling; lists that go out as OPML and come back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.errors import SourceError
from extractors.feeds.declarations import add_sources, leave_out_known, propose_id
from extractors.feeds.discovery import FoundFeed, FoundSite, choose_feeds, discover_feeds
from extractors.feeds.opml import read_opml, write_opml
from extractors.feeds.sources import parse_sources
from extractors.records import ExtractRules, Feed, Source

HOME = "https://gazette.example/"


def found_in(html, url=HOME):
    return [(feed.url, feed.format, feed.how) for feed in discover_feeds(html.encode(), url=url).feeds]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<link rel="ALTERNATE" type="Application/RSS+xml; charset=x" href="rss">', (f"{HOME}rss", "rss", "declared")),
        ('<base href="/fa/"><link rel=alternate type=application/atom+xml href=a>', (f"{HOME}fa/a", "atom", "declared")),
        ('<link rel="feed" href="//gazette.example/f">', (f"{HOME}f", "rss", "declared")),
        ('<body><link rel="alternate home" type="application/feed+json" href="/f.json">', (f"{HOME}f.json", "json", "declared")),
        ('<link rel="sitemap" href="/sitemaps/news.xml">', (f"{HOME}sitemaps/news.xml", "sitemap", "declared")),
        ('<a href="/rss/world.xml">RSS</a>', (f"{HOME}rss/world.xml", "rss", "linked")),
        ('<a href="/?feed=rss2">x</a>', (f"{HOME}?feed=rss2", "rss", "linked")),
        ('<a href="https://feeds.feedburner.com/gazette">x</a>', ("https://feeds.feedburner.com/gazette", "rss", "linked")),
        ('<a href="http://m.gazette.example/atom.xml">x</a>', ("http://m.gazette.example/atom.xml", "atom", "linked")),
    ],
)
def test_a_page_names_a_feed(html, expected):
    assert found_in(f"<html><p>x</p>{html}</html>") == [expected]


@pytest.mark.parametrize(
    "html",
    [
        '<link rel="alternate" type="application/rss+xml" href="javascript:x">',
        '<link rel="alternate" hreflang="en" href="/en/">',
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">',
        '<link rel="alternate" type="application/json+oembed" href="/oembed">',
        '<a href="https://stranger.example/rss">x</a>',
        '<a href="/feedback">x</a>',
        '<a href="/sitemap.xml">x</a>',
        '<link rel="alternate" type="application/rss+xml" href="/">',
        "",
    ],
)
def test_a_page_that_names_none_has_none(html):
    assert found_in(f"<html><p>x</p>{html}</html>") == []


def test_a_feed_finds_itself():
    body = b"<rss><channel><title>World</title><link>https://gazette.example/w</link><language>en</language></channel></rss>"
    itself = FoundFeed(url=f"{HOME}rss", format="rss", title="World", lang="en", how="itself")
    assert discover_feeds(body, url=f"{HOME}rss") == FoundSite(home=f"{HOME}w", name="World", lang="en", feeds=(itself,))


@given(st.one_of(st.binary(), st.text().map(lambda text: f'<html><title>{text}</title><link rel="feed" href="{text}">'.encode())))
def test_no_page_makes_discovery_raise(body):
    discover_feeds(body, url=HOME)


def feed(path, **more):
    return FoundFeed(**{"url": HOME + path, "format": "rss", "how": "declared", **more})


def test_one_format_of_each_subject_is_chosen_and_linked_ones_only_where_none_is_declared():
    rss, atom = feed("rss", title="Gazette - RSS"), feed("atom", format="atom", title="Gazette - Atom")
    twin, comments = feed("two", title="Gazette RSS"), feed("c", title="Comments", is_comments=True)
    linked, sitemap = feed("l", how="linked"), feed("n.xml", how="linked", format="sitemap")
    assert choose_feeds((rss, atom, comments, linked, sitemap)) == (atom, sitemap)
    assert choose_feeds((rss, twin)) == (rss, twin)
    assert choose_feeds((linked, comments)) == (linked,)
    assert choose_feeds((comments,)) == ()


# --- the sources file and OPML ---------------------------------------------------------------------------------------

_WORDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
_FEEDS = st.builds(
    Feed,
    url=st.integers(0, 10**6).map("https://gazette.example/{}?a=1&b='2'".format),
    lang=st.sampled_from([None, "fa"]),
    seen_in=st.sampled_from([None, "https://lists.example/iran", "owner/name@0123abc feeds of 'Iran'.opml"]),
)
_SOURCES = st.lists(
    st.builds(
        Source,
        id=st.from_regex(r"[a-z][a-z0-9\-]{0,8}", fullmatch=True),
        name=_WORDS,
        home=st.sampled_from([None, HOME]),
        country=st.sampled_from([None, "ir"]),
        lang=st.sampled_from([None, "fa", "ru"]),
        timezone=st.sampled_from([None, "Asia/Tehran"]),
        owner=st.none() | _WORDS,
        affiliation=st.sampled_from([None, "state", "think-tank"]),
        family=st.none() | _WORDS,
        feeds=st.lists(_FEEDS, max_size=3).map(tuple),
        extract=st.builds(ExtractRules, keep=st.lists(_WORDS, max_size=2).map(tuple), drop=st.lists(_WORDS, max_size=2).map(tuple)),
        host_delay_seconds=st.sampled_from([None, 0.0, 2.5]),
        enabled=st.booleans(),
    ),
    max_size=3,
    unique_by=lambda source: source.id,
).filter(lambda sources: len({item.url for s in sources for item in s.feeds}) == sum(len(s.feeds) for s in sources))


@pytest.mark.slow
@given(_SOURCES)
def test_sources_come_back_from_opml_and_from_the_sources_file_as_they_went(sources):
    listed = read_opml(write_opml(sources).encode(), name="x.opml")
    assert (listed.sources, listed.problems) == (tuple(sources), ())
    assert parse_sources(add_sources("", sources, name="x.toml"), name="x.toml") == tuple(sources)


def test_a_strangers_opml_is_grouped_by_outlet_and_what_cannot_be_fetched_is_said():
    opml = b"""\xef\xbb\xbf<opml version="1.0"><body><outline text="News &nbsp;& more">
    <outline text="Gazette World" type="rss" xmlurl="https://gazette.example/world.rss" htmlUrl="https://www.gazette.example/" language="en-GB"/>
    <outline title="Gazette Sport" xmlUrl="http://feeds.gazette.example/sport"/>
    <outline text="Again" xmlUrl="https://gazette.example/world.rss"/>
    <outline text="Bad" xmlUrl="file:///etc/passwd"/><outline text="a link" url="https://x.example/"/></outline></body></opml>"""
    listed = read_opml(opml, name="x.opml")
    world, sport = Feed(url="https://gazette.example/world.rss", lang="en"), Feed(url="http://feeds.gazette.example/sport")
    assert listed.sources == (Source(id="gazette", name="Gazette World", home="https://www.gazette.example/", feeds=(world, sport)),)
    assert listed.problems == (
        "left out: not an http(s) address: 'file:///etc/passwd'",
        "left out: in the list twice: https://gazette.example/world.rss",
    )


@pytest.mark.parametrize("body", [b"", b"<rss/>", b"{}"])
def test_what_is_no_opml_is_refused(body):
    with pytest.raises(SourceError, match="x.opml: not an OPML file: "):
        read_opml(body, name="x.opml")


def test_an_entity_of_the_document_type_is_not_fetched_nor_expanded(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    opml = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{secret}">]><opml><body><outline text="&a;" xmlUrl="https://a.example/"/></body></opml>'
    assert "secret" not in str(read_opml(opml.encode(), name="x.opml").sources)


def test_what_is_declared_is_left_out_and_ids_stay_single():
    declared = Source(id="gazette", name="G", feeds=(Feed(url="https://gazette.example/rss"),))
    found = Source(id="gazette", name="G", feeds=(Feed(url="http://www.gazette.example/rss/"), Feed(url="https://gazette.example/new")))
    fresh, known = leave_out_known((found,), (declared,))
    assert [(source.id, source.feeds) for source in fresh] == [("gazette-2", (Feed(url="https://gazette.example/new"),))]
    assert known == ("http://www.gazette.example/rss/",)


@pytest.mark.parametrize(
    ("outlet", "taken", "expected"),
    [
        ("gazette.example", (), "gazette"),
        ("gazette.example", ("gazette",), "gazette-example"),
        ("gazette.example", ("gazette", "gazette-example"), "gazette-example-2"),
        ("127.0.0.1:8000", (), "127"),
        ("новости", (), "source"),
    ],
)
def test_an_id_is_made_of_the_domain(outlet, taken, expected):
    assert propose_id(outlet, taken=taken) == expected
