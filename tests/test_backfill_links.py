"""Backfills that ask publishers, end to end against a simulated news world: politely, once, and beside what feeds bring."""

import collections
import dataclasses
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from archives import page_record, zipped
from world.picture import look, told
from world.server import World
from world.truth import Document, Fault, feed_url, host_of, page_url

from extractors.archives.history import Window
from extractors.errors import SettingError
from flows.estimate import estimate
from flows.history import Order, check_order, run_backfill
from flows.run import run_stream
from warehouse.store import open_readonly

pytestmark = pytest.mark.slow

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
OLD = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def world():
    with World(seed=5, hosts=2, articles_per_host=6) as world:
        yield world


def put(world, url, body, content_type="application/xml"):
    world.truth.place(url, Document(content_type=content_type, body=body.encode()))


def urlset(*entries):
    rows = "".join(f"<url><loc>{url}</loc><lastmod>{at:%Y-%m-%dT%H:%M:%SZ}</lastmod></url>" for url, at in entries)
    return f'<urlset xmlns="{SITEMAP}">{rows}</urlset>'


def put_sitemaps(world):
    """An index of two sitemaps of the first host, one of them too old; the newer names three pages, one too old."""
    host = f"http://{host_of(0)}"
    days = [OLD + timedelta(days=number) for number in range(6)]
    index = f"<sitemap><loc>{host}/new.xml</loc></sitemap><sitemap><loc>{host}/map-2019-05.xml</loc></sitemap>"
    put(
        world,
        f"{host}/robots.txt",
        f"User-agent: *\nSitemap: {host}/index.xml\nDisallow: {page_url(0, 2).removeprefix(host)}\n",
        "text/plain",
    )
    put(world, f"{host}/index.xml", f'<sitemapindex xmlns="{SITEMAP}">{index}</sitemapindex>')
    put(world, f"{host}/new.xml", urlset(*((page_url(0, number), days[number]) for number in range(6))))
    return Order(
        adapter="sitemap", target=host, window=Window(since=datetime(2026, 3, 3, tzinfo=UTC))
    )  # of when the pages' addresses say they are


def ask(settings, query):
    with open_readonly(settings.published) as con:
        return con.execute(query).fetchall()


def asked(world, *, since=0):
    world.settle()
    return [exchange.url for exchange in world.log(since=since)]


def test_a_sitemap_brings_what_is_wanted_the_newest_first_as_robots_txt_allows(world, tmp_path):
    settings = world.settings(tmp_path / "data")
    report = run_backfill(settings, put_sitemaps(world))
    host = f"http://{host_of(0)}"
    documents = [f"{host}/robots.txt", f"{host}/index.xml", f"{host}/new.xml"]
    assert asked(world) == [*documents, *(page_url(0, number) for number in (5, 4, 3))]
    picture = look(settings.published)
    assert picture.articles == {
        key: article for key, article in told(world.truth.articles).items() if key in {page_url(0, n)[7:] for n in (3, 4, 5)}
    }
    assert picture.rejections == {page_url(0, 2)[7:]: "robots_refused"}
    assert picture.findings == ()
    assert ask(settings, "select count(*) from raw.pages where unit_id is not null") == [(0,)], "nothing waits for the backfill any more"
    assert (report.exit_code, report.tally.documents, report.tally.passed) == (0, 3, {"outside": 3})
    assert ask(settings, "select distinct ingest_path from articles") == [("backfill:sitemap",)]
    assert ask(settings, "select count(*) from raw.pages where stage = 'read' and due_at < '9999-01-01'") == [(0,)], "never looked at again"


def test_what_is_held_is_not_asked_for_again(world, tmp_path):
    settings = world.settings(tmp_path / "data")
    order = put_sitemaps(world)
    run_stream(settings)
    before = len(asked(world))
    report = run_backfill(settings, order)
    assert not [url for url in asked(world, since=before) if url in {page_url(0, number) for number in range(6)}]
    assert report.tally.known == 4
    assert ask(settings, "select distinct ingest_path from articles") == [("feed",)]


