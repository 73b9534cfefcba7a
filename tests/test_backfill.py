"""Backfills end to end: archives on disk through the real cage into a real warehouse, killed, resumed, beside what is held."""

import collections
import contextlib
import dataclasses
import json
import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from archives import AT, address, by_warcio, page_record, record, response_bytes, story, zipped
from warcio.archiveiterator import ArchiveIterator
from world.picture import look, told
from world.server import World

from extractors.archives.history import Window
from extractors.errors import SettingError, WarehouseBusy
from flows.estimate import estimate
from flows.history import Order, run_backfill
from flows.retention import expire_captures
from flows.run import run_stream
from flows.settings import Settings
from warehouse.checks import run_checks
from warehouse.store import open_readonly, open_writer

pytestmark = pytest.mark.slow

SOURCES = '[[source]]\nid = "gazette"\nname = "Gazette"\nhome = "https://gazette.example/"\nlang = "en"\n'


@pytest.fixture
def settings(tmp_path):
    sources = tmp_path / "sources.toml"
    sources.write_text(SOURCES, encoding="utf-8")
    return Settings(data_dir=tmp_path / "data", sources=sources, workers=2, batch_articles=10, batch_seconds=0.2)


def ask(settings, query):
    with open_readonly(settings.published) as con:
        return con.execute(query).fetchall()


def findings(settings):
    with open_readonly(settings.published) as con:
        return run_checks(con)


def a_warc(tmp_path, *records, name="some.warc.gz"):
    path = tmp_path / name
    path.write_bytes(zipped(*records))
    return str(path)


def kept(settings):
    """Every response record of our own captures, as warcio reads them: address, date and payload."""
    found = []
    for path in sorted(settings.captures_dir.rglob("*.warc.gz*")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                if record.rec_type == "response":
                    head = record.rec_headers
                    found.append((head.get_header("WARC-Target-URI"), head.get_header("WARC-Date"), record.content_stream().read()))
    return found


# --- what lands ------------------------------------------------------------------------------------------------------


def test_a_warc_becomes_articles_that_never_count_as_seen_first(settings, tmp_path):
    path = tmp_path / "x.warc.gz"
    path.write_bytes(by_warcio(range(5)))
    report = run_backfill(settings, Order(adapter="warc", target=str(path)))
    rows = ask(settings, "select url, source_id, ingest_path, first_seen_after, first_seen_at, fetched_at from articles order by url")
    when = [(AT + timedelta(minutes=number)).replace(tzinfo=None) for number in range(5)]
    assert rows == [(address(number), "gazette", "backfill:warc", None, when[number], when[number]) for number in range(5)]
    assert ask(settings, "select count(*) from lead_lag") == [(0,)]
    assert ask(settings, "select count(*) > 0 from article_themes") == [(True,)]
    assert (report.exit_code, report.tally.passed, findings(settings)) == (0, {"no_page": 7, "revisit": 1}, ())


def test_every_copied_record_is_read_back_by_warcio_as_it_was(settings, tmp_path):
    run_backfill(settings, Order(adapter="warc", target=a_warc(tmp_path, *map(page_record, range(4)))))
    expected = [(address(number), f"{AT + timedelta(minutes=number):%Y-%m-%dT%H:%M:%S.%fZ}", story(number)) for number in range(4)]
    assert sorted(kept(settings)) == sorted(expected)
    assert not list(settings.captures_dir.rglob("*.open"))


def test_a_second_run_takes_nothing_and_a_changed_file_only_what_is_new(settings, tmp_path):
    order = Order(adapter="warc", target=a_warc(tmp_path, *map(page_record, range(3))))
    run_backfill(settings, order)
    assert run_backfill(settings, order).tally.units_known == 1
    a_warc(tmp_path, *map(page_record, range(5)))
    tally = run_backfill(settings, order).tally
    assert (tally.taken, tally.known) == (2, 3)
    assert len(kept(settings)) == 5


def test_a_limit_stops_and_the_same_command_goes_on_behind_it(settings, tmp_path):
    order = Order(adapter="warc", target=a_warc(tmp_path, *map(page_record, range(7))), limit=3)
    reports = [run_backfill(settings, order) for _ in range(3)]
    assert [(report.tally.taken, report.spent) for report in reports] == [(3, "--limit 3"), (3, "--limit 3"), (1, "")]
    assert ask(settings, "select count(*) from articles") == [(7,)]
    assert len(kept(settings)) == 7


def test_a_folder_lands_what_has_an_address_and_rejects_the_rest_once(settings, tmp_path):
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "a.html").write_bytes(b"<!-- saved from url=(0034)https://gazette.example/reports/1 -->" + story(1))
    (folder / "b.html").write_bytes(story(2))
    for _ in range(2):
        run_backfill(settings, Order(adapter="folder", target=str(folder)))
    assert ask(settings, "select url, ingest_path from articles") == [(address(1), "backfill:folder")]
    assert ask(settings, "select url, reason, count(*) over () from core.rejections") == [("file:b.html", "no_address", 1)]
    assert findings(settings) == ()


