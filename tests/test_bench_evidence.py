"""The spans that readers judge are drawn by the commit's hash and are slices of their texts."""

from extractors.themes.codebook import shipped_codebook
from tests.bench.evidence import draw, spans_of
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
