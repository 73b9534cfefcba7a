"""The command line as its user meets it: real processes, real exit codes, one clear sentence for a mistake."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytestmark = pytest.mark.slow  # each starts the program, as its user does

PUBLIC = """
[[source]]
id = "gazette"
name = "Gazette"
[[source.feed]]
url = "http://gazette.example/feed"
"""


def trilateral(*args, folder, stdin="", environ=None):
    env = {key: value for key, value in os.environ.items() if not key.startswith(("TRILATERAL_", "PREFECT_"))}
    env |= {"PYTHONPATH": os.pathsep.join(sys.path), **(environ or {})}
    return subprocess.run(
        [sys.executable, "-m", "flows", *args], cwd=folder, input=stdin, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def is_one_sentence(text):
    return len(text.strip().splitlines()) == 1


# --- the mistakes made first ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            PUBLIC.replace("http://gazette.example/feed", "ftp://gazette.example/feed"),
            "sources.toml:6: source 'gazette': feed[0].url: not http(s): 'ftp://gazette.example/feed'",
        ),
        ("[[source]\nid = 1\n", "sources.toml:1: "),
        (PUBLIC.replace("name =", "nme ="), "sources.toml:4: source 'gazette': nme: unknown key; did you mean 'name'?"),
    ],
)
def test_a_broken_sources_file_is_said_with_its_line(tmp_path, text, sentence):
    (tmp_path / "sources.toml").write_text(text, encoding="utf-8")
    for command in (("ingest",), ("sources", "list")):
        done = trilateral(*command, "--sources", "sources.toml", folder=tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith(f"trilateral: {sentence}")
        assert is_one_sentence(done.stderr)
        assert done.stdout == ""


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("ingest", "--onyl", "x"), "trilateral: No such option '--onyl'"),
        (("ingset",), "trilateral: No such command 'ingset'"),
        (("sql", "select 1", "-f", "pyproject.toml"), "trilateral: "),
        (("sql", "--ask", "11"), "trilateral: --ask: there is no question 11, only 1 to 10"),
        (("sql", "select 1", "--ask", "1"), "trilateral: give one of a query, -f FILE and --ask N"),
        (("sql", "select 1", "--as-of", "yesterday"), "trilateral: --as-of: not an instant: 'yesterday'; write it as 2026-03-01"),
        (("backfill", "wayback", "x.example"), "trilateral: `backfill wayback` comes with a later release"),
        (("backfill", "warc", "nowhere.warc"), "trilateral: warc: no .warc, .warc.gz, .warc.zst file at 'nowhere.warc'"),
        (("backfill", "warc", ".", "--since", "soon"), "trilateral: --since: not a day or an instant: 'soon'; write it as 2026-03-01"),
        (("backfill", "warc", ".", "--max-bytes", "many"), "trilateral: Invalid value for '--max-bytes': not a size such as 500MB or 2GiB"),
        (("classify", "nowhere.txt"), "trilateral: nowhere.txt: no such file"),
        (("extract", "nowhere.html"), "trilateral: nowhere.html: no such file"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_2(tmp_path, args, sentence):
    done = trilateral(*args, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(sentence)
    assert is_one_sentence(done.stderr)


def test_an_unknown_setting_names_the_nearest_known_one(tmp_path):
    (tmp_path / "trilateral.toml").write_text("data_dri = 'x'\n", encoding="utf-8")
    done = trilateral("status", folder=tmp_path)
    assert (done.returncode, done.stderr) == (2, "trilateral: trilateral.toml:1: unknown setting 'data_dri'; did you mean 'data_dir'?\n")


# --- feeds that fail ---------------------------------------------------------------------------------------------------

TWO_THAT_FAIL = """
[[source]]
id = "gone"
name = "Gone"
[[source.feed]]
url = "http://gone.example/feed"

[[source]]
id = "page"
name = "Page"
[[source.feed]]
url = "http://page.example/"
"""
A_PAGE = b"<!doctype html><html><head><title>Home</title></head><body><p>Welcome.</p></body></html>"
A_FEED = b"<?xml version='1.0'?><rss version='2.0'><channel><title>T</title></channel></rss>"


@contextlib.contextmanager
def publisher():
    """Answers a web page at /, a feed without entries at /feed; yields the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            kind, body = {"/": ("text/html", A_PAGE), "/feed": ("application/rss+xml", A_FEED)}.get(self.path, ("text/plain", b""))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Stay silent: the program's own words are what is looked at."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def world_of(port):
    pairs = f"page.example=127.0.0.1:{port},gone.example=127.0.0.1:{closed_port()}"
    return {"TRILATERAL_CONNECT_TO": pairs, "TRILATERAL_ALLOW_NETWORKS": "127.0.0.0/8", "TRILATERAL_CONTACT": "desk@example.org"}


