"""What looks like a page and is no article: other kinds of files, error pages, robot checks, the home page instead of a story.

Answers with the reason in words. Refuses doubtful cases: a page that might be an article is read as one.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from extractors.pages.titles import split_title

_SIGNATURES = (
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a RIFF file (WebP, WAV, AVI)"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b\x08", "a gzip file"),
    (b"OggS", "an Ogg file"),
    (b"ID3", "an MP3 file"),
    (b"{\\rtf", "an RTF document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
)
_FEED_ROOT = re.compile(
    r"\A\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*|<\?[^>]*\?>\s*)*<(rss|feed|rdf:rdf|urlset|sitemapindex|svg|opml)\b",
    re.IGNORECASE | re.DOTALL,
)
_HTML = re.compile(r"<!doctype\s+html|<(?:html|head|body|article|main|div|section|p|h1|title|meta|table)\b", re.IGNORECASE)
_HTML_HEAD = re.compile(r"<!doctype\s+html|<html\b", re.IGNORECASE)
_HTML_TYPES = frozenset({"", "text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml", "application/octet-stream"})
_SNIFFED_CHARS = 4096

_STUB_WORDS = 150  # a story about error pages is longer
_FEW_WORDS, _MENU_LINES, _MENU_WORDS = 60, 4, 3  # a news flash has fewer words, but in sentences
_TITLED_STUB_WORDS, _FIRST_LINES = 400, 3  # where title and first lines say the same, footers and teasers may follow
_TEASERS_SHARE = 0.8  # of a text: then it is a list
_VIDEO_WORDS = 60  # beside what asks for consent: a page that calls itself a video and tells more has a story
_HARDLY_WORDS = 30  # no story, whatever the page says it is
_WALL_WORDS = 80  # a wall has no more
_WALL_SHARE = 0.4  # of its characters
_MAX_WALL_CHARS = 3000  # of everything on the page: a wall is a page of its own
_MAX_TEASER_CHARS = 5000
_LAST_LINES, _MAX_ASKING_CHARS = 3, 300  # where a teaser ends and what it asks for
_SOME_LINKS, _ALL_LINKS, _LINKS_WORDS = 0.4, 0.9, 400  # shares of a text; words
_LISTING_KINDS = frozenset(
    {"collectionpage", "searchresultspage", "itemlist", "profilepage", "archive", "category", "tag", "search-results"}
)
_VIDEO_KINDS = frozenset({"videoobject", "video", "video.other", "video.movie", "video.episode"})
ROBOT_CHECK = "a robot check instead of the page"
NOTHING_HERE = "the page says that there is nothing here"
LOGIN_PAGE = "a login or consent page"
LOGIN_WALL = "a login wall instead of the page"
CONSENT_WALL = "a consent wall instead of the page"
_NOT_FOUND = r"""
    (?:error\s*)?(?:404|410)(?:\W.*)? | (?:page|article|story|file)\ (?:was\ )?not\ found\W* | not\ found | seite\ nicht\ gefunden
  | page\ (?:introuvable|non\ trouvée) | página\ no\ encontrada | pagina\ non\ trovata | .*sayfa\ bulunamad[ıi].*
  | .{0,40}\b(?:can't|can’t|cannot|could\ not|couldn't|couldn’t|unable\ to)\ find\ (?:the|that|this|your)\ (?:page|article|story)\W*
  | .*страница\ не\ найдена.* | .*такой\ страницы\ нет.* | .*сторінк[уа]\ не\ знайден[оа].*
  | .*(?:صفحه|مطلب)[^.]{0,30}(?:یافت|پیدا)\ نشد.* | .*الصفحة\ (?:غير\ موجودة|المطلوبة\ غير).*
"""
_ROBOT_CHECK = r"""
    just\ a\ moment\W* | attention\ required\W* | access\ (?:to\ this\ page\ has\ been\ )?denied | 403\ forbidden
  | checking\ your\ browser.*
  | ddos-guard | are\ you\ (?:a\ )?(?:robot|human)\W* | (?:please\ )?verify\ (?:that\ )?you\ are\ (?:a\ )?human.* | robot\ check | captcha
  | pardon\ our\ interruption\W* | security\ check.* | one\ more\ step\W* | .*вы\ не\ робот.*