def test_rows_bring_their_own_date_and_authors_where_the_page_has_none(settings, tmp_path):
    text = "\n".join(part.decode() for part in (story(1),) for part in part.split(b"</p>") if b"<p>" in part)
    plain = "\n".join(line.rpartition("<p>")[2] for line in text.splitlines())
    row = {"url": address(1), "text": plain, "title": "Talks to go on", "authors": ["Ann Reporter"], "date": "2026-01-31", "lang": "en"}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    run_backfill(settings, Order(adapter="jsonl", target=str(tmp_path / "rows.jsonl")))
    rows = ask(settings, "select url, title, authors, published_on::varchar, text from articles")
    assert rows == [(address(1), "Talks to go on", ["Ann Reporter"], "2026-01-31", plain)]


# --- beside what is held ---------------------------------------------------------------------------------------------


def test_an_older_page_is_kept_and_never_becomes_what_an_article_says(settings, tmp_path):
    new, old = page_record(1, at=AT, words=" and now more"), page_record(1, at=AT - timedelta(days=9))
    run_backfill(settings, Order(adapter="warc", target=a_warc(tmp_path, new, name="new.warc.gz")))
    before = ask(settings, "select content_hash, fetched_at, version from articles")
    run_backfill(settings, Order(adapter="warc", target=a_warc(tmp_path, old, name="old.warc.gz")))
    assert ask(settings, "select content_hash, fetched_at, version from articles") == before
    assert len(kept(settings)) == 2


