"""The fetcher: everything that is asked of a publisher is asked here, politely, and whatever happens is a value.

Redirects are followed here, each hop as a request of its own: checked, judged by its own robots.txt, waiting its turn.
Refuses cookies, Referer, invented dates and private addresses; never retries.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from extractors.fetch.addresses import AddressGuard, Resolver, resolve_by_system
from extractors.fetch.clock import SYSTEM_CLOCK, Clock
from extractors.fetch.encoding import ACCEPT_ENCODING
from extractors.fetch.exchange import Answer, exchange
from extractors.fetch.hosts import HostBook, RobotsFile
from extractors.fetch.passes import PassMemory
from extractors.fetch.policy import FetchPolicy
from extractors.fetch.robots import crawl_delay, judge, read_robots
from extractors.fetch.targets import Target, follow, locate
from extractors.fetch.transport import CheckedTransport
from extractors.fetch.turns import Turns
from extractors.fetch.visits import pause_scope_of, pause_seconds, retry_after_seconds, visit_of
from extractors.records import Failure, Hop, Response, Visit, VisitKind

_ACCEPT: dict[VisitKind, str] = {
    "feed": (
        "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
        "application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"
    ),
    "page": "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.1",
    "robots": "text/plain, */*;q=0.1",
    "archive": "application/xml, text/xml, application/atom+xml, application/rss+xml, application/json, */*;q=0.1",
}
_ARCHIVE_BYTES = 50 * 2**20  # of a sitemap, decoded (sitemaps.org); other documents of archives are smaller
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]+")  # RFC 9110 §5.5; what came from a header can go into one
_MAX_HOPS: dict[VisitKind, int] = {"feed": 5, "page": 10, "robots": 5, "archive": 5}


class Fetcher:
    """The one client. `async with Fetcher(policy, hosts=HostBook(path)) as fetcher: await fetcher.fetch(url, kind="feed")`."""

    def __init__(
        self,
        policy: FetchPolicy,
        clock: Clock = SYSTEM_CLOCK,
        *,
        hosts: HostBook,
        resolve: Resolver = resolve_by_system,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._hosts = hosts
        self._transport = CheckedTransport(AddressGuard(policy=policy, resolve=resolve), tls=tls)
        self._turns = Turns(policy, clock=clock, hosts=hosts)
        self._pass = PassMemory()
        self._own_visits: list[Visit] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        await self._transport.aclose()
        self._hosts.close()

    def begin_pass(self) -> None:
        """Forget the answers of the pass before; call it while nothing is being fetched."""
        self._pass = PassMemory()

    async def fetch(
        self,
        url: str,
        *,
        kind: VisitKind,
        etag: str | None = None,
        last_modified: str | None = None,
        validated_url: str | None = None,
        accept: str | None = None,
        shares: bool = False,
        learns_robots: bool = False,
    ) -> Response:
        """GET an address, conditionally where validators are given (sent back byte for byte). Never raises for the net's failures.

        `validated_url`: the address that gave the validators; on the way to it they are kept back. None: any may see them.
        `shares`: what this fetcher was told under an address within the hour will do. `learns_robots`: ask for a feed's
        robots.txt, too, so that the operator hears what it says.
        """
        validators = _validators(etag, last_modified)
        trip = _Trip(
            asked=url,
            kind=kind,
            headers={},
            validators=validators,
            validated_url=validated_url,
            plain_headers=self._headers(accept or _ACCEPT[kind]),
            started_at=self._clock.now(),
            seconds_left=self._policy.request_timeout_seconds,
            shares=shares,
            learns_robots=learns_robots,
        )
        target = locate(url)
        if target is None:
            return trip.fail(Failure(kind="scheme_refused", detail=f"not an http(s) address: {url[:200]!r}"))
        while True:
            trip.arrive(target)
            answer = self._refuse_port(target) or await self._ask(target, trip)
            if isinstance(answer, Failure):
                return trip.fail(answer)
            response = trip.finish(answer)
            if answer.failure is not None or answer.location is None or retry_after_seconds(response):
                return response
            trip.hops.append(Hop(url=target.url, status=answer.status or 0))
            onward = follow(target, answer.location)
            if isinstance(onward, Failure):
                return trip.fail(onward)
            if refusal := trip.refuse_hop(onward):
                return trip.fail(refusal)
            target = onward

    async def robots_of(self, url: str) -> RobotsFile:
        """Look up what the robots.txt of an address's authority said; it is asked for where nobody knows."""
        target = locate(url)
        if target is None:
            return RobotsFile(
                expires_at=self._clock.now(), failure=Failure(kind="scheme_refused", detail=f"not an http(s) address: {url[:200]!r}")
            )
        return await self._robots_of(target)

    def take_visits(self) -> tuple[Visit, ...]:
        """Hand out, once, the log's rows for exchanges the fetcher made on its own (robots.txt)."""
        taken, self._own_visits = tuple(self._own_visits), []
        return taken

    def _headers(self, accept: str) -> dict[str, str]:
        return {
            "User-Agent": self._policy.user_agent,
            "Accept": accept,
            "Accept-Encoding": ACCEPT_ENCODING,
            "Connection": "close",
        }

    def _refuse_port(self, target: Target) -> Failure | None:
        ports = self._policy.allow_ports
        if ports is None or target.port in ports:
            return None
        return Failure(kind="port_refused", detail=f"port {target.port} is not allowed: {target.url}")

    async def _ask(self, target: Target, trip: _Trip) -> Answer | Failure:
        """One request: after robots.txt, in its turn, within what is left of the trip's time; none for what this pass was told."""
        delay = self._policy.delay_of(target.scope)
        if trip.kind in ("page", "archive") and self._policy.respect_robots:
            robots = await self._robots_of(target)
            if refusal := judge(robots, target.url):
                return refusal
            delay = max(delay, crawl_delay(robots))
        elif trip.kind == "feed" and (known := await self._known_robots(target, trip)):
            delay = max(delay, crawl_delay(known))
            trip.object_to(None if known.failure else judge(known, target.url))
        if not trip.shares:
            return await self._request(target, trip, delay)
        async with self._pass.alone(target.url):
            told = self._pass.find(target.url, trip.headers, self._clock.now())
            trip.is_shared = isinstance(told, Answer)
            return told or await self._request(target, trip, delay)

    async def _request(self, target: Target, trip: _Trip, delay: float) -> Answer | Failure:
        if until := self._hosts.find_pause(target.url, self._clock.now()):
            return Failure(kind="cancelled", detail=f"{target.url} paused until {until:%Y-%m-%dT%H:%M:%SZ}")
        async with self._turns.turn(target.scope, delay_seconds=delay) as turn:
            if isinstance(turn, Failure):
                return turn
            began, began_at = self._clock.monotonic(), self._clock.now()
            answer = await exchange(
                self._transport,
                target.url,
                trip.headers,
                max_body_bytes=max(self._policy.max_body_bytes, _ARCHIVE_BYTES) if trip.kind == "archive" else self._policy.max_body_bytes,
                seconds=trip.seconds_left,
                clock=self._clock,
            )
            turn.answered_at = answer.answered_at
            trip.account(began_at, self._clock.monotonic() - began, delay)
            self._heed_pause(target, trip.finish(answer))
            if trip.kind != "robots":
                self._pass.keep(target.url, trip.headers, answer, self._clock.now())
        return answer

    def _heed_pause(self, target: Target, response: Response) -> None:
        """Hold it for all processes, before anybody else's turn comes: for a public name's whole scope, else for one address."""
        if seconds := pause_seconds(response):
            self._hosts.pause(pause_scope_of(target.url), self._clock.now() + timedelta(seconds=seconds))

    async def _known_robots(self, target: Target, trip: _Trip) -> RobotsFile | None:
        """What is known of a feed's robots.txt, which is asked for only where the trip wants to learn it."""
        if trip.learns_robots:
            return await self._robots_of(target)
        return self._hosts.find_robots(target.robots_url, self._clock.now())

    async def _robots_of(self, target: Target) -> RobotsFile:
        """Find an authority's robots.txt; all processes together ask for it once a day."""
        authority = target.robots_url
        if known := self._hosts.find_robots(authority, self._clock.now()):
            return known
        async with self._turns.turn(f"robots of {authority}", delay_seconds=0.0, connections=1) as turn:
            if isinstance(turn, Failure):
                return RobotsFile(expires_at=self._clock.now(), failure=turn)
            if known := self._hosts.find_robots(authority, self._clock.now()):
                return known
            response = await self.fetch(authority, kind="robots")
            now = self._clock.now()
            robots = read_robots(response, now)
            if robots.expires_at > now:
                self._hosts.keep_robots(authority, robots, now)
            if response.failure is None or response.failure.kind != "cancelled":
                self._own_visits.append(visit_of(response, kind="robots", source_id=None))
            return robots


