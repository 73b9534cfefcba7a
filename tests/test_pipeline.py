"""The stream alone: a small world of callables in memory, no HTTP, no DuckDB, no Prefect."""

import asyncio
import dataclasses
from datetime import UTC, datetime

import pytest

from extractors.records import (
    Article,
    CaptureRef,
    Entry,
    FeedState,
    FeedVisit,
    PageState,
    Reading,
    Receipt,
    SeenEntry,
    Visit,
)
from flows.pipeline import Limits, PageVisit, Stages, Stream, Work

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class World:
    """A warehouse, a net and a reader in memory; `holds` maps a scope to an event that its fetches wait for."""

    def __init__(self, pages_per_feed, *, holds=None):
        self.entries = pages_per_feed
        self.pages = {}
        self.batches = []
        self.holds = holds or {}
        self.fetched = []
        self.read_now = self.read_most = 0
        self.handed_most = 0
        self.tended = 0

    def stages(self, **changes):
        own = Stages(
            hand_out=self.hand_out,
            scope_of_feed=lambda feed: feed.source_id,
            poll=self.poll,
            fetch=self.fetch,
            read=self.read,
            own_visits=tuple,
            land=self.land,
            claim=lambda job: True,
            tend=self.tend,
        )
        return dataclasses.replace(own, **changes)

    def hand_out(self, wanted):
        feeds = tuple(
            FeedState(feed_id=scope, source_id=scope, url=f"http://{scope}/feed")
            for scope in self.entries
            if scope not in wanted.polled_feeds
        )
        free = [
            p
            for p in self.pages.values()
            if p.stage == "pending" and p.url_key not in wanted.busy_pages and p.scope not in wanted.full_scopes
        ]
        taken = [p for scope in self.entries for p in [page for page in free if page.scope == scope][: wanted.per_scope]]
        unread = [p for p in self.pages.values() if p.stage == "captured" and p.url_key not in wanted.busy_pages]
        self.handed_most = max(self.handed_most, len(wanted.busy_pages))
        return Work(feeds=feeds, pages=tuple(taken[: wanted.pages]), unread=tuple(unread[: wanted.unread]))

    async def poll(self, feed):
        await asyncio.sleep(0)
        seen = tuple(
            SeenEntry(entry=Entry(link=f"http://{feed.source_id}/{n}"), url_key=f"{feed.source_id}/{n}")
            for n in range(self.entries[feed.source_id])
        )
        return FeedVisit(visit=visit_of(feed.url), after=feed, entries=seen)

    async def fetch(self, page):
        if page.scope in self.holds:
            await self.holds[page.scope].wait()
        await asyncio.sleep(0)
        self.fetched.append(page.url_key)
        return PageVisit(visit=visit_of(page.url), after=dataclasses.replace(page, stage="captured", capture=capture_of(page)))

    async def read(self, page):
        self.read_now += 1
        self.read_most = max(self.read_most, self.read_now)
        await asyncio.sleep(0.001)
        self.read_now -= 1
        article = Article(title=page.url_key, text="text", extractor="test")
        return Reading(capture=page.capture, outcome=article), dataclasses.replace(page, stage="read")

    def land(self, batch):
        self.batches.append(batch)
        for feed_visit in batch.feed_visits:
            for seen in feed_visit.entries:
                scope = seen.url_key.partition("/")[0]
                self.pages.setdefault(
                    seen.url_key, PageState(url_key=seen.url_key, url=seen.entry.link, scope=scope, due_at=NOW, first_seen_at=NOW)
                )
        self.pages.update({page.url_key: page for page in batch.pages})
        return Receipt(landed_seq=len(self.batches), articles_new=len(batch.readings))

    def tend(self):
        self.tended += 1

    def stage_counts(self):
        stages = [page.stage for page in self.pages.values()]
        return {stage: stages.count(stage) for stage in set(stages)}


def visit_of(url, outcome="ok"):
    return Visit(kind="page", url=url, final_url=url, source_id=None, outcome=outcome, duration_ms=1, at=NOW)


def capture_of(page):
    return CaptureRef(
        capture_id=page.url_key,
        url_key=page.url_key,
        url=page.url,
        final_url=page.url,
        file="f",
        offset=0,
        length=1,
        fetched_at=NOW,
        status=200,
        content_type="text/html",
        body_bytes=1,
        body_hash="h",
    )


def run(world, *, limits=None, stages=None, during=None):
    async def main():
        # nothing here costs a warehouse anything: it may be asked as often as the stream likes
        quick = dataclasses.replace(limits or Limits(batch_seconds=0.05), hand_out_seconds=0)
        stream = Stream(stages or world.stages(), quick)
        if during is not None:
            async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
                tasks.create_task(during(stream))
                return await stream.run()
        async with asyncio.timeout(20):
            return await stream.run()

    return asyncio.run(main())


def test_every_page_of_every_feed_is_read_once():
    world = World({"a": 20, "b": 3, "c": 0})
    counts = run(world)
    assert world.stage_counts() == {"read": 23}
    assert sorted(world.fetched) == sorted(world.pages)
    assert (counts.feeds, counts.pages, counts.articles_new) == (3, 23, 23)


