"""Archives of addresses: what sitemaps, lists, archived feeds and WordPress name, and which of their documents are worth asking for."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
from archives import AT

from extractors.archives.addresslists import AddressLists
from extractors.archives.feedarchives import FeedArchives, WordPress
from extractors.archives.history import Link, Listing, NextSlot, Window
from extractors.archives.httpmessage import plain_response
from extractors.archives.sitemaps import Sitemaps, span_in
from extractors.errors import SettingError
from extractors.records import PageHints, Published

SITE = "https://gazette.example"
EVERYTHING = Window()
MARCH = Window(since=datetime(2026, 3, 1, tzinfo=UTC), until=datetime(2026, 4, 1, tzinfo=UTC))


def day(month, number=1, hour=0):
    return datetime(2026, month, number, hour, tzinfo=UTC)


def got(body, *, url=f"{SITE}/sitemap.xml", status=200, headers=(), content_type="application/xml"):
    body = body if isinstance(body, bytes) else body.encode()
    return plain_response(
        url, body, content_type=content_type, started_at=AT, status=status, headers=(("Content-Type", content_type), *headers)
    )


# --- sitemaps --------------------------------------------------------------------------------------------------------

INDEX = f"""<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>{SITE}/sitemap-2026-03.xml.gz</loc></sitemap>
<sitemap><loc>{SITE}/sitemap-2025.xml</loc></sitemap>
<sitemap><loc>{SITE}/sitemap-2026-04.xml</loc><lastmod>2026-04-09</lastmod></sitemap>
<sitemap><loc>/old.xml</loc><lastmod>2026-02-01T10:00:00Z</lastmod></sitemap>
<sitemap><loc>{SITE}/all.xml</loc><lastmod>2026-03-20T10:00:00Z</lastmod></sitemap></sitemapindex>"""

URLSET = f"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>{SITE}/a</loc><lastmod>2026-03-05T10:00:00Z</lastmod></url>
<url><loc>{SITE}/2026/03/07/b</loc><lastmod>2026-04-20</lastmod></url>
<url><loc>{SITE}/2026/02/07/c</loc><lastmod>2026-03-20</lastmod></url>
<url><loc>{SITE}/d</loc><n:news><n:publication><n:language>ru</n:language></n:publication>
<n:publication_date>2026-03-31T23:59:59Z</n:publication_date><n:title>Title &amp; more</n:title></n:news></url>
<url><loc>{SITE}/e</loc><lastmod>2026-04-01T00:00:00Z</lastmod></url>
<url><loc>{SITE}/f</loc></url></urlset>"""


def test_an_index_is_asked_only_for_what_can_hold_what_is_wanted():
    assert Sitemaps().read(got(INDEX), window=MARCH) == Listing(
        slots=(
            NextSlot(address=f"{SITE}/sitemap-2026-03.xml.gz", listed_at=day(4)),
            NextSlot(address=f"{SITE}/all.xml", listed_at=day(3, 20, 10)),
        ),
        outside=3,
    )
    assert len(Sitemaps().read(got(INDEX), window=EVERYTHING).slots) == 5


def test_addresses_are_taken_by_their_best_date_the_newest_first():
    listing = Sitemaps().read(got(URLSET), window=MARCH)
    published = Published(
        at=day(3, 31, 23) + timedelta(seconds=3599), on=day(3, 31).date(), precision="second", zone="stated", origin="sitemap"
    )
    assert listing == Listing(
        links=(
            Link(url=f"{SITE}/d", at=published.at, hints=PageHints(title="Title & more", lang="ru", published=published)),
            Link(url=f"{SITE}/2026/03/07/b", at=day(3, 7)),
            Link(url=f"{SITE}/a", at=day(3, 5, 10)),
            Link(url=f"{SITE}/f"),
        ),
        outside=2,
    )


