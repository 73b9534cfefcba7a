"""The stream end to end against a simulated news world: real HTTP, real DuckDB, the real cage; the warehouse must say what is true."""

import asyncio
import dataclasses
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from warcio.archiveiterator import ArchiveIterator
from world.picture import look, told, twice
from world.server import World
from world.truth import Fault, feed_url, host_of, page_url

from extractors.fetch.clock import Clock
from flows.run import run_stream

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
THROTTLED = 6  # the host that answers one page with 429
FAULTS = {
    page_url(1, 0): Fault(kind="status", status=404),
    page_url(1, 1): Fault(kind="status", status=410),
    page_url(1, 2): Fault(kind="status", status=500),
    page_url(1, 3): Fault(kind="status", status=403),
    page_url(3, 0): Fault(kind="empty"),
    page_url(3, 1): Fault(kind="pdf"),
    page_url(3, 2): Fault(kind="truncated"),
    page_url(3, 3): Fault(kind="reset"),
    page_url(4, 0): Fault(kind="slow", seconds=60),
    page_url(4, 1): Fault(kind="redirect", location=page_url(4, 1) + "?moved=1"),
    feed_url(5): Fault(kind="web_page"),
    page_url(THROTTLED, 1): Fault(kind="status", status=429, retry_after="3600"),
}


@dataclasses.dataclass(frozen=True)
class Day:
    """One run and what was seen after it, by the warehouse's readers and by the publishers."""

    report: object
    picture: object
    truth: dict
    log: tuple

    def asked(self, kind):
        return [exchange for exchange in self.log if exchange.kind == kind]


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    """A world that lives through five runs; each test asks about one of them."""
    with World(seed=11, hosts=7, articles_per_host=5, faults=FAULTS) as world:
        settings = world.settings(tmp_path_factory.mktemp("life") / "data", request_timeout_seconds=2.5)
        world.publish(0, closed=True)
        world.publish(3, copied_from=world.truth.article(0, 1))
        days = {}

        def live(name, *, after=timedelta()):
            before = world.received
            report = run_stream(settings, clock=clock_ahead(after))
            world.settle()
            days[name] = Day(report, look(settings.published), told(world.truth.articles), world.log(since=before))

        live("first")
        live("unchanged")
        world.edit(world.truth.article(0, 2))
        world.edit(world.truth.article(2, 0))
        world.publish(1)
        live("edited")
        for url in FAULTS.keys() - {page_url(1, 1)}:
            world.truth.spoil(url, None)
        world.truth.spoil(page_url(0, 4), Fault(kind="status", status=404))
        world.edit(world.truth.article(2, 1), in_silence=True)
        live("revisited", after=7 * HOUR)
        live("later", after=26 * HOUR)
        days["captures"] = settings.captures_dir
        days["all"] = world.log()
        return days


def clock_ahead(ahead):
    """The system's clock, but so much later."""
    return Clock(now=lambda: datetime.now(UTC) + ahead, monotonic=time.monotonic, sleep=asyncio.sleep)


def urls(exchanges):
    return sorted(exchange.url for exchange in exchanges)


def key(url):
    return url.removeprefix("http://")


# --- the first run ---------------------------------------------------------------------------------------------------

LOST_AT_FIRST = {key(page_url(1, n)) for n in (0, 1, 2, 3)} | {key(page_url(3, n)) for n in (0, 1, 2, 3)} | {key(page_url(4, 0))}


def healthy(truth, *, without=frozenset()):
    """What of the truth can be read: nothing behind the faults, nothing of the outlet whose feed is none, nothing that is closed."""
    return {
        url_key: article
        for url_key, article in truth.items()
        if url_key not in without and "/closed/" not in url_key and article.source_id not in {"host05", f"host{THROTTLED:02}"}
    }


def of_source(told_articles, host):
    return {url_key: article for url_key, article in told_articles.items() if article.source_id == f"host{host:02}"}


def test_every_readable_article_of_every_feed_is_exactly_one_row_and_nothing_else_is(life):
    day = life["first"]
    articles = {url_key: article for url_key, article in day.picture.articles.items() if article.source_id != f"host{THROTTLED:02}"}
    assert articles == healthy(day.truth, without=LOST_AT_FIRST)
    assert day.picture.rows == len(day.picture.articles)
    assert day.picture.versions == {(url_key, 1, "publisher") for url_key in day.picture.articles}


