"""Text as readers see it: markup rendered, what fools the eye removed, what carries meaning kept."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.feeds.text import clean_line, markup_to_text, plain_to_text

_MARKUP = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<br>", "<b>", "<script>", "</script>", "&amp;", "&lt;", "<", ">", "x", " ", "\n", "<!--", "й", "\u200c", "\x00"]
    ),
    max_size=30,
).map("".join)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<b>Bold</b> &amp; <i>it</i>", "Bold & it"),
        ("A&amp;amp;B &amp;#8217;", "A&B ’"),
        ("one\n two\t three\u00a0four", "one two three four"),
        ("Why x < y and y > z", "Why x < y and y > z"),
        ("<Reuters> says AT&T", "<Reuters> says AT&T"),
        ("T<script>alert(1)</script><style>p{}</style>", "T"),
        ("<o:p>Word</o:p> & <img src=x onerror=y>", "Word &"),
        ("a\x00\x1b\u202eb\u2066c\u200bd\u00ade\ufeff", "abcde"),
        ("می\u200cشود 👨\u200d👩\u200d👧 ❤\ufe0f", "می\u200cشود 👨\u200d👩\u200d👧 ❤\ufe0f"),
        ("e\u0301 \ud800", "é"),
        ("<![CDATA[Twice wrapped]]>", "Twice wrapped"),
    ],
)
def test_a_line_reads_as_its_author_meant_it(text, line):
    assert clean_line(text) == line


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One\nline.</p><p>Two<br>three</p>", "One line.\nTwo\nthree"),
        ("<ul><li>a<li>b</ul>tail", "a\nb\ntail"),
        ("<table><tr><td>x<td>y</tr></table>", "x y"),
        ("<pre>a\nb</pre>", "a\nb"),
        ("one\ntwo\n\nthree", "one two\nthree"),
        ("<div>a<noscript>no</noscript><iframe>no</iframe><!-- no --></div>", "a"),
        ("", ""),
    ],
)
def test_markup_becomes_paragraphs(markup, text):
    assert markup_to_text(markup) == text


def test_declared_plain_text_keeps_its_brackets_and_lines():
    assert plain_to_text("a <b> & c;\r\n\r\nd") == "a <b> & c;\nd"


@given(st.one_of(st.text(), _MARKUP))
def test_cleaning_never_raises_and_leaves_nothing_invisible(text):
    for cleaned in (clean_line(text), markup_to_text(text), plain_to_text(text)):
        assert unicodedata.is_normalized("NFC", cleaned)
        assert not any(
            unicodedata.category(letter) in {"Cc", "Cs"} or letter in "\u200b\u202a\u202e\u2066\ufeff"
            for letter in cleaned.replace("\n", "")
        )


@given(st.text())
def test_a_cleaned_line_without_markup_is_left_alone(text):
    line = clean_line(text)
    if "<" not in line and "&" not in line:
        assert clean_line(line) == line


@pytest.mark.parametrize(
    "hostile", ["<div>" * 100_000, "<!--" * 100_000, "<b" * 100_000, "&" * 500_000, "<a " + "x='1' " * 50_000, " " * 500_000]
)
def test_hostile_markup_is_cheap(hostile):
    assert markup_to_text(hostile) is not None
