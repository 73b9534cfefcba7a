"""What was answered in one pass, so that no address is asked twice in it, redirect targets included.

Holds a few whole answers and the names of all. Refuses to answer a question that was put otherwise: where the answer it
has does not fit, the asker has to wait for the next pass.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from extractors.fetch.exchange import Answer
from extractors.records import Failure

_MAX_BYTES = 16 * 2**20  # of bodies; beyond it the oldest are let go
_PASS = timedelta(hours=1)  # a run may be longer: what failed is due again after an hour


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What was asked how, and the answer while it is kept."""

    headers: Mapping[str, str]
    answer: Answer | None
    at: datetime


class PassMemory:
    """Belongs to one fetcher. `async with memory.alone(url):` find, else ask and keep."""

    def __init__(self, *, max_bytes: int = _MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._told: dict[str, _Told] = {}
        self._sizes: dict[str, int] = {}  # of the answers that are kept whole, oldest first
        self._bytes = 0
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def alone(self, url: str) -> asyncio.Lock:
        """Hold it from looking for an answer until there is one: who comes second finds what the first was told."""
        return self._locks.setdefault(url, asyncio.Lock())

    def find(self, url: str, headers: Mapping[str, str], now: datetime) -> Answer | Failure | None:
        """Give the answer of this pass; None: it was not asked; a Failure: it was, and the answer cannot be had again."""
        told = self._told.get(url)
        if told is None or now - told.at >= _PASS:
            return None
        if told.answer is None or (told.answer.status == 304 and told.headers != headers):
            return Failure(kind="cancelled", detail=f"{url} was asked in this pass already")
        return told.answer

    def keep(self, url: str, headers: Mapping[str, str], answer: Answer, now: datetime) -> None:
        """Remember an answer; the bodies of the oldest go where they become too many."""
        self._bytes -= self._sizes.pop(url, 0)
        self._told[url] = _Told(headers=dict(headers), answer=answer, at=now)
        self._sizes[url] = len(answer.body) + len(answer.wire_body)
        self._bytes += self._sizes[url]
        while self._bytes > self._max_bytes:
            oldest = next(iter(self._sizes))
            self._bytes -= self._sizes.pop(oldest)
            self._told[oldest] = replace(self._told[oldest], answer=None)
