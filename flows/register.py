"""The sources file and the feeds in it: found, checked, added, taken from and given to other readers.

Asks publishers through the one fetcher, so that spacing holds here too. Decides nothing: what is wrong with a feed, and
which of those found are worth polling, is said in `extractors/feeds`.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import click

from extractors.errors import SettingError, TrilateralError
from extractors.feeds.checkup import FeedReport, examine, not_asked
from extractors.feeds.declarations import add_sources, leave_out_known, propose_id
from extractors.feeds.discovery import FoundSite, choose_feeds, discover_feeds
from extractors.feeds.documents import parse_feed
from extractors.feeds.opml import read_opml, write_opml
from extractors.feeds.sources import parse_sources
from extractors.fetch.client import Fetcher
from extractors.fetch.clock import SYSTEM_CLOCK, Clock
from extractors.fetch.hosts import HostBook
from extractors.fetch.visits import outcome_of, pause_scope_of
from extractors.pages.cage import Cage, CageFailure
from extractors.records import Feed, FeedDocument, Response, Source
from extractors.urls import normalise_url, registrable_domain, scope_of
from flows import terminal
from flows.run import load_sources
from flows.settings import Settings
from warehouse import schema
from warehouse.answers import successors
from warehouse.landing import feed_id
from warehouse.store import open_readonly

EXIT_FAILED = 1
AT_ONCE = 32  # feeds asked at the same time; each waits its host's turn

_ACCEPT_SITE = "text/html, application/xhtml+xml, application/atom+xml;q=0.9, application/rss+xml;q=0.9, application/xml;q=0.8, */*;q=0.1"
_MARKS = {"good": "ok  ", "mind": "mind", "bad": "BAD "}


# --- check -----------------------------------------------------------------------------------------------------------


def check_feeds(settings: Settings, *, only: str | None, as_json: bool, clock: Clock = SYSTEM_CLOCK) -> int:
    """Poll each feed once and say what is wrong with it; 1 where there are feeds and all of them are bad."""
    sources = tuple(source for source in load_sources(settings) if source.enabled)
    wanted = [(source, feed) for source in sources for feed in source.feeds if not only or only in source.id or only in feed.url]
    if not wanted:
        raise click.UsageError(f"no enabled feed matches {only!r}" if only else "no enabled feed in the sources file")
    if settings.contact is None and settings.reaches_public_hosts(sources):
        terminal.say("no `contact` is set, so publishers cannot tell whom to write to: set it in trilateral.toml")
    reports = asyncio.run(_check_all(settings, sources, wanted, as_json=as_json, clock=clock))
    if as_json:
        click.echo(terminal.as_json([dataclasses.asdict(report) for report in reports]))
    counts = {verdict: sum(report.verdict == verdict for report in reports) for verdict in _MARKS}
    terminal.say(f"{len(reports)} feeds: {counts['good']} good, {counts['mind']} to look at, {counts['bad']} bad")
    return EXIT_FAILED if counts["bad"] == len(reports) else 0


async def _check_all(
    settings: Settings, sources: tuple[Source, ...], wanted: Iterable[tuple[Source, Feed]], *, as_json: bool, clock: Clock
) -> list[FeedReport]:
    """Reports in the file's order; people see each as soon as it is there."""
    places = asyncio.Semaphore(AT_ONCE)
    named = _named_instead(settings)
    async with _fetcher(settings, sources, clock) as fetcher, Cage(settings.workers) as cage:
        with contextlib.closing(_host_book(settings)) as hosts:

            async def check(source: Source, feed: Feed) -> FeedReport:
                async with places:
                    report = await _check_one(source, feed, fetcher, hosts, cage, clock=clock, successor=named.get(feed.url))
                if not as_json:
                    _show_report(report)
                return report

            return list(await asyncio.gather(*(check(source, feed) for source, feed in wanted)))


