"""Page → reading, the one place where the steps stand in their order.

Pure: a page, its hints and a classifier in, a reading out; whatever a page is, it becomes an article or a rejection with a
reason. Refuses to believe addresses: only those within the registrable domain that was asked count as the same article.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from lxml.html import HtmlElement

from extractors.archives.captures import read_capture
from extractors.feeds.text import plain_to_text
from extractors.pages.cage import Cage, CageFailure
from extractors.pages.decode import page_in_utf8
from extractors.pages.language import detect_language
from extractors.pages.markup import parse_markup, text_of
from extractors.pages.metadata import Metadata, read_metadata
from extractors.pages.quality import measure_quality
from extractors.pages.sitememory import SiteReading, read_body
from extractors.pages.stubs import (
    asks_to_pay,
    is_cut_by_paywall,
    is_home,
    why_empty,
    why_not_article,
    why_not_bytes,
    why_not_html,
    without_asking,
)
from extractors.pages.teasers import share_of_teasers
from extractors.pages.text import count_words, text_of_markup, without_header
from extractors.records import (
    Access,
    Article,
    ArticleUrl,
    CaptureRef,
    Classification,
    Classified,
    Page,
    PageHints,
    Reading,
    Rejection,
    SiteMemory,
    SiteRecipe,
    UrlKind,
    Wording,
    short_hash,
)
from extractors.stories.signatures import sign_text
from extractors.themes.classifier import classify
from extractors.themes.codebook import shipped_codebook
from extractors.themes.drafts import read_draft
from extractors.urls import registrable_domain, scope_of, url_key

Classifier = Callable[[str, str, str | None], Classification]

# Raised with every change of what is read out of a page: a version whose only cause it is must not look like an edit.
READER_VERSION = 3
EXTRACTOR = f"trilateral-{READER_VERSION}/trafilatura-2.3.1"

MAX_PAGE_BYTES = 20 * 2**20  # an archive may hold what we would not have fetched
_HEAD_BYTES = 20_000
_NOTHING: Mapping[str, SiteMemory | SiteRecipe] = MappingProxyType({})
_SHORT_TEXT_CHARS = 250  # below it another place may hold the article: JSON-LD, or the feed's own text
_LONGER = 2.0  # how many times as long that text must be
_SAME_START_CHARS = 80  # by which a page's text is known as the beginning of the feed's
_PAYWALL_WORDS = 200  # a page that says it is not free and holds less than this shows a teaser


def read_page(page: Page, *, classifier: Classifier) -> Reading:
    """Read one captured page; never raises for anything a publisher can send."""
    html = _as_html(page)
    if isinstance(html, Rejection):
        return Reading(capture=page.capture, outcome=html)
    tree = parse_markup(html)
    if tree is None:
        return Reading(capture=page.capture, outcome=Rejection(reason="empty", detail="no element in the page"))
    metadata = read_metadata(tree, capture=page.capture, hints=page.hints)
    body = read_body(tree, page, trim=functools.partial(without_header, title=metadata.title, authors=metadata.authors))
    outcome = _as_article(tree, metadata, body, page)
    if isinstance(outcome, Rejection):
        return Reading(capture=page.capture, outcome=outcome)
    return Reading(
        capture=page.capture,
        outcome=outcome,
        classification=classifier(outcome.title, outcome.text, outcome.lang),
        urls=tuple(_trusted_urls(page.capture, metadata.canonical, kin=page.hints.kin)),
        claimed_canonical=_claimed_canonical(page.capture, metadata.canonical, kin=page.hints.kin),
        signature=sign_text(outcome.text, authors=outcome.authors),
        lesson=body.lesson if outcome.access == "full" else None,
        recipe=body.recipe,
    )


def _as_html(page: Page) -> bytes | Rejection:
    """Hand out the page in UTF-8, if it is one."""
    if len(page.body) > MAX_PAGE_BYTES:
        return Rejection(reason="too_large", detail=f"{len(page.body)} bytes of page, more than {MAX_PAGE_BYTES}")
    if not page.body or page.body.isspace():
        return Rejection(reason="empty", detail="no bytes in the body")
    what = why_not_bytes(page.body)
    if what:
        return Rejection(reason="not_html", detail=what)
    html = page_in_utf8(page.body, page.content_type)
    if why_not_html(html[:_HEAD_BYTES].decode("utf-8", "ignore"), page.content_type):  # the beginning tells of nearly every page
        what = why_not_html(html.decode("utf-8"), page.content_type)
    return Rejection(reason="not_html", detail=what) if what else html


def _as_article(tree: HtmlElement, metadata: Metadata, body: SiteReading, page: Page) -> Article | Rejection:
    text, access = _choose_text(tree, metadata, body.text, page.hints)
    words = count_words(text)
    quality = measure_quality(tree, text, read=body.read, within=body.container if text is body.text else None)
    why = why_not_article(
        title=metadata.title,
        words=words,
        is_stated_article=metadata.is_stated_article,
        asked=page.capture.url,
        final=page.capture.final_url,
        text=text,
        visible="" if words else text_of(tree),
        link_density=quality.link_density,
        teaser_share=0.0 if metadata.is_stated_article else share_of_teasers(tree, text),
        kinds=metadata.kinds,
    )
    if why:
        return Rejection(reason="not_article", detail=why)
    why = why_empty(text, words=words)
    if why:
        return Rejection(reason="empty", detail=why)
    if access == "paywalled":
        text = without_asking(text)
        words = count_words(text)
    return Article(
        title=metadata.title,
        text=text,
        authors=metadata.authors,
        lang=detect_language(text, declared=metadata.langs),
        published=metadata.published,
        access=access,
        word_count=words,
        link_density=quality.link_density,
        boilerplate_share=quality.boilerplate_share,
        canonical=metadata.canonical,
        extractor=_extractor(body.recipe),
    )


def _extractor(recipe: SiteRecipe | None) -> str:
    """Name what read a text; what the memory of its site did is part of the name: nobody may take that for an edit."""
    return EXTRACTOR if recipe is None else f"{EXTRACTOR}+site-{short_hash(recipe.container, *recipe.dropped)[:8]}"


def _choose_text(tree: HtmlElement, metadata: Metadata, text: str, hints: PageHints) -> tuple[str, Access]:
    """Choose between the text of the page and, where that is next to none, the one in its JSON-LD or the feed's."""
    strip = functools.partial(without_header, title=metadata.title, authors=metadata.authors)
    access = _access(tree, text, metadata)
    content = strip(plain_to_text(hints.content))
    if access != "full" or (text and content.startswith(text[:_SAME_START_CHARS])):
        enough = len(text) + _SHORT_TEXT_CHARS  # the page holds a beginning; any text that is clearly longer has more of it
    elif len(text) >= _SHORT_TEXT_CHARS:
        return text, access
    else:
        enough = max(int(_LONGER * len(text)), _SHORT_TEXT_CHARS)
    body = strip(text_of_markup(metadata.body))
    if len(body) > enough:
        return body, _access(tree, body, metadata)
    if len(content) > enough:
        return content, "partial" if access == "full" else access
    return text, access


