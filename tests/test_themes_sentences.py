"""Sentences and clauses as spans of the text that was given."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.themes.sentences import clause_around, split_sentences

ABBREVIATIONS = frozenset({"gen", "u.s", "г", "dr", "e.g"})


def said(text):
    return [text[start:end] for start, end in split_sentences(text, abbreviations=ABBREVIATIONS)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        pytest.param("One. Two! Three?", ["One.", "Two!", "Three?"], id="marks end a sentence"),
        pytest.param("Gen. Smith spoke. He left.", ["Gen. Smith spoke.", "He left."], id="an abbreviation ends nothing"),
        pytest.param("J. Smith of the U.S. Army left.", ["J. Smith of the U.S. Army left."], id="initials end nothing"),
        pytest.param("В 2015 г. Москва ждала. Потом нет.", ["В 2015 г. Москва ждала.", "Потом нет."], id="so in Russian"),
        pytest.param("Prices rose 3.5 percent. Then fell.", ["Prices rose 3.5 percent.", "Then fell."], id="a number has its point"),
        pytest.param("چرا رفت؟ کسی نمی‌داند.", ["چرا رفت؟", "کسی نمی‌داند."], id="the Arabic question mark ends one"),
        pytest.param("«Нет». Он ушёл.", ["«Нет».", "Он ушёл."], id="a closing quotation mark goes with its sentence"),
        pytest.param('"Go." "No."', ['"Go."', '"No."'], id="a full stop inside quotation marks ends one"),
        pytest.param("A line\nanother", ["A line", "another"], id="a paragraph ends one"),
        pytest.param("He waited... and left.", ["He waited...", "and left."], id="dots end one"),
        pytest.param("a. small letter goes on", ["a. small letter goes on"], id="a small letter goes on"),
        pytest.param(" \n\t \n", [], id="white space is no sentence"),
    ],
)
def test_text_is_split_where_a_reader_would(text, sentences):
    assert said(text) == sentences


def test_a_wall_of_text_is_cut_at_clauses():
    pieces = said("word, " * 600)
    assert all(len(piece) <= 900 for piece in pieces)
    assert all(piece.startswith("word") and piece.endswith(",") for piece in pieces)


def test_a_long_sentence_gives_the_clauses_around_the_match():
    text = "It rained, as it had for weeks, and Moscow sold the missiles to Tehran, said the envoy, who left for Rome the same night."
    start = text.index("Moscow")
    match = (start, text.index(", said"))
    first, last = clause_around(text, (0, len(text)), match, longest=60)
    assert text[first:last] == "and Moscow sold the missiles to Tehran, said the envoy"


def test_a_short_sentence_is_its_own_proof():
    assert clause_around("Moscow sold it.", (0, 15), (0, 6), longest=100) == (0, 15)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=300), st.text(alphabet="ab .!?\n,…؟\u0301'\"»", max_size=2500)))
def test_spans_are_ordered_trimmed_and_inside(text):
    spans = split_sentences(text, abbreviations=ABBREVIATIONS)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert all(text[start:end].strip() for start, end in spans)
