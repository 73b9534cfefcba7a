"""Our own outage in a run: who is charged, and who is excused afterwards."""

from datetime import UTC, datetime, timedelta

from extractors.records import FeedState
from flows.desk import Blackout

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEEDS = [FeedState(feed_id=f"f{number}", source_id="s", url=f"http://host{number}.example/") for number in range(6)]


def note(blackout, number, outcome, *, seconds=0.0):
    return blackout.note(f"host{number}.example", outcome, NOW + timedelta(seconds=seconds), before=FEEDS[number])


def test_those_charged_before_the_outage_was_plain_are_excused_once_their_charge_has_landed():
    blackout = Blackout()
    assert [note(blackout, number, "dns") for number in range(5)] == [False] * 4 + [True]
    assert blackout.take_excused({"f0", "f1"}) == (FEEDS[0], FEEDS[1])
    assert blackout.take_excused({"f0", "f1", "f2", "f3", "f4"}) == (FEEDS[2], FEEDS[3])


def test_what_landed_before_the_outage_was_plain_is_excused_too():
    blackout = Blackout()
    for number in range(4):
        note(blackout, number, "timeout")
    assert blackout.take_excused({"f0", "f1", "f2", "f3"}) == ()
    note(blackout, 4, "timeout")
    assert blackout.take_excused({"f4"}) == tuple(FEEDS[:4])


def test_a_host_that_answers_proves_that_the_others_are_down():
    blackout = Blackout()
    assert [note(blackout, number, "ok" if number == 2 else "dns") for number in range(6)] == [False] * 6
    assert blackout.take_excused({"f0", "f1"}) == ()


def test_what_we_cancelled_ourselves_says_nothing_about_the_net():
    blackout = Blackout()
    assert [note(blackout, number, "cancelled" if number < 2 else "dns") for number in range(6)] == [False] * 6