def _access(tree: HtmlElement, text: str, metadata: Metadata) -> Access:
    """Tell how much of its story a page shows: by its own word and what it asks for beside a few words, and by how its text ends."""
    is_short = count_words(text) < _PAYWALL_WORDS
    if is_short and text and (metadata.is_free is False or asks_to_pay(text_of(tree))):
        return "paywalled"
    return "paywalled" if is_cut_by_paywall(text) else "full"


def _trusted_urls(capture: CaptureRef, canonical: str | None, *, kin: tuple[str, ...]) -> Iterator[ArticleUrl]:
    """List further addresses of the same article, each key once."""
    known = {capture.url_key}
    further: tuple[tuple[str | None, UrlKind], ...] = ((capture.final_url, "redirect"), (canonical, "canonical"))
    for url, kind in further:
        if url and _is_trusted(url, capture.url, kin=kin) and url_key(url) not in known:
            known.add(url_key(url))
            yield ArticleUrl(url_key=url_key(url), kind=kind)


def _claimed_canonical(capture: CaptureRef, canonical: str | None, *, kin: tuple[str, ...]) -> str | None:
    return canonical if canonical and not _is_trusted(canonical, capture.url, kin=kin) else None


def _is_trusted(url: str, asked: str, *, kin: tuple[str, ...]) -> bool:
    """Tell whether whoever answers for `asked`, or one of its family, answers for `url` too.

    A home page is no article's address, whoever says so.
    """
    if is_home(url) and not is_home(asked):
        return False
    domain, other = registrable_domain(asked), registrable_domain(url)
    if domain is None:
        return scope_of(url) == scope_of(asked)
    return other == domain or (domain in kin and other in kin)


def shipped_classifier() -> Classifier:
    """Classify with the codebook that comes with the program, which is loaded once a process."""
    return functools.partial(classify, codebook=shipped_codebook())


def classifier_of(codebook_toml: str | None) -> Classifier:
    """Classify with a codebook given as text, compiled once a process; None: the shipped one."""
    return shipped_classifier() if codebook_toml is None else functools.partial(classify, codebook=read_draft(codebook_toml))


def classify_task(wordings: tuple[Wording, ...], codebook_toml: str | None) -> tuple[Classified, ...]:
    """Classify stored texts anew, without the near misses, which are never landed. Runs inside a cage's process."""
    classifier = classifier_of(codebook_toml)
    return tuple(
        Classified(
            content_hash=wording.content_hash,
            classification=replace(classifier(wording.title, wording.text, wording.lang), near_misses=()),
        )
        for wording in wordings
    )


def read_capture_task(
    folder: str,
    ref: CaptureRef,
    hints: PageHints,
    known: SiteMemory | SiteRecipe | None = None,
    codebook_toml: str | None = None,
) -> Reading:
    """Read one capture back from its WARC file and read the page in it. Runs inside a cage's process."""
    body, content_type, _ = read_capture(folder, ref)
    memory, recipe = (known, None) if isinstance(known, SiteMemory) else (None, known)
    page = Page(capture=ref, body=body, content_type=content_type, hints=hints, memory=memory, recipe=recipe)
    return read_page(page, classifier=classifier_of(codebook_toml))


async def read_batch(
    refs_with_hints: Iterable[tuple[CaptureRef, PageHints]],
    *,
    folder: Path | str,
    cage: Cage,
    known: Mapping[str, SiteMemory | SiteRecipe] = _NOTHING,
    codebook_toml: str | None = None,
) -> tuple[Reading, ...]:
    """Read captures in a cage, in the order given: the same for the live stream and for re-extraction.

    `known`, by capture id: the memory of the site for a page that is new, for another how it was read; a capture of which
    nothing is known is read in full and teaches nothing. `codebook_toml`: as in `classifier_of`.
    """
    pairs = tuple(refs_with_hints)
    answers = await asyncio.gather(
        *(cage.run(read_capture_task, str(folder), ref, hints, known.get(ref.capture_id), codebook_toml) for ref, hints in pairs)
    )
    return tuple(
        Reading(capture=ref, outcome=Rejection(reason=answer.kind, detail=answer.detail)) if isinstance(answer, CageFailure) else answer
        for (ref, _), answer in zip(pairs, answers, strict=True)
    )
