"""The stream's stages, done with real parts: warehouse, fetcher, captures, cage. Decides nothing; each stage is a few calls."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus

from extractors.archives.captures import CaptureWriter
from extractors.errors import CaptureError
from extractors.feeds.documents import parse_feed
from extractors.feeds.schedule import after_fetch, after_poll, after_reading
from extractors.fetch.client import Fetcher
from extractors.fetch.clock import Clock
from extractors.fetch.visits import visit_of
from extractors.pages.cage import Cage, CageFailure
from extractors.reading import read_batch
from extractors.records import (
    Batch,
    FeedDocument,
    FeedState,
    FeedVisit,
    PageRejection,
    PageState,
    Reading,
    Receipt,
    Rejection,
    Response,
)
from extractors.urls import scope_of
from flows.pipeline import PageVisit, Stages, Wanted, Work
from flows.press import Press
from flows.settings import Settings
from warehouse import landing, queue
from warehouse.store import Writer

MANY_FEEDS = 100_000  # due feeds are few and small: all of them are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The stream's stages, done with real parts."""

    settings: Settings
    writer: Writer
    press: Press
    fetcher: Fetcher
    cage: Cage
    captures: CaptureWriter
    run_id: str
    only: str | None
    force: bool
    clock: Clock
    kin: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by source: the domains of its family

    def stages(self) -> Stages:
        """What the pipeline takes."""
        return Stages(
            hand_out=self.hand_out,
            scope_of_feed=lambda feed: scope_of(feed.url),
            poll=self.poll,
            fetch=self.fetch,
            read=self.read,
            own_visits=self.fetcher.take_visits,
            land=self.land,
            tend=self.tend,
        )

    def hand_out(self, wanted: Wanted) -> Work:
        """Ask the warehouse what is due, pending and still unread."""
        now = self.clock.now()
        feeds = queue.due_feeds(self.writer.con, now=now, limit=MANY_FEEDS, force=self.force, only=self.only)
        busy = tuple(wanted.busy_pages)
        return Work(
            feeds=tuple(feed for feed in feeds if feed.feed_id not in wanted.polled_feeds),
            pages=queue.pending_pages(
                self.writer.con,
                now=now,
                per_scope=wanted.per_scope,
                limit=wanted.pages,
                exclude_keys=busy,
                exclude_scopes=tuple(wanted.full_scopes),
                only=self.only,
            ),
            unread=queue.unread_captures(self.writer.con, limit=wanted.unread, exclude_keys=busy),
        )

    async def poll(self, feed: FeedState) -> FeedVisit:
        """Poll a feed conditionally; its document is parsed in the cage."""
        response = await self.fetcher.fetch(feed.url, kind="feed", etag=feed.etag, last_modified=feed.last_modified)
        document = await self._parse(feed, response) if response.status == HTTPStatus.OK and response.failure is None else None
        return after_poll(feed, response, document, now=self.clock.now(), policy=self.settings.schedule_policy())

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
        response = await self.fetcher.fetch(page.url, kind="page", etag=page.etag, last_modified=page.last_modified)
        now = self.clock.now()
        visit = visit_of(response, kind="page", source_id=page.hints.source_id, url_key=page.url_key)
        # appended here and not in a thread: from the last byte received to the capture on disk nothing can be cancelled
        capture = self.captures.append(response, url_key=page.url_key) if visit.outcome == "ok" else None
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
        (reading,) = await read_batch(((capture, hints),), folder=self.settings.captures_dir, cage=self.cage)
        return reading, after_reading(page, reading, now=self.clock.now(), policy=self.settings.schedule_policy())

    def land(self, batch: Batch) -> Receipt:
        """Land a batch; its captures count as known from then on."""
        receipt = landing.land(self.writer.con, batch, run_id=self.run_id, now=self.clock.now(), scope_of=scope_of)
        self.captures.landed(capture.capture_id for capture in batch.captures)
        self.press.has_news = True
        return receipt

    def tend(self) -> None:
        """Publish when due, then let another writer have its turn."""
        self.press.publish_if_due()
        self.writer.take_turns()


def _final(page: PageState, rejection: Rejection, *, attempts: int, at: datetime) -> PageRejection:
    return PageRejection(url_key=page.url_key, url=page.url, source_id=page.hints.source_id, rejection=rejection, attempts=attempts, at=at)
