"""Which languages' words to try on a text: those of its scripts that its small words speak for.

A declared language is a hint, not a fact: it is added where its script is in the text, and never shuts another out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from extractors.themes.cues import Language, Script

_LETTERS: dict[Script, re.Pattern[str]] = {
    "latin": re.compile("[a-z]"),
    "cyrillic": re.compile("[\u0400-\u052f]"),
    "arabic": re.compile("[\u0600-\u06ff]"),
}
_SCRIPT_SHARE = 0.03  # of a text's words; less is a name or a quotation
_FEW_WORDS = 40  # of a script; fewer are too few for a language's least share of small words
_FEWEST_VOTES = 2
_VOTE_SHARE = 0.5  # of the most votes in a script; related languages share small words


def languages_of(words: Sequence[str], hint: str | None, *, languages: Sequence[Language]) -> int:
    """Bits of the languages to try on these folded words.

    A short text in which small words do not tell is tried in every language of its script, a longer one in none: it is in a
    language that this codebook does not speak.
    """
    counts = Counter(words)
    tag = (hint or "").lower().partition("-")[0]
    chosen = 0
    for script, letters in _LETTERS.items():
        present = sum(n for word, n in counts.items() if letters.search(word))
        if not present or present < _SCRIPT_SHARE * len(words):
            continue
        candidates = [language for language in languages if language.script == script]
        votes = {language.bit: sum(counts[word] for word in language.function_words) for language in candidates}
        most = max(votes.values(), default=0)
        for language in candidates:
            mine = votes[language.bit]
            if present < _FEW_WORDS:
                speaks = most < _FEWEST_VOTES or mine >= _VOTE_SHARE * most
            else:
                speaks = mine >= language.least_share * present and mine >= _VOTE_SHARE * most
            if speaks or (language.tag == tag and mine):
                chosen |= language.bit
    return chosen
