"""The sources file: what it gives, and one sentence with file, line, source and field for each mistake people make."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.errors import SourceError
from extractors.feeds.sources import kin_of, parse_sources
from extractors.feeds.tomllines import find_lines
from extractors.records import ExtractRules, Feed, Source
from extractors.urls import registrable_domain, url_key

_REGISTER = Path(__file__).parent.parent / "deployments" / "sources.toml"

_GOOD = """\
# line 1
[[source]]
id = "gazette"
name = "Gazette"
home = "https://gazette.example/"
country = "RU"
lang = "ru-RU"
timezone = "Europe/Moscow"
owner = "The State"
affiliation = "state"
family = "gazette"
host_delay_seconds = 2
enabled = false
[[source.feed]]
url = "https://gazette.example/rss"
[[source.feed]]
url = "https://gazette.example/en/rss"
lang = "en"
seen_in = "owner/lists@0123abc countries/United States.opml"
[source.extract]
keep = [
  "article",
]
drop = ["aside", ".promo"]

[[source]]
id = "herald"
name = "Herald"
feed = [{ url = "https://herald.example/atom" }]
"""


def test_a_source_is_what_the_file_declares():
    assert parse_sources(_GOOD, name="sources.toml") == (
        Source(
            id="gazette",
            name="Gazette",
            home="https://gazette.example/",
            country="ru",
            lang="ru",
            timezone="Europe/Moscow",
            owner="The State",
            affiliation="state",
            family="gazette",
            feeds=(
                Feed(url="https://gazette.example/rss"),
                Feed(
                    url="https://gazette.example/en/rss",
                    lang="en",
                    seen_in="owner/lists@0123abc countries/United States.opml",
                ),
            ),
            extract=ExtractRules(keep=("article",), drop=("aside", ".promo")),
            host_delay_seconds=2,
            enabled=False,
        ),
        Source(id="herald", name="Herald", feeds=(Feed(url="https://herald.example/atom"),)),
    )


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        (
            '"https://gazette.example/en',
            '"ftp://gazette.example/en',
            "17: source 'gazette': feed[1].url: not http(s): 'ftp://gazette.example/en/rss'",
        ),
        (
            "https://herald.example",
            "https://a:b@herald.example",
            "29: source 'herald': feed[0].url: not an address that can be fetched: 'https://a:b@herald.example/atom'",
        ),
        ("timezone", "timezon", "8: source 'gazette': timezon: unknown key; did you mean 'timezone'?"),
        (
            "Europe/Moscow",
            "Europe/Moskow",
            "8: source 'gazette': timezone: not an IANA timezone: 'Europe/Moskow'; did you mean 'Europe/Moscow'?",
        ),
        (
            '"state"',
            '"State"',
            "10: source 'gazette': affiliation: must be one of 'state', 'state-funded', 'independent', 'party', 'think-tank', 'government', 'agency': 'State'",
        ),
        ('"RU"', '"Russia"', "6: source 'gazette': country: not a two-letter country code such as 'ir': 'Russia'"),
        ('"en"', '"English"', "18: source 'gazette': feed[1].lang: not a language tag such as 'fa' or 'ru': 'English'"),
        (
            '"gazette"\nname',
            '"the gazette"\nname',
            "3: source 'the gazette': id: may hold letters, digits, '-', '_' and '.' only: 'the gazette'",
        ),
        ('id = "herald"', 'id = "gazette"', "27: source 'gazette': id: already used in line 3"),
        (
            "https://herald.example/atom",
            "http://www.gazette.example/rss",
            "29: source 'herald': feed[0].url: already a feed of source 'gazette': 'http://www.gazette.example/rss'",
        ),
        ('name = "Herald"', 'name = ""', "28: source 'herald': name: is empty"),
        ('name = "Herald"', "name = 5", "28: source 'herald': name: must be text in quotes: 5"),
        ('name = "Herald"\n', "", "26: source 'herald': name: is missing"),
        ('id = "herald"\n', "", "26: source 2: id: is missing"),
        ("= 2", "= -2", "12: source 'gazette': host_delay_seconds: must not be negative: -2"),
        ("= false", '= "no"', "13: source 'gazette': enabled: must be true or false: 'no'"),
        ("keep = [", "kep = [", "21: source 'gazette': extract.kep: unknown key; did you mean 'keep'?"),
        ('drop = ["aside", ".promo"]', 'drop = "aside"', "24: source 'gazette': extract.drop: must be a list: 'aside'"),
        ("[source.extract]", "[source.extrakt]", "20: source 'gazette': extrakt: unknown key; did you mean 'extract'?"),
        ("{ url", "{ uri", "29: source 'herald': feed[0].uri: unknown key; did you mean 'url'?"),
        (
            "owner/lists@0123abc countries/United States.opml",
            "a list I know",
            "19: source 'gazette': feed[1].seen_in: neither a page nor 'owner/repository path': 'a list I know'",
        ),
        (
            "owner/lists@0123abc ",
            "https://lists.example/ ",
            "19: source 'gazette': feed[1].seen_in: neither a page nor 'owner/repository path': 'https://lists.example/ countries/United States.opml'",
        ),
        ("seen_in", "seenin", "19: source 'gazette': feed[1].seenin: unknown key; did you mean 'seen_in'?"),
        ("# line 1", 'title = "x"', "1: title: unknown key; known are source"),
        ('name = "Herald"', "name = Herald", "28: not valid TOML: unexpected character: 'H'; text needs quotes: name = 'Herald'"),
        ('"Gazette"', '"Gazette', "4: not valid TOML: a text is not closed before its line ends"),
        (
            'name = "Herald"',
            'name = "Herald"\nname = "x"',
            '29: not valid TOML: key "name" already exists; each source begins with [[source]]',
        ),
        (
            '[[source]]\nid = "herald"',
            '[source]\nid = "herald"',
            '26: not valid TOML: key "source" already exists; each source begins with [[source]]',
        ),
        ('[[source]]\nid = "gaz', '[[sources]]\nid = "gaz', "2: sources: unknown table; did you mean [[source]]?"),
        ("# line 1\n", "# line 1\n= 3\n", "2: not valid TOML: empty key"),
    ],
    ids=lambda value: value.partition(": ")[2] if ": " in value else "",
)
def test_a_mistake_is_one_sentence_with_its_line(right, wrong, sentence):
    assert _GOOD.count(right) >= 1
    with pytest.raises(SourceError) as raised:
        parse_sources(_GOOD.replace(right, wrong, 1), name="sources.toml")
    assert str(raised.value) == f"sources.toml:{sentence}"


def test_an_empty_file_declares_nothing():
    assert parse_sources("", name="sources.toml") == ()


@given(st.text(st.sampled_from("[]{}=\"'.,#\n\t abcsourcefeedurl0\\"), max_size=80))
def test_no_text_does_more_than_raise_the_one_error(text):
    with contextlib.suppress(SourceError):
        parse_sources(text, name="sources.toml")


def test_lines_are_found_behind_texts_and_lists_that_span_several():
    lines = find_lines('a = """\n[[x]]\nb = 1\n"""\n\n[[x]]\nc = [ # ]\n  "]",\n]\n[x.y]\n"d e" = 1\n[[x]]\nc = 2\n')
    assert lines.lines == {
        ("a",): 1,
        ("x", 0): 6,
        ("x", 0, "c"): 7,
        ("x", 0, "y"): 10,
        ("x", 0, "y", "d e"): 11,
        ("x", 1): 12,
        ("x", 1, "c"): 13,
    }
    assert lines.of(("x", 0, "c", 5)) == 7
    assert lines.of(("nowhere",)) == 1


def test_a_family_are_the_domains_of_its_members():
    sources = parse_sources(
        """
