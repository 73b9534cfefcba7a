"""Signatures: the same for the same words, near for near texts, far for others, and never a surprise."""

from hypothesis import given
from hypothesis import strategies as st

from extractors.stories.signatures import SLOTS, sign_text

WORDS = [
    "ship",
    "port",
    "crew",
    "cargo",
    "tide",
    "flag",
    "rope",
    "mast",
    "hull",
    "keel",
    "deck",
    "sail",
    "pier",
    "dock",
    "buoy",
    "gale",
    "reef",
    "cape",
]
LONG = " ".join(f"{WORDS[number * 7 % 18]} {WORDS[number * 5 % 17]} {number}" for number in range(150))


def share(one, other):
    return sum(a == b for a, b in zip(sign_text(one).slots, sign_text(other).slots, strict=True)) / SLOTS


def meet(one, other):
    return bool(set(sign_text(one).bands) & set(sign_text(other).bands))


def test_case_accents_and_letter_variants_do_not_count():
    assert sign_text("Él dijo: «كتاب» и ёлка.") == sign_text("EL DIJO - کتاب И ЕЛКА")


def test_a_signature_that_is_stored_is_met_by_one_of_tomorrow():
    assert sign_text("one two three four").bands[0] == -171401212048771145


def test_a_text_is_itself():
    assert share(LONG, LONG) == 1


def test_the_share_of_equal_slots_is_near_the_similarity_of_the_texts():
    words = LONG.split()
    half = " ".join(words[: len(words) // 2])
    assert abs(share(LONG, half) - 0.5) < 0.2
    assert meet(LONG, half)


def test_strangers_do_not_meet():
    other = " ".join(reversed(LONG.split()))
    assert share(LONG, other) < 0.1
    assert not meet(LONG, other)


@given(st.text(max_size=300))
def test_any_text_has_a_signature(text):
    signed = sign_text(text)
    assert len(signed.slots) == SLOTS
    assert all(0 <= slot < 2**32 for slot in signed.slots)
    assert all(-(2**63) <= band < 2**63 for band in signed.bands)
    assert signed.shingles >= 1
