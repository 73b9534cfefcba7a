"""What stands within or beside an article and is not its body: menus, captions, embeds, related headlines, promotion, consent.

Elements are known by tag, role and the words in their class and id; lines by how they begin. Refuses to drop a long paragraph
for its class alone: publishers mark the paid part of a body with words such as 'paywall'.
"""

from __future__ import annotations

import re
from functools import lru_cache

from lxml.html import HtmlElement

from extractors.pages.stubs import asks_to_pay

UNREAD = frozenset(("script", "style", "noscript", "template", "svg", "select", "option", "textarea", "head", "title", "link", "meta"))
# Never body, however much text is in them.
_NEVER_NAMES = "nav button input iframe figcaption object embed video audio canvas picture map dialog menu math progress"
NEVER = UNREAD | frozenset(_NEVER_NAMES.split())
# Not body unless most of the page's text is in them.
RARELY = frozenset(("header", "aside", "form", "address", "fieldset", "label", "time", "footer", "figure"))
# Within a line: leaving these out does not end it.
_INLINE_TEXT = "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rb rt ruby s samp small span strike"
_INLINE_REST = "strong sub sup time tt u var wbr script style noscript template svg button input picture map link meta progress"
INLINE = frozenset((*_INLINE_TEXT.split(), *_INLINE_REST.split()))

_ROLES = frozenset(("navigation", "complementary", "contentinfo", "search", "dialog", "banner", "form"))
_LONG_PARAGRAPH_CHARS = 180
_LONG_NAME_CHARS = 400  # atomic CSS: dozens of classes that say nothing
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_INVISIBLE = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_UNSEEN_NAMES = re.compile(r"(?:^|[\s_-])(?:sr-only|visually-?hidden|screen-?reader\w*|a11y-hidden)(?:$|[\s_-])", re.IGNORECASE)
_UNSEEN_STYLE = re.compile(r"display\s*:\s*none|clip\s*:\s*rect\(\s*[01]|clip-path\s*:\s*inset\(\s*(?:50|100)%", re.IGNORECASE)

_PROMOTION = r"""
    ad | ads | advert\w* | adbox | adslot | banner | sponsor\w* | promo\w* | outbrain | taboola | teaser\w* | related\w* | relacionad\w*
  | recommend\w* | read-?(?:more|next|also) | more-?(?:stories|news|on|from|articles|coverage) | most-?(?:read|popular|viewed) | popular
  | trending | recirc\w* | also-?read | newsletter\w* | subscri\w* | sign-?up | regwall | login | register | donat\w* | membership | cta
  | inline-?(?:promo|related|newsletter) | next-?(?:article|post|story) | prev(?:ious)?-?(?:next|article|post|story)
"""
_TALK = r"""
    comment\w* | disqus\w* | respond | replies | discussion | share\w* | sharing | social\w* | follow-?us | addthis\w* | addtoany\w* | poll
  | quiz | correction-form
"""
_FURNITURE = r"""
    breadcrumb\w* | crumb\w* | pagination | pager | navigation | post-?navigation | nav | navbar | menu | toolbar | skip-?link | sidebar
  | rail | widget\w* | footer | masthead | copyright | legal | disclaimer | cookie\w* | consent | gdpr | onetrust\w* | ot-sdk\w* | ot-pc\w*
  | optanon\w* | cmp | pc-policy\w* | modal | popup | overlay | lightbox | hidden | visually-?hidden | sr-only | screen-?reader\w*
  | fact-?box | app-?(?:hint|banner|promo)
  | print-only | no-?print | offscreen | infobox | tooltip | notification | alert | loading | spinner | jump-?to | toc
"""
_ABOUT = r"""
    byline\w* | kicker | over-?line | eye-?brow | top-?line | dachzeile
  | author-?(?:bio|box|card|info|profile|about|details|block|name)? | authors | bio | dateline | timestamp
  | (?:post|entry|article)-?meta | meta | metadata | published | pub-?date | reading-?time | readtime | tags? | tag-?(?:list|links|cloud)
  | topics | keywords | categories | cat-?links | hashtags
"""
_MEDIA = r"""
    caption\w* | wp-caption-text | credit\w* | gallery | slideshow | carousel | slider | photo-?credit | image-?(?:credit|source|caption)
  | media-?(?:caption|credit) | figure\w* | figcaption | embed\w* | twitter-tweet | instagram-media | tiktok-embed | fb-post
  | video-?(?:player|caption|js) | player | audio-?player
"""
_NAMES = re.compile(
    rf"(?:^|(?<!no)(?<!has)(?<!with)(?<!without)[\s_-])(?:{_PROMOTION}|{_TALK}|{_FURNITURE}|{_ABOUT}|{_MEDIA})(?:$|[\s_\-\d])",
    re.IGNORECASE | re.VERBOSE,
)

