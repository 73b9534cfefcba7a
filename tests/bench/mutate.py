"""Break each rule of polite fetching on purpose, one at a time, and see which test notices.

`python -m tests.bench.mutate [RULE …]`: copies the project to a temporary folder once, applies one listed source mutation
after the other, runs the few test files that guard the rule until the first goes red, and prints its name. A mutation
that survives, or whose text is no longer in the source, makes it fail.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
_COPIED = ("extractors", "flows", "warehouse", "deployments", "tests", "pyproject.toml")
_RED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_ALL_SLOW = re.compile(r"^pytestmark = pytest\.mark\.slow\b", re.MULTILINE)
_TIMEOUT_SECONDS = 180

_SCHEDULE = "extractors/feeds/schedule.py"
_WAITS = "extractors/feeds/waits.py"
_CLIENT = "extractors/fetch/client.py"
_VISITS = "extractors/fetch/visits.py"
_ROBOTS = "extractors/fetch/robots.py"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One rule of fetching broken: in `file`, the one `old` becomes `new`; `tests` have to notice."""

    rule: int
    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = ("test_schedule",)


MUTATIONS = (
    Mutation(
        1,
        "validators are tidied",
        _CLIENT,
        '"If-None-Match": etag or ""',
        '"If-None-Match": (etag or "").strip("W/")',
        ("test_fetch_client",),
    ),
    Mutation(
        2,
        "a known Last-Modified is not sent",
        _CLIENT,
        '"If-Modified-Since": last_modified or ""',
        '"If-Modified-Since": ""',
        ("test_fetch_client",),
    ),
    Mutation(3, "validators outlive their reader", _SCHEDULE, 'state.reader in {"", READER}', "bool(READER)"),
    Mutation(
        3,
        "validators go to any address",
        _CLIENT,
        "is_theirs = self.validated_url is None or target.url == self.validated_url",
        "is_theirs = True",
        ("test_fetch_client",),
    ),
    Mutation(
        4,
        "a 304 is a change",
        _SCHEDULE,
        "        failures=0.0,\n        successor_url=None,\n    )\n    after = schedule(note_move(known",
        "        failures=0.0,\n        last_changed_at=now,\n        successor_url=None,\n    )\n    after = schedule(note_move(known",
    ),
    Mutation(4, "newer validators of a 304 are lost", _SCHEDULE, 'etag=response.header("ETag") or tried.etag', "etag=tried.etag"),
    Mutation(
        4,
        "newer validators of a page's 304 are lost",
        "extractors/feeds/attempts.py",
        'if tried.last_outcome == "not_modified":',
        'if tried.last_outcome == "ok":',
    ),
    Mutation(5, "304s are believed for ever", _SCHEDULE, "timedelta(hours=24)  # of 304s", "timedelta(days=9999)  # of 304s"),
    Mutation(5, "lying validators are believed", _SCHEDULE, "return UNRELIABLE_CHANGES\n", "return tried.hidden_changes\n"),
    Mutation(5, "validators that lied are never believed again", _SCHEDULE, "if now - since >= _HONEST_FOR:", "if since is None:"),
    Mutation(5, "one honest change is enough", _SCHEDULE, "_HONEST_FOR = timedelta(days=7)", "_HONEST_FOR = timedelta()"),
    Mutation(6, "the floor is halved", _WAITS, "floor = policy.poll_floor_seconds\n", "floor = policy.poll_floor_seconds / 2\n"),
    Mutation(6, "whole bodies are asked for hourly", _WAITS, "_FULL_BODIES = 24", "_FULL_BODIES = 1"),
    Mutation(
        6,
        "force knows no floor",
        "warehouse/queries/feeds.sql",
        "or ($force and (earliest_poll_at is null or earliest_poll_at <= $now))",
        "or $force",
        ("test_queue",),
    ),
    Mutation(7, "Age is forgotten", _WAITS, "float(stated[1]) - spent", "float(stated[1])"),
    Mutation(7, "no ceiling", _WAITS, "if seconds > ceiling:", "if seconds > 1e12:"),
    Mutation(8, "no default period", "extractors/feeds/wishes.py", ', "": "daily"', "", ("test_feed_wishes",)),
    Mutation(9, "skipDays are ignored", _WAITS, " or moved.weekday() in state.skip_days", ""),
    Mutation(
        10,
        "a date is relative to our clock",
        _VISITS,
        '_parse_http_date(response.header("Date") or "") or',
        "None or",
        ("test_fetch_visits",),
    ),
    Mutation(
        10,
        "a longer Retry-After is ignored",
        _SCHEDULE,
        "if asked is not None and asked > seconds:",
        "if asked is not None and asked > 1e12:",
    ),
    Mutation(10, "a redirect's Retry-After is ignored", _CLIENT, " or retry_after_seconds(response):", ":", ("test_fetch_client",)),
    Mutation(11, "429 is an hour", _VISITS, "4 * 3600.0", "3600.0"),
    Mutation(
        11,
        "a 429 that names no time stops nobody else",
        _VISITS,
        "return THROTTLED_SECONDS if wait is None else wait or None",
        "return wait or None",
        ("test_fetch_client", "test_fetch_visits"),
    ),
    Mutation(
        11, "403 after success is no throttle", _SCHEDULE, ' or (visit.outcome == "blocked" and charged.last_success_at is not None)', ""
    ),
    Mutation(
        12,
        "a private host is paused as a whole",
        _CLIENT,
        "pause_scope_of(target.url)",
        "target.scope",
        ("test_fetch_client",),
    ),
    Mutation(13, "one sighting is enough", "extractors/feeds/moves.py", "_SIGHTINGS = 3", "_SIGHTINGS = 1"),
    Mutation(13, "an hour is enough", "extractors/feeds/moves.py", "timedelta(days=3)", "timedelta(hours=1)"),
    Mutation(13, "302 is permanent", "extractors/feeds/moves.py", "{301, 308}", "{301, 302, 303, 307, 308}"),
    Mutation(
        14,
        "https may lead to http",
        "extractors/fetch/targets.py",
        'if target.scheme == "https" and onward.scheme == "http":',
        'if target.scheme == "":',
        ("test_fetch_client",),
    ),
    Mutation(
        14,
        "circles are followed",
        _CLIENT,
        "if onward.url in {hop.url for hop in self.hops}:",
        "if onward.url is None:",
        ("test_fetch_client",),
    ),
    Mutation(15, "410 goes on", _SCHEDULE, "charged, stopped=True,", "charged, stopped=False,"),
    Mutation(15, "404 is not slowed", _SCHEDULE, 'if visit.outcome == "not_found" and', 'if visit.outcome == "never" and'),
    Mutation(
        15,
        "a home page is asked at every poll",
        "extractors/feeds/succession.py",
        "now - state.successor_sought_at >= _LOOK_AGAIN",
        "bool(now)",
        ("test_succession",),
    ),
    Mutation(
        15,
        "a home page is asked after a single 404",
        "extractors/feeds/succession.py",
        "state.failures >= MISSING_TWICE",
        "state.failures >= 0",
        ("test_succession",),
    ),
    Mutation(16, "our outage is theirs", _SCHEDULE, "    if is_our_outage:\n", "    if is_our_outage and not visit:\n"),
    Mutation(16, "two hosts make an outage", "extractors/feeds/outage.py", "_HOSTS = 5", "_HOSTS = 2"),
    Mutation(16, "who answers does not count", "extractors/feeds/outage.py", " and not reached", "", ("test_schedule", "test_blackout")),
    Mutation(16, "nobody is excused", "flows/desk.py", "self._excused |= self._charged", "self._excused |= {}", ("test_blackout",)),
    Mutation(16, "a straight line becomes none", _SCHEDULE, "floor * (1 + charged.failures)", "floor"),
    Mutation(
        17,
        "no limit on the wire",
        "extractors/fetch/exchange.py",
        "if len(self._wire) > self._max_body_bytes:",
        "if len(self._wire) > 1e12:",
        ("test_fetch_client",),
    ),
    Mutation(18, "a web page is a feed", _SCHEDULE, 'if document.format == "unknown":', 'if document.format == "html":'),
    Mutation(18, "a bot wall is success", _VISITS, 'response.header("cf-mitigated") == "challenge"', "False", ("test_fetch_visits",)),
    Mutation(
        19,
        "a referrer is sent",
        _CLIENT,
        '            "Connection": "close",\n        }',
        '            "Connection": "close",\n            "Referer": "https://example.org/",\n        }',
        ("test_fetch_client",),
    ),
    Mutation(
        20,
        "no spacing",
        "extractors/fetch/hosts.py",
        "seconds = started_at + max(delay, kept_delay) - at",
        "seconds = 0.0",
        ("test_fetch_turns",),
    ),
    Mutation(
        20,
        "connections are not counted",
        "extractors/fetch/hosts.py",
        "_count_leases(book, scope, at) >= connections",
        "_count_leases(book, scope, at) > 99",
        ("test_fetch_turns",),
    ),
    Mutation(
        20,
        "Crawl-delay is ignored",
        _ROBOTS,
        "return min(_rules_of(robots.body).crawl_delay(PRODUCT) or 0.0",
        "return min(0.0",
        ("test_fetch_robots",),
    ),
    Mutation(
        20,
        "a feed is polled again in the same pass",
        "flows/pipeline.py",
        "self._polled.add(feed.feed_id)",
        "self._polled.discard(feed.feed_id)",
        ("test_pipeline",),
    ),
    Mutation(
        20,
        "a redirect target is asked for by everybody who is led to it",
        _CLIENT,
        "if not trip.shares:",
        "if not trip.shares or trip.hops:",
        ("test_fetch_passes",),
    ),
    Mutation(
        20,
        "each new page is asked for, whatever this pass was told",
        "flows/desk.py",
        'shares=page.reason == "new"',
        "shares=False",
        ("test_desk",),
    ),
    Mutation(
        20,
        "two who come at once ask twice",
        "extractors/fetch/passes.py",
        "return self._locks.setdefault(url, asyncio.Lock())",
        "return asyncio.Lock()",
        ("test_fetch_passes",),
    ),
    Mutation(21, "no spread", _WAITS, "to_phase if to_phase <= width else width *", "0 if to_phase <= width else 0 *"),
    Mutation(
        21,
        "after a 429 all come back at once",
        _WAITS,
        "_AFTER_THROTTLE_SECONDS = 3600.0",
        "_AFTER_THROTTLE_SECONDS = 0.0",
    ),
    Mutation(
        22,
        "a robots.txt that leads astray is asked for with every page",
        _ROBOTS,
        "is_led_astray = bool(response.hops)",
        "is_led_astray = not response.hops",
        ("test_fetch_robots",),
    ),
    Mutation(22, "500 on robots.txt allows all", _ROBOTS, "status == 429 or status >= 500", "status == 429", ("test_fetch_robots",)),
    Mutation(
        20,
        "what another process is at is asked for, too",
        "flows/pipeline.py",
        "if not self._stages.claim(job):",
        "if job is None:",
        ("test_pipeline",),
    ),
    Mutation(20, "claims do not bind", "extractors/fetch/hosts.py", "if is_stale or is_theirs:", "if is_stale:", ("test_fetch_turns",)),
    Mutation(
        22,
        "a disallowed feed is not reported",
        _CLIENT,
        "            self.robots_objection = f",
        "            _ = f",
        ("test_fetch_client",),
    ),
    Mutation(
        24,
        "what a complete feed dropped is not looked at",
        "warehouse/queries/feeds.sql",
        "($is_complete or pages.first_seen_at >= $since)",
        "pages.first_seen_at >= $since",
        ("test_landing",),
    ),
    Mutation(
        26, "any port", _CLIENT, "if ports is None or target.port in ports:", "if ports is None or target.port:", ("test_fetch_client",)
    ),
    Mutation(
        26,
        "private addresses are fetched",
        "extractors/fetch/addresses.py",
        "return not any(address in network for network in _REFUSED_V4)",
        "return True",
        ("test_fetch_addresses",),
    ),
    Mutation(
        27, "documents may hold entities", "extractors/feeds/repair.py", "<!DOCTYPE", "<!NOTYPE", ("test_feed_documents", "test_feed_text")
    ),
    Mutation(
        27,
        "what could not be read is not kept",
        "flows/desk.py",
        "            self._keep_unread(feed, response.body)",
        "            pass",
        ("test_desk",),
    ),
    Mutation(
        28,
        "any certificate will do",
        "extractors/fetch/transport.py",
        "ssl_context=tls or _public_tls()",
        "ssl_context=ssl._create_unverified_context()",
        ("test_fetch_client",),
    ),
    Mutation(29, "the log does not say which rule", _SCHEDULE, "next_rule=after.next_poll_rule,", "next_rule=None,"),
    Mutation(
        29,
        "received validators are not logged",
        _VISITS,
        'got_etag=response.header("ETag")',
        "got_etag=None",
        ("test_schedule", "test_fetch_visits"),
    ),
    Mutation(
        30,
        "early polls are not counted",
        "warehouse/views/18_poll_manners.sql",
        "+ interval 1 second <",
        "+ interval 99 year <",
        ("test_checks",),
    ),
    Mutation(
        30,
        "invented validators are not counted",
        "warehouse/views/18_poll_manners.sql",
        "not coalesce(list_contains(known.etags, answered.sent_etag), false)",
        "false",
        ("test_checks",),
    ),
    *(
        Mutation(30, what, "warehouse/views/18_host_manners.sql", old, new, ("test_checks",))
        for what, old, new in (
            ("crowding is not counted", "+ interval 100 milliseconds <", "+ interval 99 year <"),
            ("Crawl-delay is not counted", "greatest(asked.delay_seconds, lag(asked.delay_seconds) over starts)", "5"),
            ("requests in a pause are not counted", "+ interval 10 milliseconds <", "+ interval 99 year <"),
            ("unconditional revisits are not counted", "looks.has_validators is true", "looks.has_validators is null"),
            ("pages asked for twice are not counted", "earlier.url\n", "'' || earlier.run_id\n"),
        )
    ),
)
_NEVER_SET = frozenset({23, 25})  # RFC 3229 and WebSub: not done here


