"""The sample newsroom keeps what it promises: what is in it, what its sites serve, and what changes in edition 2."""

from __future__ import annotations

import gzip
import http.client
import io
import re
import tomllib
import unicodedata
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import feedparser
import lxml.html
import orjson
import pytest

from flows.newsroom.articles import load_outlets, stories_in
from flows.newsroom.pages import format_date, load_layout
from flows.newsroom.server import Newsroom
from flows.newsroom.truth import ArticleTruth, RejectionTruth, article_truths

OUTLETS = load_outlets()
FIRST = article_truths(OUTLETS, 1)
SECOND = article_truths(OUTLETS, 2)
EVER = (*FIRST, *(truth for truth in SECOND if truth not in FIRST))
BY_ID = {outlet.id: outlet for outlet in OUTLETS}
AGENCY_STORY = "http://meridian.example/wire/20261117/russia-us-consulates-flights"
THEMES = (
    "us_russia_rapprochement",
    "russia_iran_partnership",
    "russia_iran_friction",
    "us_wedge_bargain",
    "iran_nuclear_diplomacy",
    "arms_transfers",
    "sanctions_pressure",
    "ukraine_settlement",
    "middle_east_conflict",
    "south_caucasus",
    "nato_european_security",
    "world_order",
)
DYADS = {"us_russia": {"us", "russia"}, "russia_iran": {"russia", "iran"}, "us_iran": {"us", "iran"}}


