"""The spans that readers judge are drawn by the commit's hash and are slices of their texts; verdicts are summed as they were given."""

import json

import pytest

from extractors.themes.codebook import shipped_codebook
from tests.bench.evidence import draw, read_verdicts, spans_of, tally
from training.texts import LabelledText

TEXT = LabelledText(
    id="x",
    lang="en",
    kind="training",
    title="Envoys meet again",
    text="It rained in Muscat. Iranian and American envoys exchanged drafts on a cap on enrichment. The mediator spoke of progress.",
    themes=frozenset({"iran_nuclear_diplomacy"}),
    dyads=(),
)


def test_every_quote_is_the_slice_that_its_row_names():
    rows = list(spans_of(TEXT, codebook=shipped_codebook()))
    wholes = {"title": TEXT.title, "text": TEXT.text}
    assert rows
    assert [row["quote"] for row in rows] == [wholes[row["part"]][row["start"] : row["end"]] for row in rows]


def test_one_hash_draws_the_same_spans_and_another_draws_others():
    rows = [{"id": str(n)} for n in range(1000)]
    assert draw(rows, seed="0a1b", spans=100) == draw(rows, seed="0a1b", spans=100)
    assert draw(rows, seed="0a1b", spans=100) != draw(rows, seed="0a1c", spans=100)
    assert draw(rows[:3], seed="0a1b", spans=100) == draw(rows[:3], seed="0a1b", spans=100)


def verdict_file(path, verdicts):
    rows = [
        {"id": str(n), "theme": "t", "part": "text", "start": 0, "end": 9, "verdict": said, "reason": "r"}
        for n, said in enumerate(verdicts)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_two_readers_verdicts_are_summed_with_intervals_and_agreement(tmp_path):
    first = verdict_file(tmp_path / "first.jsonl", [True] * 19 + [False])
    second = verdict_file(tmp_path / "second.jsonl", [True] * 18 + [False] * 2)
    assert list(tally(read_verdicts(first), read_verdicts(second))) == [
        "first reader: 19 of 20 accepted, 0.950 (0.764 to 0.991)",
        "second reader: 18 of 20 accepted, 0.900 (0.699 to 0.972)",
        "both: 18 of 20 accepted, 0.900 (0.699 to 0.972)",
        "agreement 0.950, kappa 0.64",
    ]


def test_readers_of_different_spans_and_verdicts_without_a_reason_are_refused(tmp_path):
    first, second = verdict_file(tmp_path / "first.jsonl", [True]), verdict_file(tmp_path / "second.jsonl", [True, True])
    with pytest.raises(ValueError, match="not the same spans"):
        list(tally(read_verdicts(first), read_verdicts(second)))
    first.write_text(first.read_text().replace('"r"', '""'))
    with pytest.raises(ValueError, match=r"first.jsonl:1: a verdict is true or false and has a reason"):
        read_verdicts(first)
