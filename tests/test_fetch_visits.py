"""What an exchange amounts to, and how long the publisher asked us to stay away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from extractors.fetch.visits import outcome_of, pause_scope_of, pause_seconds, retry_after_seconds, visit_of
from extractors.records import Failure, Response, Visit

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ASKED = Response(url="http://a.example/feed", final_url="http://a.example/feed", started_at=NOON, duration_ms=2000)


def answered(status, *headers, reason=""):
    return replace(ASKED, status=status, reason=reason, headers=headers)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((200, "ok"), (204, "ok"), (226, "ok"), (301, "redirects"), (300, "redirects")),
        *((400, "client_error"), (401, "blocked"), (402, "blocked"), (403, "blocked"), (404, "not_found"), (410, "gone")),
        *((418, "client_error"), (429, "throttled"), (451, "blocked"), (500, "server_error"), (503, "server_error"), (599, "server_error")),
    ],
)
def test_each_status_has_its_word(status, outcome):
    assert outcome_of(answered(status)) == outcome


def test_503_with_retry_after_is_throttling():
    assert outcome_of(answered(503, ("Retry-After", "5"))) == "throttled"


def test_304_is_not_modified_only_if_somebody_asked():
    assert outcome_of(replace(answered(304), sent_etag='"x"')) == "not_modified"
    assert outcome_of(answered(304)) == "server_error"


def test_a_bot_challenge_is_blocked_whatever_its_status():
    assert outcome_of(answered(503, ("CF-Mitigated", "challenge"), ("Retry-After", "5"))) == "blocked"


def test_a_failure_is_its_own_outcome():
    assert outcome_of(replace(ASKED, failure=Failure(kind="dns", detail="no such name"))) == "dns"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((), None),
        ((("Retry-After", "120"),), 120.0),
        ((("retry-after", " 7 "),), 7.0),
        ((("Retry-After", "99999999999999999999"),), 86400.0),
        ((("Retry-After", "-5"),), None),
        ((("Retry-After", "soon"),), None),
        ((("Retry-After", "Sun, 01 Mar 2026 12:10:00 GMT"),), 598.0),
        ((("Retry-After", "Sun, 01 Mar 2026 12:10:00 GMT"), ("Date", "Sun, 01 Mar 2026 12:09:00 GMT")), 60.0),
        ((("Retry-After", "Sunday, 01-Mar-26 12:10:00 GMT"), ("Date", "nonsense")), 598.0),
        ((("Retry-After", "Sun Mar  1 12:10:00 2026"),), 598.0),
        ((("Retry-After", "Sun, 01 Mar 2020 12:00:00 GMT"),), 0.0),
        ((("Retry-After", "Sun, 01 Mar 2036 12:00:00 GMT"),), 86400.0),
        ((("Retry-After", "Sun, 99 Mar 2026 12:00:00 GMT"),), None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers, seconds):
    assert retry_after_seconds(answered(429, *headers)) == seconds


def test_a_visit_says_what_was_sent_and_what_came_back():
    response = replace(
        answered(429, ("Retry-After", "60"), reason="Too Many Requests"),
        final_url="http://b.example/feed",
        wire_body=b"slow down",
        sent_etag='W/"1"',
        sent_last_modified="yesterday",
    )
    assert visit_of(response, kind="feed", source_id="a", feed_id="f", url_key="k") == Visit(
        kind="feed",
        url="http://a.example/feed",
        final_url="http://b.example/feed",
        source_id="a",
        feed_id="f",
        url_key="k",
        status=429,
        outcome="throttled",
        detail="429 Too Many Requests; Retry-After: 60",
        body_bytes=9,
        duration_ms=2000,
        at=NOON,
        sent_etag='W/"1"',
        sent_last_modified="yesterday",
        pause_scope="b.example",
        pause_ends_at=NOON + timedelta(seconds=62),
    )


@pytest.mark.parametrize(
    ("url", "scope"),
    [
        ("https://news.gazette.example/a", "gazette.example"),
        ("http://10.0.0.7:8080/a", "http://10.0.0.7:8080/a"),
        ("http://intranet/a", "http://intranet/a"),
    ],
)
def test_a_public_name_is_paused_as_a_whole_and_a_private_host_by_address(url, scope):
    assert pause_scope_of(url) == scope


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, (), 4 * 3600.0),
        (429, (("Retry-After", "soon"),), 4 * 3600.0),
        (429, (("Retry-After", "60"),), 60.0),
        (429, (("Retry-After", "0"),), None),
        (503, (), None),
        (503, (("Retry-After", "60"),), 60.0),
        (302, (("Retry-After", "60"),), 60.0),
        (403, (("Retry-After", "60"),), None),
        (200, (("Retry-After", "60"),), None),
    ],
)
def test_a_host_is_spared_as_long_as_it_asks_and_for_four_hours_after_a_429_without_a_time(status, headers, seconds):
    assert pause_seconds(answered(status, *headers)) == seconds


def test_only_a_request_that_was_made_has_a_scope():
    made = visit_of(replace(answered(200), delay_seconds=5.0), kind="page", source_id=None)
    assert (made.scope, made.delay_seconds, made.pause_ends_at) == ("a.example", 5.0, None)
    assert visit_of(answered(200), kind="page", source_id=None).scope is None


def test_a_visit_without_trouble_has_no_detail():
    assert visit_of(answered(200, reason="OK"), kind="page", source_id=None).detail == ""
