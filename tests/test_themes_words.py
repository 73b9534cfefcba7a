"""The little language of word lists, and finding their words in a sentence."""

import pytest

from extractors.themes.normalise import fold
from extractors.themes.words import Vocabulary, WordsError, read_entries, tokenise

EVERY, ARABIC = 1, 2


def find(entries, text, *, traps="", prefixes=None):
    """The words that one list finds, as they are written in the text."""
    phrases = [*read_entries(entries, lists=1, languages=EVERY), *read_entries(traps, lists=1, languages=EVERY, is_trap=True)]
    folded = fold(text)
    spans = tokenise(folded.text)
    vocabulary = Vocabulary(phrases, prefixes={EVERY: tuple(prefixes)} if prefixes else {})
    hits = vocabulary.find([folded.text[a:b] for a, b in spans], languages=EVERY, raw=lambda n: folded.raw(*spans[n]))
    return sorted({folded.raw(spans[hit.start][0], spans[hit.end - 1][1]) for hit in hits})


@pytest.mark.parametrize(
    ("entries", "text", "found"),
    [
        pytest.param("treaty", "A Treaty, no treaties.", ["Treaty"], id="a word is that word"),
        pytest.param("sanction*", "Sanctioned by sanctions.", ["Sanctioned", "sanctions"], id="a stem is a word that begins so"),
        pytest.param("*sanktion*", "Russlandsanktionen wirken.", ["Russlandsanktionen"], id="a part is a word that contains it"),
        pytest.param("*lieferung", "Waffenlieferung", ["Waffenlieferung"], id="a tail is a word that ends so"),
        pytest.param("price cap | oil cap", "The price cap and the oil cap", ["oil cap", "price cap"], id="entries are alternatives"),
        pytest.param("lift*/eas* sanctions", "He eased sanctions.", ["eased sanctions"], id="alternatives in one place"),
        pytest.param("freez* ..3 assets", "frozen and freezing all of the assets", ["freezing all of the assets"], id="a gap of words"),
        pytest.param("freez* ..1 assets", "freezing all of the assets", [], id="a gap is no longer than it says"),
        pytest.param("card * table", "the card on table", ["card on table"], id="a star is any one word"),
        pytest.param("=US", "US and us", ["US"], id="an exact word is written so"),
        pytest.param("=U.S", "the U.S. and u.s.", ["U.S"], id="with its points"),
        pytest.param("su-35*", "a SU‑35s and a Su 35", ["SU‑35s", "Su 35"], id="hyphens part words"),
        pytest.param("هسته‌ای", "هسته‌ای هسته ای هسته‌اي", ["هسته ای", "هسته‌ای", "هسته‌اي"], id="a joiner is a space or nothing"),
        pytest.param("санкци*", "САНКЦИЯМИ", ["САНКЦИЯМИ"], id="case endings by stem"),
        pytest.param("yaptırım*", "YAPTIRIMLARIN", ["YAPTIRIMLARIN"], id="Turkish suffixes and both i's"),
    ],
)
def test_entries_find_what_they_say(entries, text, found):
    assert find(entries, text) == sorted(found)


def test_a_trap_takes_back_what_it_overlaps():
    assert find("moscow | kremlin", "Moscow, Idaho, is not the Kremlin", traps="moscow idaho") == ["Kremlin"]


def test_prefixes_are_read_in_front_of_a_word():
    assert find("عقوبات", "والعقوبات بعقوبات", prefixes=["وال", "ب"]) == ["بعقوبات", "والعقوبات"]


def test_a_prefix_leaves_three_letters_or_more():
    assert find("حق", "بحق", prefixes=["ب"]) == []


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        pytest.param("..2 assets", "must begin with a word", id="a gap first"),
        pytest.param("assets ..2", "not end with a gap", id="a gap last"),
        pytest.param("a* b", "two letters", id="a stem of one letter"),
        pytest.param("a/b/c/d/e/f a/b/c/d/e/f a/b/c/d/e/f", "more than 96 spellings", id="too many spellings"),
        pytest.param("the ..2 =US", "no exact word after a gap", id="an exact word after a gap"),
        pytest.param("good | !!", "must begin with a word", id="no letters at all"),
    ],
)
def test_an_entry_that_cannot_be_read_is_named_with_the_reason(entries, why):
    with pytest.raises(WordsError, match=why):
        list(read_entries(entries, lists=1, languages=EVERY))