def main(rules: list[int]) -> int:
    """Print each mutation with the test that noticed it; 1 where one survived."""
    if missing := set(range(1, 31)) - _NEVER_SET - {mutation.rule for mutation in MUTATIONS}:
        print(f"rules without a mutation: {sorted(missing)}")
        return 1
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in _COPIED:
            source = PROJECT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, Path(folder) / name)
        chosen = [mutation for mutation in MUTATIONS if not rules or mutation.rule in rules]
        for mutation in chosen:
            started = time.monotonic()
            red = _first_red(mutation, Path(folder))
            survivors += red is None
            print(f"rule {mutation.rule:2}  {mutation.what:45}  {red or 'SURVIVED'}  ({time.monotonic() - started:.1f} s)", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} mutations were noticed")
    return int(survivors > 0)


def _first_red(mutation: Mutation, folder: Path) -> str | None:
    """The first test that fails under a mutation; None: none does. The copy is as before afterwards."""
    path = folder / mutation.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutation.old) < 1:
        print(f"not in {mutation.file}: {mutation.old!r}")
        return None
    path.write_text(text.replace(mutation.old, mutation.new, 1), encoding="utf-8")
    try:
        return _run(mutation.tests, folder)
    finally:
        path.write_text(text, encoding="utf-8")


def _run(tests: tuple[str, ...], folder: Path) -> str | None:
    """The quick tests of these files; the slow ones where a file has no others."""
    files = [f"tests/{name}.py" for name in tests]
    quick = [name for name in files if not _ALL_SLOW.search((folder / name).read_text(encoding="utf-8"))]
    which = ["-m", "not slow"] if quick else []
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *which, *files]
    environ = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"{files[0]} (did not end)"
    found = _RED.search(done.stdout)
    if done.returncode not in (0, 1) and found is None:
        raise RuntimeError(f"the tests could not be run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return found[1] if found else None


if __name__ == "__main__":
    sys.exit(main([int(argument) for argument in sys.argv[1:]]))
