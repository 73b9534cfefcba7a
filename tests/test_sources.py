"""The sources file: what it gives, and one sentence with file, line, source and field for each mistake people make."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.errors import SourceError
from extractors.feeds.sources import kin_of, parse_sources
from extractors.feeds.tomllines import find_lines
from extractors.records import ExtractRules, Feed, Source

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
            feeds=(Feed(url="https://gazette.example/rss"), Feed(url="https://gazette.example/en/rss", lang="en")),
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
            "28: source 'herald': feed[0].url: not an address that can be fetched: 'https://a:b@herald.example/atom'",
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
        ('id = "herald"', 'id = "gazette"', "26: source 'gazette': id: already used in line 3"),
        (
            "https://herald.example/atom",
            "http://www.gazette.example/rss",
            "28: source 'herald': feed[0].url: already a feed of source 'gazette': 'http://www.gazette.example/rss'",
        ),
        ('name = "Herald"', 'name = ""', "27: source 'herald': name: is empty"),
        ('name = "Herald"', "name = 5", "27: source 'herald': name: must be text in quotes: 5"),
        ('name = "Herald"\n', "", "25: source 'herald': name: is missing"),
        ('id = "herald"\n', "", "25: source 2: id: is missing"),
        ("= 2", "= -2", "12: source 'gazette': host_delay_seconds: must not be negative: -2"),
        ("= false", '= "no"', "13: source 'gazette': enabled: must be true or false: 'no'"),
        ("keep = [", "kep = [", "20: source 'gazette': extract.kep: unknown key; did you mean 'keep'?"),
        ('drop = ["aside", ".promo"]', 'drop = "aside"', "23: source 'gazette': extract.drop: must be a list: 'aside'"),
        ("[source.extract]", "[source.extrakt]", "19: source 'gazette': extrakt: unknown key; did you mean 'extract'?"),
        ("{ url", "{ uri", "28: source 'herald': feed[0].uri: unknown key; did you mean 'url'?"),
        ("# line 1", 'title = "x"', "1: title: unknown key; known are source"),
        ('name = "Herald"', "name = Herald", "27: not valid TOML: unexpected character: 'H'; text needs quotes: name = 'Herald'"),
        ('"Gazette"', '"Gazette', "4: not valid TOML: a text is not closed before its line ends"),
        (
            'name = "Herald"',
            'name = "Herald"\nname = "x"',
            '28: not valid TOML: key "name" already exists; each source begins with [[source]]',
        ),
        (
            '[[source]]\nid = "herald"',
            '[source]\nid = "herald"',
            '25: not valid TOML: key "source" already exists; each source begins with [[source]]',
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


def test_the_shipped_register_can_be_used():
    text = _REGISTER.read_text(encoding="utf-8")
    sources = parse_sources(text, name="sources.toml")
    assert len(sources) >= 8
    assert all(source.feeds and source.lang and source.timezone and source.family for source in sources)


def test_each_shipped_feed_says_who_lists_it():
    rows = [row for row in _REGISTER.read_text(encoding="utf-8").splitlines() if row.startswith("url = ")]
    assert rows
    assert all(" # " in row and "/" in row.rpartition(" # ")[2] for row in rows)


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