def test_a_budget_ends_a_run_and_the_next_goes_on_without_asking_twice(world, tmp_path):
    settings = world.settings(tmp_path / "data")
    order = put_sitemaps(world)
    spent = [run_backfill(settings, dataclasses.replace(order, limit=1)).spent for _ in range(3)]
    assert spent == ["--limit 1"] * 3
    pages = [url for url in asked(world) if url in {page_url(0, number) for number in range(6)}]
    assert pages == [page_url(0, 5), page_url(0, 4), page_url(0, 3)]


def test_requests_are_counted_documents_included(world, tmp_path):
    report = run_backfill(world.settings(tmp_path / "data"), dataclasses.replace(put_sitemaps(world), max_requests=4))
    assert (len(asked(world)), report.tally.requests, report.tally.taken, report.spent) == (4, 4, 1, "--max-requests 4")


def test_an_ingest_leaves_a_backfills_pages_alone_until_a_feed_announces_them(world, tmp_path):
    settings = world.settings(tmp_path / "data")
    strangers = world.settings(tmp_path / "other").model_copy(update={"data_dir": settings.data_dir})
    (strangers.sources).write_text('[[source]]\nid = "none"\nname = "None"\n', encoding="utf-8")
    order = dataclasses.replace(put_sitemaps(world), window=Window(), limit=1)
    run_backfill(strangers, order)
    before = len(asked(world))
    run_stream(strangers)
    assert asked(world, since=before) == []
    run_stream(settings)
    picture = look(settings.published)
    assert {key for key, stage in picture.stages.items() if stage == "pending"} == set()
    assert picture.articles.keys() == told(world.truth.articles).keys() - {page_url(0, 2)[7:]}
    assert sorted(ask(settings, "select ingest_path, count(*) from articles group by all")) == [("backfill:sitemap", 1), ("feed", 10)]


def test_a_dry_run_asks_for_the_documents_and_for_no_page(world, tmp_path):
    settings = world.settings(tmp_path / "data").model_copy(update={"host_delay_seconds": 0.3})
    found = estimate(settings, put_sitemaps(world))
    host = f"http://{host_of(0)}"
    assert asked(world) == [f"{host}/robots.txt", f"{host}/index.xml", f"{host}/new.xml"]
    assert (found.pages, found.requests, round(found.minutes * 60, 3), found.is_whole) == (4, 7, 1.2, True)
    assert not settings.published.exists()


def test_a_list_of_addresses_is_fetched_in_its_order_and_what_fails_waits(world, tmp_path):
    settings = world.settings(tmp_path / "data")
    world.truth.spoil(page_url(1, 0), Fault(kind="status", status=503))
    listed = [page_url(0, 3), page_url(1, 0), page_url(0, 1), page_url(1, 2)]
    (tmp_path / "urls.txt").write_text("\n".join(listed), encoding="utf-8")
    order = Order(adapter="urls", target=str(tmp_path / "urls.txt"))
    run_backfill(settings, order)
    assert [url for url in asked(world) if url in listed and host_of(0) in url] == [page_url(0, 3), page_url(0, 1)]
    assert ask(settings, "select count(*) from articles where ingest_path = 'backfill:urls'") == [(3,)]
    assert look(settings.published).stages[page_url(1, 0)[7:]] == "pending"
    before = len(asked(world))
    run_backfill(settings, order)
    assert [url for url in asked(world, since=before) if url in listed] == [], "it is not due yet"


def test_an_archived_feed_is_walked_back_and_its_archive_asked_for_once(world, tmp_path):
    settings = world.settings(tmp_path / "data")
    host = f"http://{host_of(0)}"

    def feed(numbers, links):
        entries = "".join(f"<entry><title>T</title><id>{n}</id><link href='{page_url(0, n)}'/></entry>" for n in numbers)
        return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>G</title>{links}{entries}</feed>"

    put(world, f"{host}/atom", feed([5, 4], f"<link rel='prev-archive' href='{host}/a2'/>"))
    put(world, f"{host}/a2", feed([3, 2], f"<link rel='prev-archive' href='{host}/a1'/>"))
    put(world, f"{host}/a1", feed([1, 0], f"<link rel='prev-archive' href='{host}/a2'/>"))  # in a circle
    order = Order(adapter="archive-feed", target=f"{host}/atom")
    run_backfill(settings, order)
    assert sum(url in {page_url(0, number) for number in range(6)} for url in asked(world)) == 6
    before = len(asked(world))
    run_backfill(settings, order)
    assert asked(world, since=before) == [f"{host}/atom"]


