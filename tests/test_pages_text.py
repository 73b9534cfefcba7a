"""The body of an article: nothing lost of its letters, nothing kept of its frame."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from extractors.errors import SourceError
from extractors.pages.markup import parse_markup
from extractors.pages.text import count_words, extract_text, text_of_markup, without_header
from extractors.records import ExtractRules

NO_RULES = ExtractRules()
FILLER = "The envoys said on Monday that the talks would go on for another week, although no day had been named."


def extract(*paragraphs, rules=NO_RULES):
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return extract_text(parse_markup(f"<html><body><article>{body}</article></body></html>"), rules=rules)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param(
            "هیئت ایرانی گفت‌وگوها را ادامه می‌دهد و تحریم‌ها",
            "هیئت ایرانی گفت‌وگوها را ادامه می‌دهد و تحریم‌ها",
            id="non-joiners in Persian words",
        ),
        pytest.param(
            "ما نمی&zwnj;خواهیم و نمی&#8204;توانیم و نمی&#x200C;رویم",
            "ما نمی‌خواهیم و نمی‌توانیم و نمی‌رویم",
            id="non-joiners written as entities",
        ),
        pytest.param("क्&zwj;ष and क्‍ष", "क्‍ष and क्‍ष", id="joiners in Devanagari"),
        pytest.param("a family 👨‍👩‍👧 and a flag 🏳️‍🌈", "a family 👨‍👩‍👧 and a flag 🏳️‍🌈", id="joiners in emoji"),
        pytest.param(
            "cafe&#769; and кой&#774;", unicodedata.normalize("NFC", "cafe\u0301 and кой\u0306"), id="combining marks are composed"
        ),
        pytest.param("\u202bsaid\u202c \u2067Tehran\u2069 \u200eand\u200f", "said Tehran and", id="direction marks go"),
        pytest.param("soft\u00adhyphen and zero\u200bwidth", "softhyphen and zerowidth", id="soft hyphens and zero-width spaces go"),
        pytest.param("two\u00a0words  and\ttabs", "two words and tabs", id="spaces are one space"),
    ],
)
def test_letters_are_kept(written, read):
    assert extract(FILLER, f"{FILLER} {written}", FILLER).split("\n") == [FILLER, f"{FILLER} {read}", FILLER]


def test_stand_ins_for_joiners_do_not_touch_a_text_that_holds_them():
    line = f"{FILLER} Linear A has signs like \U00010600 and \U00010601, and Persian has می‌شود."
    assert extract(FILLER, line, FILLER).split("\n") == [FILLER, line, FILLER]


@given(st.text(alphabet="aبی\u200c\u200d \u0301é👨", min_size=1, max_size=30).map(lambda text: f"{FILLER} {text} end."))
def test_text_is_clean_and_keeps_every_joiner(line):
    text = extract(line)
    assert unicodedata.is_normalized("NFC", text)
    assert "".join(text.split()) == "".join(unicodedata.normalize("NFC", line).split())


def test_the_tree_is_left_as_it_was():
    tree = parse_markup(f"<html><body><article><p>{FILLER}</p><p>می‌رود {FILLER}</p></article><p class=x>{FILLER}</p></body></html>")
    before = etree.tostring(tree)
    extract_text(tree, rules=ExtractRules(keep=("article",), drop=("p.x",)))
    extract_text(tree, rules=NO_RULES)
    assert etree.tostring(tree) == before


PAGE = f"""<html><body><div class="ad"><p>Advertisement. {FILLER}</p></div><div id="story"><p>One. {FILLER}</p><div class="box"><p>Two. {FILLER}</p></div>tail</div>
<div class="more"><p>Three. {FILLER}</p></div></body></html>"""


@pytest.mark.parametrize(
    ("rules", "first_words"),
    [
        pytest.param(ExtractRules(keep=("#story",)), ["One.", "Two."], id="keep"),
        pytest.param(ExtractRules(keep=("#story",), drop=(".box",)), ["One."], id="keep and drop"),
        pytest.param(ExtractRules(drop=(".ad", ".more")), ["One.", "Two."], id="drop"),
        pytest.param(ExtractRules(keep=(".more", "#story .box")), ["Two.", "Three."], id="what is kept stays in the order of the page"),
        pytest.param(ExtractRules(keep=("#story", "#story .box")), ["One.", "Two."], id="what is inside something kept is not doubled"),
        pytest.param(
            ExtractRules(keep=(".no-such-thing",), drop=(".ad", ".more")), ["One.", "Two."], id="a keep that finds nothing keeps everything"
        ),
    ],
)
def test_rules_of_the_source(rules, first_words):
    lines = extract_text(parse_markup(PAGE), rules=rules).split("\n")
    assert [line.split()[0] for line in lines if line.endswith(FILLER)] == first_words


def test_a_rule_that_is_no_selector_says_which():
    with pytest.raises(SourceError, match=r"not a CSS selector: 'div\[\['"):
        extract(FILLER, rules=ExtractRules(drop=("div[[",)))


def test_rows_of_tables_are_plain():
    table = "<table><tr><td>Ship</td><td>Flag</td></tr><tr><td>Orca | two</td><td>Malta</td></tr></table>"
    assert extract(FILLER + "</p>" + table + "<p>", FILLER).split("\n") == [FILLER, "Ship | Flag", "Orca | two | Malta", FILLER]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("Ports reopen\nA ship came.", "A ship came.", id="the headline"),
        pytest.param("PORTS REOPEN!\nBy Ann Lee\n3 March 2026, 14:05 GMT\nA ship came.", "A ship came.", id="headline, byline and date"),
        pytest.param("Ann Lee, Bo Diaz\nA ship came.", "A ship came.", id="a line of all the authors"),
        pytest.param("Ann Lee, Cy Ng\nA ship came.", "Ann Lee, Cy Ng\nA ship came.", id="not one with somebody else"),
        pytest.param(
            "On 3 March 2026 the ports reopened.\nA ship came.",
            "On 3 March 2026 the ports reopened.\nA ship came.",
            id="a sentence with a date stays",
        ),
        pytest.param("A ship came.\nPorts reopen", "A ship came.\nPorts reopen", id="what is further down stays"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_the_top_repeats_goes(text, kept):
    assert without_header(text, title="Ports reopen", authors=("Ann Lee", "Bo Diaz")) == kept


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One.</p><p>Two &amp;amp; three.</p>", "One.\nTwo & three."),
        ("One.\n\nTwo.", "One.\nTwo."),
        ("", ""),
    ],
)
def test_an_article_body_is_rendered(markup, text):
    assert text_of_markup(markup) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It’s 5 o’clock — already!", 4),
        ("گفت‌وگوها ادامه می‌یابد.", 3),
        ("外交部长", 4),
        ("東京 Tokyo タワー", 6),
        ("สวัสดีชาวโลก", 3),
        ("हिन्दी भाषा", 2),
        ("— … !", 0),
        ("", 0),
    ],
)
def test_words_are_counted_in_every_script(text, words):
    assert count_words(text) == words