class Reply:
    """What came back, read to its end."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()


def get(newsroom, url, **headers):
    """Ask as a client that was told where the name's server is; `If_None_Match=` is the header If-None-Match."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection("127.0.0.1", newsroom.port, timeout=10)
    try:
        sent = {"Host": parts.netloc} | {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", target, headers=sent)
        return Reply(connection.getresponse())
    finally:
        connection.close()


def feed_url(outlet):
    return f"http://{outlet.host}{outlet.feed.path}"


def entries_of(newsroom, outlet):
    """(link, title, instant) of every entry, read by the parsers that the project reads feeds with."""
    reply = get(newsroom, feed_url(outlet))
    if outlet.feed.format == "json":
        items = orjson.loads(reply.body)["items"]
        return [(item["url"], item["title"], datetime.fromisoformat(item["date_published"]).astimezone(UTC)) for item in items]
    parsed = feedparser.parse(io.BytesIO(reply.body), response_headers={"content-type": reply.headers["Content-Type"]})
    assert not parsed.bozo, parsed.bozo_exception
    stamps = [entry.get("published_parsed") or entry["updated_parsed"] for entry in parsed.entries]  # RSS 1.0 has dc:date alone
    return [(entry.link, entry.title, datetime(*stamp[:6], tzinfo=UTC)) for entry, stamp in zip(parsed.entries, stamps, strict=True)]


def shingles(text):
    words = re.findall(r"\w+", text.lower())
    return set(zip(words, words[1:], words[2:], words[3:], strict=False))


@pytest.fixture(scope="module")
def newsroom():
    with Newsroom() as room:
        yield room


# --- what is in it ---------------------------------------------------------------------------------------------------


def test_there_are_nine_outlets_or_more_on_reserved_names():
    assert len(OUTLETS) >= 9
    assert all(outlet.host == f"{outlet.id}.example" for outlet in OUTLETS)  # RFC 2606 §3


def test_two_outlets_share_an_owner():
    families = Counter(outlet.family for outlet in OUTLETS if outlet.family)
    assert families == {"rodnik": 2}


def test_the_sites_have_five_layouts_or_more():
    assert len({outlet.layout for outlet in OUTLETS}) >= 5


def test_there_are_66_articles_or_more_and_seven_in_each_language():
    languages = Counter(truth.lang for truth in FIRST)
    assert len(FIRST) >= 66
    assert set(languages) == {"en", "ru", "fa", "ar", "uk", "tr"}
    assert min(languages.values()) >= 7


@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_is_carried_by_four_articles_in_three_languages(theme):
    carriers = [truth for truth in FIRST if theme in truth.themes]
    assert len(carriers) >= 4
    assert len({truth.lang for truth in carriers}) >= 3


def test_there_are_near_misses_and_stories_off_the_topic():
    without = [truth for truth in FIRST if not truth.themes]
    assert sum(bool(truth.near) for truth in without) >= 12
    assert sum(not truth.near for truth in without) >= 10


def test_labels_are_of_the_codebook_and_agree_with_each_other():
    for truth in EVER:
        assert set(truth.themes) | set(truth.near) <= set(THEMES)
        assert not set(truth.themes) & set(truth.near)
        assert truth.themes == tuple(sorted(truth.themes))
        assert all(DYADS[dyad] <= set(truth.actors) for dyad, _ in truth.dyads)
        assert truth.themes or not truth.dyads


def test_every_feed_format_and_affiliation_that_matters_occurs():
    assert {outlet.feed.format for outlet in OUTLETS} == {"rss", "rss_full", "atom", "rdf", "json"}
    assert {outlet.affiliation for outlet in OUTLETS} == {"state", "independent", "agency", "think-tank"}


@pytest.mark.parametrize("truth", EVER, ids=lambda truth: f"{truth.outlet}/{truth.slug}")
def test_a_text_is_a_normal_news_text(truth):
    paragraphs = truth.text.split("\n")
    assert 4 <= len(paragraphs) <= 10
    assert 120 <= len(truth.text.split()) <= 350
    assert all(paragraph == paragraph.strip() and paragraph for paragraph in paragraphs)
    assert unicodedata.is_normalized("NFC", truth.text + truth.title)
    assert truth.title not in paragraphs
    assert truth.authors


def test_addresses_are_all_different():
    assert len({truth.url for truth in EVER}) == len({(truth.outlet, truth.slug) for truth in EVER})


def test_stories_are_dated_in_their_outlets_own_zone():
    for outlet in OUTLETS:
        for story in outlet.stories:
            assert date(2026, 11, 16) <= story.published.date() <= date(2026, 11, 20)
            assert story.published.utcoffset() == story.published.astimezone(ZoneInfo(outlet.timezone)).utcoffset()


def test_the_texts_carry_the_characters_that_break_spans():
    together = "".join(truth.text for truth in FIRST)
    assert {"\u200c", "\u0301", "\u0651", "🍕", "“", "«"} <= set(together)  # joiners, combining marks, beyond the BMP, quotes


def test_persian_is_written_with_zero_width_non_joiners():
    assert all("\u200c" in truth.text for truth in FIRST if truth.lang == "fa")
    assert not any("\u200c" in truth.text for truth in FIRST if truth.lang != "fa")


# --- syndication -----------------------------------------------------------------------------------------------------


def test_the_agency_story_is_in_four_more_outlets_with_small_edits():
    group = [truth for truth in FIRST if truth.origin == AGENCY_STORY]
    original = next(truth for truth in group if truth.url == AGENCY_STORY)
    copies = [truth for truth in group if truth.url != AGENCY_STORY]
    assert {truth.outlet for truth in copies} == {"caspian", "compass", "gazette", "ledger"}
    assert len({truth.text for truth in group}) == len(group)
    assert len({truth.title for truth in group}) == len(group)
    assert any("(Meridian Agency)" in truth.text for truth in copies)
    for copy in copies:
        held = shingles(copy.text)
        assert len(held & shingles(original.text)) / len(held) > 0.75
        assert copy.published_at > original.published_at


def test_no_other_two_texts_share_more_than_phrases():
    held = [(truth.origin, shingles(truth.text)) for truth in FIRST]
    strangers = ((one, two) for place, (origin, one) in enumerate(held) for other, two in held[:place] if origin != other)
    assert max(len(one & two) / min(len(one), len(two)) for one, two in strangers) < 0.1


def test_a_translation_is_no_copy():
    (translation,) = [truth for truth in FIRST if truth.translated_from]
    assert (translation.outlet, translation.translated_from) == ("vestnik", AGENCY_STORY)
    assert translation.origin == translation.url


# --- editions --------------------------------------------------------------------------------------------------------


def test_edition_two_adds_two_removes_one_and_revises_one():
    first, second = ({truth.url: truth for truth in truths} for truths in (FIRST, SECOND))
    assert {url.split("/")[2] for url in second.keys() - first.keys()} == {"meridian.example", "karvan.example"}
    assert {url.split("/")[2] for url in first.keys() - second.keys()} == {"stolica.example"}
    changed = [url for url in first.keys() & second.keys() if first[url] != second[url]]
    assert [second[url].outlet for url in changed] == ["ledger"]


def test_the_revision_changes_a_number_and_a_negation():
    before, after = (next(t for t in truths if t.slug == "treasury-tankers-iran-oil") for truths in (FIRST, SECOND))
    changed = [(one, two) for one, two in zip(before.text.split("\n"), after.text.split("\n"), strict=True) if one != two]
    assert (before.edition, after.edition) == (1, 2)
    assert before.published_at == after.published_at
    assert len(changed) == 2
    assert "14 tankers" in changed[0][0]
    assert "41 tankers" in changed[0][1]
    assert "has decided to extend" in changed[1][0]
    assert "has decided not to extend" in changed[1][1]


def test_pages_and_feeds_follow_the_edition():
    with Newsroom() as room:
        ledger, meridian, stolica = (BY_ID[name] for name in ("ledger", "meridian", "stolica"))
        gone = next(truth for truth in FIRST if truth.slug == "tegeran-su-35-sroki")
        new = next(truth for truth in SECOND if truth.slug == "iaea-board-adopts-resolution")
        revised = next(truth for truth in SECOND if truth.slug == "treasury-tankers-iran-oil")
        assert [get(room, url).status for url in (gone.url, new.url)] == [200, 404]
        assert b"41 tankers" not in get(room, revised.url).body
        room.advance()
        assert room.truth() == SECOND
        assert [get(room, url).status for url in (gone.url, new.url)] == [404, 200]
        assert b"41 tankers" in get(room, revised.url).body
        assert gone.feed_link not in [link for link, *_ in entries_of(room, stolica)]
        assert new.feed_link in [link for link, *_ in entries_of(room, meridian)]
        assert "41 tankers" in get(room, feed_url(ledger)).body.decode()


# --- feeds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edition", [1, 2])
@pytest.mark.parametrize("outlet", OUTLETS, ids=lambda outlet: outlet.id)
def test_a_feed_lists_every_article_and_dead_end_with_its_instant(outlet, edition):
    with Newsroom() as room:
        if edition == 2:
            room.advance()
        found = entries_of(room, outlet)
        expected = {(truth.feed_link, truth.title, truth.published_at) for truth in room.truth() if truth.outlet == outlet.id}
    expected |= {(f"http://{outlet.host}{end.path}", end.title, end.published.astimezone(UTC)) for end in outlet.dead_ends}
    assert set(found) == expected
    assert len(found) == len(expected)
    assert all(one[2] >= two[2] for one, two in pairwise(found))


@pytest.mark.parametrize(("name", "version"), [("gazette", "rss20"), ("meridian", "atom10"), ("ohlyad", "rss10")])
def test_feedparser_knows_the_dialect(newsroom, name, version):
    reply = get(newsroom, feed_url(BY_ID[name]))
    assert feedparser.parse(io.BytesIO(reply.body)).version == version


def test_the_json_feed_says_that_it_is_one(newsroom):
    document = orjson.loads(get(newsroom, feed_url(BY_ID["pusula"])).body)
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert all({"id", "url", "content_text"} <= item.keys() for item in document["items"])


def test_dates_are_in_each_formats_own_dialect(newsroom):
    written = {name: get(newsroom, feed_url(BY_ID[name])).body.decode(BY_ID[name].encoding) for name in BY_ID}
    assert "<pubDate>Tue, 17 Nov 2026 21:30:00 GMT</pubDate>" in written["gazette"]
    assert "<pubDate>Tue, 17 Nov 2026 16:40:00 EST</pubDate>" in written["ledger"]
    assert "<pubDate>Wed, 18 Nov 2026 08:30:00 +0300</pubDate>" in written["vestnik"]
    assert "<published>2026-11-17T21:42:00+01:00</published>" in written["meridian"]
    assert "<dc:date>2026-11-19T22:30+02:00</dc:date>" in written["ohlyad"]
    assert '"date_published": "2026-11-18T18:30:00+03:00"' in written["pusula"]


def test_one_feed_carries_the_full_text(newsroom):
    reply = get(newsroom, feed_url(BY_ID["ledger"]))
    entries = {entry.link: entry for entry in feedparser.parse(io.BytesIO(reply.body)).entries}
    for truth in (truth for truth in FIRST if truth.outlet == "ledger"):
        content = lxml.html.fromstring(entries[truth.feed_link].content[0].value)
        assert [paragraph.text_content() for paragraph in content.iter("p")] == truth.text.split("\n")


# --- conditional requests --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outlet", OUTLETS, ids=lambda outlet: outlet.id)
def test_a_feed_answers_304_to_each_validator_it_gave(newsroom, outlet):
    first = get(newsroom, feed_url(outlet))
    assert [name in first.headers for name in ("ETag", "Last-Modified")] == [
        name in outlet.feed.validators for name in ("etag", "last_modified")
    ]
    asks = {"ETag": "If_None_Match", "Last-Modified": "If_Modified_Since"}
    for given, asked in asks.items():
        if given in first.headers:
            again = get(newsroom, feed_url(outlet), **{asked: first.headers[given]})
            assert (again.status, again.body, again.headers[given]) == (304, b"", first.headers[given])


def test_a_304_needs_the_right_validator(newsroom):
    url = feed_url(BY_ID["gazette"])
    seen = get(newsroom, url).headers
    assert get(newsroom, url, If_None_Match='"other"').status == 200
    assert get(newsroom, url, If_None_Match=f'"other", W/{seen["ETag"]}').status == 304
    assert get(newsroom, url, If_None_Match='"other"', If_Modified_Since=seen["Last-Modified"]).status == 200  # RFC 9110 §13.1.3
    assert get(newsroom, url, If_Modified_Since="Thu, 19 Nov 2026 00:00:00 GMT").status == 200
    assert get(newsroom, url, If_Modified_Since="yesterday").status == 200


def test_only_the_feeds_that_changed_are_new_in_edition_two():
    with Newsroom() as room:
        given = {outlet.id: get(room, feed_url(outlet)).headers for outlet in OUTLETS}
        room.advance()
        statuses = {}
        for outlet in OUTLETS:
            asks = {"If_None_Match": given[outlet.id]["ETag"], "If_Modified_Since": given[outlet.id]["Last-Modified"]}
            statuses[outlet.id] = get(room, feed_url(outlet), **{name: value for name, value in asks.items() if value}).status
    assert {name for name, status in statuses.items() if status == 200} == {"karvan", "ledger", "meridian", "stolica"}
    assert set(statuses.values()) == {200, 304}


def test_pages_give_the_validators_that_their_outlet_promises(newsroom):
    for outlet in OUTLETS:
        truth = next(truth for truth in FIRST if truth.outlet == outlet.id)
        page = get(newsroom, truth.url)
        assert [name in page.headers for name in ("ETag", "Last-Modified")] == [
            name in outlet.page_validators for name in ("etag", "last_modified")
        ]
        if "ETag" in page.headers:
            assert get(newsroom, truth.url, If_None_Match=page.headers["ETag"]).status == 304
        if "Last-Modified" in page.headers:
            assert parsedate_to_datetime(page.headers["Last-Modified"]) == truth.published_at


def test_a_revised_page_is_modified():
    with Newsroom() as room:
        url = next(truth.url for truth in FIRST if truth.slug == "treasury-tankers-iran-oil")
        since = get(room, url).headers["Last-Modified"]
        assert get(room, url, If_Modified_Since=since).status == 304
        room.advance()
        assert get(room, url, If_Modified_Since=since).status == 200


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("truth", FIRST, ids=lambda truth: f"{truth.outlet}/{truth.slug}")
def test_a_page_holds_title_authors_and_every_paragraph(newsroom, truth):
    outlet = BY_ID[truth.outlet]
    reply = get(newsroom, truth.url)
    assert reply.status == 200
    page = lxml.html.fromstring(reply.body.decode(outlet.encoding))
    texts = {element.text_content().strip() for element in page.iter("p", "div", "h1")}
    assert {truth.title, *truth.text.split("\n")} <= texts
    assert all(author in page.text_content() for author in truth.authors)


def test_a_page_is_more_than_its_article(newsroom):
    for outlet in OUTLETS:
        newest, *others = stories_in(outlet, 1)
        truth = next(truth for truth in FIRST if truth.outlet == outlet.id and truth.slug == newest.slug)
        text = lxml.html.fromstring(get(newsroom, truth.url).body.decode(outlet.encoding)).text_content()
        assert len(text) > len(truth.text) + 300
        assert others[0].title in text


def test_pages_in_right_to_left_scripts_say_so(newsroom):
    directions = defaultdict(set)
    for truth in FIRST:
        page = lxml.html.fromstring(get(newsroom, truth.url).body.decode(BY_ID[truth.outlet].encoding))
        directions[truth.lang].add(page.get("dir", "ltr"))
    assert directions == {"fa": {"rtl"}, "ar": {"rtl"}, "en": {"ltr"}, "ru": {"ltr"}, "uk": {"ltr"}, "tr": {"ltr"}}


def test_the_sites_differ_in_what_they_state_about_a_story(newsroom):
    marks = {
        "json_ld": "//script[@type='application/ld+json']",
        "open_graph": "//meta[@property='og:title']",
        "published_time": "//meta[@property='article:published_time']",
        "time": "//time[@datetime]",
        "canonical": "//link[@rel='canonical']",
        "dublin_core": "//meta[@name='DC.date']",
    }
    stated = defaultdict(set)
    for outlet in OUTLETS:
        truth = next(truth for truth in FIRST if truth.outlet == outlet.id)
        page = lxml.html.fromstring(get(newsroom, truth.url).body.decode(outlet.encoding))
        for mark, path in marks.items():
            if page.xpath(path):
                stated[mark].add(outlet.layout)
    assert stated == {
        "json_ld": {"broadsheet", "blog", "cards"},
        "open_graph": {"broadsheet", "blog", "cards", "portal", "review", "rtl", "magazine"},
        "published_time": {"broadsheet", "blog", "portal", "rtl"},
        "time": {"wire"},
        "canonical": {"blog"},
        "dublin_core": {"review"},
    }


def test_json_ld_names_headline_authors_and_instant(newsroom):
    truth = next(truth for truth in FIRST if truth.slug == "meghri-yolunda-ilk-kazma")
    page = lxml.html.fromstring(get(newsroom, truth.url).body)
    document = orjson.loads(page.xpath("//script[@type='application/ld+json']")[0].text)
    assert document["headline"] == truth.title
    assert [author["name"] for author in document["author"]] == list(truth.authors)
    assert datetime.fromisoformat(document["datePublished"]) == truth.published_at


def test_one_outlet_states_its_dates_in_words_only(newsroom):
    truth = next(truth for truth in FIRST if truth.slug == "peremyrja-dlja-elektrostancij")
    page = get(newsroom, truth.url).body.decode()
    assert "19 листопада 2026, 22:30" in page
    assert "2026-11-19" not in page


@pytest.mark.parametrize(
    ("lang", "moment", "text"),
    [
        ("en", datetime(2026, 11, 17, 9, 5, tzinfo=UTC), "17 November 2026, 09:05"),
        ("fa", datetime(2026, 11, 16, 9, 5, tzinfo=UTC), "۲۵ آبان ۱۴۰۵ - ۰۹:۰۵"),
        ("fa", datetime(2026, 3, 21, 9, 5, tzinfo=UTC), "۱ فروردین ۱۴۰۵ - ۰۹:۰۵"),
        ("fa", datetime(2026, 9, 23, 9, 5, tzinfo=UTC), "۱ مهر ۱۴۰۵ - ۰۹:۰۵"),
        ("ar", datetime(2026, 11, 17, 9, 5, tzinfo=UTC), "١٧ تشرين الثاني ٢٠٢٦ | ٠٩:٠٥"),
        ("tr", datetime(2026, 11, 17, 9, 5, tzinfo=UTC), "17 Kasım 2026 09:05"),
    ],
)
def test_dates_are_written_as_readers_of_the_language_write_them(lang, moment, text):
    assert format_date(moment, lang) == text


def test_one_outlet_is_in_windows_1251_and_says_so_in_the_page_alone(newsroom):
    truth = next(truth for truth in FIRST if truth.slug == "chasovshchik-vasilevskij")
    reply = get(newsroom, truth.url)
    assert reply.headers["Content-Type"] == "text/html"
    assert b"charset=windows-1251" in reply.body
    assert "часовщик".encode("windows-1251") in reply.body
    assert b"&#769;" in reply.body  # an accent for which the encoding has no letter


def test_one_outlet_compresses_for_those_who_can_undo_it(newsroom):
    url = feed_url(BY_ID["ledger"])
    packed, plain = get(newsroom, url, Accept_Encoding="gzip, br"), get(newsroom, url)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["ETag"] == plain.headers["ETag"]
    assert packed.headers["ETag"].startswith("W/")


def test_home_and_section_pages_hold_headlines(newsroom):
    front = get(newsroom, "http://gazette.example/").body.decode()
    section = get(newsroom, "http://gazette.example/section/1").body.decode()
    assert "Europe&#x27;s defence ministers" in front
    assert "Iran offers two-year enrichment pause" in section
    assert "Storm Edda" in front
    assert "Storm Edda" not in section


def test_pages_hold_together_as_templates():
    for outlet in OUTLETS:
        layout = load_layout(outlet.layout)
        assert all(pattern.is_valid() for pattern in (layout.page, layout.article, layout.paragraph, layout.between, layout.figure))


# --- dead ends, redirects, hosts -------------------------------------------------------------------------------------


def test_the_feeds_have_three_dead_ends(newsroom):
    assert newsroom.rejections() == (
        RejectionTruth(outlet="compass", url="http://compass.example/20261118/video-first-snow-red-square-118204.html", reason="empty"),
        RejectionTruth(outlet="gazette", url="http://gazette.example/private/subscribers/weekend-briefing", reason="robots_refused"),
        RejectionTruth(outlet="ledger", url="http://ledger.example/2026/11/pentagon-briefing-transcript/", reason="not_found"),
    )
    assert [get(newsroom, truth.url).status for truth in newsroom.rejections()] == [200, 200, 404]


def test_every_host_has_a_robots_txt_and_one_closes_a_folder(newsroom):
    rules = {outlet.id: get(newsroom, f"http://{outlet.host}/robots.txt").body.decode() for outlet in OUTLETS}
    assert {name for name, text in rules.items() if "Disallow" in text} == {"gazette"}
    assert rules["gazette"] == "User-agent: *\nDisallow: /private/\n"


def test_the_video_page_has_a_player_and_no_text(newsroom):
    page = lxml.html.fromstring(get(newsroom, newsroom.rejections()[0].url).body)
    assert len(page.xpath("//video")) == 1
    assert not page.xpath("//p | //*[@class='article__text']")


def test_one_feed_link_moves_on_within_its_host(newsroom):
    (moved,) = [truth for truth in FIRST if truth.feed_link != truth.url]
    reply = get(newsroom, moved.feed_link)
    assert (reply.status, reply.headers["Location"]) == (301, moved.url)
    assert urlsplit(moved.feed_link).netloc == urlsplit(moved.url).netloc == "pusula.example"


def test_addresses_with_persian_letters_are_percent_encoded(newsroom):
    truth = next(truth for truth in FIRST if truth.slug == "نان-گران-شد")
    assert truth.url == "http://bamdad.example/fa/%D9%86%D8%A7%D9%86-%DA%AF%D8%B1%D8%A7%D9%86-%D8%B4%D8%AF"
    assert get(newsroom, truth.url).status == 200


def test_a_host_that_no_outlet_has_is_misdirected(newsroom):
    assert get(newsroom, "http://elsewhere.example/").status == 421


# --- the newsroom itself ---------------------------------------------------------------------------------------------


def test_one_truth_is_written_out_in_full():
    (truth,) = [truth for truth in FIRST if truth.slug == "mnogopolyarnyj-mir-forum"]
    text = truth.text
    assert text.startswith("МОСКВА, 16 ноября. Мир вступил в эпоху")
    assert truth == ArticleTruth(
        outlet="stolica",
        slug="mnogopolyarnyj-mir-forum",
        url="http://stolica.example/20261116/mnogopolyarnyj-mir-forum-819279.html",
        feed_link="http://stolica.example/20261116/mnogopolyarnyj-mir-forum-819279.html",
        title="«Эпоха одного хозяина кончилась»: в Москве обсудили устройство многополярного мира",
        text=text,
        authors=("Вероника Залесская", "Семён Грачёв-Ольховский"),
        published_at=datetime(2026, 11, 16, 16, 5, tzinfo=UTC),
        published_on=date(2026, 11, 16),
        lang="ru",
        themes=("world_order",),
        near=(),
        actors=("russia", "us"),
        dyads=(("us_russia", "diverging"),),
        edition=1,
    )


def test_the_day_is_the_outlets_own():
    (truth,) = [truth for truth in FIRST if truth.slug == "russia-air-defense-parts-iran"]
    assert (truth.published_at.date(), truth.published_on) == (date(2026, 11, 17), date(2026, 11, 16))


def test_names_lead_to_the_port_and_sources_are_declared(newsroom):
    declared = tomllib.loads(newsroom.sources_toml)["source"]
    assert newsroom.connect_to == tuple(f"{outlet.host}=127.0.0.1:{newsroom.port}" for outlet in OUTLETS)
    assert [source["id"] for source in declared] == [outlet.id for outlet in OUTLETS]
    assert declared[2] == {
        "id": "compass",
        "name": "Northern Compass",
        "home": "http://compass.example/",
        "country": "ru",
        "lang": "en",
        "timezone": "Europe/Moscow",
        "owner": "Rodnik Media Holding",
        "affiliation": "state",
        "family": "rodnik",
        "feed": [{"url": "http://compass.example/export/rss2/index.xml"}],
    }


def test_every_request_is_written_down():
    with Newsroom() as room:
        get(room, "http://gazette.example/feed.xml", If_None_Match='"x"')
        get(room, "http://vestnik.example/article.php?id=1")
        noted = [(seen.method, seen.host, seen.path, seen.header("if-none-match"), seen.status) for seen in room.requests]
    assert noted == [
        ("GET", "gazette.example", "/feed.xml", '"x"', 200),
        ("GET", "vestnik.example", "/article.php?id=1", None, 404),
    ]


def test_a_connection_is_kept_and_closed_with_the_newsroom():
    with Newsroom() as room:
        connection = http.client.HTTPConnection("127.0.0.1", room.port, timeout=10)
        for _ in range(2):
            connection.request("GET", "/robots.txt", headers={"Host": "gazette.example"})
            assert connection.getresponse().read()
        line = connection.sock
    assert line is connection.sock  # one connection served both requests
    assert connection.sock.recv(1) == b""
    connection.close()
