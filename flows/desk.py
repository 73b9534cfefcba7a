"""The stream's stages, done with real parts: warehouse, fetcher, captures, cage. Decides nothing; each stage is a few calls."""

from __future__ import annotations

import dataclasses
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus

from extractors.archives.captures import CaptureWriter
from extractors.errors import CaptureError, TrilateralError
from extractors.feeds.attempts import after_fetch, after_reading
from extractors.feeds.discovery import discover_feeds
from extractors.feeds.documents import parse_feed
from extractors.feeds.outage import NETWORK_FAILURES, OUTAGE_SECONDS, Attempt, is_our_outage
from extractors.feeds.schedule import after_our_outage, after_poll, question_of
from extractors.feeds.sources import kin_of
from extractors.feeds.succession import is_sought, note_search
from extractors.fetch.client import Fetcher
from extractors.fetch.clock import Clock
from extractors.fetch.hosts import HostBook
from extractors.fetch.visits import outcome_of, visit_of
from extractors.pages.cage import Cage, CageFailure
from extractors.reading import read_batch
from extractors.records import (
    Batch,
    FeedDocument,
    FeedState,
    FeedVisit,
    Outcome,
    PageRejection,
    PageState,
    Reading,
    Receipt,
    Rejection,
    Response,
    Source,
    Visit,
)
from extractors.urls import scope_of, url_key
from flows.codebooks import Bookmark
from flows.pipeline import PageVisit, Stages, Wanted, Work
from flows.press import Press
from flows.settings import Settings
from flows.sites import SiteShelf
from flows.tally import HostTally
from warehouse import landing, queue
from warehouse.store import Writer

_UNREAD = frozenset({"not_a_feed", "unparseable"})

MANY_FEEDS = 100_000  # due feeds are few and small: all of them are looked at


class Blackout:
    """What this run has seen of the net: whether it is we who are off it, and who was charged before that was plain."""

    def __init__(self) -> None:
        self._guard = threading.Lock()  # noted on the loop's thread, taken on the warehouse's
        self._attempts: deque[Attempt] = deque(maxlen=500)
        self._charged: dict[str, FeedState | PageState] = {}  # as they were before
        self._landed: set[str] = set()
        self._excused: dict[str, FeedState | PageState] = {}

    def note(self, scope: str, outcome: Outcome, now: datetime, *, before: FeedState | PageState) -> bool:
        """Note an exchange; True: it failed in an outage of our own."""
        if outcome == "cancelled":
            return False
        with self._guard:
            self._attempts.append(Attempt(scope=scope, at=now, outcome=outcome))
            if outcome not in NETWORK_FAILURES:
                self._charged.clear()
                if not self._excused:
                    self._landed.clear()  # they were of those just cleared
                return False
            if not is_our_outage(self._attempts, now=now):
                self._charged[_key_of(before)] = before
                return False
            self._excused |= self._charged
            self._charged.clear()
            return True

    def take_excused(self, landed: set[str]) -> tuple[FeedState | PageState, ...]:
        """Hand out, once, whom to excuse among those whose charge has landed or lands now."""
        with self._guard:
            self._landed |= landed & (self._charged.keys() | self._excused.keys())
            ready = [key for key in self._excused if key in self._landed]
            return tuple(self._excused.pop(key) for key in ready)


def _key_of(state: FeedState | PageState) -> str:
    return state.feed_id if isinstance(state, FeedState) else state.url_key