def test_what_is_not_an_article_is_rejected_with_its_reason_or_still_waits(life):
    day = life["first"]
    closed = next(url_key for url_key in day.truth if "/closed/" in url_key)
    final = {
        key(page_url(3, 0)): "empty",
        key(page_url(3, 1)): "not_html",
        closed: "robots_refused",
    }
    assert {url_key: day.picture.rejections.get(url_key) for url_key in final} == final
    waiting = LOST_AT_FIRST - final.keys()
    assert {url_key: day.picture.stages[url_key] for url_key in waiting} == dict.fromkeys(waiting, "pending")
    assert {day.picture.outcomes[key(page_url(*page))] for page in ((1, 2), (3, 2), (3, 3), (4, 0))} == {
        "server_error",
        "truncated",
        "connect",
        "timeout",
    }
    assert set(day.picture.rejections) <= LOST_AT_FIRST | {closed}


def test_a_throttled_host_is_left_alone_at_once(life):
    day = life["first"]
    pages = [exchange for exchange in day.asked("page") if exchange.host == host_of(THROTTLED)]
    assert [exchange.status for exchange in pages][-1] == 429
    assert sum(exchange.status == 429 for exchange in pages) == 1
    read = {key(exchange.url) for exchange in pages if exchange.status == 200}
    assert of_source(day.picture.articles, THROTTLED) == {url_key: day.truth[url_key] for url_key in read}
    left = of_source(day.truth, THROTTLED).keys() - read - {url_key for url_key in day.truth if "/closed/" in url_key}
    assert {day.picture.stages[url_key] for url_key in left} == {"pending"}
    assert day.report.counts.pages <= len(day.truth), "what has to wait is not taken up again and again in one pass"


def test_an_article_in_two_feeds_is_one_article_with_two_sightings(life):
    day = life["first"]
    in_both = {url_key for url_key, article in of_source(day.truth, 0).items() if day.picture.sightings[url_key] == 2}
    assert in_both >= {key(page_url(0, n)) for n in (0, 2, 4)}
    assert twice(exchange.url.partition("?")[0] for exchange in day.asked("page")) == {page_url(4, 1): 2}  # the redirect, followed


def test_an_article_that_moved_is_known_under_both_addresses(life):
    moved = key(page_url(4, 1))
    assert life["first"].picture.further_urls[moved + "?moved=1"] == moved


def test_a_syndicated_copy_is_an_article_of_its_own(life):
    day = life["first"]
    original = day.picture.articles[key(page_url(0, 1))]
    copies = [article for article in day.picture.articles.values() if article.title.startswith(original.title)]
    assert sorted(article.source_id for article in copies) == ["host00", "host03"]


def test_a_page_that_robots_txt_closes_is_never_asked_for(life):
    assert not [exchange for exchange in life["all"] if "/closed/" in exchange.target]


def test_themes_stand_on_passages_of_the_very_text(life):
    day = life["first"]
    parts = {"title": lambda article: article.title, "text": lambda article: article.text}
    assert len({url_key for url_key, _, _ in day.picture.quotes}) > len(day.picture.articles) / 2
    assert [quote for url_key, part, quote in day.picture.quotes if quote not in parts[part](day.truth[url_key])] == []


# --- the runs after it -----------------------------------------------------------------------------------------------


def test_an_unchanged_world_answers_304_and_no_page_is_asked_for_again(life):
    day = life["unchanged"]
    assert {exchange.status for exchange in day.asked("feed") if exchange.host != host_of(5)} == {304}
    assert day.asked("page") == []
    assert dataclasses.replace(day.picture, runs=()) == dataclasses.replace(life["first"].picture, runs=())


def test_validators_come_back_byte_for_byte_but_for_a_daily_check_of_their_truth(life):
    sent = {}
    checked = [exchange for exchange in life["later"].asked("feed") if exchange.if_none_match is exchange.if_modified_since is None]
    assert {exchange.status for exchange in checked} <= {200}
    for exchange in (exchange for exchange in life["all"] if exchange not in checked):
        if exchange.kind == "feed" and exchange.url in sent:
            headers = dict(sent[exchange.url])
            assert (exchange.if_none_match, exchange.if_modified_since) == (headers.get("ETag"), headers.get("Last-Modified"))
        if exchange.status in {200, 304} and exchange.host != host_of(5):
            sent[exchange.url] = exchange.headers


def test_after_edits_only_the_changed_and_the_new_pages_are_asked_for(life):
    day = life["edited"]
    assert urls(day.asked("page")) == sorted([page_url(0, 2), page_url(2, 0), page_url(1, 5)])