_CAPTION_CHARS, _PROMPT_CHARS, _PROMO_CHARS = 70, 60, 300
_CAPTION = re.compile(
    r"(?:photo|foto|image|bild|picture|credit|getty images|reuters|afp|source|quelle|fuente|fonte)\b[^.]{0,60}", re.IGNORECASE
)
# How a caption ends that names who took the picture.
_CREDIT = re.compile(
    r"""(?:\b(?:foto|bild|photo|picture|image|credit|фото|عکس|صورة)s?(?:\s+(?:credit|by))?\s*:\s*[^.]{2,60}
      |getty\ images|[/©]\s?(?:afp|reuters|ap|dpa|epa))\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
_CREDITED_CHARS = 350
# A heading below which a list of other stories stands, up to the end.
_MORE = re.compile(
    r"""(?:more\ (?:\w+\ ){0,3}(?:stories|news|articles|coverage)|related(?:\ \w+)?|read\ (?:more|next)|recommended(?:\ \w+)?
      |mehr\ zum\ thema|lire\ aussi|lea\ también|leggi\ anche|читайте\ также|■?\s*関連記事|بیشتر\ بخوانید|اقرأ\ أيضا)\W*""",
    re.IGNORECASE | re.VERBOSE,
)
_HEADLINE_CHARS = 140
# Who else worked on it and how to reach them; at the end of a text only.
_SIGN_OFF = re.compile(
    r""".{0,160}\bcontribut\w+\ (?:to\ (?:this|the)|reporting)\b.{0,80}|.{0,160}\bfollow\ (?:us|him|her|them)\ on\b.*
      |.{0,80}\bcan\ be\ reached\ at\b.{0,80}|(?:copyright|©|\(c\)).{0,120}|.{0,120}\ball\ rights\ reserved\W*
      |our\ (?:\w+\ )?(?:standards|polic(?:y|ies)|guidelines|principles)\b.{0,80}""",
    re.IGNORECASE | re.VERBOSE,
)
_SIGN_OFF_LINES = 4
# A line that begins so and is short, or is a link for the most part.
_PROMPT = re.compile(
    r"""(?:listen\ to|watch|read\ (?:more|also|next)|also\ read|more\ great|related|recommended|don.t\ miss|click\ here|sign\ up
      |get\ the\ latest|subscribe|follow|join\ us|like\ this\ story|copyright|©|advertisement|table\ of\ contents
      |see\ also|(?:last\ )?updated\ (?:at|on)
      |image\ \d+\ of\ \d+|lire\ aussi|à\ lire|à\ découvrir|publicité|mehr\ zum\ thema|lesen\ sie\ auch|anzeige|leia\ também
      |lea\ también|leggi\ anche|■?\s*関連記事|читайте\ также|реклама|بیشتر\ بخوانید|اقرأ\ أيضا)""",
    re.IGNORECASE | re.VERBOSE,
)
# A line that begins so, if it is not a long paragraph.
_PROMO = re.compile(
    r"""(?:follow\ |sign\ up\ |subscribe\ |\(?(?:additional\ )?reporting\ by\ |empfohlener\ redaktioneller
      |an\ dieser\ stelle\ finden\ sie|ich\ bin\ damit\ einverstanden)""",
    re.IGNORECASE | re.VERBOSE,
)


def is_clutter(element: HtmlElement) -> bool:
    """Tell whether an element's names, role or state say that it is no part of a body."""
    if not element.attrib:  # as most paragraphs
        return False
    if element.get("hidden") is not None or element.get("aria-hidden") == "true" or element.get("role") in _ROLES:
        return True
    style = element.get("style")
    if style and _INVISIBLE.search(style):
        return True
    pieces = (element.get("class"), element.get("id"), element.get("data-testid") or element.get("data-component"))
    names = " ".join(filter(None, pieces))
    return bool(names) and _is_clutter_name(names) and not (element.tag == "p" and len("".join(element.itertext())) > _LONG_PARAGRAPH_CHARS)


@lru_cache(maxsize=8192)
def _is_clutter_name(names: str) -> bool:
    split = _HUMP.sub("-", names)
    return len(split) < _LONG_NAME_CHARS and _NAMES.search(split) is not None


def is_unseen(element: HtmlElement) -> bool:
    """Tell whether an element within a line is there for screen readers only."""
    names, style = element.get("class"), element.get("style")
    return bool((names and _UNSEEN_NAMES.search(names)) or (style and _UNSEEN_STYLE.search(style)))


def is_clutter_line(line: str, *, link_share: float = 0.0) -> bool:
    """Tell whether a line is a credit or promotion; `link_share` is the part of its characters that are links.

    What asks for money stays: it tells how much of a story the page shows, and goes once that is told (stubs.py).
    """
    chars = len(line)
    if chars < _CAPTION_CHARS and _CAPTION.fullmatch(line):
        return True
    if chars < _CREDITED_CHARS and _may_end_in_credit(line) and _CREDIT.search(line):
        return True
    if chars >= _PROMO_CHARS:
        return False
    is_prompt = (chars < _PROMPT_CHARS or link_share > 0.2) and _PROMPT.match(line) is not None
    return (is_prompt or _PROMO.match(line) is not None) and not asks_to_pay(line)


def _may_end_in_credit(line: str) -> bool:
    """Tell whether there is a mark in a line that every credit has; far quicker than to look for one."""
    return ":" in line or "/" in line or "©" in line or "getty images" in line.lower()


def without_tail(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Cut off the list of other stories and the signing off at the end of a text; what cannot be told from body stays."""
    for at, line in enumerate(lines):
        if at and len(line) < _HEADLINE_CHARS and _MORE.fullmatch(line) and all(len(later) < _HEADLINE_CHARS for later in lines[at + 1 :]):
            lines = lines[:at]
            break
    ending = max(len(lines) - _SIGN_OFF_LINES, 1)
    return (*lines[:ending], *(line for line in lines[ending:] if not _SIGN_OFF.fullmatch(line)))