def test_a_poorer_page_never_takes_the_place_of_a_live_one(tmp_path):
    with World(seed=3, hosts=1, articles_per_host=2) as world:
        settings = world.settings(tmp_path / "data")
        run_stream(settings)
        url = world.truth.article(0, 0).url
        live = ask(settings, "select url, content_hash, version, ingest_path from articles order by url")
        pages = "select url_key, stage, capture_id, due_at, hints::varchar from raw.pages order by url_key"
        queue = ask(settings, pages)
        later = datetime.now(UTC) - timedelta(seconds=1)
        teaser = f"<html><head><title>Short</title><meta property='og:type' content='article'></head><body><article><h1>Short</h1><p>{'A few words only. ' * 6}</p></article></body></html>"
        empty = "<html><body></body></html>"
        rows = [{"url": url, "html": html, "fetched_at": later.isoformat()} for html in (teaser, empty)]
        (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        report = run_backfill(settings, Order(adapter="jsonl", target=str(tmp_path / "rows.jsonl")))
        assert ask(settings, "select url, content_hash, version, ingest_path from articles order by url") == live
        assert ask(settings, pages) == queue
        assert (report.tally.taken, report.tally.poorer) == (2, 2)
        assert findings(settings) == ()


def test_another_address_of_a_held_article_is_no_edit_of_it(settings, tmp_path):
    run_backfill(settings, Order(adapter="warc", target=a_warc(tmp_path, page_record(1), name="a.warc.gz")))
    twin = story(1, words=" in print").replace(b"</head>", f"<link rel='canonical' href='{address(1)}'></head>".encode())
    other = record(response_bytes(twin), url=address(1) + "/print-view", at=AT + timedelta(days=1))
    report = run_backfill(settings, Order(adapter="warc", target=a_warc(tmp_path, other, name="b.warc.gz")))
    assert ask(settings, "select url, version from articles") == [(address(1), 1)]
    assert (report.tally.taken, report.tally.poorer, findings(settings)) == (1, 1, ())


def test_a_familys_word_on_each_others_addresses_counts(settings, tmp_path):
    member = '[[source]]\nid = "{0}"\nname = "{0}"\nhome = "https://{0}.example/"\nfamily = "group"\n'
    settings.sources.write_text(member.format("gazette") + member.format("mirror"), encoding="utf-8")
    page = story(1).replace(b"</head>", b"<link rel='canonical' href='https://mirror.example/r/1'></head>")
    run_backfill(settings, Order(adapter="warc", target=a_warc(tmp_path, record(response_bytes(page), url=address(1)))))
    assert ask(settings, "select url_key, kind from core.article_urls order by kind") == [
        ("mirror.example/r/1", "canonical"),
        ("gazette.example/reports/1", "seen"),
    ]


def test_a_page_that_is_held_is_read_as_it_was_read_first(tmp_path):
    with World(seed=3, hosts=1, articles_per_host=1) as world:
        settings = world.settings(tmp_path / "data")
        run_stream(settings)
        with duckdb.connect() as con:
            con.execute(f"attach '{settings.private_dir}/warehouse.duckdb' as w")
            con.execute("update w.raw.pages set recipe = ?", [json.dumps({"container": "", "dropped": ["0123456789ab"]})])
        (_, _, body), *_ = kept(settings)
        row = {"url": world.truth.article(0, 0).url, "html": body.decode(), "fetched_at": "2026-01-01T00:00:00Z"}
        (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
        run_backfill(settings, Order(adapter="jsonl", target=str(tmp_path / "rows.jsonl")))
        assert ask(settings, "select extractor like '%+site-%' from core.readings order by fetched_at") == [(True,), (False,)]


def test_our_own_captures_are_known_here_and_news_elsewhere(tmp_path):
    with World(seed=4, hosts=2, articles_per_host=3) as world:
        settings = world.settings(tmp_path / "data")
        run_stream(settings)
        captures = Order(adapter="warc", target=str(settings.captures_dir))
        assert run_backfill(settings, captures).tally.known == 6
        elsewhere = settings.model_copy(update={"data_dir": tmp_path / "elsewhere"})
        assert run_backfill(elsewhere, captures).tally.taken == 6
        assert look(elsewhere.published).articles == told(world.truth.articles)
        assert sorted(body for _, _, body in kept(elsewhere)) == sorted(body for _, _, body in kept(settings))


def test_only_pages_of_declared_sources_where_that_is_asked_for(settings, tmp_path):
    target = a_warc(tmp_path, page_record(1), page_record(2, host="stranger.example"))
    report = run_backfill(settings, Order(adapter="warc", target=target, only_declared=True))
    assert ask(settings, "select url from articles") == [(address(1),)]
    assert report.tally.passed == {"undeclared": 1}


# --- killed ----------------------------------------------------------------------------------------------------------


def test_killed_at_any_point_it_takes_every_page_once(settings, tmp_path):
    count, dice = 300, random.Random(7)  # far more than can be on their way at once
    target = a_warc(tmp_path, *map(page_record, range(count)))
    (tmp_path / "settings.json").write_text(settings.model_dump_json(exclude={"allow_networks"}), encoding="utf-8")
    (tmp_path / "order.json").write_text(json.dumps({"adapter": "warc", "target": target}), encoding="utf-8")
    command = [sys.executable, "-m", "history_driver", str(tmp_path / "settings.json"), str(tmp_path / "order.json")]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])}
    for _ in range(3):
        wanted = captured(settings) + dice.randrange(5, 40)
        with subprocess.Popen(command, env=env) as process:
            ends_at = time.monotonic() + 90
            while process.poll() is None and time.monotonic() < ends_at and captured(settings) < wanted:
                time.sleep(0.005)
            assert process.poll() is None, "it ended before it could be killed"
            process.kill()
    report = run_backfill(settings, Order(adapter="warc", target=target))
    assert ask(settings, "select count(*), count(distinct url) from articles") == [(count, count)]
    assert ask(settings, "select count(*) from core.article_versions") == [(count,)]
    assert collections.Counter(url for url, _, _ in kept(settings)) == dict.fromkeys(map(address, range(count)), 1)
    assert ask(settings, "select stage, count(*) from raw.units group by stage") == [("done", 1)]
    assert sorted(row[0] for row in ask(settings, "select status from runs")) == ["completed", "lost", "lost", "lost"]
    assert (report.exit_code, findings(settings)) == (0, ())


def test_asked_to_stop_it_lands_what_it_has_and_goes_on_later(settings, tmp_path):
    count = 200
    target = a_warc(tmp_path, *map(page_record, range(count)))
    (tmp_path / "settings.json").write_text(settings.model_dump_json(exclude={"allow_networks"}), encoding="utf-8")
    (tmp_path / "order.json").write_text(json.dumps({"adapter": "warc", "target": target}), encoding="utf-8")
    command = [sys.executable, "-m", "history_driver", str(tmp_path / "settings.json"), str(tmp_path / "order.json")]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])}
    with subprocess.Popen(command, env=env) as process:
        ends_at = time.monotonic() + 90
        while process.poll() is None and time.monotonic() < ends_at and captured(settings) < 10:
            time.sleep(0.005)
        process.terminate()
        assert process.wait(timeout=60) == 130
    ((landed,),) = ask(settings, "select count(*) from articles")
    assert ask(settings, "select status from runs") == [("interrupted",)]
    report = run_backfill(settings, Order(adapter="warc", target=target))
    assert ask(settings, "select count(*) from articles") == [(count,)]
    assert report.run.counts.articles_new == count - landed
    assert collections.Counter(url for url, _, _ in kept(settings)) == dict.fromkeys(map(address, range(count)), 1)


