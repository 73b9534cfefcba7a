"""What an article is about, with spans that are slices of it, whatever is in it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.records import ActorMention, Classification, DyadFinding, Evidence, NearMiss
from extractors.themes.classifier import classify
from extractors.themes.codebook import load_codebook, shipped_codebook

BOOK = shipped_codebook()
SMALL = load_codebook(
    """
version = "0.0.1"
[language.en]
script = "latin"
function_words = "the of to"
[words.sanction]
en = "sanction*"
[words.met]
en = "met | meet*"
[theme.sanctions_pressure]
title = "Sanctions"
carried = "sanctions"
not_carried = "none"
[[theme.sanctions_pressure.cue]]
id = "target"
all = ["sanction", "russia|iran"]
within = 6
score = 0.7
example.en = "Sanctions on Moscow."
[[theme.sanctions_pressure.cue]]
id = "beside"
all = ["sanction"]
near = ["russia|iran"]
score = 0.6
example.en = "Moscow waits. The sanctions stay."
[[dyad]]
id = "met"
direction = "converging"
all = ["$a", "$b", "met"]
score = 0.6
example.en = "Washington met Moscow and Tehran."
""",
    """
[actor.russia]
en = "moscow"
[actor.iran]
en = "tehran"
[actor.us]
en = "washington"
""",
)


def quote(item, title, text):
    return (title if item.part == "title" else text)[item.start : item.end]


def themes(text, lang=None, title=""):
    return classify(title, text, lang, codebook=BOOK).themes


def dyads(text, lang=None):
    return {found.dyad: found.direction for found in classify("", text, lang, codebook=BOOK).dyads}


def test_a_classification_is_evidence_actors_dyads_and_reasons():
    title, text = "Moscow waits", "It rained. The sanctions on Moscow stay. Washington met Tehran."
    assert classify(title, text, "en", codebook=SMALL) == Classification(
        codebook_version=SMALL.version,
        evidence=(Evidence(theme="sanctions_pressure", cue="sanctions_pressure.target", part="text", start=11, end=40, score=0.88),),
        actors=(
            ActorMention(actor="iran", mentions=1),
            ActorMention(actor="russia", mentions=2),
            ActorMention(actor="us", mentions=1),
        ),
        dyads=(DyadFinding(dyad="us_iran", direction="converging", part="text", start=41, end=63, score=0.6),),
    )


def test_a_refused_passage_says_why():
    text = "The sanctions stay, said the man who sells hats and gloves near the station, and Moscow yawned."
    found = classify("", text, "en", codebook=load_codebook_without_beside())
    assert found == Classification(
        codebook_version=found.codebook_version,
        actors=(ActorMention(actor="russia", mentions=1),),
        near_misses=(
            NearMiss(
                theme="sanctions_pressure",
                cue="sanctions_pressure.target",
                part="text",
                start=0,
                end=len(text),
                why="its words stand 15 words apart, more than 6",
            ),
        ),
    )


def load_codebook_without_beside():
    return load_codebook(
        'version = "0.0.2"\n[language.en]\nscript = "latin"\n[words.sanction]\nen = "sanction*"\n'
        '[theme.sanctions_pressure]\ntitle = "Sanctions"\ncarried = "x"\nnot_carried = "y"\n[[theme.sanctions_pressure.cue]]\n'
        'id = "target"\nall = ["sanction", "russia"]\nwithin = 6\nscore = 0.7\nexample.en = "Sanctions on Moscow."\n',
        '[actor.russia]\nen = "moscow"\n[actor.iran]\nen = "tehran"\n[actor.us]\nen = "washington"\n',
    )


def test_an_actor_named_in_the_sentence_before_is_part_of_the_proof():
    text = "It rained. Moscow waits. The sanctions stay."
    evidence = classify("", text, "en", codebook=SMALL).evidence
    assert [quote(item, "", text) for item in evidence] == ["Moscow waits. The sanctions stay."]


def test_an_actor_named_only_in_the_title_is_enough():
    evidence = classify("Moscow", "The sanctions stay.", "en", codebook=SMALL).evidence
    assert [(item.part, item.start, item.end) for item in evidence] == [("text", 0, 19)]


def test_an_actor_named_far_away_is_not():
    found = classify("", "Moscow waits. One. Two and. Three too. The sanctions stay.", "en", codebook=SMALL)
    assert found.themes == ()
    assert [miss.why for miss in found.near_misses] == ["no 'russia|iran' in it, around it or in the title"]


@pytest.mark.parametrize(
    ("lang", "text", "proof"),
    [
        pytest.param("en", "🚀🚀 ok. 👩‍🚀 The sanctions on Moscow stay. 👍🏽", "👩‍🚀 The sanctions on Moscow stay.", id="emoji"),
        pytest.param(
            "fa",
            "سلام. تحریم‌های تازه علیه تهران وضع شد. پایان.",
            "تحریم‌های تازه علیه تهران وضع شد.",
            id="zero-width non-joiners",
        ),
        pytest.param("ar", "نعم. فُرِضَتْ عُقُوبَاتٌ على طَهْران. انتهى.", "فُرِضَتْ عُقُوبَاتٌ على طَهْران.", id="harakat"),
        pytest.param("tr", "Evet. İRAN'A YENİ YAPTIRIMLAR UYGULANDI. Bitti.", "İRAN'A YENİ YAPTIRIMLAR UYGULANDI.", id="dotted capital I"),
        pytest.param(
            "fr",
            "Non. De nouvelles sanctions frappent Te\u0301he\u0301ran. Fini.",
            "De nouvelles sanctions frappent Te\u0301he\u0301ran.",
            id="combining marks",
        ),
        pytest.param("ru", "Да. Санкции против Ира\u0301на продлены. Всё.", "Санкции против Ира\u0301на продлены.", id="Russian stress"),
        pytest.param(
            "en",
            "No\u200d. The\u00ad sanctions on Mos\u00adcow stay\u0301\u0301. So.",
            "The\u00ad sanctions on Mos\u00adcow stay\u0301\u0301.",
            id="soft hyphens",
        ),
    ],
)
def test_a_proof_is_a_slice_of_the_text_as_stored(lang, text, proof):
    evidence = [e for e in classify("", text, lang, codebook=BOOK).evidence if e.theme == "sanctions_pressure"]
    assert [text[item.start : item.end] for item in evidence] == [proof]


PIECES = st.sampled_from(
    [
        "Moscow", "Tehran", "sanctions", "Washington imposed", "missiles to Iran", "ceasefire", "Kyiv", ". ", "! ", "\n", ", ", "؟ ", "🚀", "👩‍🚀",
        "\u0301", "\u200c", "\u200d", "\u064e", "İ", "تحریم‌های", "تهران", "علیه", "عُقُوبَاتٌ", "طهران", "على", "санкции", "Иран", "против", "NATO", "US",
        "yaptırım", "İran'a", "nuclear deal", "in exchange for", "Armenia", "world order", " ", "—", "«", "»", "\u00ad", "\ufeff", "\u202e",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map(" ".join), st.lists(PIECES, max_size=60).map("".join))


@settings(deadline=None, max_examples=150)
@given(title=TEXTS, text=TEXTS, lang=st.sampled_from([None, "en", "ru", "fa", "xx", "EN-us", ""]))
def test_every_span_lies_in_its_part_and_is_not_blank(title, text, lang):
    found = classify(title, text, lang, codebook=BOOK)
    for item in (*found.evidence, *found.dyads, *found.near_misses):
        whole = title if item.part == "title" else text
        assert 0 <= item.start < item.end <= len(whole)
        assert whole[item.start : item.end].strip()
    assert all(0 < item.score <= 1 for item in (*found.evidence, *found.dyads))
    assert found == classify(title, text, lang, codebook=BOOK)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Because of Western sanctions, the bakery in Moscow imports less butter.", id="because of sanctions"),
        pytest.param("The sanctions-hit economy of Iran grew by one percent.", id="sanctions-hit"),
        pytest.param("Russian-supplied S-300s stand on the hill above the village.", id="Russian-supplied"),
        pytest.param("China, Russia, Iran and North Korea were named in the report.", id="a list of names"),
        pytest.param("Washington will supply Kyiv with missiles.", id="American arms for Ukraine"),
        pytest.param("A senator fears that Tehran wants nuclear weapons.", id="a worry alone"),
        pytest.param("Shelling near Pokrovsk killed three people, Ukraine said.", id="a battle report"),
        pytest.param("The Knesset passed the budget after a long night.", id="Israeli politics"),
        pytest.param("Beijing raised tariffs on American soybeans.", id="trade between two others"),
        pytest.param("Aliyev received the ambassador of Finland in Baku.", id="a protocol visit"),
        pytest.param("A carmaker sold its Russian plant and left of its own accord.", id="a firm leaving"),
        pytest.param("The United Nations tightened sanctions on Pyongyang.", id="sanctions on others"),
        pytest.param("The council of Moscow, Idaho, sanctioned a new playground.", id="sanction as permission"),
        pytest.param("Sin embargo, Moscú no respondió.", id="sin embargo"),
        pytest.param("Georgia's governor thanked Washington after the storm in Atlanta. Georgia will rebuild.", id="Georgia the state"),
        pytest.param("Школьники в Москве учат русский язык и математику.", id="Russian at school"),
    ],
)
def test_what_is_said_in_passing_or_of_others_shows_nothing(text):
    assert themes(text) == ()


@pytest.mark.parametrize(
    ("text", "actors"),
    [
        pytest.param("Tell us more, said the Washington Post.", {}, id="us and the Post"),
        pytest.param("US troops left.", {"us": 1}, id="US"),
        pytest.param("TELL US WHAT HAPPENED", {}, id="US in a line of capitals"),
        pytest.param("Boats in the Persian Gulf met off Tiran.", {}, id="Persian Gulf and Tiran"),
        pytest.param("Latin American poets read in Moscow, Idaho.", {}, id="Latin America and Idaho"),
        pytest.param("В Тегеране ждут Путина и Трампа.", {"iran": 1, "russia": 1, "us": 1}, id="names in Russian cases"),
        pytest.param("وللإيرانيين وبروسيا", {"iran": 1, "russia": 1}, id="names behind Arabic prefixes"),
        pytest.param("İran'ın, Rusya'nın ve ABD'nin", {"iran": 1, "russia": 1, "us": 1}, id="names with Turkish suffixes"),
        pytest.param("ایرانی‌ها و روس‌ها", {"iran": 1, "russia": 1}, id="names with Persian plurals"),
    ],
)
def test_actors_are_counted_and_namesakes_are_not(text, actors):
    assert {found.actor: found.mentions for found in classify("", text, None, codebook=BOOK).actors} == actors


def test_georgia_the_country_is_in_the_caucasus():
    text = "Georgia's army fled. Russian troops stayed in Georgia and recognised Abkhazia."
    assert themes(text) == ("south_caucasus",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("Washington threatened Moscow with new tariffs.", {"us_russia": "diverging"}, id="a threat parts"),
        pytest.param(
            "Russia and Iran ratified their strategic partnership. Moscow and Tehran cooperate on gas.",
            {"russia_iran": "converging"},
            id="a treaty joins",
        ),
        pytest.param("Путин обвинил США и пригрозил Вашингтону.", {"us_russia": "diverging"}, id="so in Russian"),
        pytest.param("واشنگتن تهران را تهدید کرد و حمله کرد.", {"us_iran": "diverging"}, id="so in Persian"),
        pytest.param("China, Russia, India and, last on the list, Iran sent stamps.", {}, id="one list is no dealing"),
    ],
)
def test_dyads_come_from_dealings(text, found):
    assert dyads(text) == found


@pytest.mark.parametrize("lang", [None, "en", "ru", "fa", "zz"])
def test_a_wrong_hint_does_not_hide_a_theme(lang):
    assert themes("Kyiv accepted an unconditional ceasefire of thirty days.", lang) == ("ukraine_settlement",)
    assert themes("Киев согласился на перемирие и мирные переговоры.", lang) == ("ukraine_settlement",)


def test_nothing_said_is_nothing_found():
    assert classify("", "", None, codebook=BOOK) == Classification(codebook_version=BOOK.version)


def test_a_script_without_words_is_left_alone():
    assert classify("東京", "本日は晴天なり。", "ja", codebook=BOOK) == Classification(codebook_version=BOOK.version)
