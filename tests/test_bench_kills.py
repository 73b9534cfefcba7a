"""The drill of kills in small, and that it fails on a broken program: a drill that cannot fail proves nothing."""

import os
from collections import Counter

import pytest

from tests.bench.kills import BREAKS, DRILLED, Marks, Release, drill


@pytest.fixture
def said():
    """What a command says, and how to say it."""
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "wb", buffering=0) as mouth:
        yield Marks(ours), mouth
    os.close(ours)


def test_a_stage_that_began_and_did_not_end_is_where_a_command_died(said):
    marks, mouth = said
    durations = {}
    mouth.write(b"1000 +landing\n2000 +checkpoint\n5000 -checkpoint\n6000 +reading\n7000 -landing\n")
    mouth.close()
    assert not marks.listen(durations)
    assert (marks.innermost(), marks.begun) == ("reading", Counter(landing=1, checkpoint=1, reading=1))
    assert {name: list(seconds) for name, seconds in durations.items()} == {"checkpoint": [3e-06], "landing": [6e-06]}


def test_the_supervisor_waits_for_the_stage_it_aims_at_and_sees_whether_it_goes_on(said):
    marks, mouth = said
    mouth.write(b"1000 +polling\n1500 -polling\n2000 +polling\n2500 +reading\n3000 -pol")
    assert marks.listen({}, until=("polling", 2))
    assert marks.is_within("polling", {})
    mouth.write(b"ling\n")
    assert not marks.is_within("polling", {})
    assert marks.innermost() == "reading"


def test_each_upgrade_of_a_program_brings_the_next_migration_and_other_views(tmp_path):
    release = Release(tmp_path, None)
    before = {path: path.read_bytes() for path in (tmp_path / "warehouse").rglob("*.sql")}
    release.upgrade()
    changed = [path for path in (tmp_path / "warehouse").rglob("*.sql") if before.get(path) != path.read_bytes()]
    assert sorted(path.parent.name for path in changed) == ["migrations", "views"]
    assert release.upgrades == [1 + max(int(path.name[:4]) for path in before if path.parent.name == "migrations")]


@pytest.mark.slow
def test_a_kill_in_every_stage_loses_nothing():
    course = drill(len(DRILLED), seed=5)
    assert course.breaches == []
    assert [stage.name for stage in DRILLED if not course.died[stage.name]] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", BREAKS)
def test_the_drill_notices_a_broken_landing(name):
    course = drill(16, seed=1, broken=BREAKS[name])
    assert course.has_lost(), course