def _put_off(page: PageState, now: datetime) -> PageState:
    """A page that nobody is charged for: as it was, and due when we may be on the net again."""
    return dataclasses.replace(page, due_at=now + timedelta(seconds=OUTAGE_SECONDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The stream's stages, done with real parts."""

    settings: Settings
    writer: Writer
    press: Press
    fetcher: Fetcher | None  # None: this run asks nobody for anything
    hosts: HostBook
    cage: Cage
    captures: CaptureWriter
    run_id: str
    only: str | None
    force: bool
    clock: Clock
    sources: tuple[Source, ...] = ()
    kin: Mapping[str, tuple[str, ...]] = field(init=False)  # by source: the domains of its family
    homes: Mapping[str, str] = field(init=False)  # home page by source
    declared: frozenset[str] = field(init=False)  # url keys of all feeds
    known_at: dict[str, datetime] = field(default_factory=dict)  # when feeds and pages were last handed out
    blackout: Blackout = field(default_factory=Blackout)
    sites: SiteShelf = field(default_factory=SiteShelf)
    home_visits: list[Visit] = field(default_factory=list)  # not yet handed out
    bookmark: Bookmark = field(default_factory=Bookmark)
    tally: HostTally = field(default_factory=HostTally)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kin", kin_of(self.sources))
        object.__setattr__(self, "homes", {source.id: source.home for source in self.sources if source.home})
        object.__setattr__(self, "declared", frozenset(url_key(feed.url) for source in self.sources for feed in source.feeds))

    def stages(self) -> Stages:
        """What the pipeline takes."""
        return Stages(
            hand_out=self.hand_out,
            scope_of_feed=lambda feed: scope_of(feed.url),
            poll=self.poll,
            fetch=self.fetch,
            read=self.read,
            own_visits=self.own_visits,
            land=self.land,
            claim=self.claim,
            tend=self.tend,
        )

    def hand_out(self, wanted: Wanted) -> Work:
        """Ask the warehouse what is due, pending and still unread; the last alone where the disk is nearly full."""
        now = self.clock.now()
        self.bookmark.follow(self.writer.con)
        if self.fetcher is None or self.is_disk_low():
            unread = queue.unread_captures(self.writer.con, limit=wanted.unread, exclude_keys=tuple(wanted.busy_pages))
            return self.prepared(Work(unread=unread), now=now)
        feeds = queue.due_feeds(self.writer.con, now=now, limit=MANY_FEEDS, force=self.force, only=self.only)
        busy = tuple(wanted.busy_pages)
        pages = queue.pending_pages(
            self.writer.con,
            now=now,
            per_scope=wanted.per_scope,
            limit=wanted.pages,
            exclude_keys=busy,
            exclude_scopes=tuple(wanted.full_scopes),
            only=self.only,
        )
        unread = queue.unread_captures(self.writer.con, limit=wanted.unread, exclude_keys=busy)
        new_feeds = tuple(feed for feed in feeds if feed.feed_id not in wanted.polled_feeds)
        return self.prepared(Work(feeds=new_feeds, pages=pages, unread=unread), now=now)

    def prepared(self, work: Work, *, now: datetime) -> Work:
        """Have at hand what work that was asked for `now` will need: since when it is known, what its sites taught."""
        self.known_at.update({feed.feed_id: now for feed in work.feeds} | {page.url_key: now for page in work.pages})
        missing = self.sites.missing(page.url for page in (*work.pages, *work.unread))
        self.sites.put(missing, queue.site_memories(self.writer.con, missing))
        return work

    @property
    def door(self) -> Fetcher:
        """The fetcher, for what only runs that have one come to."""
        if self.fetcher is None:
            raise TrilateralError("an offline run was about to ask a publisher: a fault of this program")
        return self.fetcher

    def claim(self, job: FeedState | PageState) -> bool:
        """Make sure that there is room, that no other process asks for the same, nor has since this one was told that it is due."""
        return not self.is_disk_low() and self.hosts.claim(_key_of(job), known_at=self.known_at[_key_of(job)])

    def is_disk_low(self) -> bool:
        """Whether what is there is to be left for landing; said once a run."""
        return self.tally.note_disk(self.settings.data_dir, self.settings.min_free_bytes)

    async def poll(self, feed: FeedState) -> FeedVisit:
        """Poll a feed conditionally; its document is parsed in the cage."""
        asked = question_of(feed, now=self.clock.now())
        response = await self.door.fetch(
            asked.url, kind="feed", etag=asked.etag, last_modified=asked.last_modified, validated_url=asked.validated_url, shares=True
        )
        is_outage = self.blackout.note(scope_of(asked.url), outcome_of(response), self.clock.now(), before=feed)
        document = await self._parse(feed, response) if response.status == HTTPStatus.OK and response.failure is None else None
        visit = after_poll(feed, response, document, now=self.clock.now(), policy=self.settings.schedule_policy(), is_our_outage=is_outage)
        if visit.visit.outcome in _UNREAD and response.body:
            self._keep_unread(feed, response.body)
        home = self.homes.get(feed.source_id)
        if home is None or not is_sought(visit.after, now=self.clock.now()):
            return visit
        return dataclasses.replace(visit, after=await self._seek_successor(visit.after, home))

    def _keep_unread(self, feed: FeedState, body: bytes) -> None:
        """Keep the last document of a feed that nothing could be read from, for whoever wants to know why."""
        path = self.settings.unread_dir / feed.feed_id
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    async def _seek_successor(self, feed: FeedState, home: str) -> FeedState:
        """Ask the outlet's home page, as politely as for any page, where a feed that is gone may be found now."""
        response = await self.door.fetch(home, kind="page", shares=True)
        outcome = outcome_of(response)
        self.home_visits.append(visit_of(response, kind="page", source_id=feed.source_id))
        if outcome == "cancelled":
            return feed
        content_type = response.header("content-type") or ""
        read = partial(discover_feeds, url=response.final_url, content_type=content_type)
        site = await self.cage.run(read, response.body) if outcome == "ok" else None
        return note_search(feed, None if isinstance(site, CageFailure) else site, self.declared, now=self.clock.now())

    def own_visits(self) -> tuple[Visit, ...]:
        """Hand out, once, the log's rows for what nobody asked for by name: robots.txt and home pages."""
        homes = tuple(self.home_visits)
        self.home_visits.clear()
        return (self.fetcher.take_visits() if self.fetcher else ()) + homes

    async def _parse(self, feed: FeedState, response: Response) -> FeedDocument:
        parse = partial(
            parse_feed, url=response.final_url, content_type=response.header("content-type"), lang=feed.lang, timezone=feed.timezone
        )
        document = await self.cage.run(parse, response.body)
        if isinstance(document, CageFailure):
            return FeedDocument(format="unknown", problems=(f"the parser was stopped: {document.kind}: {document.detail}",))
        return document

    async def fetch(self, page: PageState) -> PageVisit:
        """Fetch a page and, where there is one, have it on disk before anything else is done with it."""
        validated_url = page.capture.final_url if page.capture else None
        response = await self.door.fetch(
            page.url,
            kind="page",
            etag=page.etag,
            last_modified=page.last_modified,
            validated_url=validated_url,
            shares=page.reason == "new",  # who looks again wants to see what is there now
        )
        now = self.clock.now()
        is_outage = self.blackout.note(page.scope, outcome_of(response), now, before=page)
        visit = visit_of(response, kind="page", source_id=page.hints.source_id, url_key=page.url_key)
        # appended here and not in a thread: from the last byte received to the capture on disk nothing can be cancelled
        capture = self.captures.append(response, url_key=page.url_key) if visit.outcome == "ok" else None
        if is_outage:
            return PageVisit(visit=visit, after=_put_off(page, now))
        after, rejection = after_fetch(page, response, capture, now=now, policy=self.settings.schedule_policy())
        return PageVisit(
            visit=dataclasses.replace(visit, next_at=after.due_at if after.stage == "pending" else None),
            after=after,
            rejection=None if rejection is None else _final(page, rejection, attempts=after.attempts, at=now),
        )

    async def read(self, page: PageState) -> tuple[Reading, PageState]:
        """Have a captured page read in the cage."""
        capture = page.capture
        if capture is None:
            message = f"{page.url_key}: stage 'captured' without a capture"
            raise CaptureError(message)
        hints = dataclasses.replace(page.hints, kin=self.kin.get(page.hints.source_id or "", ()))
        is_new = page.reason == "new"
        known = self.sites.of(capture) if is_new else page.recipe
        given = {} if known is None else {capture.capture_id: known}
        (reading,) = await read_batch(
            ((capture, hints),),
            folder=self.settings.captures_dir,
            cage=self.cage,
            known=given,
            codebook_toml=self.bookmark.codebook.toml,
        )
        if reading.lesson is not None:
            self.sites.teach(capture, reading.lesson)
        after = after_reading(page, reading, now=self.clock.now(), policy=self.settings.schedule_policy())
        return reading, dataclasses.replace(after, recipe=reading.recipe) if is_new else after

    def land(self, batch: Batch) -> Receipt:
        """Land a batch; its captures count as known from then on."""
        classified = self.bookmark.follow(self.writer.con, batch.readings)
        batch = dataclasses.replace(self._excuse(batch), memories=self.sites.take_taught(), classified=classified)
        receipt = landing.land(self.writer.con, batch, run_id=self.run_id, now=self.clock.now(), scope_of=scope_of)
        self.hosts.settle({visit.after.feed_id for visit in batch.feed_visits} | {page.url_key for page in batch.pages}, self.clock.now())
        self.captures.landed(capture.capture_id for capture in batch.captures)
        self.tally.note(batch)
        self.press.has_news = True
        return receipt

    def _excuse(self, batch: Batch) -> Batch:
        """Take back what was charged to those who could not be reached before it was plain that the outage is ours."""
        now, policy = self.clock.now(), self.settings.schedule_policy()
        landed = {visit.after.feed_id for visit in batch.feed_visits} | {page.url_key for page in batch.pages}
        excused = self.blackout.take_excused(landed)
        feeds = tuple(after_our_outage(state, now=now, policy=policy) for state in excused if isinstance(state, FeedState))
        pages = tuple(_put_off(state, now) for state in excused if isinstance(state, PageState))
        return dataclasses.replace(batch, feeds=feeds, pages=batch.pages + pages)

    def tend(self) -> None:
        """Publish when due, then let another writer have its turn."""
        self.press.publish_if_due()
        self.writer.take_turns()


def _final(page: PageState, rejection: Rejection, *, attempts: int, at: datetime) -> PageRejection:
    return PageRejection(url_key=page.url_key, url=page.url, source_id=page.hints.source_id, rejection=rejection, attempts=attempts, at=at)
