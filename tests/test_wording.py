"""How two wordings of an article differ."""

import pytest

from warehouse.wording import diff_kind

CASES = {
    "nothing before is first": (None, ("T", "a"), "first"),
    "case and punctuation are cosmetic": (("T", "Iran says no."), ("T!", "IRAN says: no"), "cosmetic"),
    "vowel signs are cosmetic": (("T", "محمد قال"), ("T", "مُحَمَّد قال"), "cosmetic"),
    "another title over the same text is metadata": (("Talks fail", "a b"), ("Talks stall", "a b"), "metadata"),
    "another number is material": (("T", "5 killed"), ("T", "7 killed"), "material"),
    "numbers in another order are material": (("T", "5 of 7"), ("T", "7 of 5"), "material"),
    "the same number in other digits is not material": (("T", "۵ killed"), ("T", "5 dead"), "unknown"),
    "other words are unknown": (("T", "he said"), ("T", "he denied"), "unknown"),
}


@pytest.mark.parametrize(("before", "after", "kind"), CASES.values(), ids=CASES)
def test_a_difference_has_its_kind(before, after, kind):
    assert diff_kind(before, after) == kind
