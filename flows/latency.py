"""How soon news can be asked for: delays in a histogram that takes the same room after a year as after a minute. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from warehouse.arrivals import Arrival

_STEP = 1.02  # a bin is 2 % wide, so a quantile is within 1 %
_LEAST_SECONDS = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """A distribution in three numbers."""

    articles: int
    p50_seconds: float | None  # None: there was none
    p95_seconds: float | None


@dataclass(slots=True)
class _Delays:
    bins: Counter[int] = field(default_factory=Counter)

    def add(self, seconds: float) -> None:
        self.bins[math.floor(math.log(max(seconds, _LEAST_SECONDS), _STEP))] += 1

    def quantile(self, share: float) -> float | None:
        """The middle of the bin that holds the value of this rank."""
        rank, seen = share * self.bins.total(), 0
        for place in sorted(self.bins):
            seen += self.bins[place]
            if seen >= rank:
                return float(f"{_STEP ** (place + 0.5):.3g}")
        return None

    def told(self) -> Delay:
        return Delay(articles=self.bins.total(), p50_seconds=self.quantile(0.5), p95_seconds=self.quantile(0.95))


class Latency:
    """Delays up to the queryable row: from the change of the feed, where that instant is stated, and from the poll that brought it."""

    def __init__(self) -> None:
        self._since_change = _Delays()
        self._since_poll = _Delays()

    def note(self, arrivals: Iterable[Arrival], queryable_at: datetime) -> None:
        """Count articles that can be asked for since an instant."""
        for arrival in arrivals:
            self._since_poll.add((queryable_at - arrival.first_seen_at).total_seconds())
            if arrival.changed_at is not None:
                self._since_change.add((queryable_at - arrival.changed_at).total_seconds())

    @property
    def since_change(self) -> Delay:
        """From the feed's change to the row."""
        return self._since_change.told()

    @property
    def since_poll(self) -> Delay:
        """From the poll to the row: what is in our own hands."""
        return self._since_poll.told()

    def in_words(self) -> str:
        """For a line of a log; nothing where nothing was fresh."""
        parts = (("from the feed's change", self.since_change), ("from the poll", self.since_poll))
        told = [f"{_span(d.p50_seconds)} / {_span(d.p95_seconds)} {words} (n={d.articles})" for words, d in parts if d.articles]
        return f"queryable after p50 / p95: {', '.join(told)}" if told else ""


def _span(seconds: float | None) -> str:
    """Seconds, or minutes once there are many."""
    if seconds is None:
        return "-"
    return f"{seconds:.3g} s" if seconds < 300 else f"{seconds / 60:.3g} min"
