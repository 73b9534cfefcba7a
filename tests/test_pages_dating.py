"""When a page says it was published, and how well that is known."""

from datetime import UTC, date, datetime

import pytest

from extractors.pages.dating import find_published
from extractors.pages.jsonld import read_linked_article
from extractors.pages.markup import meta_contents, parse_markup
from extractors.records import NEVER_PUBLISHED, Published

FETCHED_AT = datetime(2026, 3, 12, 8, tzinfo=UTC)
FEED = Published(at=datetime(2026, 3, 11, 9, 30, tzinfo=UTC), on=date(2026, 3, 11), precision="minute", zone="stated", origin="feed")


def find(markup, *, timezone=None, feed=NEVER_PUBLISHED, url="https://wire.example/story"):
    tree = parse_markup(f"<html><body><h1>H</h1>{markup}<p>Text of the story.</p></body></html>")
    linked = read_linked_article(tree, url=url)
    return find_published(tree, linked=linked, meta=meta_contents(tree), url=url, timezone=timezone, feed=feed, fetched_at=FETCHED_AT)


def linked(stated):
    return f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "H", "datePublished": "{stated}"}}</script>'


def published(hour, minute, *, precision="second", zone="stated", origin="json-ld:datePublished", day=11):
    return Published(
        at=datetime(2026, 3, day, hour, minute, tzinfo=UTC), on=date(2026, 3, day), precision=precision, zone=zone, origin=origin
    )


META = '<meta property="article:published_time" content="2026-03-11T12:00:00Z">'


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        pytest.param(linked("2026-03-11T12:15:00+03:00") + META, published(9, 15), id="JSON-LD comes first, its zone is stated"),
        pytest.param(linked("soon") + META, published(12, 0, origin="meta:article:published_time"), id="what is no date is passed over"),
        pytest.param(linked("2027-01-01T00:00:00Z") + META, published(12, 0, origin="meta:article:published_time"), id="so is the future"),
        pytest.param('<time datetime="2026-03-11T12:00:00Z">x</time>', published(12, 0, origin="time"), id="a time element"),
        pytest.param(
            '<aside><time datetime="2026-03-01T00:00:00Z"></time></aside><time datetime="2026-03-11T12:00:00Z"></time>',
            published(12, 0, origin="time"),
            id="not one that belongs to another article",
        ),
        pytest.param(
            '<div class="article-date">March 11, 2026</div>',
            published(12, 0, precision="day", zone="unknown", origin="text"),
            id="a printed date is a day",
        ),
        pytest.param("<p>© 2026</p>", NEVER_PUBLISHED, id="a year in a copyright line is no date"),
    ],
)
def test_the_page_speaks(markup, found):
    assert find(markup) == found


def test_a_time_without_a_zone_is_the_sources():
    assert find(linked("2026-03-11T12:15:00"), timezone="Asia/Tehran") == published(8, 45, zone="source")


@pytest.mark.parametrize(
    ("stated", "url", "day"),
    [
        pytest.param("2026-03-11T02:00:00Z", "https://wire.example/2026/03/10/story", 10, id="in New York it was the evening before"),
        pytest.param("2026-03-11T22:00:00+00:00", "https://wire.example/story-20260312.html", 12, id="in Tokyo it was the next morning"),
        pytest.param("2026-03-11T02:00:00Z", "https://wire.example/2026/03/01/story", 11, id="no zone is days away"),
        pytest.param("2026-03-11T02:00:00Z", "https://wire.example/2026/99/99/story", 11, id="what is no day is none"),
        pytest.param("2026-03-11T02:00:00+01:00", "https://wire.example/2026/03/10/story", 11, id="a zone that was chosen is the outlet's"),
    ],
)
def test_the_address_tells_the_outlets_day_where_the_page_says_utc(stated, url, day):
    assert find(linked(stated), url=url).on == date(2026, 3, day)


def test_the_day_that_a_page_prints_is_the_outlets():
    printed = '<time datetime="2026-03-11T02:00:00Z">11 March 2026</time>'
    assert find(linked("2026-03-11T02:00:00Z") + printed, url="https://wire.example/2026/03/10/story").on == date(2026, 3, 11)


def test_htmldate_finds_the_day_when_nothing_states_it():
    found = find("<p>x</p>", url="https://wire.example/2026/03/10/story")
    assert found == published(12, 0, precision="day", zone="unknown", origin="htmldate", day=10)


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        pytest.param("<p>x</p>", FEED, id="the feed speaks for a silent page"),
        pytest.param(linked("2026-03-11"), FEED, id="and for one that knows the day only"),
        pytest.param(linked("2026-03-11T13:00:00"), FEED, id="and for one that leaves the zone open"),
        pytest.param(linked("2026-03-11T13:00:00Z"), published(13, 0), id="not for one that says it all"),
        pytest.param(linked("2026-03-01"), published(12, 0, precision="day", zone="unknown", day=1), id="nor for one of another day"),
    ],
)
def test_the_feed_helps(markup, found):
    assert find(markup, feed=FEED) == found


def test_a_feed_from_the_future_is_not_believed():
    future = Published(at=datetime(2026, 5, 1, tzinfo=UTC), on=date(2026, 5, 1), precision="second", zone="stated", origin="feed")
    assert find("<p>x</p>", feed=future) == NEVER_PUBLISHED


@pytest.mark.parametrize(
    ("markup", "day"),
    [
        pytest.param(
            '<div><meta itemprop="datePublished" content="2026-03-10T18:40:00Z">11 March 2026, 7:40am NZDT</div>', 11, id="of a far zone"
        ),
        pytest.param(
            '<div><meta itemprop="datePublished" content="2026-03-10T22:10:00Z">11 марта 2026, 01:10 (МСК)</div>', 11, id="in brackets"
        ),
        pytest.param(
            '<div><meta itemprop="datePublished" content="2026-03-10T22:10:00Z">11 March 2026, 04:27</div>', 10, id="of another event"
        ),
        pytest.param('<div><meta itemprop="datePublished" content="2026-03-10T22:10:00Z">11 March 2026</div>', 10, id="without a clock"),
    ],
)
def test_the_day_beside_a_machines_utc_is_what_readers_saw(markup, day):
    assert find(markup).on == date(2026, 3, day)


@pytest.mark.parametrize(
    ("markup", "day"),
    [
        pytest.param("<font>كتبت: ليلى حداد<br>الأربعاء 11 مارس 2026</font>", 11, id="below the byline"),
        pytest.param("<div>كتب: ليلى حداد | ١١ مارس ٢٠٢٦</div>", 11, id="behind it"),
        pytest.param("<div>جميع الحقوق محفوظة 11 مارس 2026</div>", None, id="not in a legal line"),
        pytest.param("<p>وقع الاتفاق في 11 مارس 2026 بعد مفاوضات طويلة في المدينة</p>", None, id="not in a sentence"),
        pytest.param('<div class="related">كتب: ليلى حداد | ١١ مارس ٢٠٢٦</div>', None, id="not of another story"),
    ],
)
def test_a_line_that_is_hardly_more_than_a_date_is_read_where_nothing_else_tells(markup, day):
    found = find(markup)
    assert (found.on, found.origin) == ((date(2026, 3, day), "text") if day else (None, NEVER_PUBLISHED.origin))
