"""Who wrote it: JSON-LD first, then the meta tags, then the byline; names alone, each once.

Refuses what is no name: addresses, handles, job titles, the outlet itself beside a person who works for it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator

from lxml.html import HtmlElement

from extractors.feeds.months import month_of
from extractors.feeds.text import clean_line
from extractors.pages.jsonld import LinkedArticle
from extractors.pages.markup import marked, text_of, word_key

_META = (
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "cxenseparse:author",
    "dc.creator",
    "dcterms.creator",
    "dc.author",
    "citation_author",
    "byl",
    "article_author",
    "article.author",
    "og:article:author",
    "og:author",
    "book:author",
    "creator",
)
_TWITTER_LABEL = re.compile(r"written by|auth?or|автор|verfasst|geschrieben|écrit|escrito|yazan|نویسنده|كاتب", re.IGNORECASE)
_BYLINE_TAGS = ("span", "div", "p", "a", "address", "li", "strong", "b", "small", "time", "h3", "h4", "h5", "h6")
_BYLINE_CLASS = re.compile(
    r"by-?line|(?<!comment)(?<!comment[-_])(?:auth?or(?:en)?|auteur|writer)(?!i[sz]|-?box)",  # not: authorised, author-box
    re.IGNORECASE,
)
_WORDED = re.compile(
    r"""\s*(?:
        (?:(?:[Ww]ritten|[Ss]tory|[Pp]osted|[Pp]ublished|[Rr]eported)\ )?[Bb]y:?(?=\s|$) | BY:?(?=\s|$)
      | (?:Von|VON|Par|PAR|Por|POR|Di|Door|Av|Af)(?=\s|$) | (?:Text|Texte|Texto|Interview|Tekst|Testo)\s*:
      | Автор(?:ы|и|ка)?\s*: | Текст\s*: | (?:Беседовал|Подготовил|Записал)(?:а|и|о)?\b:? | Авторка\b
      | نوی?ي?سنده\s*: | نوشته\s | گزارش(?:گر)?\s*: | بقلم\s*:? | كتبت?\s*: | إعداد\s*: | تحرير\s*:
      | Yazan\s*: | Haber\s*: | Röportaj\s*: | [文撰]\s*[:：・/／]
      | 作者\s*[:：] | [记記]者\s*[:：]? | (?:来源|來源)[:：]\S+\s+[记記]者\s
    )""",
    re.VERBOSE,
)
_NO_BYLINE_TAGS = frozenset(("script", "style", "title", "option", "button", "label", "h1", "h2", "blockquote", "q", "li", "td", "th"))
_PROFILE = re.compile(
    r"/(?:auth?or(?:s|es|en)?|auteurs?|autori|writers?|journalists?|reporters?|editors?|staff(?:-contributors)?|contributors?|columnists?|people"
    r"|profiles?|team|newsteam|redaktion|by)/(?:[^/?#]+/)?([^/?#.]+-[^/?#.]+)/?(?:\.html?)?(?:[?#]|\Z)",
    re.IGNORECASE,
)
_NOT_THIS_ARTICLE = re.compile(
    r"comment|related|sidebar|teaser|(?<!v)card|recommend|popular|most-?read|footer|widget|promo(?!te)|avatar|image|caption|bio",
    re.IGNORECASE,  # but: vcard is the microformat of a person, node--promoted a whole article
)
_NEAR = 5  # how far up an element's surroundings tell what it belongs to; further up, classes speak of the whole page
_MAX_BYLINE_CHARS = 120
_MAX_BYLINES = 200  # looked at; a page with more candidates lists articles
_MAX_NAME_WORDS = 6
_MAX_NAME_CHARS = 60
_MAX_AUTHORS = 30

_LEAD = re.compile(
    r"""\A\W*(?:
        (?:article|written|story|reporting|reported|reviewed|text|words|analysis|opinion|posted|published)\s+by\b | by\b(?!-)
      | (?:view\ |see\ )?(?:all\ )?posts\ by\b | zeige\ alle\ beiträge\ von\b | interview(?=\s*:)  # codespell:ignore alle
      | (?:veröffentlicht|erstellt|geschrieben|verfasst|publié|publicado|escrito)\s+(?:von|par|por)\b
      | auth?or(?:s|in|a|es|en)?\b | auteur\b | text\b | yazan\b | haber\b
      | автор(?:ы|ка|и)?\b | текст\b | (?:беседовал|подготовил|записал)[аио]?\b | نوی?ي?سنده | نوشته | گزارش(?:گر)?(?=\s*:)
      | بقلم | كتب(?:ت)?\b | إعداد(?=\s*:) | تحرير(?=\s*:) | röportaj\b | (?:来源|來源)[:：]\S+\s+[记記]者
      | 作者 | 记者 | 記者 | [文撰](?=\s*[:：・/／])
    )\s*[:：・/／]?\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_SHORT_LEAD = re.compile(  # these begin surnames, too
    r"\A(?:(?:[Vv]on|VON|[Pp]ar|PAR|[Pp]or|POR|[Dd]i|[Aa]v|[Aa]f|[Dd]oor)\s+(?=\S+\s+\S)|(?:von|par|por|av|af|door)\s+(?=\S+\s*\Z))"
)
_REST = re.compile(
    r"""(?:^|\s+)(?:published|updated|posted|on|am|vom|um|le|at|in|veröffentlicht|aktualisiert|publié|опубликовано|обновлено)\s.*
      | \s*\d.*""",
    re.IGNORECASE | re.VERBOSE,
)
_NOISE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\w+|@\w+|\([^)]{0,60}\)|\[[^\]]{0,60}\]")
_SPLIT = re.compile(r"\s*[;、，•]\s*|\s+[|/·–—-]\s+|\s*\|\s*")
_AND = re.compile(r"\s+(?:and|&|und|et|и|і|та|و|ve|og|och|i)\s+", re.IGNORECASE)
_ROLE = re.compile(
    r"""\b(?:reporter|editor|correspondent|writer|columnist|journalist|staff|contributor|producer|chief|director|professor|analyst|fellow
      | bureau|desk|team|newsroom|redaktion|redakteur(?:in)?|korrespondent(?:in)?|корреспондент|редактор|обозреватель|خبرنگار|مراسل|muhabir
      | updated|published|min\ read|minutes?|ago|am|pm|gmt|utc|est|follow|subscribe|share|view|more|posts?|photo|image|getty
      | admin|login|unknown|anonymous|no\ author|about\ the\ author)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_WRITTEN_SOLID = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")  # names without a space inside
_EDGES = " \t,.:;|/\\-–—•·'\"“”«»*"


def find_authors(
    tree: HtmlElement, *, linked: LinkedArticle | None, meta: dict[str, tuple[str, ...]], sites: Iterable[str]
) -> tuple[str, ...]:
    """Name the authors in the order of the page; the outlet itself only where it names nobody else."""
    outlet = {word_key(site).replace(" ", "") for site in sites} - {""}
    stated = []
    for names in map(_distinct, (_linked_names(linked), _meta_names(meta), _marked_names(tree))):
        people = tuple(name for name in names if not _is_outlet(name, outlet))
        if people:
            return people[:_MAX_AUTHORS]
        stated.append(names)
    # Words that merely look like a byline are asked last: where the page names its outlet as the author, they are no better.
    return next(filter(None, stated), ())[:_MAX_AUTHORS] or _distinct(_printed_names(tree))[:_MAX_AUTHORS]


def clean_names(text: str) -> Iterator[str]:
    """Read names out of a byline as it is printed: 'By Ann Lee and Bo Diaz, Chief Editor | Reuters' → Ann Lee, Bo Diaz, Reuters."""
    text = _LEAD.sub("", " ".join(_NOISE.sub(" ", clean_line(text)).split()))
    for place, piece in enumerate(_SPLIT.split(_SHORT_LEAD.sub("", text))):
        for further, part in enumerate(_comma_parts(piece)):
            names = filter(_is_name, map(_trim, _and_parts(part)))
            # 'Gear Team' may be the author; behind a name it is what the author is.
            yield from (name for name in names if not (place or further) or not _ROLE.search(name))


def _linked_names(linked: LinkedArticle | None) -> Iterator[str]:
    for author in linked.authors if linked else ():
        if author.is_organization:
            yield from filter(_is_name, (_trim(_NOISE.sub(" ", author.name)),))
        else:
            yield from clean_names(author.name)


def _meta_names(meta: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """Read the first tag that has names; many pages say the same in several."""
    for key in _META:
        names = [name for content in meta.get(key, ()) for name in clean_names(content) if not name.isdigit()]
        if names:
            yield from names
            return
    for number in ("1", "2"):
        if _TWITTER_LABEL.search(" ".join(meta.get(f"twitter:label{number}", ()))):
            yield from (name for content in meta.get(f"twitter:data{number}", ()) for name in clean_names(content))


def _marked_names(tree: HtmlElement) -> Iterator[str]:
    """Read names in markup that means an author: microdata, else rel=author, else a link to a person's own page."""
    yield from _first_names((_microdata(tree), _rel_author(tree), _profiles(tree)), looks_right=_has_no_job)


def _printed_names(tree: HtmlElement) -> Iterator[str]:
    """Read names in what looks like a byline: a class that says so, else a line that begins with 'By'."""
    yield from _first_names((_classed(tree), _worded(tree)), looks_right=_looks_personal)


def _first_names(places: Iterable[Iterator[HtmlElement]], *, looks_right: Callable[[str], bool]) -> Iterator[str]:
    """Read the first of the places that has names; what stands apart from its first element belongs to other articles."""
    for elements in places:
        names: list[str] = []
        block: HtmlElement | None = None
        for element in itertools.islice(elements, _MAX_BYLINES):
            block = _block_of(element) if block is None else block
            if block is _block_of(element) or block in element.iterancestors():
                text = _REST.sub("", text_of(element))
                names += [name for name in map(_without_month, clean_names(text)) if name and looks_right(name)]
        if names:
            yield from names
            return


def _block_of(element: HtmlElement) -> HtmlElement:
    """Find what holds a whole byline: two levels up."""
    around = list(element.iterancestors())
    return around[min(1, len(around) - 1)] if around else element


def _without_month(name: str) -> str:
    """Cut off a month: 'Ann Lee December' is a name in front of a date."""
    words = name.split()
    return " ".join(words[:-1] if words and month_of(words[-1].strip(".").casefold()) else words)


def _microdata(tree: HtmlElement) -> Iterator[HtmlElement]:
    for element in marked(tree, "author"):
        if not is_elsewhere(element):
            inner = [child for child in element.iter() if "name" in (child.get("itemprop") or "").split()]
            yield from (child for child in (inner or [element]) if child.tag != "meta" and _is_short(child))


def _rel_author(tree: HtmlElement) -> Iterator[HtmlElement]:
    for element in tree.iter("a"):
        if "author" in (element.get("rel") or "").lower().split() and not is_elsewhere(element) and _is_short(element):
            yield element


def _profiles(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Find links whose address spells their text behind a word for authors: <a href="/staff/ann-lee/">Ann Lee</a>."""
    for element in tree.iter("a"):
        found = _PROFILE.search(element.get("href") or "")
        if (
            found
            and _is_short(element)
            and word_key(text_of(element)) == word_key(found[1].replace("-", " "))
            and not is_elsewhere(element)
        ):
            yield element


def _classed(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Find the first element whose class calls it a byline, and its neighbours of the same class."""
    wanted: str | None = None
    named = (element for element in tree.iter(*_BYLINE_TAGS) if _BYLINE_CLASS.search(element.get("class") or ""))
    for element in itertools.islice(named, _MAX_BYLINES):
        name = element.get("class")
        if wanted in {None, name} and not is_elsewhere(element) and _is_short(element):
            wanted = name
            yield element


def _worded(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Find the first element that begins with 'By' or its like, whatever its tag: many sites invent their own."""
    for element in tree.iter():
        text = element.text
        is_worded = text and isinstance(element.tag, str) and element.tag not in _NO_BYLINE_TAGS and _WORDED.match(text)
        if is_worded and not is_elsewhere(element) and _is_short(element):
            yield element
            return


def is_elsewhere(element: HtmlElement) -> bool:
    """Tell whether an element belongs to comments, to a teaser of another article or to a picture."""
    around = [element, *element.iterancestors()]
    # Some put the whole byline into an <aside>, but then as an <address> (HTML, section 4.3.10: contact for the article).
    is_contact = any(node.tag == "address" for node in around)
    return any(node.tag in {"nav", "figure"} or (node.tag == "aside" and not is_contact) for node in around) or any(
        _NOT_THIS_ARTICLE.search(f"{node.get('class') or ''} {node.get('id') or ''}") for node in around[:_NEAR] if node.tag != "body"
    )


def _is_short(element: HtmlElement) -> bool:
    """Tell whether there is a byline's amount of text in an element, without reading on once there is more."""
    length = 0
    for piece in element.itertext():
        length += len(piece.strip())
        if length > _MAX_BYLINE_CHARS:
            return False
    return length > 0


def _comma_parts(text: str) -> tuple[str, ...]:
    """Split names at commas. A single word behind a name is a place or a degree; 'Lee, Ann' is one name."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) == 2 and all(" " not in part for part in parts) and not _WRITTEN_SOLID.search(text):
        return (f"{parts[1]} {parts[0]}",)
    kept = [part for part in parts[1:] if " " in part or _WRITTEN_SOLID.search(part) or part.isupper()]
    return tuple(parts[:1] + kept)


def _and_parts(text: str) -> tuple[str, ...]:
    """Split at a conjunction, where what stands before it is a whole name."""
    parts = _AND.split(text)
    return tuple(parts) if all(" " in part or part.isupper() for part in parts) else (text,)


def _trim(name: str) -> str:
    return " ".join(name.split()).strip(_EDGES)


def _is_name(name: str) -> bool:
    words = name.split()
    return 0 < len(words) <= _MAX_NAME_WORDS and 1 < len(name) <= _MAX_NAME_CHARS and any(char.isalpha() for char in name)


def _has_no_job(name: str) -> bool:
    return not _ROLE.search(name)


def _looks_personal(name: str) -> bool:
    """Markup called 'author' holds all kinds of words: a name has no digits, no job in it and no small letter first."""
    return _has_no_job(name) and not any(char.isdigit() for char in name) and not name[0].islower()


def _is_outlet(name: str, outlet: set[str]) -> bool:
    return word_key(name).replace(" ", "") in outlet


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Keep each name once, in order."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(word_key(name), name)
    return tuple(found.values())