def test_what_another_process_is_at_is_left_to_it_for_the_pass():
    world = World({"a.example": 3, "b.example": 2})
    counts = run(world, stages=world.stages(claim=lambda job: not isinstance(job, PageState) or job.scope == "b.example"))
    assert (counts.feeds, counts.pages) == (2, 2)
    assert world.stage_counts() == {"pending": 3, "read": 2}


def test_batches_are_no_larger_than_they_may_be():
    world = World({"a": 300})
    run(world, limits=Limits(batch_seconds=5, batch_articles=10, per_scope=50))
    assert world.stage_counts() == {"read": 300}
    assert max(len(batch.readings) for batch in world.batches) <= 10


def test_what_is_in_flight_is_bounded_by_the_queues_and_not_by_the_run():
    world = World({f"host{n}": 100 for n in range(10)})
    limits = Limits(scopes=4, per_scope=4, reading_queue=5, landing_queue=10, batch_articles=10, batch_seconds=0.02, readers=2)
    run(world, limits=limits)
    assert world.stage_counts() == {"read": 1000}
    lanes = limits.scopes * (limits.per_scope + limits.per_scope // 2)
    assert (
        world.handed_most <= lanes + limits.reading_queue + limits.readers + limits.landing_queue * 2
    )  # the batch in hand and the queue behind it
    assert world.read_most <= limits.readers


def test_a_slow_host_never_holds_back_a_fast_one():
    slow = asyncio.Event()
    world = World({"slow": 5, "fast": 50}, holds={"slow": slow})

    async def release_when_the_fast_one_is_done(stream):
        while world.stage_counts().get("read", 0) < 50:
            await asyncio.sleep(0.005)
        slow.set()

    run(world, during=release_when_the_fast_one_is_done)
    assert world.stage_counts() == {"read": 55}


def test_a_scope_that_is_paused_is_asked_once_and_then_rests_for_the_pass():
    world = World({"paused": 30, "fast": 20})
    asked = []

    async def fetch(page):
        if page.scope == "fast":
            return await world.fetch(page)
        asked.append(page.url_key)
        return PageVisit(visit=visit_of(page.url, "cancelled"), after=page)

    counts = run(world, stages=world.stages(fetch=fetch))
    assert len(asked) == 1
    assert world.stage_counts() == {"read": 20, "pending": 30}
    assert counts.pages == 21


def test_the_warehouse_is_tended_while_nothing_lands():
    world = World({"slow": 1}, holds={"slow": asyncio.Event()})

    async def release_when_tended(stream):
        while not world.pages:
            await asyncio.sleep(0.005)
        tended = world.tended
        while world.tended < tended + 3:
            await asyncio.sleep(0.005)
        world.holds["slow"].set()

    run(world, limits=Limits(batch_seconds=0.01, tend_seconds=0.01), during=release_when_tended)
    assert world.stage_counts() == {"read": 1}


def test_a_stop_cancels_open_requests_and_leaves_their_pages_pending():
    world = World({"slow": 5, "fast": 6}, holds={"slow": asyncio.Event()})

    async def stop_when_the_fast_one_is_done(stream):
        while world.stage_counts().get("read", 0) < 6:
            await asyncio.sleep(0.005)
        stream.stop()

    run(world, during=stop_when_the_fast_one_is_done)
    assert world.stage_counts() == {"read": 6, "pending": 5}


def test_a_stop_lands_what_is_captured_and_cannot_be_read_in_time():
    world = World({"a": 4})
    begun = asyncio.Event()

    async def never_read(page):
        begun.set()
        await asyncio.Event().wait()

    async def stop_when_reading(stream):
        await begun.wait()
        while "captured" not in world.stage_counts():
            await asyncio.sleep(0.005)
        stream.stop()

    limits = Limits(batch_seconds=0.01, reading_grace_seconds=0.05)
    run(world, limits=limits, stages=world.stages(read=never_read), during=stop_when_reading)
    assert set(world.stage_counts()) <= {"captured", "pending"}
    assert world.stage_counts()["captured"] == len(world.fetched)


def test_what_an_earlier_run_captured_is_read_and_not_fetched_again():
    world = World({"a": 3})
    page = PageState(url_key="a/0", url="http://a/0", scope="a", due_at=NOW, first_seen_at=NOW)
    world.pages["a/0"] = dataclasses.replace(page, stage="captured", capture=capture_of(page))
    run(world)
    assert world.stage_counts() == {"read": 3}
    assert sorted(world.fetched) == ["a/1", "a/2"]


def test_after_run_seconds_nothing_new_is_started():
    world = World({"slow": 3, "fast": 3}, holds={"slow": asyncio.Event()})

    async def release_later(stream):
        await asyncio.sleep(0.6)
        world.holds["slow"].set()

    run(world, limits=Limits(batch_seconds=0.01, run_seconds=0.4), during=release_later)
    assert world.stage_counts() == {"read": 4, "pending": 2}


def test_a_bug_in_a_stage_ends_the_run_and_is_not_swallowed():
    world = World({"a": 3})

    async def broken(page):
        raise KeyError(page.url_key)

    with pytest.raises(ExceptionGroup) as caught:
        run(world, stages=world.stages(fetch=broken))
    assert caught.group_contains(KeyError)
    assert world.stage_counts() == {"pending": 3}