@pytest.mark.parametrize(
    "body",
    [gzip.compress(URLSET.encode()), gzip.compress(URLSET.encode())[:-30], URLSET[: URLSET.index("</urlset>")], "\ufeff" + URLSET],
    ids=["gzipped", "gzipped and cut short", "cut short", "with a byte order mark"],
)
def test_a_sitemap_is_read_as_far_as_it_is_there(body):
    assert len(Sitemaps().read(got(body), window=EVERYTHING).links) >= 4


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        (got("<html><body>Not here</body></html>"), "not a sitemap, but <html>"),
        (got("", status=404), "status 404"),
        (got(b"\x1f\x8b\x08junk"), "looks like gzip but cannot be inflated"),
        (got("nothing of the kind"), "not a sitemap: it begins with"),
    ],
)
def test_what_is_no_sitemap_is_said(response, problem):
    listing = Sitemaps().read(response, window=EVERYTHING)
    assert listing.problem.startswith(problem)
    assert listing.links == listing.slots == ()


def test_a_site_is_asked_for_its_robots_txt_and_else_for_the_usual_place():
    (begin,) = Sitemaps().begin("https://gazette.example")
    assert begin == NextSlot(address=f"{SITE}/robots.txt")
    named = got(f"User-agent: *\nSitemap: {SITE}/a.xml\nsitemap:/b.xml\n", url=begin.address)
    assert [slot.address for slot in Sitemaps().read(named, window=EVERYTHING).slots] == [f"{SITE}/a.xml", f"{SITE}/b.xml"]
    missing = got("", url=begin.address, status=404)
    assert [slot.address for slot in Sitemaps().read(missing, window=EVERYTHING).slots] == [f"{SITE}/sitemap.xml"]


@pytest.mark.parametrize(
    ("address", "span"),
    [
        (f"{SITE}/2026/03/07/x", (day(3, 7), day(3, 8))),
        (f"{SITE}/sitemap-202603.xml", (day(3), day(4))),
        (f"{SITE}/sitemap_2026.xml", (day(1), datetime(2027, 1, 1, tzinfo=UTC))),
        (f"{SITE}/2026-02-31/x", None),
        (f"{SITE}/story-120263", None),
        ("https://gazette2026.example/x", None),
    ],
)
def test_an_address_may_say_of_when_it_is(address, span):
    assert span_in(address) == span


# --- lists -----------------------------------------------------------------------------------------------------------


def test_a_list_keeps_its_order_and_names_what_is_no_address():
    listing = AddressLists().read(got(f"# mine\n{SITE}/b\n\n{SITE}/a\nftp://x\n{SITE}/b\n{SITE}/2025/01/01/c\n"), window=MARCH)
    assert [link.url for link in listing.links] == [f"{SITE}/b", f"{SITE}/a"]
    assert (listing.outside, listing.problem) == (1, "1 lines are no address, such as 'ftp://x'")


# --- archived feeds --------------------------------------------------------------------------------------------------