def test_wordpress_is_walked_to_its_last_page(world, tmp_path):
    settings = world.settings(tmp_path / "data")
    host = f"http://{host_of(0)}"
    api = f"{host}/wp-json/wp/v2/posts?per_page=100&page="
    for page, numbers, fields in ((1, range(3), "&_fields=link,date_gmt,title"), (2, range(3, 6), "&_fields=link%2Cdate_gmt%2Ctitle")):
        rows = [{"link": page_url(0, n), "date_gmt": f"2026-01-{9 - n:02}T08:00:00", "title": {"rendered": "T"}} for n in numbers]
        put(
            world, f"{api}{page}{fields}", json.dumps((rows * 34)[:100] if page == 1 else rows), "application/json"
        )  # a whole page: there may be more
    report = run_backfill(settings, Order(adapter="wordpress", target=host))
    assert look(settings.published).articles.keys() == {page_url(0, n)[7:] for n in range(6)}
    assert report.tally.documents == 2


def test_nothing_that_can_be_had_is_exit_1_and_said(world, tmp_path):
    report = run_backfill(world.settings(tmp_path / "data"), Order(adapter="sitemap", target=f"http://{host_of(0)}/none.xml"))
    assert (report.exit_code, report.tally.problems) == (1, [f"http://{host_of(0)}/none.xml: status 404"])


def test_killed_it_never_asks_twice_for_what_is_captured(tmp_path):
    with World(seed=6, hosts=2, articles_per_host=15, latency_seconds=0.02) as world:
        settings = world.settings(tmp_path / "data")
        listed = [page_url(host, number) for number in range(15) for host in range(2)]
        (tmp_path / "urls.txt").write_text("\n".join(listed), encoding="utf-8")
        (tmp_path / "settings.json").write_text(settings.model_dump_json(), encoding="utf-8")
        (tmp_path / "order.json").write_text(json.dumps({"adapter": "urls", "target": str(tmp_path / "urls.txt")}), encoding="utf-8")
        command = [sys.executable, "-m", "history_driver", str(tmp_path / "settings.json"), str(tmp_path / "order.json")]
        env = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])}
        open_at_a_kill = []
        for kill in range(3):
            before = world.received
            with subprocess.Popen(command, env=env) as process:
                world.wait_until(lambda least=before + 5 + 2 * kill: world.received > least, what="some pages", seconds=90)
                open_at_a_kill += [exchange.url for exchange in world.open_exchanges()]
                process.kill()
            world.settle()
        run_backfill(settings, Order(adapter="urls", target=str(tmp_path / "urls.txt")))
        times = collections.Counter(url for url in asked(world) if url in listed)
        assert set(times) == set(listed)
        # answered, and dead before the record was on disk: of each host at most the one exchange that was open at each kill
        assert sum(count - 1 for count in times.values()) <= 2 * 3
        assert look(settings.published).articles == told(world.truth.articles)
        assert look(settings.published).findings == ()