def test_a_copy_that_is_gone_before_it_was_read_is_made_again(settings, tmp_path):
    order = Order(adapter="warc", target=a_warc(tmp_path, page_record(1)))
    run_backfill(settings, order)
    with duckdb.connect() as con:  # as if killed before the reading landed, and the copy then expired
        con.execute(f"attach '{settings.private_dir}/warehouse.duckdb' as w")
        con.execute("use w")
        for table in ("core.readings", "core.article_versions", "core.articles", "core.article_urls", "core.text_members", "raw.pages"):
            con.execute(f"delete from {table}")  # noqa: S608  our own tables
        con.execute("update raw.units set stage = 'open', place = 0")
    for path in settings.captures_dir.rglob("*.warc.gz"):
        path.unlink()
    run_backfill(settings, order)
    assert ask(settings, "select url from articles") == [(address(1),)]
    assert [body for _, _, body in kept(settings)] == [story(1)]


@pytest.mark.parametrize(("days", "stays_for"), [(30, 30), (0, -1)])
def test_a_copy_is_kept_from_when_it_was_made_however_old_the_archive_is(settings, tmp_path, days, stays_for):
    settings = settings.model_copy(update={"keep_captures_days": days})
    run_backfill(settings, Order(adapter="warc", target=a_warc(tmp_path, page_record(1, at=AT - timedelta(days=3000)))))
    for later in (0, days - 1, days + 1):
        with open_writer(settings.private_dir, purpose="test") as writer:
            expire_captures(settings, writer, now=datetime.now(UTC) + timedelta(days=later))
        assert len(kept(settings)) == int(later < stays_for), later


def captured(settings):
    """How many records lie in the open files, each a gzip member; half a one may count."""
    found = 0
    for path in settings.captures_dir.rglob("*.warc.gz*"):
        with contextlib.suppress(OSError):
            found += path.read_bytes().count(b"\x1f\x8b\x08\x00")
    return found


# --- what is not done ------------------------------------------------------------------------------------------------


def test_a_dry_run_says_what_would_be_taken_and_writes_nothing(settings, tmp_path):
    order = Order(adapter="warc", target=a_warc(tmp_path, *map(page_record, range(6)), page_record(9, status="404 Not Found")))
    found = estimate(settings, order)
    assert (found.pages, found.requests, found.tally.passed) == (6, 0, {"no_page": 1})
    assert not settings.data_dir.exists()
    run_backfill(settings, dataclasses.replace(order, limit=2))
    assert estimate(settings, order).pages == 4
    assert estimate(settings, dataclasses.replace(order, limit=3)).pages == 3


def test_two_at_once_on_one_target_are_one_too_many(settings, tmp_path):
    from flows.history import _alone

    order = Order(adapter="warc", target=a_warc(tmp_path, page_record(1)))
    with _alone(settings, order), pytest.raises(WarehouseBusy, match="another process is at it"):
        run_backfill(settings, order)


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (Order(adapter="wayback", target="x"), "`backfill wayback` comes with a later release"),
        (Order(adapter="cc-news", target="x"), "`backfill cc-news` comes with a later release"),
        (Order(adapter="gdelt", target="x"), "`backfill gdelt` comes with a later release"),
        (Order(adapter="tape", target="x"), "no such adapter: 'tape'; there are warc, "),
        (Order(adapter="warc", target="x", window=Window(since=AT, until=AT)), "--since is not before --until"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(settings, order, sentence):
    with pytest.raises(SettingError, match=f"^{sentence}"):
        run_backfill(settings, order)


def test_every_run_leaves_a_manifest(settings, tmp_path):
    settings = settings.model_copy(update={"proxy": "http://user:secret@proxy.example:3128"})
    report = run_backfill(settings, Order(adapter="warc", target=a_warc(tmp_path, page_record(1))))
    (path,) = (settings.data_dir / "manifests").iterdir()
    told = json.loads(path.read_text(encoding="utf-8"))
    assert (told["run_id"], told["status"], told["counts"]) == (report.run.run.run_id, "completed", dict(report.run.run.counts))
    assert set(told["inputs"]) == {"sources.toml", "some.warc.gz"}
    assert (told["versions"]["adapter"], told["settings"]["proxy"]) == ("warc", "http://proxy.example:3128")
