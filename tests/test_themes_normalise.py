"""Folding: many spellings meet in one, and every place in the folded text leads back to the original."""

import itertools
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.themes.normalise import fold

MARKS = st.sampled_from(["\u0301", "\u064e", "\u0651", "\u200c", "\u200d", "\u00ad", "\u0640", "\ufe0f", "é", "İ", "ي", "👩‍🚀", "ё", " "])
TEXTS = st.one_of(st.text(max_size=80), st.lists(st.one_of(MARKS, st.text(max_size=3)), max_size=40).map("".join))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("İSTANBUL ısı", "istanbul isi", id="Turkish dotted and dotless I are one letter"),
        pytest.param("Ёлка Йод", "елка иод", id="Russian yo and short i lose their marks"),
        pytest.param("عَلِيٌّ", "علی", id="Arabic vowel signs are dropped"),
        pytest.param("كتــاب", "کتاب", id="tatweel is dropped and kaf is one letter"),
        pytest.param("إيران أمريكا آسيا", "ایران امریکا اسیا", id="hamza carriers are one alef"),
        pytest.param("می\u200cرود", "میرود", id="a zero-width non-joiner joins"),
        pytest.param("«Café» – l’Été", '"cafe" - l\'ete', id="quotes, dashes and accents are plain"),
        pytest.param("٢٢٣١ ۱۴۰۴", "2231 1404", id="Arabic and Persian digits are digits"),
        pytest.param("a\u00a0b", "a b", id="a no-break space is a space"),
        pytest.param("🚀👍🏽", "🚀👍🏽", id="emoji stay"),
    ],
)
def test_spellings_meet(written, meant):
    assert fold(written).text == meant


def test_a_mark_on_the_last_letter_belongs_to_it():
    text = "cafe\u0301 noir"
    folded = fold(text)
    assert folded.text == "cafe noir"
    assert text[folded.start(0) : folded.end(4)] == "cafe\u0301"


def test_places_after_dropped_characters_lead_back():
    text = "\u200fتَحريم\u200c ها"
    folded = fold(text)
    place = folded.text.index("ها")
    assert text[folded.start(place) : folded.end(place + 2)] == "ها"


@settings(deadline=None)
@given(TEXTS)
def test_every_stretch_of_the_folded_text_is_a_stretch_of_the_original(text):
    folded = fold(text)
    places = [(folded.start(n), folded.end(n + 1)) for n in range(len(folded.text))]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(places))
    assert all(fold(text[start:end]).text == letter for (start, end), letter in zip(places, folded.text, strict=True))


@settings(deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=0x06FF, exclude_categories=("Cs",)), max_size=60))
def test_composed_and_decomposed_text_fold_alike(text):
    assert fold(unicodedata.normalize("NFC", text)).text == fold(unicodedata.normalize("NFD", text)).text


@given(st.text(alphabet="AbZ` é“”’ÄŁжЙѢЩЪЫЭЮЯБВГДكيةى٣", max_size=80))
def test_many_kinds_of_characters_fold_as_each_does_alone(text):
    assert fold(text).text == "".join(fold(character).text for character in text)