def test_feeds_that_fail_are_counted_and_named_and_when_all_do_the_exit_code_is_1(tmp_path):
    (tmp_path / "sources.toml").write_text(TWO_THAT_FAIL, encoding="utf-8")
    with publisher() as port:
        done = trilateral("ingest", "--sources", "sources.toml", folder=tmp_path, environ=world_of(port))
    assert done.returncode == 1
    unreachable, web_page, total = done.stderr.strip().splitlines()[-3:]
    assert unreachable.startswith("failed: http://gone.example/feed (gone): connect: ")
    assert web_page.startswith("failed: http://page.example/ (page): not_a_feed: ")
    assert total.startswith("completed: 2 feeds polled (2 failed), 0 new articles")
    assert "Traceback" not in done.stderr


def test_a_feed_that_fails_beside_one_that_does_not_is_named_and_the_exit_code_is_0(tmp_path):
    (tmp_path / "sources.toml").write_text(TWO_THAT_FAIL.replace("page.example/", "page.example/feed"), encoding="utf-8")
    with publisher() as port:
        done = trilateral("ingest", "--sources", "sources.toml", "--json", folder=tmp_path, environ=world_of(port))
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert [(feed["source_id"], feed["outcome"]) for feed in answer["failed_feeds"]] == [("gone", "connect")]
    assert (answer["counts"]["feeds"], answer["counts"]["feeds_failed"]) == (2, 1)


def test_where_the_named_prefect_server_is_away_an_ingest_says_so_and_runs_without(tmp_path):
    (tmp_path / "sources.toml").write_text(TWO_THAT_FAIL.replace("page.example/", "page.example/feed"), encoding="utf-8")
    server = f"http://127.0.0.1:{closed_port()}/api"
    with publisher() as port:
        done = trilateral("ingest", "--sources", "sources.toml", folder=tmp_path, environ=world_of(port) | {"PREFECT_API_URL": server})
    assert (done.returncode, done.stderr.splitlines()[0]) == (0, f"Prefect at {server} does not answer: running without it")
    assert "completed: 2 feeds polled (1 failed)" in done.stderr


def test_a_migration_can_be_tried_dry(tmp_path):
    dry = trilateral("migrate", "--dry-run", folder=tmp_path)
    assert dry.returncode == 0
    assert dry.stderr.startswith("would be applied: 0001_first_tables, 0002_")
    assert trilateral("migrate", folder=tmp_path).returncode == 0
    assert trilateral("migrate", "--dry-run", folder=tmp_path).stderr == "would be applied: nothing, the schema is current\n"


def test_asking_before_anything_was_published_says_what_to_run(tmp_path):
    done = trilateral("sql", "select 1", folder=tmp_path)
    assert done.returncode == 1
    assert "nothing has been published there yet; run `trilateral ingest`" in done.stderr
    assert is_one_sentence(done.stderr)


def test_every_command_has_help_with_an_example(tmp_path):
    from flows.cli import LATER, main

    named = [(name, command) for name, command in main.commands.items() if name not in LATER and name != "sources"]
    named += [(name, command) for name, command in main.commands["sources"].commands.items()]
    assert len(named) >= 12
    assert [
        name for name, command in named if not (command.help and command.epilog and command.epilog.startswith("Example: trilateral"))
    ] == []


# --- one text at a time -----------------------------------------------------------------------------------------------

ARTICLE = "Moscow delivers Su-35 fighters to Tehran\nRussia has delivered the first Su-35 fighter jets to Iran, the defence ministry said. 🛩️ The two sides signed the contract last year."


