"""Bytes to characters in the order of belief of the WHATWG, with UTF-8 that is UTF-8 before every declaration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.pages.decode import decode_html, page_in_utf8

RUSSIAN = "<p>Съешь же ещё этих мягких французских булок, да выпей чаю. Министр заявил, что переговоры продолжаются.</p>"
ARABIC = "<p>قال وزير الخارجية إن المحادثات مستمرة بين البلدين وإن العقوبات لن ترفع قبل نهاية العام.</p>"
TURKISH = "<p>Dışişleri Bakanlığı görüşmelerin sürdüğünü açıkladı.</p>"


def meta(charset):
    return f'<html><head><meta charset="{charset}"></head>'


@pytest.mark.parametrize(
    ("text", "codec", "content_type"),
    [
        (RUSSIAN, "cp1251", "text/html; charset=windows-1251"),
        (RUSSIAN, "koi8-r", 'text/html; Charset="KOI8-R"'),
        (ARABIC, "cp1256", "text/html;charset=windows-1256"),
        (ARABIC, "iso8859-6", "text/html; charset=iso-8859-6"),
        (TURKISH, "cp1254", "text/html; charset=ISO-8859-9"),
        ("<p>外交部长</p>", "gb18030", "text/html; charset=gb2312"),
        ("<p>外相は月曜日に述べた</p>", "cp932", "text/html; charset=Shift_JIS"),
        ("<p>외교부 장관은 말했다</p>", "cp949", "text/html; charset=euc-kr"),
        ("<p>Zażółć gęślą jaźń</p>", "iso8859-2", "text/html; charset=iso-8859-2"),
        ("<p>“quoted” — €5</p>", "cp1252", "text/html; charset=iso-8859-1"),
    ],
)
def test_the_headers_charset_is_read_as_browsers_read_its_label(text, codec, content_type):
    assert decode_html(text.encode(codec), content_type) == text


@pytest.mark.parametrize("label", ["windows-1251", "cp1251", "x-cp1251", "win-1251"])
def test_the_markups_charset_counts_where_the_header_has_none(label):
    page = meta(label) + RUSSIAN
    assert decode_html(page.encode("cp1251"), "text/html") == page


def test_the_header_comes_before_the_markup():
    page = meta("koi8-r") + RUSSIAN
    assert decode_html(page.encode("cp1251"), "text/html; charset=windows-1251") == page


def test_http_equiv_is_a_declaration_too():
    page = '<meta http-equiv="Content-Type" content="text/html; charset=windows-1256">' + ARABIC
    assert decode_html(page.encode("cp1256"), "") == page


def test_a_declaration_in_a_comment_is_none():
    page = '<!-- <meta charset="koi8-r"> --><meta charset="windows-1251">' + RUSSIAN
    assert decode_html(page.encode("cp1251"), "") == page


def test_a_declaration_behind_three_kilobytes_of_scripts_is_found():
    page = "<script>" + "x" * 3000 + "</script>" + meta("windows-1251") + RUSSIAN
    assert decode_html(page.encode("cp1251"), "") == page


def test_a_byte_order_mark_comes_before_everything_and_goes():
    assert decode_html(("\ufeff" + RUSSIAN).encode(), "text/html; charset=windows-1251") == RUSSIAN
    assert decode_html(("\ufeff" + RUSSIAN).encode("utf-16-le"), "text/html; charset=utf-8") == RUSSIAN


def test_utf_8_that_is_declared_as_something_else_is_utf_8():
    page = meta("iso-8859-1") + RUSSIAN
    assert decode_html(page.encode(), "text/html; charset=windows-1251") == page


def test_a_declared_utf_8_that_it_is_not_gives_way_to_the_markup():
    page = meta("windows-1251") + RUSSIAN
    assert decode_html(page.encode("cp1251"), "text/html; charset=utf-8") == page


def test_a_cut_character_does_not_make_utf_8_something_else():
    body = (RUSSIAN + RUSSIAN).encode()[:-5] + b"<p>"
    assert decode_html(body[:200] + body[201:], "text/html; charset=utf-8").startswith("<p>Съешь же ещё")


@pytest.mark.parametrize(("text", "codec"), [(RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"), (ARABIC, "cp1256")])
def test_what_nobody_declares_is_guessed_from_the_text(text, codec):
    assert decode_html(text.encode(codec), "text/html") == text


def test_utf_16_without_a_mark_is_seen_by_its_zeros():
    assert decode_html(RUSSIAN.encode("utf-16-le"), "") == RUSSIAN
    assert decode_html(RUSSIAN.encode("utf-16-be"), "") == RUSSIAN


def test_unknown_labels_and_codecs_that_are_no_charsets_are_ignored():
    for label in ("base64", "rot13", "unicode_escape", "no-such-charset", "\u212a"):
        assert decode_html(RUSSIAN.encode(), f"text/html; charset={label}") == RUSSIAN


def test_nul_characters_go():
    assert decode_html(b"<p>a\0b</p>", "text/html; charset=utf-8") == "<p>ab</p>"


@given(st.binary(max_size=300), st.text(max_size=40))
def test_no_bytes_raise_and_no_result_breaks(body, content_type):
    text = decode_html(body, content_type)
    assert "\0" not in text
    text.encode("utf-8")


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=200))
def test_utf_8_comes_back_to_the_letter(text):
    assert decode_html(text.encode(), "text/html; charset=utf-8") == text.removeprefix("\ufeff")


def test_a_page_in_utf_8_is_handed_on_as_it_came():
    page = f"<p>{RUSSIAN}</p>".encode()
    assert page_in_utf8(page, "text/html; charset=windows-1251") is page


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(("\ufeff" + RUSSIAN).encode(), "text/html", id="with a mark"),
        pytest.param(RUSSIAN.encode("cp1251"), "text/html; charset=windows-1251", id="in another encoding"),
        pytest.param("こんにちは".encode("iso2022-jp"), "text/html; charset=iso-2022-jp", id="ASCII that stands for something else"),
    ],
)
def test_any_other_page_is_written_anew_in_utf_8(body, content_type):
    assert page_in_utf8(body, content_type) == decode_html(body, content_type).encode()


def test_noncharacters_go():
    assert page_in_utf8("<p>a\ufffe\uffffb</p>".encode(), "text/html") == b"<p>ab</p>"
