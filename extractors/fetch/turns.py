"""Whose turn it is: the waiting that the host book leaves to its callers. Refuses to wait for hours."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary

from extractors.fetch.clock import Clock
from extractors.fetch.hosts import HostBook, Lease
from extractors.fetch.policy import FetchPolicy
from extractors.records import Failure

_LEASE_SLACK_SECONDS = 30.0  # a lease outlives the longest exchange by so much; a dead process's is void at once


@dataclass(slots=True)
class Turn:
    """A request's turn in its scope.

    The next turn is counted from `answered_at`, else from this one's end: only then has the server surely seen the
    request, so that starts keep their distance in its log, too, whatever the network does.
    """

    answered_at: datetime | None = None


class Turns:
    """Hands out turns: first come, first served inside this process, spaced across all of them."""

    def __init__(self, policy: FetchPolicy, *, clock: Clock, hosts: HostBook) -> None:
        self._policy = policy
        self._clock = clock
        self._hosts = hosts
        self._queues: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def turn(self, scope: str, *, delay_seconds: float, connections: int | None = None) -> AsyncIterator[Turn | Failure]:
        """Wait for a turn and hold it; a Failure where it would take too long. Cancelling gives it back."""
        connections = connections or self._policy.host_connections
        queue = self._queues.get(scope)
        if queue is None:
            queue = self._queues[scope] = asyncio.Semaphore(connections)
        async with queue:
            lease = await self._wait(scope, delay_seconds, connections)
            if isinstance(lease, Failure):
                yield lease
                return
            turn = Turn()
            try:
                yield turn
            finally:
                self._hosts.release(lease, counted_from=turn.answered_at or self._clock.now())

    async def _wait(self, scope: str, delay_seconds: float, connections: int) -> Lease | Failure:
        lease_seconds = self._policy.request_timeout_seconds + _LEASE_SLACK_SECONDS
        patience = self._policy.max_wait_seconds + delay_seconds
        while True:
            answer = self._hosts.acquire(scope, delay_seconds, self._clock.now(), connections=connections, lease_seconds=lease_seconds)
            if isinstance(answer, Lease):
                return answer
            patience -= answer.seconds
            if patience < 0:
                until = answer.paused_until
                why = f"paused until {until:%Y-%m-%dT%H:%M:%SZ}" if until else "busy with other processes"
                return Failure(kind="cancelled", detail=f"scope {scope} {why}")
            await self._clock.sleep(answer.seconds)
