"""The shipped codebook does what its own examples say; a broken one is refused with theme, cue and reason."""

import itertools

import pytest

from extractors.errors import CodebookError
from extractors.themes.classifier import classify
from extractors.themes.codebook import load_codebook, shipped_codebook
from extractors.themes.judgement import ask
from extractors.themes.passages import read_passages

BOOK = shipped_codebook()
SIX = ("en", "ru", "uk", "fa", "ar", "tr")
CUES = [*itertools.chain.from_iterable(theme.cues for theme in BOOK.themes), *BOOK.dyads]

ACTORS = """
[actor.russia]
en = "moscow"
[actor.iran]
en = "tehran"
[actor.us]
en = "washington"
"""
CODEBOOK = """
version = "1.2.3"
[language.en]
script = "latin"
[words.sanction]
en = "sanction*"
[theme.sanctions_pressure]
title = "Sanctions"
carried = "sanctions"
not_carried = "none"
[[theme.sanctions_pressure.cue]]
id = "target"
all = ["sanction", "russia|iran"]
score = 0.7
example.en = "Sanctions on Moscow."
"""


def fires(cue, lang, text):
    found = ask(read_passages("", text, lang, codebook=BOOK), codebook=BOOK)
    return any(finding.cue is cue and not finding.why for finding in found)


def samples(of):
    return [pytest.param(cue, lang, text, id=f"{cue.id} {cue.pair or ''} {lang}") for cue in CUES for lang, text in getattr(cue, of)]


@pytest.mark.parametrize(("cue", "lang", "text"), samples("examples"))
def test_a_cue_fires_on_its_example(cue, lang, text):
    assert fires(cue, lang, text)


@pytest.mark.parametrize(("cue", "lang", "text"), samples("near_misses"))
def test_a_cue_does_not_fire_on_its_near_miss(cue, lang, text):
    assert not fires(cue, lang, text)
    assert cue.theme not in classify("", text, lang, codebook=BOOK).themes


@pytest.mark.parametrize(("theme", "lang"), list(itertools.product(BOOK.themes, SIX)), ids=lambda value: getattr(value, "id", value))
def test_a_theme_is_shown_by_an_example_in_each_language(theme, lang):
    texts = [text for cue in theme.cues for tag, text in cue.examples if tag == lang]
    assert any(theme.id in classify("", text, lang, codebook=BOOK).themes for text in texts)


def test_every_list_that_cues_ask_for_has_words_in_each_of_the_six_languages():
    """Names may be written alike everywhere; traps and American place names are English only."""
    local = {"georgia", "georgia_state", "mending"}
    asked = 0
    for cue in CUES:
        for slot in (*cue.all, *cue.near, *cue.about):
            asked |= slot.lists
    for lang in BOOK.languages:
        if lang.tag in SIX:
            spoken = 0
            for phrase in BOOK.vocabulary.phrases:
                spoken |= phrase.lists if phrase.languages & lang.bit and not phrase.is_trap else 0
            missing = [name for name, words in BOOK.lists.items() if words.bit & asked & ~spoken and name not in local]
            assert (lang.tag, missing) == (lang.tag, [])


def test_the_themes_are_those_of_the_project():
    assert BOOK.theme_ids == (
        "arms_transfers",
        "iran_nuclear_diplomacy",
        "middle_east_conflict",
        "nato_european_security",
        "russia_iran_friction",
        "russia_iran_partnership",
        "sanctions_pressure",
        "south_caucasus",
        "ukraine_settlement",
        "us_russia_rapprochement",
        "us_wedge_bargain",
        "world_order",
    )


def test_the_version_names_both_files():
    version = load_codebook(CODEBOOK, ACTORS).version
    assert version.startswith("1.2.3+")
    assert load_codebook(CODEBOOK, ACTORS).version == version
    assert load_codebook(CODEBOOK + "\n", ACTORS).version != version
    assert load_codebook(CODEBOOK, ACTORS + "\n").version != version


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param('version = "1.2.3"', 'version = "1"', "codebook.toml: version: not major.minor.patch", id="no version"),
        pytest.param("[words.sanction]", "[words.sanction", "codebook.toml: not TOML", id="no TOML"),
        pytest.param("russia|iran", "russia|persia", "sanctions_pressure.target: no list of words is called 'persia'", id="no such list"),
        pytest.param('example.en = "Sanctions on Moscow."', "", "sanctions_pressure.target: example: missing", id="no example"),
        pytest.param("score = 0.7", "score = 7.0", "sanctions_pressure.target: score", id="no score"),
        pytest.param('id = "target"', 'id = "target"\nwithn = 3', "sanctions_pressure.target: .*withn", id="an unknown key"),
        pytest.param('all = ["sanction", "russia|iran"]', "", "neither words nor all", id="a cue without words"),
        pytest.param('en = "sanction*"', 'xx = "sanction*"', "words.sanction: 'xx'", id="an unknown language"),
        pytest.param('en = "sanction*"', 'en = "s*"', "words.sanction.en: 's\\*'", id="a list that cannot be read"),
        pytest.param('title = "Sanctions"', "", "theme.sanctions_pressure: title: missing", id="a theme without a title"),
        pytest.param('script = "latin"', 'script = "runes"', "language.en: script", id="an unknown script"),
        pytest.param("example.en", "example.de", "example: 'de' is no language", id="an example in no language"),
        pytest.param(
            "[[theme.sanctions_pressure.cue]]",
            '[[theme.sanctions_pressure.cue]]\nid = "target"\nall = ["sanction"]\nscore = 0.1\nexample.en = "Sanctions."\n'
            "[[theme.sanctions_pressure.cue]]",
            "sanctions_pressure.target: this id is given twice",
            id="one id twice",
        ),
    ],
)
def test_a_broken_codebook_is_refused_with_the_reason(old, new, message):
    assert old in CODEBOOK
    with pytest.raises(CodebookError, match=message):
        load_codebook(CODEBOOK.replace(old, new, 1), ACTORS)


def test_actors_must_be_the_three():
    with pytest.raises(CodebookError, match=r"actors.toml: actor.us: missing"):
        load_codebook(CODEBOOK, ACTORS.replace("[actor.us]", "[group.us]").replace("[group.us]", "[group.usa]"))


def test_a_cue_may_bring_its_own_words():
    book = load_codebook(CODEBOOK.replace('all = ["sanction", "russia|iran"]', 'words.en = "price cap"\nall = ["russia"]'), ACTORS)
    assert classify("", "The price cap on Moscow holds.", "en", codebook=book).themes == ("sanctions_pressure",)


def test_a_dyad_without_a_direction_is_refused():
    dyad = '\n[[dyad]]\nid = "met"\nall = ["$a", "$b"]\nscore = 0.5\nexample.en = "They met."\n'
    with pytest.raises(CodebookError, match=r"dyad.met: not a pair and a direction"):
        load_codebook(CODEBOOK + dyad, ACTORS)
