"""The soak in small, and that it fails when the crew does one thing wrong: a drill that cannot fail proves nothing."""

import pytest

from tests.bench.soak import FULL_SECONDS, Plan, Verdict, _judge_keeper, _judge_reader, lag, soak
from tests.bench.soak_crew import Log, whole_lines

ACKNOWLEDGED = [{"seq": 3, "at": 100.0}, {"seq": 4, "at": 110.0}, {"seq": 5, "at": 120.0}, {"seq": None, "at": 1.0}]


@pytest.mark.parametrize(
    ("at", "seq", "seconds"),
    [
        pytest.param(130.0, 5, 0.0, id="all is seen"),
        pytest.param(130.0, 3, 20.0, id="the oldest unseen batch counts"),
        pytest.param(130.0, 4, 10.0, id="the newest one is missing"),
        pytest.param(105.0, 3, 0.0, id="what is acknowledged later is not missed yet"),
    ],
)
def test_lag_is_the_age_of_the_oldest_batch_that_was_not_seen(at, seq, seconds):
    assert lag({"at": at, "seq": seq}, ACKNOWLEDGED) == seconds


def test_a_line_that_a_kill_cut_short_was_never_written(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b'{"batch": 1}\n{"bat')
    assert whole_lines(path) == [{"batch": 1}]
    Log(path).add(batch=2)
    assert whole_lines(path) == [{"batch": 1}, {"batch": 2}]


@pytest.mark.parametrize(
    ("seconds", "paces"),
    [
        pytest.param(60, (10, 3), id="a minute"),
        pytest.param(300, (50, 15), id="five minutes"),
        pytest.param(FULL_SECONDS, (60, 60), id="the whole"),
    ],
)
def test_a_shorter_soak_kills_and_publishes_more_often(seconds, paces):
    plan = Plan(seconds=seconds)
    assert (plan.kill_seconds, plan.publish_seconds) == paces


def test_a_slow_publication_excuses_a_short_soak_only():
    assert Plan(seconds=60).pace(1.0) == 12.0  # it rests ten times as long as it took
    assert Plan(seconds=FULL_SECONDS).pace(9.0) == 60.0


SEEN = [{"at": 105.0, "seq": 3, "articles": 7}, {"at": 112.0, "seq": 4, "articles": 9}, {"at": 121.0, "seq": 5, "articles": 9}]


@pytest.mark.parametrize(
    ("seen", "breaches"),
    [
        pytest.param(SEEN, [], id="what landed, in time"),
        pytest.param([*SEEN, {"at": 122.0, "error": "IOError: half"}], ["1 errors, the first: IOError: half"], id="an error"),
        pytest.param(
            [*SEEN, {"at": 137.5, "seq": 3, "articles": 7}], ["lag 27.5 s, allowed are 6.5 s", "through_seq went back"], id="an old file"
        ),
        pytest.param(
            [SEEN[0], SEEN[2] | {"articles": 8}],
            ["1 answers with a number of articles that never was, the first: {'at': 121.0, 'seq': 5, 'articles': 8}"],
            id="half a landing",
        ),
        pytest.param(SEEN[:1], ["1 publications, at least 2 were expected"], id="one publication for ever"),
        pytest.param([], ["0 publications, at least 2 were expected"], id="nothing at all"),
    ],
)
def test_a_reader_is_judged_by_lag_publications_errors_and_pictures(seen, breaches):
    verdict, landings = Verdict(), [(3, 7), (4, 2)]
    _judge_reader(verdict, "reader-1", seen, ACKNOWLEDGED, landings, Plan(seconds=6), longest=0.5, pace=3.0)
    assert verdict.breaches == [f"reader-1: {breach}" for breach in breaches]


@pytest.mark.parametrize(
    ("pictures", "breaches"),
    [
        pytest.param(["(1, 2)"] * 3, [], id="one picture"),
        pytest.param(["(1, 2)", "(1, 3)"], ["keeper: 2 distinct answers"], id="two"),
        pytest.param([], ["keeper: 0 distinct answers"], id="none"),
    ],
)
def test_the_reader_that_keeps_its_connection_must_see_one_picture(pictures, breaches):
    verdict = Verdict()
    _judge_keeper(verdict, [{"at": 1.0, "picture": picture} for picture in pictures])
    assert verdict.breaches == breaches


@pytest.mark.slow
def test_a_soak_of_seconds_loses_nothing_and_disturbs_nobody(tmp_path):
    verdict = soak(tmp_path, Plan(seconds=25, seed=3))
    assert verdict.breaches == [], "\n".join(verdict.lines)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broken", "breach"),
    [
        pytest.param("acknowledge-early", "acknowledged: ", id="acknowledged before the commit"),
        pytest.param("land-twice", "checks: unique_core_articles: ", id="landed twice"),
    ],
)
def test_the_soak_notices_what_is_wrong(tmp_path, broken, breach):
    verdict = soak(tmp_path, Plan(seconds=6, broken=broken))
    assert [line for line in verdict.breaches if line.startswith(breach)], "\n".join(verdict.lines)