async def _check_one(
    source: Source, feed: Feed, fetcher: Fetcher, hosts: HostBook, cage: Cage, *, clock: Clock, successor: str | None
) -> FeedReport:
    """Poll one feed, unless a run is at it; ask for its robots.txt, too, so that its owner's word on feed readers is heard."""
    if not hosts.claim(feed_id(feed.url), known_at=clock.now()):
        return not_asked(feed, source, "a run of this data folder is polling it")
    try:
        response = await fetcher.fetch(feed.url, kind="feed", shares=True, learns_robots=True)
        document = await _parse(cage, response) if outcome_of(response) == "ok" else None
    finally:
        hosts.settle([feed_id(feed.url)], clock.now())
    if response.failure is not None and response.failure.kind == "cancelled":
        until = hosts.find_pause(pause_scope_of(response.final_url), clock.now())
        why = f"its host asked us to wait until {until:%Y-%m-%d %H:%M} UTC" if until else response.failure.detail
        return not_asked(feed, source, why)
    return examine(feed, source, response, document, now=clock.now(), successor=successor)


def _named_instead(settings: Settings) -> dict[str, str]:
    """What home pages name instead of feeds that are gone, as the runs so far have found; none where nothing was published."""
    if not settings.published.exists():
        return {}
    with open_readonly(settings.published) as con:
        if schema.pending(con):
            return {}  # an older release published it
        return {found.url: found.successor_url for found in successors(con)}


def _host_book(settings: Settings) -> HostBook:
    """The file in which all processes of a data folder agree about hosts."""
    settings.private_dir.mkdir(parents=True, exist_ok=True)
    return HostBook(settings.private_dir / "hosts.sqlite")


@asynccontextmanager
async def _fetcher(settings: Settings, sources: tuple[Source, ...], clock: Clock) -> AsyncIterator[Fetcher]:
    """The door to publishers, with the host book that all processes share."""
    async with Fetcher(settings.fetch_policy(sources), clock=clock, hosts=_host_book(settings)) as fetcher:
        yield fetcher


async def _parse(cage: Cage, response: Response) -> FeedDocument:
    """Read the document without what the sources file says: only so does its own word show."""
    document = await cage.run(partial(parse_feed, url=response.final_url, content_type=response.header("content-type")), response.body)
    if isinstance(document, CageFailure):
        return FeedDocument(format="unknown", problems=(f"the parser was stopped: {document.kind}: {document.detail}",))
    return document


def _show_report(report: FeedReport) -> None:
    newest = f", newest {report.newest_at:%Y-%m-%d %H:%M} UTC" if report.newest_at else ""
    found = f"  {report.format}, {report.entries} entries{newest}" if report.format != "unknown" else ""
    click.echo(f"{_MARKS[report.verdict]}  {report.source_id}  {report.url}{found}")
    for remark in report.remarks:
        click.echo(f"        {remark}")


# --- discover and add ------------------------------------------------------------------------------------------------


def discover(settings: Settings, url: str, *, as_json: bool) -> int:
    """Show the feeds that a home page names, and which of them `add` would take; 1 where it names none."""
    site = _discover(settings, url)
    chosen = choose_feeds(site.feeds)
    if as_json:
        click.echo(terminal.as_json({**dataclasses.asdict(site), "chosen": [feed.url for feed in chosen]}))
    elif site.feeds:
        rows = [("yes" if feed in chosen else "", feed.format, feed.how, feed.lang, feed.title, feed.url) for feed in site.feeds]
        terminal.show_table(("add takes it", "format", "how", "lang", "title", "url"), rows)
    if not site.feeds:
        terminal.say(f"{url}: the page names no feed and no news sitemap")
    return 0 if site.feeds else EXIT_FAILED


def add(settings: Settings, url: str, *, source_id: str | None, as_json: bool) -> int:
    """Find an outlet's feeds in one GET and append it to the sources file; 1 where there is nothing to add."""
    path = sources_path(settings)
    text = _read(path)
    declared = parse_sources(text, name=path.name)
    site = _discover(settings, url)
    if not site.feeds:
        raise TrilateralError(f"{url}: the page names no feed and no news sitemap; give the address of a feed itself")
    chosen = choose_feeds(site.feeds) or site.feeds
    outlet = registrable_domain(site.home) or scope_of(site.home)
    source = Source(
        id=source_id or propose_id(outlet, taken=[known.id for known in declared]),
        name=site.name or outlet,
        home=site.home if normalise_url(site.home) else None,
        lang=site.lang,
        feeds=tuple(Feed(url=feed.url, lang=feed.lang if feed.lang != site.lang else None) for feed in chosen),
    )
    fresh, known = leave_out_known((source,), declared)
    for address in known:
        terminal.say(f"already declared: {address}")
    _write(path, add_sources(text, fresh, name=path.name))
    _show_added(fresh, path, as_json=as_json)
    return 0 if fresh else EXIT_FAILED