def test_classify_quotes_equal_their_slices(tmp_path):
    rows = [
        {"id": "a", "title": "Moscow delivers Su-35 fighters to Tehran", "text": ARTICLE.partition("\n")[2], "lang": "en"},
        {"id": "b", "title": "", "text": ""},
    ]
    done = trilateral("classify", "-", "--jsonl", folder=tmp_path, stdin="".join(json.dumps(row) + "\n" for row in rows))
    assert done.returncode == 0, done.stderr
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert set(first) == {"id", "themes", "relevant", "actors", "dyads", "evidence", "lang"}
    assert "arms_transfers" in first["themes"]
    assert set(first["actors"]) == {"russia", "iran"}
    for item in first["evidence"]:
        assert set(item) == {"theme", "part", "start", "end", "quote", "cue", "score"}
        assert item["quote"] == rows[0][item["part"]][item["start"] : item["end"]]
    assert (second["id"], second["themes"], second["relevant"], second["evidence"]) == ("b", [], False, [])


def test_classify_explains_itself(tmp_path):
    (tmp_path / "article.txt").write_text(ARTICLE, encoding="utf-8")
    done = trilateral("classify", "article.txt", "--explain", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "arms_transfers" in done.stdout


def test_a_bad_row_is_named_and_the_others_are_answered(tmp_path):
    done = trilateral(
        "classify",
        "-",
        "--jsonl",
        folder=tmp_path,
        stdin='{"id": 1, "title": "a", "text": "b"}\n{nonsense\n{"id": 3, "title": "a", "text": "b"}\n',
    )
    assert done.returncode == 2
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [1, 3]
    assert done.stderr.startswith("trilateral: line 2: ")


PAGE = (
    """<html lang=en><head><title>Talks resume in Geneva - Gazette</title><link rel=canonical href="https://gazette.example/talks">
<script type="application/ld+json">{"@type":"NewsArticle","headline":"Talks resume in Geneva","author":{"name":"Jane Doe"},"datePublished":"2026-11-18T09:30:00+01:00"}</script></head>
<body><nav><a href=/>Home</a></nav><article><h1>Talks resume in Geneva</h1>"""
    + "".join(
        f"<p>Paragraph number {n} of the story tells what the delegations said about the text on the table, at some length.</p>"
        for n in range(5)
    )
    + "</article></body></html>"
)


def test_extract_answers_rows_in_order_one_a_page_whatever_a_page_does(tmp_path):
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    rows = [
        {"id": "a", "url": "https://gazette.example/talks", "html_path": "page.html"},
        {"id": "b", "url": "https://gazette.example/none", "html": ""},
        {"id": "c", "url": "https://gazette.example/lost", "html_path": "nowhere.html"},
        {"id": "d", "url": "https://gazette.example/talks", "html": PAGE},
    ]
    done = trilateral("extract", "-", "--jsonl", folder=tmp_path, stdin="".join(json.dumps(row) + "\n" for row in rows))
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["a", "b", "c", "d"]
    assert all(set(answer) == {"id", "title", "text", "authors", "date", "published_at", "lang", "rejected"} for answer in answers)
    assert (answers[0]["title"], answers[0]["authors"], answers[0]["date"], answers[0]["rejected"]) == (
        "Talks resume in Geneva",
        ["Jane Doe"],
        "2026-11-18",
        None,
    )
    assert answers[0]["published_at"] == "2026-11-18T08:30:00+00:00"
    assert answers[0]["text"].count("\n") == 4
    assert answers[1]["rejected"] == "empty"
    assert answers[2]["rejected"] is not None
    assert {**answers[3], "id": "a"} == answers[0]


def test_extract_and_classify_start_without_prefect_and_answer_quickly(tmp_path):
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    code = "import sys; from flows.cli import main\ntry: main(sys.argv[1:])\nexcept SystemExit as end: assert not end.code\nassert 'prefect' not in sys.modules"
    for args in (("extract", "page.html", "--json"), ("classify", "page.html", "--json")):
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", code, *args],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert time.monotonic() - begun < 10  # the promise of two seconds is kept by tests/bench; this only catches a loaded Prefect


def test_doctor_tells_where_each_setting_came_from(tmp_path):
    (tmp_path / "trilateral.toml").write_text('contact = "desk@example.org"\n', encoding="utf-8")
    done = trilateral("doctor", "--json", folder=tmp_path, environ={"TRILATERAL_WORKERS": "1"})
    assert done.returncode == 0, done.stderr + done.stdout
    told = {row["setting"]: (row["value"], row["origin"]) for row in json.loads(done.stdout)["settings"]}
    assert told["contact"] == ("desk@example.org", "trilateral.toml")
    assert told["workers"] == ("1", "environment")
    assert told["run_seconds"] == ("900.0", "default")