[[source]]
id = "a"
name = "A"
home = "https://www.a.example/"
family = "f"
[[source]]
id = "b"
name = "B"
family = "f"
[[source.feed]]
url = "https://feeds.b.example/rss"
[[source]]
id = "c"
name = "C"
home = "https://c.example/"
""",
        name="sources.toml",
    )
    assert kin_of(sources) == {"a": ("a.example", "b.example"), "b": ("a.example", "b.example")}


# --- the shipped register --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def register():
    return parse_sources(_REGISTER.read_text(encoding="utf-8"), name="sources.toml")


def test_the_shipped_register_can_be_used(register):
    feeds = [(source, feed) for source in register for feed in source.feeds]
    assert len(feeds) >= 90
    assert len({feed.lang or source.lang for source, feed in feeds}) >= 9
    assert [
        source.id for source in register if not (source.feeds and source.home and source.lang and source.timezone and source.family)
    ] == []
    assert [feed.url for source, feed in feeds if feed.lang == source.lang] == []


def test_no_two_shipped_feeds_share_an_address(register):
    keys = [url_key(feed.url) for source in register for feed in source.feeds]
    assert sorted(keys) == sorted(set(keys))


def test_each_shipped_feed_says_who_lists_it(register):
    assert [feed.url for source in register for feed in source.feeds if not feed.seen_in] == []


def test_shipped_feeds_are_the_publishers_own(register):
    """Proxies and mirrors rewrite addresses and texts, and know who reads what."""
    proxies = {
        "google.com",
        "feedburner.com",
        "rsshub.app",
        "rss.app",
        "fetchrss.com",
        "politepol.com",
        "feedx.top",
        "rss2json.com",
        "bing.com",
    }
    assert [feed.url for source in register for feed in source.feeds if registrable_domain(feed.url) in proxies] == []


def test_the_shipped_register_names_nothing_of_the_machine_it_was_written_on():
    text = _REGISTER.read_text(encoding="utf-8")
    assert re.findall(r"(?:file:|localhost|127\.0\.0\.1|(?<![\w.:/])/(?:home|work|tmp|root|Users)/)\S*", text) == []