def _show_added(fresh: tuple[Source, ...], path: Path, *, as_json: bool) -> None:
    if as_json:
        click.echo(terminal.as_json([dataclasses.asdict(source) for source in fresh]))
    for source in fresh:
        terminal.say(f"added to {path}: source '{source.id}' ({source.name}), {len(source.feeds)} feeds")
        for feed in () if as_json else source.feeds:
            click.echo(feed.url)
    if any(not source.timezone for source in fresh):
        terminal.say("country, timezone, owner and affiliation are yours to fill in")


def _discover(settings: Settings, url: str) -> FoundSite:
    asked = normalise_url(url if "://" in url else f"https://{url}")
    if asked is None:
        raise click.UsageError(f"not an http(s) address: {url!r}")
    return asyncio.run(_ask_site(settings, asked))


async def _ask_site(settings: Settings, url: str) -> FoundSite:
    """One GET, of an address that the user named; what came is read in the cage."""
    async with _fetcher(settings, (), SYSTEM_CLOCK) as fetcher:
        response = await fetcher.fetch(url, kind="feed", accept=_ACCEPT_SITE)
    if response.failure is not None or outcome_of(response) != "ok":
        said = f"{response.failure.kind}: {response.failure.detail}" if response.failure else f"status {response.status}"
        raise TrilateralError(f"{url}: not fetched: {said}")
    async with Cage(1) as cage:
        found = await cage.run(
            partial(discover_feeds, url=response.final_url, content_type=response.header("content-type") or ""), response.body
        )
    if isinstance(found, CageFailure):
        raise TrilateralError(f"{url}: reading the page was stopped: {found.kind}: {found.detail}")
    return found


# --- OPML ------------------------------------------------------------------------------------------------------------


def import_opml(settings: Settings, file: Path, *, as_json: bool) -> int:
    """Append an OPML file's feeds that are not declared yet; 1 where there are none."""
    path = sources_path(settings)
    text = _read(path)
    found = read_opml(file.read_bytes(), name=file.name)
    fresh, known = leave_out_known(found.sources, parse_sources(text, name=path.name))
    for problem in found.problems:
        terminal.say(f"{file.name}: {problem}")
    if known:
        terminal.say(f"{file.name}: {len(known)} feeds are declared already")
    _write(path, add_sources(text, fresh, name=path.name))
    _show_added(fresh, path, as_json=as_json)
    if not fresh:
        terminal.say(f"{file.name}: no feed in it is new")
    return 0 if fresh else EXIT_FAILED


def export_opml(settings: Settings, file: str) -> int:
    """Write the declared sources as OPML into a file, or to standard output for `-`."""
    text = write_opml(load_sources(settings))
    if file == "-":
        click.echo(text, nl=False)
    else:
        _write(Path(file), text)
        terminal.say(f"wrote {file}")
    return 0


# --- the file --------------------------------------------------------------------------------------------------------


def sources_path(settings: Settings) -> Path:
    """Find the sources file that may be added to; never the copy inside of the package."""
    path = settings.sources or Path("deployments") / "sources.toml"
    if not path.is_file():
        raise SettingError(f"sources: no such file: '{path}'; make one (it may be empty) or name yours with --sources FILE")
    return path


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")  # line ends stay as they are


def _write(path: Path, text: str) -> None:
    """Put a file into place as a whole, with the mode that it had."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    handle, name = tempfile.mkstemp(dir=path.resolve().parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode("utf-8"))
    Path(name).chmod(mode)
    Path(name).replace(path.resolve())