def test_an_edit_is_a_second_version_caused_by_the_publisher(life):
    day = life["edited"]
    before = life["unchanged"].picture
    edited = {key(page_url(0, 2)), key(page_url(2, 0))}
    assert day.picture.versions - before.versions == {
        *((url_key, 2, "publisher") for url_key in edited),
        (key(page_url(1, 5)), 1, "publisher"),
    }
    assert {url_key: day.picture.articles[url_key] for url_key in edited} == {url_key: day.truth[url_key] for url_key in edited}


def test_hours_later_what_waited_is_read_and_everything_is_true(life):
    day = life["revisited"]
    final = {key(page_url(1, 1)), key(page_url(3, 0)), key(page_url(3, 1))} | {url_key for url_key in day.truth if "/closed/" in url_key}
    assert day.picture.articles == {url_key: article for url_key, article in day.truth.items() if url_key not in final}


def test_a_silent_edit_is_found_by_a_revisit(life):
    silent = key(page_url(2, 1))
    assert life["revisited"].picture.articles[silent].version == 2
    assert life["revisited"].picture.articles[silent] == life["revisited"].truth[silent]


def test_revisits_are_conditional_and_pages_that_only_changed_around_the_text_are_no_new_version(life):
    day = life["revisited"]
    again = [exchange for exchange in day.asked("page") if exchange.if_none_match or exchange.if_modified_since]
    assert {exchange.status for exchange in again} >= {200, 304}
    changed = {url_key for url_key, version, _ in day.picture.versions - life["edited"].picture.versions if version > 1}
    assert changed == {key(page_url(2, 1))}


def test_an_article_is_deleted_only_when_it_stays_away(life):
    withdrawn = key(page_url(0, 4))
    assert life["revisited"].picture.deleted == set()
    assert life["later"].picture.deleted == {withdrawn}
    assert life["later"].picture.articles[withdrawn] == life["later"].truth[withdrawn]


@pytest.mark.parametrize("name", ["first", "unchanged", "edited", "revisited", "later"])
def test_no_check_finds_anything(life, name):
    assert life[name].picture.findings == ()


@pytest.mark.parametrize("name", ["first", "unchanged", "edited", "revisited", "later"])
def test_every_run_ends_well_though_single_pages_fail(life, name):
    assert (life[name].report.exit_code, life[name].picture.runs[-1]) == (0, "completed")


def test_every_capture_reads_back_as_the_server_sent_it(life):
    sent = defaultdict(list)
    for exchange in life["all"]:
        if exchange.kind == "page" and exchange.status == 200 and exchange.is_whole:
            sent[exchange.url].append((exchange.body, sorted(fields_of(exchange.headers))))
    kept = defaultdict(list)
    for uri, body, headers in records_in(life["captures"]):
        kept[uri].append((body, sorted(fields_of(headers))))
    assert {url: sorted(bodies) for url, bodies in kept.items()} == {url: sorted(bodies) for url, bodies in sent.items()}
    assert not list(life["captures"].rglob("*.open"))


def fields_of(headers):
    """Headers that say something about the page: how the bytes were framed on the way is not kept as it was."""
    return [
        (name, value) for name, value in headers if name.lower().removeprefix("x-crawler-") not in {"content-length", "transfer-encoding"}
    ]


def records_in(folder):
    """Address, payload as received and headers of every response record, as warcio reads them."""
    for path in sorted(folder.rglob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                if record.rec_type == "response":
                    yield record.rec_headers.get_header("WARC-Target-URI"), record.raw_stream.read(), record.http_headers.headers


# --- what never comes ------------------------------------------------------------------------------------------------


def test_a_page_that_never_answers_is_given_up_after_five_attempts_over_three_days(tmp_path):
    silent = page_url(0, 0)
    with World(seed=12, hosts=1, articles_per_host=2, faults={silent: Fault(kind="status", status=503)}) as world:
        settings = world.settings(tmp_path / "data")
        stages = []
        for hours in (0, 1.5, 8, 33, 75, 100):
            run_stream(settings, clock=clock_ahead(hours * HOUR))
            stages.append(look(settings.published).stages[key(silent)])
        world.settle()
        assert stages == ["pending"] * 4 + ["rejected"] * 2
        assert look(settings.published).rejections == {key(silent): "unreachable"}
        assert [exchange.status for exchange in world.log() if exchange.url == silent] == [503] * 5