"""
_LOGIN = r"""
    log\ ?in | sign\ ?in | login\ required | anmelden | se\ connecter | iniciar\ sesión | giriş(?:\ yap)?
  | вход | авторизация | вхід | ورود(?:\ به\ سایت)? | تسجيل\ الدخول
  | (?:log|sign)\ ?in\ to\ (?:keep|continue|read|view|access|see)\b.{0,30}
  | melden\ sie\ sich\ (?:bitte\ )?an\b.{0,30}  # codespell:ignore sie
  | (?:войдите|авторизуйтесь|зарегистрируйтесь|увійдіть),?\ (?:чтобы|щоб)\b.{0,40}
  | before\ you\ continue.*
  | bevor\ (?:es|sie)\ (?:weiter|fort).{0,20} | (?:ihre|deine)\ (?:zustimmung|einwilligung)  # codespell:ignore sie,deine
  | avant\ de\ continuer.{0,20} | votre\ consentement | antes\ de\ continuar.{0,20} | prima\ di\ continuare.{0,20}
  | voordat\ je\ (?:verder|door).{0,20}
  | zanim\ przejdziesz.{0,20} | devam\ etmeden\ önce.{0,20} | прежде\ чем\ продолжить.{0,20}
  | قبل\ أن\ (?:تتابع|تواصل).{0,20} | پیش\ از\ ادامه
  | (?:cookie|privacy)\ (?:consent|settings|preferences) | we\ value\ your\ privacy | consent
