"""When feeds and pages are due again, and which rule says so."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.feeds.attempts import after_fetch, after_reading
from extractors.feeds.outage import Attempt, is_our_outage
from extractors.feeds.schedule import READER, Question, after_poll, question_of
from extractors.feeds.waits import NEVER_DUE, SchedulePolicy
from extractors.records import (
    Article,
    CaptureRef,
    Classification,
    Entry,
    Failure,
    FeedDocument,
    FeedState,
    FeedVisit,
    Hop,
    PageState,
    Reading,
    Rejection,
    Response,
    SeenEntry,
    Visit,
    short_hash,
)

_NOW = datetime(2026, 5, 10, 12, 0, tzinfo=UTC)
_POLICY = SchedulePolicy(spread=0)
_BODY = b"<rss/>"
_HASH = hashlib.sha256(_BODY).hexdigest()[:32]
_URL = "https://gazette.example/rss"
_STATE = FeedState(feed_id="f1", source_id="gazette", url=_URL)
_KNOWN = replace(
    _STATE,
    etag='W/"1"',
    last_modified="Sun, 10 May 2026 10:00:00 GMT",
    body_hash=_HASH,
    title="Gazette",
    last_polled_at=_NOW - timedelta(hours=1),
    last_success_at=_NOW - timedelta(hours=1),
    last_changed_at=_NOW - timedelta(hours=5),
    last_outcome="ok",
    next_poll_at=_NOW,
    next_poll_rule="floor 3600 s",
)
_ONE = Entry(link="https://gazette.example/1", title="One")
_TWIN = Entry(link="http://www.gazette.example/1/?utm_source=rss", title="One again")
_LOST = Entry(link="", title="Lost")
_DOCUMENT = FeedDocument(format="rss", title="Gazette", entries=(_ONE, _TWIN, _LOST), problems=("entry 3: no link",))


def _response(status: int | None = 200, headers: dict[str, str] | None = None, **fields) -> Response:
    told = {"url": _URL, "final_url": _URL, "started_at": _NOW, "duration_ms": 50, "body": _BODY if status == 200 else b""}
    return Response(status=status, headers=tuple((headers or {}).items()), **(told | fields))


def _failed(kind: str, detail: str = "") -> Response:
    return _response(None, failure=Failure(kind=kind, detail=detail or kind))


def _poll(state: FeedState, response: Response, document: FeedDocument | None = None, policy: SchedulePolicy = _POLICY) -> FeedVisit:
    return after_poll(state, response, document, now=_NOW, policy=policy)


# --- feeds -----------------------------------------------------------------------------------------------------------


def test_a_good_poll_leaves_entries_with_the_validators_they_came_with():
    response = _response(headers={"ETag": 'W/"2"', "Last-Modified": "Sun, 10 May 2026 11:00:00 GMT"})
    assert _poll(_STATE, response, _DOCUMENT) == FeedVisit(
        visit=Visit(
            kind="feed",
            url=_URL,
            final_url=_URL,
            source_id="gazette",
            feed_id="f1",
            status=200,
            outcome="ok",
            duration_ms=50,
            at=_NOW,
            next_at=_NOW + timedelta(hours=1),
            next_rule="floor 3600 s",
            got_etag='W/"2"',
            got_last_modified="Sun, 10 May 2026 11:00:00 GMT",
            not_before_at=_NOW + timedelta(hours=1),
        ),
        after=replace(
            _STATE,
            etag='W/"2"',
            last_modified="Sun, 10 May 2026 11:00:00 GMT",
            body_hash=_HASH,
            title="Gazette",
            last_polled_at=_NOW,
            last_success_at=_NOW,
            last_changed_at=_NOW,
            last_outcome="ok",
            next_poll_at=_NOW + timedelta(hours=1),
            next_poll_rule="floor 3600 s",
            earliest_poll_at=_NOW + timedelta(hours=1),
            validated_url=_URL,
            reader=READER,
            entries_hash=short_hash(*(entry.entry_hash for entry in _DOCUMENT.entries)),
            last_full_at=_NOW,
            interval_seconds=3600,
        ),
        entries=(SeenEntry(entry=_ONE, url_key="gazette.example/1"),),
        problems=("entry 3: no link", "entries dropped for want of a usable link: 1"),
    )


def test_validators_are_cleared_when_a_changed_body_brings_none():
    after = _poll(replace(_KNOWN, body_hash="other"), _response(), _DOCUMENT).after
    assert (after.etag, after.last_modified, after.body_hash) == (None, None, _HASH)


def test_an_unchanged_body_brings_no_entries_and_no_change():
    visit = _poll(_KNOWN, _response(headers={"ETag": '"3"'}), _DOCUMENT)
    assert (visit.entries, visit.after.etag, visit.after.last_changed_at) == ((), '"3"', _KNOWN.last_changed_at)


def test_an_unchanged_body_need_not_be_parsed_again():
    assert _poll(_KNOWN, _response()).visit.outcome == "ok"


def test_a_304_keeps_what_it_vouches_for_and_takes_newer_validators():
    visit = _poll(replace(_KNOWN, failures=0.5), _response(304, {"ETag": '"4"'}, sent_etag='W/"1"'))
    assert visit.after == replace(
        _KNOWN,
        etag='"4"',
        last_polled_at=_NOW,
        last_success_at=_NOW,
        last_outcome="not_modified",
        next_poll_at=_NOW + timedelta(hours=1.25),
        next_poll_rule="adaptive: quiet for 300 min",
        earliest_poll_at=_NOW + timedelta(hours=1),
        interval_seconds=4500,
    )


def test_a_304_stands_by_the_ttl_of_the_document():
    state = replace(_KNOWN, ttl_seconds=7200)
    after = _poll(state, _response(304, sent_etag='W/"1"')).after
    assert (after.next_poll_at, after.next_poll_rule) == (_NOW + timedelta(hours=2), "ttl 120 min")


@pytest.mark.parametrize(
    ("headers", "ttl_seconds", "hours", "rule"),
    [
        ({}, None, 1, "floor 3600 s"),
        ({}, 7200, 2, "ttl 120 min"),
        ({}, 60, 1, "floor 3600 s"),
        ({"Cache-Control": "public, max-age=7200"}, None, 2, "Cache-Control max-age 7200"),
        ({"Cache-Control": "max-age=10800", "Age": "3600"}, None, 2, "Cache-Control max-age 10800 less Age 3600"),
        ({"Cache-Control": "s-maxage=7200"}, None, 1, "floor 3600 s"),
        ({"Cache-Control": "no-cache, max-age=7200"}, None, 1, "floor 3600 s"),
        ({"Cache-Control": "max-age=99999999"}, None, 24, "Cache-Control max-age 99999999, capped at 86400 s"),
        ({"Expires": "Sun, 10 May 2026 10:00:00 GMT", "Date": "Sun, 10 May 2026 07:00:00 GMT"}, None, 3, "Expires in 10800 s"),
        ({"Expires": "0"}, None, 1, "floor 3600 s"),
        ({"Expires": "Sun, 10 May 2026 16:00:00 GMT", "Cache-Control": "max-age=7200"}, 10800, 3, "ttl 180 min"),
    ],
)
def test_the_longest_wait_that_is_asked_for_wins_and_says_its_name(headers, ttl_seconds, hours, rule):
    after = _poll(_STATE, _response(headers=headers | {"ETag": '"1"'}), replace(_DOCUMENT, ttl_seconds=ttl_seconds)).after
    assert (after.next_poll_at, after.next_poll_rule) == (_NOW + timedelta(hours=hours), rule)


@pytest.mark.parametrize(
    ("response", "document", "outcome", "failures"),
    [
        (_failed("dns"), None, "dns", 0.25),
        (_failed("timeout"), None, "timeout", 0.25),
        (_response(500), None, "server_error", 0.25),
        (_failed("tls"), None, "tls", 0.5),
        (_response(404), None, "not_found", 0.5),
        (_response(403), None, "blocked", 0.5),
        (_failed("address_refused"), None, "address_refused", 1),
        (_response(), FeedDocument(format="unknown", problems=("this is a web page, not a feed",)), "not_a_feed", 0.5),
        (_response(), FeedDocument(format="rss", problems=("not well-formed: x",)), "unparseable", 1),
        (_response(), None, "unparseable", 1),
    ],
)
def test_a_failure_is_weighed_backs_off_in_a_line_and_keeps_what_was_known(response, document, outcome, failures):
    state = replace(_STATE, etag='"1"', body_hash="earlier", title="Gazette")
    visit = _poll(state, response, document)
    due, rule = _NOW + timedelta(hours=1 + failures), f"back-off: {failures:g} failures"
    assert visit.after == replace(
        state,
        last_polled_at=_NOW,
        last_outcome=outcome,
        failures=failures,
        next_poll_at=due,
        next_poll_rule=rule,
        earliest_poll_at=_NOW + timedelta(hours=1),
    )
    assert (visit.visit.outcome, visit.visit.next_at, visit.visit.next_rule, visit.entries) == (outcome, due, rule, ())


def test_an_empty_feed_is_no_failure():
    assert _poll(_STATE, _response(), FeedDocument(format="rss", title="Gazette")).visit.outcome == "ok"


def test_the_back_off_ends_at_the_ceiling_and_never_kills_a_feed():
    state = _STATE
    for _ in range(500):
        state = _poll(state, _failed("connect")).after
    assert (state.next_poll_at, state.stopped) == (_NOW + timedelta(days=1), False)


@pytest.mark.parametrize(
    ("response", "state", "hours", "rule"),
    [
        (_response(429, {"Retry-After": "900"}), _KNOWN, 1.25, "back-off: 0.25 failures"),
        (_response(429, {"Retry-After": "7200"}), _KNOWN, 2, "Retry-After 7200 s"),
        (_response(503, {"Retry-After": "7200"}), _KNOWN, 2, "Retry-After 7200 s"),
        (_response(429, {"Retry-After": "999999"}), _KNOWN, 24, "Retry-After 86400 s"),
        (_response(429), _KNOWN, 4, "throttled: doubled to 14400 s"),
        (_response(429), replace(_KNOWN, last_polled_at=_NOW - timedelta(hours=6)), 12, "throttled: doubled to 43200 s"),
        (_response(403), _KNOWN, 4, "blocked: doubled to 14400 s"),
    ],
)
def test_a_publisher_that_asks_for_rest_gets_it(response, state, hours, rule):
    after = _poll(state, response).after
    assert (after.next_poll_at, after.next_poll_rule) == (_NOW + timedelta(hours=hours), rule)


def test_a_retry_after_is_not_cut_to_the_ceiling():
    policy = SchedulePolicy(poll_floor_seconds=60, poll_ceiling_seconds=600)
    after = _poll(_KNOWN, _response(503, {"Retry-After": "900"}), policy=policy).after
    assert (after.next_poll_at, after.next_poll_rule) == (_NOW + timedelta(seconds=900), "Retry-After 900 s")


def test_gone_stops_the_feed():
    after = _poll(_KNOWN, _response(410)).after
    assert (after.stopped, after.next_poll_at, after.next_poll_rule) == (True, NEVER_DUE, "410 Gone: stopped")


def test_stopping_ourselves_charges_nobody_and_leaves_the_feed_due():
    visit = _poll(_KNOWN, _failed("cancelled"))
    assert (visit.after, visit.visit.next_at, visit.visit.next_rule) == (_KNOWN, _NOW, "cancelled: still due")


_STATUSES = st.sampled_from([200, 304, 301, 400, 401, 403, 404, 410, 429, 451, 500, 503])
_HEADER_TEXT = st.one_of(st.text(max_size=12), st.from_regex(r"[a-z-]{0,9}=?\"?[0-9]{0,12}", fullmatch=True))


@given(_STATUSES, st.dictionaries(st.sampled_from(["Cache-Control", "Age", "Expires", "Date", "Retry-After", "ETag"]), _HEADER_TEXT))
def test_no_header_brings_a_poll_before_the_floor_or_long_after_the_ceiling(status, headers):
    after = _poll(_KNOWN, _response(status, headers), _DOCUMENT).after
    assert after.stopped or timedelta(hours=1) <= after.next_poll_at - _NOW <= timedelta(days=1)
    assert after.next_poll_rule


# --- manners ---------------------------------------------------------------------------------------------------------


def _polls(state: FeedState, *steps: tuple[Response, FeedDocument | None], every: timedelta = timedelta(hours=1)) -> FeedState:
    """Poll again and again, `every` so often; the state after the last."""
    for number, (response, document) in enumerate(steps):
        at = _NOW + number * every
        state = after_poll(state, replace(response, started_at=at), document, now=at, policy=_POLICY).after
    return state


def _moved(status: int, to: str = "https://gazette.example/feed") -> Response:
    return _response(304, sent_etag='W/"1"', final_url=to, hops=(Hop(url=_URL, status=status),))


def _document(*titles: str) -> FeedDocument:
    return FeedDocument(format="rss", entries=tuple(Entry(link=f"https://gazette.example/{title}", title=title) for title in titles))


def test_validators_go_only_to_the_address_that_gave_them():
    after = _poll(_STATE, _response(headers={"ETag": '"2"'}, final_url="https://gazette.example/new"), _DOCUMENT).after
    assert question_of(after, now=_NOW) == Question(url=_URL, etag='"2"', validated_url="https://gazette.example/new")


def test_validators_of_what_another_reader_read_are_not_sent():
    assert question_of(replace(_KNOWN, reader="feeds 0"), now=_NOW) == Question(url=_URL)


@pytest.mark.parametrize(
    ("hours", "outcome", "is_conditional"), [(23, "not_modified", True), (24, "not_modified", False), (48, "ok", True)]
)
def test_after_a_day_of_304s_only_a_whole_body_is_asked_for(hours, outcome, is_conditional):
    state = replace(_KNOWN, last_full_at=_NOW - timedelta(hours=hours), last_outcome=outcome)
    assert bool(question_of(state, now=_NOW).etag) is is_conditional


def test_other_entries_under_the_same_validators_prove_that_they_lie():
    state = replace(_KNOWN, entries_hash="earlier", body_hash="earlier", last_outcome="not_modified")
    after = _poll(state, _response(headers={"ETag": 'W/"1"', "Last-Modified": state.last_modified}), _DOCUMENT).after
    assert (question_of(after, now=_NOW).etag, after.next_poll_rule) == (None, "validators unreliable: whole bodies, floor 86400 s")
    assert after.next_poll_at == _NOW + timedelta(hours=24)


def test_three_changes_in_a_row_that_304s_hid_make_validators_unreliable_and_one_that_they_showed_clears_two():
    hidden = [(_response(headers={"ETag": f'"{n}"'}, body=b"%d" % n), _document(str(n))) for n in range(4)]
    assert _polls(_KNOWN, *hidden).hidden_changes == 3
    shown = (_response(headers={"ETag": '"s"'}, body=b"s", sent_etag='"2"'), _document("s"))
    assert _polls(_KNOWN, *hidden[:3], shown).hidden_changes == 0


_LIAR = replace(_KNOWN, hidden_changes=3, entries_hash="earlier", body_hash="earlier")


def _told(day, *, etag, state, body=None):
    """Poll a feed whose validators had lied, on a later day, with other entries unless `body` is that of the day before."""
    body = body or f"day {day}"
    response = _response(headers={"ETag": etag}, body=body.encode())
    return after_poll(state, response, _document(body), now=_NOW + timedelta(days=day), policy=_POLICY).after


def test_validators_that_lied_are_believed_again_once_they_have_told_each_change_for_a_week():
    state = _LIAR
    for day in range(8):
        assert question_of(state, now=_NOW).etag is None
        state = _told(day, etag=f'"{day}"', state=state)
    assert (state.hidden_changes, state.honest_since_at) == (0, None)
    assert question_of(state, now=_NOW + timedelta(days=8)).etag == '"7"'


def test_a_single_change_under_the_same_validators_begins_the_week_anew():
    state = _told(0, etag='"0"', state=_LIAR)
    assert state.honest_since_at == _NOW
    state = _told(1, etag='"0"', state=state)
    assert (state.hidden_changes, state.honest_since_at) == (3, None)
    state = _told(8, etag='"8"', state=state)
    assert (state.hidden_changes, state.honest_since_at) == (3, _NOW + timedelta(days=8))


def test_days_without_a_change_prove_nothing():
    state = _told(0, etag='"0"', state=_LIAR)
    for day in range(1, 9):
        state = _told(day, etag='"0"', state=state, body="day 0")
    assert (state.hidden_changes, state.honest_since_at) == (3, _NOW)


def test_a_feed_that_is_back_needs_no_successor():
    state = replace(_KNOWN, successor_url="https://gazette.example/new", successor_sought_at=_NOW)
    answers = (_response(headers={"ETag": '"2"'}), _DOCUMENT), (_response(304, sent_etag='W/"1"'), None)
    assert [_poll(state, *answer).after.successor_url for answer in answers] == [None, None]


def test_newer_validators_of_a_304_are_taken_over_for_a_page_too():
    page = replace(_PAGE, stage="read", reason="revisit", etag='"1"', last_modified="then")
    after, _ = after_fetch(page, _response(304, headers={"ETag": '"2"'}, sent_etag='"1"'), None, now=_NOW, policy=_POLICY)
    assert (after.stage, after.etag, after.last_modified) == ("read", '"2"', "then")


def test_a_date_stamped_anew_is_no_hidden_change():
    state = replace(_KNOWN, entries_hash=short_hash(*(entry.entry_hash for entry in _DOCUMENT.entries)), body_hash="earlier")
    assert _poll(state, _response(headers={"ETag": 'W/"1"', "Last-Modified": state.last_modified}), _DOCUMENT).after.hidden_changes == 0


def test_without_validators_a_whole_body_is_asked_for_once_a_day_unless_the_publisher_states_a_wait():
    assert _poll(_STATE, _response(), _DOCUMENT).after.next_poll_at == _NOW + timedelta(hours=24)
    stated = _poll(_STATE, _response(headers={"Cache-Control": "max-age=900"}), _DOCUMENT).after
    assert (stated.next_poll_at, stated.next_poll_rule) == (_NOW + timedelta(hours=1), "floor 3600 s")


def test_a_304_without_caching_headers_stands_by_the_freshness_stated_before():
    after = _poll(replace(_KNOWN, fresh_seconds=10800.0), _response(304, sent_etag='W/"1"')).after
    assert (after.next_poll_at, after.fresh_seconds) == (_NOW + timedelta(hours=3), 10800.0)


def test_an_interval_follows_the_usual_gap_between_changes_and_the_present_silence():
    state = replace(_KNOWN, gap_seconds=4 * 3600.0, last_changed_at=_NOW - timedelta(hours=8))
    changed = _poll(replace(state, body_hash="earlier"), _response(headers={"ETag": '"2"'}), _DOCUMENT).after
    assert (changed.gap_seconds, changed.interval_seconds) == (pytest.approx(5.2 * 3600), pytest.approx(2.6 * 3600))
    quiet = _poll(replace(state, last_changed_at=_NOW - timedelta(hours=40)), _response(304, sent_etag='W/"1"')).after
    assert (quiet.interval_seconds, quiet.next_poll_rule) == (36_000, "adaptive: quiet for 2400 min")
    assert (
        _poll(replace(state, last_changed_at=_NOW - timedelta(days=99)), _response(304, sent_etag='W/"1"')).after.interval_seconds == 86_400
    )


def test_a_poll_is_moved_out_of_the_hours_and_days_that_the_document_skips():
    hours = _poll(_STATE, _response(headers={"ETag": '"1"'}), replace(_DOCUMENT, skip_hours=(13, 14))).after
    assert (hours.next_poll_at, hours.next_poll_rule) == (_NOW + timedelta(hours=3), "floor 3600 s, moved by skipHours/skipDays")
    days = _poll(_STATE, _response(headers={"ETag": '"1"'}), replace(_DOCUMENT, skip_days=(6,))).after  # 10 May 2026 is a Sunday
    assert days.next_poll_at == _NOW + timedelta(hours=12)
    week = _poll(_STATE, _response(headers={"ETag": '"1"'}), replace(_DOCUMENT, skip_days=(0, 6))).after
    assert week.next_poll_at == _NOW + timedelta(hours=24), "hints move a poll to the ceiling at most"


def test_feeds_polled_together_come_due_apart_from_each_other_and_never_early():
    policy = SchedulePolicy()
    dues = [
        _poll(replace(_KNOWN, feed_id=f"f{n}", last_changed_at=_NOW), _response(304, sent_etag='"1"'), policy=policy).after.next_poll_at
        for n in range(200)
    ]
    waits = [(due - _NOW).total_seconds() for due in dues]
    assert 3600 <= min(waits) < 3660
    assert 4440 < max(waits) <= 4500
    assert max(waits.count(wait) for wait in waits) <= 5


def test_who_was_told_when_to_come_back_does_not_come_at_the_stroke_of_the_clock():
    told = _response(429, {"Retry-After": "5400"})
    waits = {_poll(replace(_KNOWN, feed_id=f"f{n}"), told, policy=SchedulePolicy()).after.next_poll_at - _NOW for n in range(50)}
    assert min(waits) >= timedelta(minutes=90)
    assert timedelta(minutes=135) < max(waits) <= timedelta(minutes=150)


def test_a_429_is_followed_by_up_to_an_hour_more():
    dues = {_poll(replace(_KNOWN, feed_id=f"f{n}"), _response(429), policy=SchedulePolicy()).after.next_poll_at - _NOW for n in range(50)}
    assert timedelta(hours=4) <= min(dues) < max(dues) <= timedelta(hours=5)
    assert len(dues) > 40


def test_a_permanent_move_is_believed_after_three_polls_and_three_days():
    twice = _polls(_KNOWN, (_moved(301), None), (_moved(308), None), every=timedelta(days=4))
    assert (twice.moved_url, twice.move_sightings) == (None, 2)
    early = _polls(_KNOWN, *[(_moved(301), None)] * 9)
    assert (early.moved_url, early.move_sightings) == (None, 9)
    after = _polls(_KNOWN, *[(_moved(301), None)] * 4, every=timedelta(days=1))
    assert (question_of(after, now=_NOW).url, after.url, after.feed_id) == ("https://gazette.example/feed", _URL, "f1")


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_temporary_redirect_is_never_believed(status):
    assert _polls(_KNOWN, *[(_moved(status), None)] * 9, every=timedelta(days=1)).moved_url is None


def test_a_move_that_leads_elsewhere_each_time_is_not_believed():
    steps = [(_moved(301, f"https://gazette.example/{n}"), None) for n in range(9)]
    assert _polls(_KNOWN, *steps, every=timedelta(days=1)).moved_url is None


def test_gone_where_it_had_moved_to_the_declared_address_is_asked_again():
    after = _poll(replace(_KNOWN, moved_url="https://elsewhere.example/"), _response(410)).after
    assert (after.moved_url, after.stopped) == (None, False)


def test_a_404_that_stays_is_slowed_to_once_a_day_and_never_stopped():
    after = _polls(_KNOWN, (_response(404), None), (_response(404), None))
    assert (after.next_poll_rule, after.next_poll_at, after.stopped) == ("404 again: slowed to 86400 s", _NOW + timedelta(hours=25), False)


def test_our_own_outage_charges_nobody():
    visit = after_poll(_KNOWN, _failed("dns"), None, now=_NOW, policy=_POLICY, is_our_outage=True)
    again = _NOW + timedelta(minutes=10)
    rule = "our own outage: nobody is charged, again in 600 s"
    assert visit.after == replace(_KNOWN, next_poll_at=again, next_poll_rule=rule)
    assert (visit.visit.outcome, visit.visit.next_at, visit.visit.next_rule) == ("dns", again, rule)


def _attempts(*outcomes: str, ago: float = 5) -> list[Attempt]:
    return [Attempt(scope=f"host{n}", at=_NOW - timedelta(seconds=ago), outcome=outcome) for n, outcome in enumerate(outcomes)]


@pytest.mark.parametrize(
    ("attempts", "is_ours"),
    [
        (_attempts("dns", "connect", "timeout", "dns", "dns"), True),
        (_attempts("dns", "connect", "timeout", "dns"), False),
        (_attempts("dns", "dns", "dns", "dns", "ok"), False),
        (_attempts("dns", "dns", "dns") + [replace(item, scope=item.scope + "b") for item in _attempts("ok", "ok", ago=90)], True),
        (_attempts("dns", "dns", "dns") + [replace(item, scope=item.scope + "b") for item in _attempts("ok", "ok", "ok", ago=90)], False),
        (_attempts("dns", "dns", "dns", "dns", "dns", ago=700), False),
        (_attempts(*["tls"] * 9), False),
        ([replace(item, scope="one") for item in _attempts(*["dns"] * 9)], False),
    ],
)
def test_an_outage_is_ours_when_most_of_five_hosts_cannot_be_reached_and_nobody_was_of_late(attempts, is_ours):
    assert is_our_outage(attempts, now=_NOW) is is_ours


# --- pages -----------------------------------------------------------------------------------------------------------

_PAGE = PageState(
    url_key="gazette.example/1",
    url="https://gazette.example/1",
    scope="gazette.example",
    due_at=_NOW - timedelta(minutes=5),
    first_seen_at=_NOW - timedelta(minutes=5),
)
_CAPTURE = CaptureRef(
    capture_id="c1",
    url_key=_PAGE.url_key,
    url=_PAGE.url,
    final_url=_PAGE.url,
    file="a.warc.gz",
    offset=0,
    length=10,
    fetched_at=_NOW,
    status=200,
    content_type="text/html",
    body_bytes=10,
    body_hash="h",
)
_REVISIT = replace(_PAGE, reason="revisit", first_seen_at=_NOW - timedelta(hours=7), revisits=1, etag='"1"', due_at=_NOW)
_ARTICLE = Reading(
    capture=_CAPTURE, outcome=Article(title="One", text="Text.", extractor="x"), classification=Classification(codebook_version="1")
)


def _fetch(page: PageState, response: Response, capture: CaptureRef | None = None, *, now: datetime = _NOW):
    return after_fetch(page, response, capture, now=now, policy=_POLICY)


def test_a_captured_page_waits_to_be_read():
    page, rejection = _fetch(_PAGE, _response(headers={"ETag": '"9"'}), _CAPTURE)
    assert rejection is None
    assert page == replace(
        _PAGE, stage="captured", attempts=1, first_attempt_at=_NOW, due_at=_NOW, last_outcome="ok", etag='"9"', capture=_CAPTURE
    )


def test_a_good_response_without_a_capture_is_our_own_mistake():
    with pytest.raises(ValueError, match=r"gazette\.example/1"):
        _fetch(_PAGE, _response())


def test_a_page_is_tried_five_times_within_three_days_before_it_is_given_up():
    page, rejection, now, starts = _PAGE, None, _NOW, []
    while rejection is None:
        starts.append((now - _NOW) / timedelta(hours=1))
        page, rejection = _fetch(page, _failed("timeout", "no answer in 30 s"), now=now)
        now = page.due_at
    assert starts == [0, 1, 7, 31, 72]
    assert (page.stage, page.attempts, page.first_attempt_at, page.due_at) == ("rejected", 5, _NOW, NEVER_DUE)
    assert rejection == Rejection(reason="unreachable", detail="5 attempts, the last: no answer in 30 s")


@pytest.mark.parametrize(("status", "reason"), [(404, "not_found"), (410, "gone")])
def test_a_missing_page_is_looked_for_twice_six_hours_apart(status, reason):
    once, rejection = _fetch(_PAGE, _response(status))
    assert (rejection, once.due_at) == (None, _NOW + timedelta(hours=6))
    early, rejection = _fetch(once, _response(status), now=_NOW + timedelta(hours=1))
    assert (rejection, early.stage) == (None, "pending")
    _, rejection = _fetch(once, _response(status), now=once.due_at)
    assert rejection == Rejection(reason=reason, detail=str(status))


def test_a_missing_page_that_comes_back_is_captured():
    once, _ = _fetch(_PAGE, _response(404))
    assert _fetch(once, _response(), _CAPTURE, now=once.due_at)[0].stage == "captured"


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (_failed("address_refused"), "address_refused"),
        (_failed("scheme_refused"), "address_refused"),
        (_failed("port_refused"), "address_refused"),
        (_failed("robots_refused", "robots.txt disallows it"), "robots_refused"),
        (_failed("too_large"), "too_large"),
    ],
)
def test_what_will_never_be_fetched_is_refused_at_once(response, reason):
    page, rejection = _fetch(_PAGE, response)
    assert (page.stage, rejection.reason) == ("rejected", reason)


def test_a_robots_txt_that_could_not_be_had_is_asked_for_again():
    page, rejection = _fetch(_PAGE, _failed("robots_refused", "robots.txt could not be had: 503"))
    assert (page.stage, page.due_at, rejection) == ("pending", _NOW + timedelta(hours=1), None)


def test_a_page_waits_as_long_as_retry_after_asks():
    page, _ = _fetch(_PAGE, _response(503, {"Retry-After": "7200"}))
    assert page.due_at == _NOW + timedelta(hours=2)


def test_a_page_that_stays_blocked_says_so():
    last = replace(_PAGE, attempts=4, first_attempt_at=_NOW - timedelta(days=3), last_outcome="blocked")
    assert _fetch(last, _response(403, reason="Forbidden"))[1] == Rejection(reason="blocked", detail="5 attempts, the last: 403 Forbidden")


def test_stopping_ourselves_leaves_the_page_as_it_was():
    assert _fetch(_PAGE, _failed("cancelled")) == (_PAGE, None)


def test_an_unchanged_article_rests_until_its_next_age():
    page, rejection = _fetch(_REVISIT, _response(304, sent_etag='"1"'))
    assert rejection is None
    assert page == replace(_REVISIT, stage="read", last_outcome="not_modified", due_at=_REVISIT.first_seen_at + timedelta(hours=24))


@pytest.mark.parametrize("response", [_failed("timeout"), _response(500), _failed("too_large"), _response(403)])
def test_a_failed_revisit_never_costs_the_article(response):
    page, rejection = _fetch(_REVISIT, response)
    assert (page.stage, rejection, page.due_at) == ("read", None, _REVISIT.first_seen_at + timedelta(hours=24))


def test_an_article_that_went_missing_is_looked_for_again_after_six_hours():
    late = replace(_REVISIT, first_seen_at=_NOW - timedelta(hours=72))
    once, _ = _fetch(late, _response(404))
    assert once.due_at == _NOW + timedelta(hours=6)
    assert _fetch(once, _response(404), now=once.due_at)[0].due_at == NEVER_DUE


def test_a_read_article_is_due_at_the_ages_and_then_no_more():
    captured = replace(_PAGE, stage="captured", attempts=2, first_attempt_at=_NOW, capture=_CAPTURE)
    rest = [
        after_reading(captured, _ARTICLE, now=captured.first_seen_at + timedelta(hours=hours), policy=_POLICY)
        for hours in (0, 6, 71, 72, 999)
    ]
    due = [(page.due_at - captured.first_seen_at) / timedelta(hours=1) if page.due_at < NEVER_DUE else None for page in rest]
    assert due == [6, 24, 72, None, None]
    assert [page.revisits for page in rest] == [0, 1, 2, 3, 3]
    assert {(page.stage, page.reason, page.attempts, page.first_attempt_at) for page in rest} == {("read", "revisit", 0, None)}


def test_a_page_that_is_no_article_is_rejected():
    refused = Reading(capture=_CAPTURE, outcome=Rejection(reason="not_article"))
    page = after_reading(replace(_PAGE, stage="captured"), refused, now=_NOW, policy=_POLICY)
    assert (page.stage, page.due_at) == ("rejected", NEVER_DUE)


def test_an_article_stays_one_when_a_later_look_cannot_be_read():
    refused = Reading(capture=_CAPTURE, outcome=Rejection(reason="crashed"))
    assert after_reading(replace(_REVISIT, stage="captured"), refused, now=_NOW, policy=_POLICY).stage == "read"
