"""What a backfill may spend, and when it has."""

import pytest

from extractors.archives.history import Passed
from flows.purse import Purse, Tally


def purse(**parts):
    return Purse(monotonic=lambda: 1000.0, started=0.0, **parts)


@pytest.mark.parametrize(
    ("limits", "spent", "left"),
    [
        ({}, "", 2**31),
        ({"pages": 8}, "", 3),
        ({"pages": 5}, "--limit 5", 0),
        ({"requests": 9}, "", 2),
        ({"requests": 7}, "--max-requests 7", 0),
        ({"pages": 6, "requests": 20}, "", 1),
        ({"bytes": 4001}, "", 2**31),
        ({"bytes": 4000}, "--max-bytes 4000", 2**31),
        ({"seconds": 1001.0}, "", 2**31),
        ({"seconds": 900.0}, "--max-minutes 15", 2**31),
    ],
)
def test_a_budget_is_spent_when_it_is_reached_and_names_its_flag(limits, spent, left):
    tally = Tally(taken=5, requests=7, bytes=4000)
    assert (purse(**limits).why_spent(tally), purse(**limits).pages_left(tally)) == (spent, left)


def test_what_was_left_out_is_counted_and_only_the_first_faults_are_named():
    tally = Tally()
    for number in range(30):
        tally.note_passed(Passed(reason="broken", where=f"file at byte {number}", place=number, detail="why"))
        tally.note_passed(Passed(reason="revisit", where="", place=number))
    assert dict(tally.counts())["passed_broken"] == dict(tally.counts())["passed_revisit"] == 30
    assert (len(tally.problems), tally.problems[0]) == (20, "broken: file at byte 0: why")
