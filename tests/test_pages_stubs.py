"""What looks like a page and is none, or is one and no article."""

import pytest

from extractors.pages.stubs import asks_to_pay, is_cut_by_paywall, why_empty, why_not_article, why_not_bytes, why_not_html, why_wall


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


@pytest.mark.parametrize(
    ("title", "first", "why"),
    [
        ("We could not find that page", "The story you were looking for has been moved.", NOTHING_HERE),
        ("Log in to continue reading", "This article is only available to registered readers.", LOGIN),
        ("Avant de continuer", "Nous et nos 412 partenaires stockons des cookies.", LOGIN),
        ("Прежде чем продолжить", "Мы и наши 98 партнёров обрабатываем данные.", LOGIN),
        ("Bevor Sie fortfahren", "Wir und unsere 1.204 Partner verarbeiten Daten.", LOGIN),
        ("Just a moment...", "Checking your browser before you go on.", ROBOTS),
        ("We could not find that page", "The archive of the ministry lost a ledger, and with it the names.", None),
        ("Before you continue", "The story you were looking for has been moved.", None),
        ("Muscat", "The story you were looking for has been moved.", None),
    ],
)
def test_a_longer_page_is_a_stub_where_title_and_first_lines_say_the_same(title, first, why):
    assert judge(title=title, words=250, text=first + "\nMost read\n" + "Other stories of the day. " * 50) == why


@pytest.mark.parametrize(
    "text",
    [
        "Wir und unsere Partner in der Region werden liefern, sagte der Minister.",
        "Мы и наши партнёры готовы к переговорам, сказал министр.",
        "Registration is free, and the hall holds 300, the organisers said.",
    ],
)
def test_a_news_flash_with_the_words_of_a_wall_is_none(text):
    assert why_wall(text, words=len(text.split())) is None


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


CONSENT = "a consent wall instead of the page"
LOGIN_WALL = "a login wall instead of the page"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Verify you are human by completing the action below.", ROBOTS),
        ("Подтвердите, что вы не робот", ROBOTS),
        ("The page you were looking for is no longer here.", NOTHING_HERE),
        ("Seite wurde nicht gefunden", NOTHING_HERE),
        ("مطلب مورد نظر پیدا نشد", NOTHING_HERE),
        ("Please sign in to continue.", LOGIN_WALL),
        ("Войдите, чтобы продолжить чтение", LOGIN_WALL),
        ("We value your privacy\nAccept all", CONSENT),
        ("Мы используем файлы cookie", CONSENT),
        ("Wir verwenden Cookies.", CONSENT),
        ("Moscow says that it will not talk before Friday, and that nobody asked.\nWe use cookies.", None),
        ("Police in Muscat cannot find the pages that were stolen from the archive.", None),
        ("We use cookies. " * 40, None),
        ("", None),
    ],
)
def test_a_wall_is_known_by_what_it_says(text, why):
    assert why_wall(text, words=len(text.split())) == why


def judge(**facts):
    usual = {"title": "Muscat", "words": 40, "is_stated_article": False, "asked": "https://w.example/a", "final": "https://w.example/a"}
    return why_not_article(**usual | facts)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        pytest.param(
            {"link_density": 0.8, "kinds": frozenset({"collectionpage"})}, "a section or tag page, by its own word", id="it says so"
        ),
        pytest.param(
            {"link_density": 0.8, "final": "https://w.example/tag/muscat/"}, "a section or tag page, by its address", id="its address does"
        ),
        pytest.param({"link_density": 0.95}, "nothing but links", id="there is nothing else"),
        pytest.param({"link_density": 0.95, "words": 3000}, None, id="a long list may be a story"),
        pytest.param({"link_density": 0.8}, None, id="many links alone are no reason"),
        pytest.param({"link_density": 0.1, "kinds": frozenset({"archive"})}, None, id="a name alone is none"),
        pytest.param({"link_density": 0.1, "final": "https://w.example/tag/muscat/"}, None, id="nor is an address"),
        pytest.param(
            {"link_density": 0.95, "kinds": frozenset({"archive"}), "is_stated_article": True}, None, id="a declared article is one"
        ),
        pytest.param({"words": 12, "kinds": frozenset({"videoobject"})}, "a video without a story", id="a video without words"),
        pytest.param({"words": 60, "kinds": frozenset({"videoobject"})}, None, id="a video with a story"),
        pytest.param({"words": 50, "kinds": frozenset({"video.other"})}, "a video without a story", id="a caption on a video's own page"),
        pytest.param({"words": 90, "kinds": frozenset({"video.other"})}, None, id="a story on a video's own page"),
        pytest.param(
            {
                "words": 80,
                "text": "A dam breaks.\n© The Wire. Write to us about errors.\n" + "We and our 9 partners store cookies. " * 11,
                "kinds": frozenset({"video.other"}),
            },
            "a video without a story",
            id="what asks for consent is no story",
        ),
        pytest.param({"teaser_share": 0.9, "words": 300}, "nothing but teasers of other pages", id="teasers of other pages"),
        pytest.param({"teaser_share": 0.9, "words": 3000}, None, id="a list as long as that is a work of its own"),
        pytest.param(
            {"teaser_share": 0.9, "final": "https://w.example/", "asked": "https://w.example/"}, None, id="a home page that was asked for"
        ),
        pytest.param({"teaser_share": 0.5}, None, id="a story above teasers"),
        pytest.param({"teaser_share": 0.9, "is_stated_article": True}, None, id="teasers under a declared article"),
        pytest.param(
            {"kinds": frozenset({"archive"}), "final": "https://w.example/category/gulf/"},
            "a section or tag page, by its own word and its address",
            id="a name and an address are enough",
        ),
        pytest.param({"words": 0, "visible": "Please log in to read this."}, LOGIN_WALL, id="a wall around no text at all"),
        pytest.param({"words": 0, "visible": "Please log in to read this. " * 200}, None, id="but not in a whole site's menu"),
        pytest.param(
            {"words": 9, "text": "We value your privacy and our partners use cookies", "is_stated_article": True},
            CONSENT,
            id="nothing else",
        ),
    ],
)
def test_lists_videos_and_walls_are_no_articles(facts, why):
    assert judge(**facts) == why


@pytest.mark.parametrize(
    ("text", "is_cut"),
    [
        ("First paragraph.\nSubscribe to continue reading.", True),
        ("Первый абзац.\nПродолжение доступно по подписке", True),
        ("Premier paragraphe.\nLa suite est réservée aux abonnés.", True),
        ("Subscribe to continue reading.\nOne.\nTwo.\nThree.", False),
        ("He will subscribe to the treaty, the minister said.", False),
        ("A whole story. " * 400 + "\nSubscribe to continue reading.", False),
        ("", False),
    ],
)
def test_a_teaser_ends_with_the_price(text, is_cut):
    assert is_cut_by_paywall(text) == is_cut


def test_a_page_may_ask_for_money_anywhere():
    assert asks_to_pay("A few words. This story is for subscribers only. © The Wire")
    assert not asks_to_pay("A few words. Subscribe to our newsletter. © The Wire")


@pytest.mark.parametrize(
    "line",
    [
        "This article is for our paying members",
        "Mit dem Stadt-Abo lesen",
        "Solo para suscriptores",
        "Оформите подписку, чтобы узнать больше",
        "برای ادامه مطلب مشترک شوید",
        "La suite est réservée aux abonnés",
    ],
)
def test_a_line_that_asks_for_money_is_known_by_its_words(line):
    assert asks_to_pay(line)
