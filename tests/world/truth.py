"""The one place that knows the truth of a simulated news world: its outlets, its articles, and what goes wrong where.

Knows no sockets and no clock: time is a count of revisions, so that the same calls make the same world, byte for byte.
A page and its feed entry are kept apart, for an outlet may change the one in silence. Safe to use from two threads.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Literal

from world import prose, render

FaultKind = Literal["status", "slow", "truncated", "reset", "redirect", "web_page", "empty", "pdf"]
FeedKind = Literal["rss", "atom", "json"]
Validator = Literal["etag", "last_modified"]
Coding = Literal["plain", "gzip", "chunked"]

_FIRST_DAY = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)
_LANGS: tuple[prose.Lang, ...] = ("en", "ru", "fa")
_ZONES: Mapping[prose.Lang, str] = {"en": "Europe/London", "ru": "Europe/Moscow", "fa": "Asia/Tehran"}
_FEEDS: tuple[FeedKind, ...] = ("rss", "atom", "json")
_FEED_PATHS: Mapping[FeedKind, str] = {"rss": "/feed.xml", "atom": "/atom.xml", "json": "/feed.json"}
_VALIDATORS: tuple[tuple[Validator, ...], ...] = (("etag",), ("etag", "last_modified"), ("last_modified",))
_CODINGS: tuple[Coding, ...] = ("gzip", "plain", "chunked")
_CLOSED = "/closed/"  # what robots.txt closes
_TOP = "/top/"  # the second feed of some outlets


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with one address, `times` times or, with None, always."""

    kind: FaultKind
    status: int = 500  # of 'status'
    retry_after: str | None = None  # of 'status'
    seconds: float = 0.0  # of 'slow': before the head is sent
    location: str = ""  # of 'redirect'
    times: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A site; its traits follow from its number, so that a few outlets show all of them."""

    number: int

    @property
    def host(self) -> str:
        return f"host{self.number:02}.example"

    @property
    def source_id(self) -> str:
        return f"host{self.number:02}"

    @property
    def name(self) -> str:
        return f"Observer {self.number:02}"

    @property
    def lang(self) -> prose.Lang:
        return _LANGS[self.number % 3]

    @property
    def timezone(self) -> str:
        return _ZONES[self.lang]

    @property
    def feed_kind(self) -> FeedKind:
        return _FEEDS[(self.number + self.number // 3) % 3]

    @property
    def validators(self) -> tuple[Validator, ...]:
        return _VALIDATORS[(self.number + self.number // 3) % 3]

    @property
    def coding(self) -> Coding:
        return _CODINGS[(self.number + self.number // 3) % 3]

    @property
    def feed_url(self) -> str:
        return f"http://{self.host}{_FEED_PATHS[self.feed_kind]}"

    @property
    def renamed_feed_url(self) -> str:
        """What its home page names as its feed; the feed is not there before somebody moves it."""
        return f"http://{self.host}/news{_FEED_PATHS[self.feed_kind]}"

    @property
    def top_feed_url(self) -> str | None:
        """A second feed with every other article, its links marked as marketing departments do; None where there is none."""
        return f"http://{self.host}{_TOP}feed.xml" if self.number % 3 == 0 else None

    @property
    def closes_pages(self) -> bool:
        """Whether it has a robots.txt, which closes a folder; the others answer 404 to it."""
        return self.number % 2 == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article as its page shows it, or as its feed entry announces it."""

    outlet: Outlet
    number: int
    url: str
    title: str
    summary: str
    paragraphs: tuple[str, ...]
    authors: tuple[str, ...]
    published_at: datetime
    version: int = 1
    revision: int = 0  # of the world, when it was last touched

    @property
    def url_key(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def path(self) -> str:
        return self.url_key.removeprefix(self.outlet.host)

    @property
    def text(self) -> str:
        return "\n".join(self.paragraphs)

    @property
    def is_closed(self) -> bool:
        return self.outlet.closes_pages and self.path.startswith(_CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a healthy server holds under an address."""

    content_type: str
    body: bytes
    validators: tuple[Validator, ...] = ()
    revision: int = 0

    @property
    def etag(self) -> str | None:
        return f'"{hashlib.sha256(self.body).hexdigest()[:20]}"' if "etag" in self.validators else None

    @property
    def last_modified(self) -> str | None:
        at = _FIRST_DAY + timedelta(days=30, minutes=self.revision)
        return format_datetime(at, usegmt=True) if "last_modified" in self.validators else None


def host_of(number: int) -> str:
    """Name of an outlet's host."""
    return Outlet(number=number).host


def feed_url(number: int) -> str:
    """Address of an outlet's feed."""
    return Outlet(number=number).feed_url


def page_url(host: int, number: int) -> str:
    """Address of an outlet's n-th article, from 0: faults can be named before the world is made."""
    return f"http://{host_of(host)}/2026/03/{1 + number % 28:02}/report-{host:02}{number:03}.html"


class Truth:
    """Everything there is. `publish`, `edit` and `spoil` change it; `document_at` says what a server would answer."""

    def __init__(self, *, seed: int, hosts: int, articles_per_host: int, faults: Mapping[str, Fault]) -> None:
        self.seed = seed
        self.outlets = tuple(Outlet(number=number) for number in range(hosts))
        self._guard = threading.RLock()
        self._revision = 0
        self._pages: dict[str, Article] = {}
        self._entries: dict[str, Article] = {}
        self._faults = dict(faults)
        self._further: dict[str, Document] = {}  # by url, query included
        for host in range(hosts):
            for _ in range(articles_per_host):
                self.publish(host)

    @property
    def articles(self) -> tuple[Article, ...]:
        """Every article as its page says now."""
        with self._guard:
            return tuple(self._pages.values())

    def article(self, host: int, number: int) -> Article:
        """An outlet's n-th article as its page says now, from 0."""
        return self._pages[page_url(host, number)]

    # --- what changes it ---------------------------------------------------------------------------------------------

    def publish(self, host: int, *, closed: bool = False, copied_from: Article | None = None) -> Article:
        """Add an article, page and entry; `closed`: where robots.txt forbids it; `copied_from`: syndicated with a changed ending."""
        with self._guard:
            self._revision += 1
            outlet = self.outlets[host]
            number = sum(article.outlet == outlet for article in self._pages.values())
            unique = 40_000 + 500 * host + number
            url = f"http://{outlet.host}{_CLOSED}{unique}.html" if closed else page_url(host, number)
            story = prose.tell(f"{self.seed}/{host}/{number}", lang=outlet.lang, number=unique)
            if copied_from is not None:
                story = replace(
                    story, title=f"{copied_from.title} ({outlet.name})", paragraphs=(*copied_from.paragraphs[:-1], story.paragraphs[-1])
                )
            article = Article(
                outlet=outlet,
                number=number,
                url=url,
                title=story.title,
                summary=story.summary,
                paragraphs=story.paragraphs,
                authors=story.authors,
                published_at=_FIRST_DAY + timedelta(hours=2 * number, minutes=17 * host + 3),
                revision=self._revision,
            )
            self._pages[url] = self._entries[url] = article
            return article

    def lure(self, host: int, url: str) -> None:
        """Let an outlet's feed announce an address that is none of its own."""
        with self._guard:
            self._revision += 1
            bait = next(entry for entry in self._entries.values() if entry.outlet == self.outlets[host])
            self._entries[url] = replace(bait, url=url, revision=self._revision)

    def edit(self, article: Article, *, in_silence: bool = False) -> Article:
        """Correct a page and, unless `in_silence`, its feed entry."""
        with self._guard:
            self._revision += 1
            before = self._pages[article.url]
            unique = 90_000 + self._revision
            paragraphs = prose.correct(before.paragraphs, lang=before.outlet.lang, number=unique)
            after = replace(before, paragraphs=paragraphs, summary=paragraphs[-1], version=before.version + 1, revision=self._revision)
            self._pages[article.url] = after
            if not in_silence:
                self._entries[article.url] = after
            return after

    def spoil(self, url: str, fault: Fault | None) -> None:
        """Let something go wrong with an address from now on; None mends it."""
        with self._guard:
            self._faults.pop(url, None)
            if fault is not None:
                self._faults[url] = fault

    def take_fault(self, url: str) -> Fault | None:
        """What goes wrong with this one request; counts it."""
        with self._guard:
            fault = self._faults.get(url)
            if fault is not None and fault.times is not None:
                self.spoil(url, replace(fault, times=fault.times - 1) if fault.times > 1 else None)
            return fault

    # --- what a server would answer ----------------------------------------------------------------------------------

    def place(self, url: str, document: Document) -> None:
        """Put something else under an address: a sitemap, a robots.txt, a page of an archive."""
        with self._guard:
            self._further[url] = document

    def document_at(self, host: str, path: str) -> Document | None:
        """What lies under an address; None: nothing does."""
        outlet = next((outlet for outlet in self.outlets if outlet.host == host), None)
        if outlet is None:
            return None
        bare = path.partition("?")[0]
        with self._guard:
            if f"http://{host}{path}" in {outlet.feed_url, outlet.top_feed_url}:
                return self._feed(outlet, is_top=path.startswith(_TOP))
            if (further := self._further.get(f"http://{host}{path}")) is not None:
                return further
            if bare == "/":
                return Document(content_type="text/html; charset=utf-8", body=render.home(outlet).encode())
            if bare == "/robots.txt" and outlet.closes_pages:
                return Document(content_type="text/plain", body=f"User-agent: *\nDisallow: {_CLOSED}\n".encode())
            article = self._pages.get(f"http://{host}{bare}")
            return None if article is None else self._page(article)

    def sources_toml(self, *, extra: str = "") -> str:
        """The sources file of this world."""
        return "\n".join([*map(_source_toml, self.outlets), extra])

    def _feed(self, outlet: Outlet, *, is_top: bool) -> Document:
        entries = [entry for entry in self._entries.values() if entry.outlet == outlet]
        chosen = [entry for entry in entries if not is_top or entry.number % 2 == 0]
        shown = sorted(chosen, key=lambda entry: entry.published_at, reverse=True)
        kind = "rss" if is_top else outlet.feed_kind
        content_type, text = render.feed(kind, outlet, shown, mark="?utm_source=top&utm_medium=rss" if is_top else "")
        return Document(
            content_type=content_type,
            body=text.encode(),
            validators=outlet.validators,
            revision=max((entry.revision for entry in chosen), default=0),
        )

    def _page(self, article: Article) -> Document:
        siblings = [other for other in self._pages.values() if other.outlet == article.outlet and other.url != article.url]
        latest = siblings[-3:]
        return Document(
            content_type="text/html; charset=utf-8",
            body=render.page(article, related=latest).encode(),
            validators=article.outlet.validators,
            revision=max(shown.revision for shown in (article, *latest)),
        )


def _source_toml(outlet: Outlet) -> str:
    urls: Iterable[str] = filter(None, (outlet.feed_url, outlet.top_feed_url))
    head = (
        f'[[source]]\nid = "{outlet.source_id}"\nname = "{outlet.name}"\nhome = "http://{outlet.host}/"\n'
        f'lang = "{outlet.lang}"\ntimezone = "{outlet.timezone}"\naffiliation = "independent"\n'
    )
    return head + "".join(f'[[source.feed]]\nurl = "{url}"\n' for url in urls)