"""
_STUB_TITLES = tuple(
    (re.compile(pattern, re.IGNORECASE | re.VERBOSE), what)
    for pattern, what in (
        (_NOT_FOUND, NOTHING_HERE),
        (_ROBOT_CHECK, ROBOT_CHECK),
        (_LOGIN, LOGIN_PAGE),
    )
)


# Walls, by what they say to the reader. Only on pages that say hardly anything else.
_WALLS = tuple(
    (re.compile(pattern, re.IGNORECASE | re.VERBOSE), what)
    for pattern, what in (
        (
            r"""
            verify\ (?:that\ )?you\ are\ (?:a\ )?human | checking\ (?:your\ browser|if\ the\ site\ connection\ is\ secure)
          | enable\ javascript\ and\ cookies\ to\ continue | unusual\ traffic\ from\ your
          | needs\ to\ review\ the\ security\ of\ your\ connection
          | complete\ the\ (?:security\ check|captcha) | (?:you\ are|you're)\ not\ a\ (?:ro)?bot | request\ blocked | cloudflare\ ray\ id
          | подтвердите,?\ что\ (?:вы\ не\ робот|запросы\ отправляли\ вы) | я\ не\ робот
          | bestätigen\ sie,\ dass\ sie\ (?:ein\ mensch|kein\ roboter)  # codespell:ignore sie
          | من\ ربات\ نیستم | أنا\ لست\ برنامج\ روبوت | robot\ olmadığınızı
            """,
            ROBOT_CHECK,
        ),
        (
            r"""
            (?:page|article|story|content)\ (?:that\ )?you(?:'re|’re|\ are|\ were|'ve|’ve|\ have)?\ (?:been\ )?(?:looking\ for|requested)
            [^.]{0,60}(?:not|n't|n’t|no\ longer|removed|moved)
          | (?:we\ )?(?:can't|can’t|cannot|could\ not|couldn't|couldn’t)\ (?:seem\ to\ )?find\ (?:the|that)\ (?:page|article|story)\b
          | (?:page|article|story)\ (?:could\ not\ be\ found|no\ longer\ exists|is\ no\ longer\ available)
          | (?:page|article|story)\ (?:does\ not|doesn['’]t)\ exist
          | (?:seite|artikel)\ (?:wurde|konnte|existiert|ist)\ (?:leider\ )?nicht\ (?:gefunden|mehr)
          | cette\ page\ n['’]existe\ (?:pas|plus)
          | страниц[аы]\ (?:не\ (?:найдена|существует)|была\ удалена|удалена) | сторінк[аи]\ не\ (?:знайдено|існує)
          | (?:صفحه|مطلب|خبر)[^.]{0,40}(?:یافت|پیدا)\ نشد | الصفحة\ (?:التي\ تبحث\ عنها|المطلوبة)[^.]{0,30}(?:غير|لم|لا)
          | sayfa\ bulunamad[ıi]
            """,
            NOTHING_HERE,
        ),
        (
            r"""
            (?:please\ )?(?:log|sign)\ ?in\ to\ (?:continue|read|view|access|see)
          | you\ (?:must|need\ to)\ (?:be\ logged\ in|log\ ?in|sign\ ?in|register)
          | this\ (?:story|article|page|content)\ is\ (?:only\ )?(?:available|open|reserved)\ (?:only\ )?(?:to|for)\ registered\b
          | (?:create|register\ for)\ (?:a\ )?(?:free\ )?account\ to\ (?:continue|read)
          | melden\ sie\ sich\ (?:bitte\ )?an,?\ um  # codespell:ignore sie
          | (?:войдите|авторизуйтесь|зарегистрируйтесь),?\ чтобы | (?:увійдіть|зареєструйтеся),?\ щоб
          | برای\ (?:مشاهده|ادامه)[^.]{0,40}وارد\ شوید
          | (?:يرجى|الرجاء)\ تسجيل\ الدخول | devam\ etmek\ için\ giriş\ yap
            """,
            LOGIN_WALL,
        ),
        (
            r"""
            before\ you\ continue\ to | we\ value\ your\ privacy
          | (?:we|our\ partners)[^.]{0,60}\ (?:use|store)\ (?:cookies|and/or\ access\ information)
          | \b(?:wir|nous|noi|nosotros|wij|we|biz|мы|ми)\ (?:und|et|e|y|en|ve|и|та)\ (?:unsere|nos|i\ nostri|nuestros|onze|наши|наші)\b
            \ (?:\d[\d.]*\ )(?:part|socios|партн)
          | mit\ werbung\ (?:und\ tracking\ )?(?:weiter|nutzen|lesen)
          | (?:accept|allow|reject)\ all\ (?:cookies)? | wir\ (?:verwenden|nutzen|benötigen\ ihre)\ (?:cookies|zustimmung)
          | alle\ (?:cookies\ )?akzeptieren  # codespell:ignore alle
          | (?:nous|nos\ partenaires)[^.]{0,60}\ utilis(?:ons|ent)\ des\ cookies  # codespell:ignore utilis,ons
          | tout\ accepter | utilizamos\ cookies
          | aceptar\ (?:todas|todo)
          | (?:мы\ )?используем\ (?:файлы\ )?(?:cookies?|куки) | çerez(?:leri|ler)?\ (?:kullan|kabul) | (?:از\ )?کوکی[^.]{0,30}استفاده
          | ملفات\ تعريف\ الارتباط
            """,
            CONSENT_WALL,
        ),
    )
)
_RIGHTS = re.compile(
    r"\A\W*(?:©|copyright\b)|all rights reserved|alle rechte vorbehalten|tous droits réservés"  # codespell:ignore alle
    r"|todos los derechos|все права защищены|усі права захищені|tüm hakları|جميع الحقوق محفوظة|حقوق[^.]{0,30}محفوظ",
    re.IGNORECASE,
)
# Which walls' phrases in the first lines confirm what a title says.
_SAID_BY_TITLES = {
    NOTHING_HERE: frozenset({NOTHING_HERE}),
    ROBOT_CHECK: frozenset({ROBOT_CHECK}),
    LOGIN_PAGE: frozenset({LOGIN_WALL, CONSENT_WALL}),
}
_PAYWALL = re.compile(
    r"""
    (?:subscribe|sign\ up|register|log\ ?in)[^.!?]{0,40}\ to\ (?:continue|keep|read|unlock) | to\ (?:continue|keep)\ reading
  | (?:is|are)\ (?:only\ )?(?:available\ )?(?:for|to)\ (?:our\ )?subscribers\ only
  | for\ subscribers\ only | subscriber[- ]only
  | this\ (?:article|story|content)\ is\ (?:reserved\ |exclusively\ )?for\ (?:our\ )?(?:paying\ )?(?:subscribers|members)
  | jetzt\ weiterlesen | weiterlesen\ mit | (?:mit|im)\ (?:dem\ )?[\w+-]*abo\ (?:weiter)?lesen | nur\ für\ abonnenten
  | (?:article|contenu|suite)\ (?:est\ )?réservée?\ aux\ abonnés | para\ seguir\ leyendo | (?:solo|exclusivo)\ para\ suscriptores
  | (?:читайте|доступн[аоы]|продолжение)[^.]{0,40}\ (?:по\ подписке|подписчикам|для\ подписчиков) | оформите\ подписку
  | برای\ ادامه[^.]{0,30}(?:اشتراک|مشترک) | للمشتركين\ فقط | abonelere\ özel
    """,
    re.IGNORECASE | re.VERBOSE,
)
# One of these is in whatever asks for money; far quicker to look for than the phrases.
_PAYWALL_STEMS = (
    *(
        "subscri",
        "sign up",
        "register",
        "login",
        "log in",
        "reading",
        "weiterlesen",
        "lesen",
        "abonn",
        "leyendo",
        "suscriptores",
        "members",
    ),
    *("подпис", "ادامه", "للمشتركين", "abonelere"),
)
_LISTING_PATH = re.compile(
    r"/(?:tags?|topics?|themen?|keywords?|etiquetas?|category|categories|kategorien?|rubrik|rubrics?|authors?"
    r"|autor|search|suche"  # codespell:ignore autor
    r"|archives?|sujet)/[^/]+/?\Z|/(?:search|page/\d+)/?\Z",
    re.IGNORECASE,
)


def why_not_bytes(body: bytes) -> str | None:
    """Name what these bytes are, where they are certainly no text; None where they may be a page."""
    return next((what for signature, what in _SIGNATURES if body.startswith(signature)), None)


def why_not_html(text: str, content_type: str) -> str | None:
    """Say why decoded characters are no web page, by what they begin with and by what the server calls them."""
    head = text[:_SNIFFED_CHARS]
    if (root := _FEED_ROOT.match(head)) is not None:
        return f"an XML document: <{root[1]}>"
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _HTML_TYPES:
        return None if _HTML_HEAD.search(head) else f"Content-Type {kind} and no HTML in it"
    return None if _HTML.search(head) or _HTML.search(text) else "no HTML in it"


def why_empty(text: str, *, words: int) -> str | None:
    """Say why a text is none: no words at all, or a few that are nearly all menu items, as around a video without a story."""
    if not words:
        return "no readable text in the page"
    lines = text.split("\n")
    short = sum(len(line.split()) <= _MENU_WORDS for line in lines)
    if words < _FEW_WORDS and len(lines) >= _MENU_LINES and short > len(lines) / 2:
        return f"nothing but {len(lines)} short lines, as of a menu"
    return None


def why_not_article(
    *,
    title: str,
    words: int,
    is_stated_article: bool,
    asked: str,
    final: str,
    text: str = "",
    visible: str = "",
    link_density: float = 0.0,
    teaser_share: float = 0.0,
    kinds: frozenset[str] = frozenset(),
) -> str | None:
    """Say why a readable page is no article; None for everything that might be one.

    `visible` is what people read on a page without a text, `kinds` what the page calls itself (JSON-LD, og:type, body's class),
    `teaser_share` what part of the text only leads to other pages.
    """
    if is_home(final) and not is_home(asked):
        return "redirected to the home page"
    named = why_wall(text, words=words) if words else why_wall(visible, words=0)
    if named and (not is_stated_article or words < _HARDLY_WORDS):
        return named
    if is_stated_article:
        return None
    return (
        _why_titled(title, text, words=words)
        or _why_video(text, words=words, kinds=kinds)
        or _why_listing(final, words=words, link_density=link_density, teaser_share=teaser_share, kinds=kinds)
    )


def _why_titled(title: str, text: str, *, words: int) -> str | None:
    """Name the stub that a title speaks of: on a short page, or where the first lines speak of the same."""
    pieces = (title, *split_title(title))
    what = next((what for pattern, what in _STUB_TITLES for piece in pieces if pattern.fullmatch(piece.strip())), None)
    if what is None or words < _STUB_WORDS:
        return what
    first = text.split("\n")[:_FIRST_LINES] if words < _TITLED_STUB_WORDS else ()
    walls = {wall for pattern, wall in _WALLS if any(pattern.search(line) for line in first)}
    return what if walls & _SAID_BY_TITLES[what] else None


def _why_video(text: str, *, words: int, kinds: frozenset[str]) -> str | None:
    """Tell a video's page by its own word; what asks for consent or reserves rights is not counted as its story."""
    if not kinds & _VIDEO_KINDS or words >= _TITLED_STUB_WORDS:
        return None
    asking = sum(len(line.split()) for line in text.split("\n") if _is_small_print(line))
    is_video = any(kind.startswith("video.") for kind in kinds)
    return "a video without a story" if words - asking < (_VIDEO_WORDS if is_video else _HARDLY_WORDS) else None


def _is_small_print(line: str) -> bool:
    return _RIGHTS.search(line) is not None or any(pattern.search(line) for pattern, _ in _WALLS)


def why_wall(text: str, *, words: int) -> str | None:
    """Name the wall that a few words are: most of them stand in lines with its phrases. A news flash above a cookie line is none."""
    if words >= _WALL_WORDS or len(text) > _MAX_WALL_CHARS:
        return None
    lines = text.split("\n")
    for pattern, what in _WALLS:
        said = sum(len(line) for line in lines if pattern.search(line))
        if said >= _WALL_SHARE * len(text) > 0:
            return what
    return None


def is_cut_by_paywall(text: str) -> bool:
    """Tell whether the end of a text asks for money instead of going on. Long texts do so below a whole story, too."""
    last = text.split("\n")[-_LAST_LINES:] if len(text) <= _MAX_TEASER_CHARS else ()
    return any(asks_to_pay(line) for line in last if len(line) <= _MAX_ASKING_CHARS)


def without_asking(text: str) -> str:
    """Take off the end of a teaser the lines that ask for money."""
    lines = text.split("\n")
    ending = max(len(lines) - _LAST_LINES, 1)
    kept = (line for line in lines[ending:] if len(line) > _MAX_ASKING_CHARS or not asks_to_pay(line))
    return "\n".join((*lines[:ending], *kept))


def asks_to_pay(visible: str) -> bool:
    """Tell whether a page says anywhere that the rest is for those who pay. To be asked of pages with a teaser's amount of text."""
    lower = visible.lower()
    return any(stem in lower for stem in _PAYWALL_STEMS) and _PAYWALL.search(visible) is not None


def _why_listing(url: str, *, words: int, link_density: float, teaser_share: float, kinds: frozenset[str]) -> str | None:
    """Say that a page lists stories instead of telling one: its text is links or teasers, or both it and its address say so."""
    is_listed, has_address = bool(kinds & _LISTING_KINDS), _LISTING_PATH.search(urlsplit(url).path) is not None
    is_linked = link_density >= _SOME_LINKS
    if is_listed and (is_linked or has_address):
        return "a section or tag page, by its own word" if is_linked else "a section or tag page, by its own word and its address"
    if has_address and is_linked:
        return "a section or tag page, by its address"
    if link_density >= _ALL_LINKS and words < _LINKS_WORDS:
        return "nothing but links"
    is_teasers = teaser_share >= _TEASERS_SHARE and words < _LINKS_WORDS and not is_home(url)
    return "nothing but teasers of other pages" if is_teasers else None


def is_home(url: str) -> bool:
    """Tell whether an address is the front page of its host."""
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query