def test_an_ingest_beside_a_large_backfill_lands_long_before_that_ends(tmp_path):
    with World(seed=8, hosts=2, articles_per_host=5) as world:
        settings = world.settings(tmp_path / "data", batch_articles=50, batch_seconds=2)
        (tmp_path / "big.warc.gz").write_bytes(zipped(*map(page_record, range(600))))
        (tmp_path / "settings.json").write_text(settings.model_dump_json(), encoding="utf-8")
        (tmp_path / "order.json").write_text(json.dumps({"adapter": "warc", "target": str(tmp_path / "big.warc.gz")}), encoding="utf-8")
        command = [sys.executable, "-m", "history_driver", str(tmp_path / "settings.json"), str(tmp_path / "order.json")]
        env = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])}
        with subprocess.Popen(command, env=env) as process:
            world.wait_until(settings.published.exists, what="the backfill has landed something", seconds=90)
            run_stream(settings)
            in_time = process.poll() is None
            process.wait(timeout=300)
        assert in_time, "the ingest waited for the backfill to end"
        assert ask(settings, "select ingest_path, count(*) from articles group by all order by all") == [
            ("backfill:warc", 600),
            ("feed", 10),
        ]
        assert look_for_findings(settings) == ()


def look_for_findings(settings):
    from warehouse.checks import run_checks

    with open_readonly(settings.published) as con:
        return run_checks(con)


# --- offline ---------------------------------------------------------------------------------------------------------

WATCHED = """
import os, sys
def note(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        to = args[1] if event in ("socket.connect", "socket.sendto") else args[0]
        host = to[0] if isinstance(to, tuple) else to
        if event == "socket.connect" and isinstance(to, (str, bytes)):
            return  # a socket in the file system
        if str(host) not in ("127.0.0.1", "::1", "localhost", "None", "0.0.0.0"):
            with open(os.environ["NOTED"], "a") as file:
                file.write(f"{event} {host}\\n")
sys.addaudithook(note)
"""


def test_offline_nobody_is_asked_and_no_name_is_looked_up(world, tmp_path, unused_port):
    settings = world.settings(tmp_path / "data")
    (tmp_path / "watched").mkdir()
    (tmp_path / "watched" / "sitecustomize.py").write_text(WATCHED, encoding="utf-8")
    (tmp_path / "some.warc.gz").write_bytes(zipped(page_record(1)))
    noted = tmp_path / "noted.txt"
    env = {key: value for key, value in os.environ.items() if not key.startswith(("TRILATERAL_", "PREFECT_"))}
    path = os.pathsep.join([str(tmp_path / "watched"), *filter(None, sys.path)])
    env |= {
        "PYTHONPATH": path,
        "NOTED": str(noted),
        "TRILATERAL_DATA_DIR": str(settings.data_dir),
        "TRILATERAL_SOURCES": str(settings.sources),
    }
    nobody = {"PREFECT_API_URL": f"http://127.0.0.1:{unused_port}/api"}  # a server that does not answer
    commands = ((("ingest", "--offline"), {}), (("backfill", "warc", "some.warc.gz", "--offline"), {}), (("reextract",), nobody))
    for command, further in commands:
        done = subprocess.run(
            [sys.executable, "-m", "flows", *command],
            cwd=tmp_path,
            env=env | further,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert ("does not answer: running without it" in done.stderr) == bool(further)
    assert not noted.exists(), noted.read_text()
    assert asked(world) == []
    assert ask(settings, "select count(*) from articles") == [(1,)]
    check = [sys.executable, "-c", "import socket; socket.getaddrinfo('nowhere.invalid', 80)"]
    subprocess.run(check, env=env, capture_output=True, check=False)
    assert noted.read_text() == "socket.getaddrinfo nowhere.invalid\n", "the watch itself works"


def test_what_is_captured_is_read_offline(world, tmp_path):
    settings = world.settings(tmp_path / "data")
    for host in range(2):
        for number in range(6):
            world.truth.spoil(page_url(host, number), Fault(kind="slow", seconds=0))
    run_stream(settings)
    report = run_stream(settings, offline=True, force=True)
    assert (report.counts.feeds, report.counts.pages, report.exit_code) == (0, 0, 0)


@pytest.mark.parametrize("adapter", ["urls", "sitemap", "archive-feed", "wordpress"])
def test_what_asks_publishers_is_refused_offline(adapter):
    with pytest.raises(SettingError, match=f"`backfill {adapter}` asks publishers: it cannot be done --offline"):
        check_order(Order(adapter=adapter, target=feed_url(0)), offline=True)
