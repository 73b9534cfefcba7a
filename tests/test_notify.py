"""Alerts: a real local webhook hears of each change of state once, and of nothing that stands as it stood."""

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from batches import GAZETTE, at, capture, entry, land, page, poll, reading, warehouse
from pydantic import ByteSize
from world.server import World

from flows.notify import tell_changes
from flows.run import run_stream
from flows.settings import Settings
from warehouse import landing
from warehouse.condition import Condition, conditions

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # one of apprise's plugins


@pytest.fixture
def webhook():
    """A server that keeps what it is sent; `refuse` makes it answer 500."""

    class Hook(ThreadingHTTPServer):
        heard: list
        refuses = False

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not self.server.refuses:
                self.server.heard.append((body["title"], body["message"]))
            self.send_response(500 if self.server.refuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Stay silent."""

    with Hook(("127.0.0.1", 0), Handler) as server:
        server.heard = []
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def settings_of(webhook, folder):
    return Settings(data_dir=folder, alerts=(f"json://127.0.0.1:{webhook.server_address[1]}/hook",))


QUIET = Condition(key="quiet:gazette", standing="unwell", words="Gazette is quiet")
LOUD = Condition(key="quiet:gazette", standing="well", words="Gazette brings news again")
DISK = Condition(key="disk", standing="unwell", words="less than 2 GiB free")


def test_a_change_is_told_once_and_so_is_its_end(webhook, tmp_path):
    settings = settings_of(webhook, tmp_path)
    assert [tell_changes(settings, found) for found in ((LOUD,), (QUIET,), (QUIET,), (QUIET, DISK), (LOUD, DISK), (LOUD, DISK))] == [
        (),
        (QUIET,),
        (),
        (DISK,),
        (LOUD,),
        (),
    ]
    assert webhook.heard == [(f"trilateral: {told.words}", told.words) for told in (QUIET, DISK, LOUD)]


def test_what_could_not_be_sent_is_told_the_next_time(webhook, tmp_path):
    settings = settings_of(webhook, tmp_path)
    webhook.refuses = True
    assert tell_changes(settings, (QUIET,)) == ()
    webhook.refuses = False
    assert tell_changes(settings, (QUIET,)) == (QUIET,)
    assert len(webhook.heard) == 1


def test_many_changes_at_once_are_one_message(webhook, tmp_path):
    many = tuple(Condition(key=f"quiet:{n}", standing="unwell", words=f"outlet {n} is quiet") for n in range(30))
    assert tell_changes(settings_of(webhook, tmp_path), many) == many
    assert webhook.heard == [("trilateral: 30 changes", "\n".join(condition.words for condition in many))]


@pytest.fixture
def mailbox():
    """A mail server that keeps what it is given."""

    class Post(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(b"220 ready\r\n")
            for line in self.rfile:
                verb = line[:4].upper()
                if verb == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    self.server.letters.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                if verb == b"QUIT":
                    return
                self.wfile.write(b"250 fine\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Post) as server:
        server.letters = []
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_mail_is_sent_where_a_mail_address_is_named(mailbox, tmp_path):
    address = f"mailto://127.0.0.1:{mailbox.server_address[1]}/?from=watch@example.org&to=desk@example.org&mode=insecure"
    assert tell_changes(Settings(data_dir=tmp_path, alerts=(address,)), (QUIET,)) == (QUIET,)
    (letter,) = mailbox.letters
    assert b"Subject: trilateral: Gazette is quiet\r\n" in letter
    assert b"To: desk@example.org\r\n" in letter


@pytest.mark.slow
def test_a_run_tells_of_a_full_disk_once_and_of_the_room_it_has_again(webhook, tmp_path):
    with World(seed=66, hosts=1, articles_per_host=1) as world:
        settings = world.settings(tmp_path / "data", alerts=settings_of(webhook, tmp_path).alerts)
        full = settings.model_copy(update={"min_free_bytes": ByteSize(2**60)})
        for chosen in (settings, full, full, settings):
            run_stream(chosen)
        assert [title.partition(" free")[0] for title, _ in webhook.heard] == [
            "trilateral: less than 1.0EiB",
            "trilateral: more than 2.0GiB",
        ]


def test_without_an_address_nothing_is_sent_and_nothing_is_written(tmp_path):
    assert tell_changes(Settings(data_dir=tmp_path), (QUIET,)) == ()
    assert list(tmp_path.iterdir()) == []


# --- what is told of ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_source_that_is_silent_beyond_its_own_rhythm_is_unwell(tmp_path):
    with warehouse("plain", tmp_path) as con:
        landing.land_sources(con, (GAZETTE,), run_id="run-1", now=at())
        for hours in range(15):
            land(con, hours, feed_visits=(poll(entry(f"gazette.test/{hours}"), hours=hours),))
        assert [(c.key, c.standing) for c in conditions(con, now=at(15))] == [("quiet:gazette", "well")]
        land(con, 40, feed_visits=(poll(hours=40),))
        (told,) = conditions(con, now=at(40))
        assert (told.key, told.standing) == ("quiet:gazette", "unwell")
        assert told.words.startswith("The Gazette (gazette) is quiet: nothing new for 1560 minutes")


@pytest.mark.slow
def test_pages_that_stop_giving_articles_are_told_of_and_so_is_a_day_without_any(tmp_path):
    with warehouse("plain", tmp_path) as con:
        landing.land_sources(con, (GAZETTE,), run_id="run-1", now=at())
        for hours in range(0, 24 * 8, 6):
            key = f"gazette.test/{hours}"
            land(con, hours, feed_visits=(poll(entry(key), hours=hours),))
            is_read = hours < 24 * 6
            readings = (reading(key, f"Words of {key}.", hours=hours),) if is_read else ()
            state = page(key, hours, stage="read" if is_read else "rejected", capture=capture(key, hours))
            land(con, hours, captures=(capture(key, hours),), readings=readings, pages=(state,))
        found = {condition.key: condition for condition in conditions(con, now=at(24 * 8))}
        assert {key for key, condition in found.items() if condition.standing == "unwell"} == {"landing"}, "eight pages say too little"
        for number in range(4):
            key = f"gazette.test/more/{number}"
            land(con, 190, feed_visits=(poll(entry(key), hours=190 + number / 10),))
            land(con, 190, captures=(capture(key, 190),), pages=(page(key, 190, stage="rejected", capture=capture(key, 190)),))
        found = {condition.key: condition for condition in conditions(con, now=at(24 * 8))}
        assert found["yield:gazette"].standing == found["landing"].standing == "unwell"
        assert found["yield:gazette"].words.startswith("gazette: 0 of 1")
        assert found["landing"].words == "no new article has landed since 2026-03-07 06:00 UTC"
