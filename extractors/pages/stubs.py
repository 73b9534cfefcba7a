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
_NOT_FOUND = r"""
    (?:error\s*)?(?:404|410)(?:\W.*)? | (?:page|article|story|file)\ (?:was\ )?not\ found\W* | not\ found | seite\ nicht\ gefunden
  | page\ (?:introuvable|non\ trouvée) | página\ no\ encontrada | pagina\ non\ trovata | .*sayfa\ bulunamad[ıi].*
  | .*страница\ не\ найдена.* | .*сторінк[уа]\ не\ знайден[оа].*
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
  | before\ you\ continue.* | (?:cookie|privacy)\ (?:consent|settings|preferences) | we\ value\ your\ privacy | consent
"""
_STUB_TITLES = tuple(
    (re.compile(pattern, re.IGNORECASE | re.VERBOSE), what)
    for pattern, what in (
        (_NOT_FOUND, "the page says that there is nothing here"),
        (_ROBOT_CHECK, "a robot check instead of the page"),
        (_LOGIN, "a login or consent page"),
    )
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


def why_not_article(*, title: str, words: int, is_stated_article: bool, asked: str, final: str) -> str | None:
    """Say why a readable page is no article; None for everything that might be one."""
    if is_home(final) and not is_home(asked):
        return "redirected to the home page"
    if words >= _STUB_WORDS or is_stated_article:
        return None
    pieces = (title, *split_title(title))
    return next((what for pattern, what in _STUB_TITLES for piece in pieces if pattern.fullmatch(piece.strip())), None)


def is_home(url: str) -> bool:
    """Tell whether an address is the front page of its host."""
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query