def atom(*days, links=""):
    entries = "".join(
        f"<entry><title>T{number}</title><id>{number}</id><link href='{SITE}/{number}'/><link rel='next' href='/not-this'/>"
        f"<updated>2026-03-{number:02}T00:00:00Z</updated></entry>"
        for number in days
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>G</title>{links}{entries}</feed>"


@pytest.mark.parametrize(
    ("links", "slots"),
    [
        (
            "<link rel='prev-archive' href='/archive/2'/><link rel='next' href='/p2'/>",
            (NextSlot(address=f"{SITE}/archive/2", is_settled=True),),
        ),
        ("<link rel='next' href='/p2'/>", (NextSlot(address=f"{SITE}/p2", only_if_new=True),)),
        ("<link rel='self' href='/feed'/>", ()),
    ],
)
def test_a_feed_leads_back_by_its_own_links(links, slots):
    listing = FeedArchives().read(got(atom(9, 8, links=links), url=f"{SITE}/feed"), window=EVERYTHING)
    assert [(link.url, link.at, link.hints.title) for link in listing.links] == [
        (f"{SITE}/9", day(3, 9), "T9"),
        (f"{SITE}/8", day(3, 8), "T8"),
    ]
    assert listing.slots == slots


def test_an_rss_feed_leads_back_by_the_atom_link_in_its_channel():
    body = (
        "<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom'><channel><title>G</title><a:link rel='prev-archive' href='http://g.example/old'/>"
        f"<item><title>T</title><link>{SITE}/1</link></item></channel></rss>"
    )
    assert FeedArchives().read(got(body), window=EVERYTHING).slots == (NextSlot(address="http://g.example/old", is_settled=True),)


def test_nobody_walks_on_behind_the_oldest_that_is_wanted():
    links = "<link rel='prev-archive' href='/archive/2'/>"
    window = Window(since=day(3, 8))
    assert FeedArchives().read(got(atom(9, 7, links=links)), window=window).slots
    listing = FeedArchives().read(got(atom(7, 6, links=links)), window=window)
    assert (listing.links, listing.slots, listing.outside) == ((), (), 2)


# --- WordPress -------------------------------------------------------------------------------------------------------

POSTS = f"{SITE}/wp-json/wp/v2/posts?per_page=100&page=1&_fields=link,date_gmt,title"


def posts(*days):
    return json.dumps(
        [{"link": f"{SITE}/{n}", "date_gmt": f"2026-03-{n:02}T08:00:00", "title": {"rendered": f"T&#8217;{n}"}} for n in days]
    )


def test_wordpress_is_walked_by_wp_json_where_that_is_open():
    assert WordPress().begin(f"{SITE}/") == (NextSlot(address=POSTS),)
    listing = WordPress().read(got(posts(9, 8), url=POSTS, headers=(("X-WP-TotalPages", "2"),)), window=EVERYTHING)
    assert [(link.url, link.at, link.hints.title) for link in listing.links] == [
        (f"{SITE}/9", day(3, 9, 8), "T’9"),
        (f"{SITE}/8", day(3, 8, 8), "T’8"),
    ]
    assert [(slot.address, slot.only_if_new) for slot in listing.slots] == [
        (f"{SITE}/wp-json/wp/v2/posts?per_page=100&page=2&_fields=link%2Cdate_gmt%2Ctitle", True)
    ]
    last = got(posts(7), url=listing.slots[0].address, headers=(("X-WP-TotalPages", "2"),))
    assert WordPress().read(last, window=EVERYTHING).slots == ()


@pytest.mark.parametrize("closed", [got("", url=POSTS, status=401), got("<html>", url=POSTS), got('{"code": "x"}', url=POSTS, status=404)])
def test_wordpress_is_walked_by_its_feed_where_wp_json_is_closed(closed):
    (first,) = WordPress().read(closed, window=EVERYTHING).slots
    assert first.address == f"{SITE}/feed/?paged=1"
    feed = (
        "<rss version='2.0'><channel><title>G</title><generator>https://wordpress.org/?v=6.5</generator>"
        f"<item><title>T</title><link>{SITE}/1</link></item></channel></rss>"
    )
    listing = WordPress().read(got(feed, url=first.address), window=EVERYTHING)
    assert ([link.url for link in listing.links], [slot.address for slot in listing.slots]) == ([f"{SITE}/1"], [f"{SITE}/feed/?paged=2"])
    assert WordPress().read(got("", url=listing.slots[0].address, status=404), window=EVERYTHING) == Listing()


def test_a_feed_that_is_not_wordpresss_is_refused_with_advice():
    listing = WordPress().read(got(atom(1), url=f"{SITE}/feed/?paged=1"), window=EVERYTHING)
    assert listing.problem == "the feed does not say that WordPress made it; try `backfill archive-feed`"


@pytest.mark.parametrize("archive", [Sitemaps(), FeedArchives(), WordPress(), AddressLists()])
def test_a_target_that_cannot_be_one_is_said_in_one_sentence(archive):
    with pytest.raises(SettingError, match="not an http\\(s\\) address|no such file"):
        archive.begin("ftp://nowhere")