def _validators(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """Give them as headers, byte for byte; what cannot be a header's value is left out."""
    stated = {"If-None-Match": etag or "", "If-Modified-Since": last_modified or ""}
    return {name: value for name, value in stated.items() if _HEADER_VALUE.fullmatch(value)}


@dataclass(slots=True, kw_only=True)
class _Trip:
    """A fetch on its way from hop to hop."""

    asked: str
    kind: VisitKind
    headers: dict[str, str]  # of the request to where it is now
    plain_headers: dict[str, str]
    validators: dict[str, str]
    validated_url: str | None  # where the validators come from
    started_at: datetime  # of the first request; until then, of the call
    seconds_left: float  # for the network, all hops together
    shares: bool
    learns_robots: bool
    delay_seconds: float | None = None  # kept before the first request
    is_shared: bool = False  # the last answer was there already
    url: str = ""  # where it is now
    seconds: float = 0.0  # spent on the network
    hops: list[Hop] = field(default_factory=list)
    is_under_way: bool = False
    robots_objection: str = ""

    def arrive(self, target: Target) -> None:
        """Come to the next address, which sees the validators only if it gave them."""
        self.url = target.url
        is_theirs = self.validated_url is None or target.url == self.validated_url
        self.headers = self.plain_headers | (self.validators if is_theirs else {})

    def object_to(self, refusal: Failure | None) -> None:
        """Note that robots.txt disallows a feed, which is polled all the same: the operator subscribed to it."""
        if refusal is not None:
            self.robots_objection = f"{refusal.detail}; polled all the same, as it is subscribed to"

    def account(self, began_at: datetime, seconds: float, delay: float) -> None:
        """Note one exchange's time, and the delay that it kept."""
        if not self.is_under_way:
            self.started_at, self.is_under_way, self.delay_seconds = began_at, True, delay
        self.seconds += seconds
        self.seconds_left -= seconds

    def refuse_hop(self, onward: Target) -> Failure | None:
        """Whether the last redirect was one too many, or leads in a circle."""
        if len(self.hops) > _MAX_HOPS[self.kind]:
            return Failure(kind="redirects", detail=f"more than {_MAX_HOPS[self.kind]} redirects")
        if onward.url in {hop.url for hop in self.hops}:
            return Failure(kind="redirects", detail=f"redirects in a circle, back to {onward.url}")
        return None

    def fail(self, failure: Failure) -> Response:
        return self._response(failure=failure)

    def finish(self, answer: Answer) -> Response:
        response = replace(self._response(failure=answer.failure), wire_body=answer.wire_body)
        if answer.failure is not None:
            return response
        return replace(
            response,
            status=answer.status,
            reason=answer.reason,
            headers=answer.headers,
            body=answer.body,
        )

    def _response(self, failure: Failure | None) -> Response:
        return Response(
            url=self.asked,
            final_url=self.url if self.hops else self.asked,
            hops=tuple(self.hops),
            started_at=self.started_at,
            duration_ms=round(self.seconds * 1000),
            sent_etag=self.headers.get("If-None-Match"),
            sent_last_modified=self.headers.get("If-Modified-Since"),
            failure=failure,
            robots_objection=self.robots_objection,
            delay_seconds=self.delay_seconds,
            is_shared=self.is_shared,
        )
