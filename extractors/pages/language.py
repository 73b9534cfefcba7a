"""Which language a text is in: its script, the letters only one language has, then py3langid among those that remain.

What the page or the feed declares tips the balance between close ones and speaks alone for short texts. Refuses to guess
from a handful of letters; answers with a BCP 47 primary tag.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_MIN_LETTERS = 24  # below it n-grams say little
_PLAIN_CHARS = 500
_SAMPLE_CHARS = 1500  # 2026-11: of 1,432 dev texts one is named otherwise than by 3,000, at half of the time
# Frequent words that are hardly any other's: where many of one language and few of others stand, what is declared needs no n-grams.
_COMMON = {
    word: lang
    for lang, words in {
        "en": "the of and to that for with was is by it from have has his which they not this are were been would their",
        "de": "der die und das den von zu mit sich auf für ist nicht dem eine ein auch wird sie aus einen nach hat dass",
        "fr": "les des et dans une du pour qui par est pas sur plus avec au aux ont ce cette sont mais nous été",
        "es": "el los las y por una con del se su para es al lo como más ha pero sus sobre fue son entre este",
        "it": "il di che gli della per non una è con si dei nel alla sono più anche delle ha dal ma questo",
        "nl": "het een en van dat zijn voor niet met aan er ook bij naar uit wordt maar heeft door zich werd",
    }.items()
    for word in words.split()
}
_COMMON_SHARE, _COMMON_CLEAR = 0.15, 4  # of the words; how many times as many as another language's
_FIRST_CHARS = 300  # they suffice where they say what is declared
_DECLARED_FACTOR = 3.0  # what a declaration is worth against the identifier's own odds

_LATIN = (
    "en de fr es it pt nl sv da no nb nn fi is et lv lt pl cs sk sl hr bs hu ro sq tr az uz tk id ms tl vi sw zu xh af eu ca gl ga cy mt "
    "lb ku la eo so ha yo ig rw mg jv br oc an fo wa"
)
# First word of the Unicode name of a letter: the languages of the news that are written so.
_LANGUAGES = {
    script: frozenset(tags.split())
    for script, tags in {
        "LATIN": _LATIN,
        "CYRILLIC": "ru uk be bg sr mk kk ky tg mn",
        "ARABIC": "ar fa ur ps ug ckb sd ku",
        "HEBREW": "he",
        "GREEK": "el",
        "ARMENIAN": "hy",
        "GEORGIAN": "ka",
        "HANGUL": "ko",
        "HIRAGANA": "ja",
        "CJK": "zh",
        "THAI": "th",
        "LAO": "lo",
        "KHMER": "km",
        "MYANMAR": "my",
        "DEVANAGARI": "hi mr ne",
        "BENGALI": "bn as",
        "TAMIL": "ta",
        "TELUGU": "te",  # codespell:ignore te
        "KANNADA": "kn",
        "MALAYALAM": "ml",
        "GUJARATI": "gu",
        "GURMUKHI": "pa",
        "SINHALA": "si",
        "ETHIOPIC": "am",
    }.items()
}
# Letters that only one language of a script has, with the share of all letters they make up at least; rarer languages first.
_OWN_LETTERS: dict[str, tuple[tuple[str, str, float], ...]] = {
    "ARABIC": (
        ("ps", "ټډړږښڼېۍ", 0.005),
        ("ug", "ۇۈۋېڭ", 0.02),
        ("ckb", "ێۆڕڵ", 0.01),
        ("ur", "ٹڈڑےں", 0.01),
        ("fa", "پچژگ", 0.008),
        ("ar", "ةأإ", 0.015),
    ),
    "CYRILLIC": (
        ("be", "ў", 0.003),
        ("sr", "ђћљњџј", 0.01),
        ("mk", "ѓќѕ", 0.002),
        ("tg", "ҳҷӣӯ", 0.005),
        ("kk", "әғқңұһө", 0.01),
    ),
    "LATIN": (("az", "ə", 0.02),),
}
_RIVALS = {"CYRILLIC": (("uk", "іїєґ"), ("ru", "ыэё")), "ARABIC": (("fa", "یک"), ("ar", "يك"))}
_RIVAL_SHARE = 0.01  # of either's letters
_CLEAR = 4  # how many times as often as its rival's
_TAG = re.compile(r"\A\s*([A-Za-z]{2,3})(?:[-_]|\s*\Z)")
# Old, long and close ones that are filed under one tag.
_SAME = {"iw": "he", "in": "id", "ji": "yi", "nb": "no", "nn": "no"} | {
    long: short
    for short, longs in {"fa": "fas per", "ar": "ara", "ru": "rus", "uk": "ukr", "en": "eng", "tr": "tur"}.items()
    for long in longs.split()
}
_LETTER = re.compile(r"[^\W\d_]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_NO_ASCII_LETTERS = bytes(code for code in range(0x100) if not chr(code).isalpha() or code >= 0x80)
_NAMELESS = "?"


def detect_language(text: str, *, declared: Iterable[str | None] = ()) -> str | None:
    """Name the BCP 47 primary tag of a text; `declared` tags in the order of belief. None where it is too short to say and nobody says."""
    sample = text[:_SAMPLE_CHARS]
    script, letters = _script(sample)
    claims = tuple(tag for tag in map(primary_tag, declared) if tag)
    if not letters:
        return next(iter(claims), None)
    possible = _LANGUAGES.get(script, frozenset())
    fitting = tuple(tag for tag in claims if tag in possible or not possible)
    if len(possible) == 1:
        return next(iter(possible))
    if letters < _MIN_LETTERS or not possible:
        return next(iter(fitting), None)
    by_letters = _by_letters(sample, script, letters)
    if by_letters:
        return by_letters
    if fitting and _is_plainly(sample[:_PLAIN_CHARS], fitting[0]):
        return fitting[0]
    first = _by_ngrams(sample[:_FIRST_CHARS], possible, fitting) if fitting and len(sample) > _FIRST_CHARS else None
    return first if first and first == _SAME.get(fitting[0], fitting[0]) else _by_ngrams(sample, possible, fitting)


def primary_tag(tag: str | None) -> str | None:
    """Read `fa` out of 'fa-IR', 'fa_IR' and 'fas'; None for what is no language tag."""
    match = _TAG.match(tag or "")
    if match is None:
        return None
    code = match[1].lower()
    code = _SAME.get(code, code)
    return code if len(code) == 2 or code == "ckb" else None


def _script(text: str) -> tuple[str, int]:
    """Find the script of most letters, by the first word of their names, and how many letters there are."""
    plain = len(text.encode("ascii", "ignore").translate(None, _NO_ASCII_LETTERS))  # Latin, and most of most texts
    counts = Counter({"LATIN": plain} if plain else {})
    for character, times in Counter(_NOT_ASCII.findall(text)).items():
        if script := _script_of(character):
            counts[script] += times
    total = sum(counts.values())
    if counts["HIRAGANA"] + counts["KATAKANA"] > total * 0.05:
        return "HIRAGANA", total  # Chinese characters make up most of a Japanese text
    return (counts.most_common(1)[0][0] if counts else ""), total


@functools.lru_cache(maxsize=16384)
def _script_of(character: str) -> str:
    """Read the script of a letter off its name; '' for what is no letter."""
    return unicodedata.name(character, _NAMELESS).partition(" ")[0] if _LETTER.fullmatch(character) else ""


def _by_letters(text: str, script: str, letters: int) -> str | None:
    """Find the language whose own letters are there, else the one of two rivals whose letters clearly prevail."""
    lower = text.lower()
    for lang, own, share in _OWN_LETTERS.get(script, ()):
        if sum(map(lower.count, own)) >= share * letters:
            return lang
    rivals = [(sum(map(lower.count, own)), lang) for lang, own in _RIVALS.get(script, ())]
    if not rivals:
        return None
    (less, _), (more, lang) = sorted(rivals)
    return lang if more >= _RIVAL_SHARE * letters and more > _CLEAR * less else None


def _is_plainly(text: str, claim: str) -> bool:
    """Tell by frequent words whether a text is in the language it is said to be in."""
    words = text.lower().split()
    counts = Counter(lang for word in words if (lang := _COMMON.get(word)))
    own = counts.pop(claim, 0)
    return own >= _COMMON_SHARE * len(words) and own >= _COMMON_CLEAR * max(counts.values(), default=0)


def _by_ngrams(text: str, possible: frozenset[str], claims: tuple[str, ...]) -> str | None:
    odds = {lang: odd for lang, odd in load_identifier().rank(text) if lang in possible}
    for place, lang in enumerate(claims):
        if lang in odds:
            odds[lang] *= _DECLARED_FACTOR / (1 + place)
    best = max(odds, key=lambda lang: odds[lang], default=None)
    return _SAME.get(best, best) if best else None


@functools.lru_cache(maxsize=1)
def load_identifier() -> LanguageIdentifier:
    """Load the n-gram model, once a process: most of a second."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
