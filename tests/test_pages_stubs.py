"""What looks like a page and is none, or is one and no article."""

import pytest

from extractors.pages.stubs import why_empty, why_not_article, why_not_bytes, why_not_html


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"%PDF-1.7 ...", "a PDF"),
        (b"\x89PNG\r\n", "a PNG image"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"PK\x03\x04", "a ZIP archive or an office document"),
        (b"<html>", None),
        (b"\xef\xbb\xbf<!doctype html>", None),
        ("<p>".encode("utf-16"), None),
    ],
)
def test_files_of_other_kinds_are_known_by_their_first_bytes(body, what):
    assert why_not_bytes(body) == what


@pytest.mark.parametrize(
    ("text", "content_type", "why"),
    [
        ("<!DOCTYPE html><p>x", "text/html; charset=utf-8", None),
        ("  <div>x</div>", "", None),
        ("<html>", "application/xhtml+xml", None),
        ("<html>", "image/png", None),
        ("<p>x</p>", "text/plain", None),
        ('{"a": "<b>"}', "application/json", "Content-Type application/json and no HTML in it"),
        ("Just words.", "text/html", "no HTML in it"),
        ('<?xml version="1.0"?><rss version="2.0">', "text/html", "an XML document: <rss>"),
        ("<!-- x --><feed xmlns='http://www.w3.org/2005/Atom'>", "application/xml", "an XML document: <feed>"),
    ],
)
def test_both_the_characters_and_the_content_type_decide(text, content_type, why):
    assert why_not_html(text, content_type) == why


NOTHING_HERE = "the page says that there is nothing here"
ROBOTS = "a robot check instead of the page"
LOGIN = "a login or consent page"


@pytest.mark.parametrize(
    ("title", "why"),
    [
        ("404", NOTHING_HERE),
        ("Error 404: not here", NOTHING_HERE),
        ("Page not found | The Wire", NOTHING_HERE),
        ("Страница не найдена — Вестник", NOTHING_HERE),
        ("صفحه مورد نظر یافت نشد", NOTHING_HERE),
        ("Sayfa bulunamadı", NOTHING_HERE),
        ("Just a moment...", ROBOTS),
        ("Attention Required! | Cloudflare", ROBOTS),
        ("Access denied", ROBOTS),
        ("Вход", LOGIN),
        ("Sign in | The Wire", LOGIN),
        ("Access to the strait denied, says admiral", None),
        ("Suspect not found in Muscat, police say", None),
        ("Entry", None),
        ("", None),
    ],
)
def test_a_short_page_is_judged_by_its_title(title, why):
    assert why_not_article(title=title, words=40, is_stated_article=False, asked="https://w.example/a", final="https://w.example/a") == why


@pytest.mark.parametrize("kept", [{"words": 400}, {"is_stated_article": True}])
def test_a_long_or_declared_article_may_have_any_title(kept):
    facts = {"words": 40, "is_stated_article": False} | kept
    assert why_not_article(title="404", asked="https://w.example/a", final="https://w.example/a", **facts) is None


@pytest.mark.parametrize(
    ("asked", "final", "why"),
    [
        ("https://w.example/a", "https://w.example/", "redirected to the home page"),
        ("https://w.example/a", "https://w.example", "redirected to the home page"),
        ("https://w.example/", "https://w.example/", None),
        ("https://w.example/a", "https://w.example/?p=7", None),
    ],
)
def test_a_story_that_leads_to_the_home_page_is_gone(asked, final, why):
    assert why_not_article(title="The Wire", words=900, is_stated_article=True, asked=asked, final=final) == why


@pytest.mark.parametrize(
    ("text", "is_empty"),
    [
        ("", True),
        ("Northern Compass\nWorld\nPolitics\nSport\nSearch\nWe use cookies to keep this site working.\nAccept all", True),
        ("Iran's foreign minister will fly to Moscow on Tuesday, the ministry said.", False),
        ("Flash\nMoscow says talks are over.\nTehran says that they are not.\nWashington has said nothing so far.", False),
        ("Поезд ушёл.\nДождь\nСтихи\nКонец", True),
    ],
)
def test_a_few_menu_lines_are_no_text_and_a_news_flash_is(text, is_empty):
    assert (why_empty(text, words=len(text.split())) is not None) == is_empty
