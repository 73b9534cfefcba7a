"""Whether it is we who are off the net: then nobody is charged for not answering.

Pure. Refuses to excuse a single host, or anything while some host still answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from extractors.records import Outcome

OUTAGE_SECONDS = 600.0  # until those are asked again who could not be reached
NETWORK_FAILURES: frozenset[Outcome] = frozenset({"dns", "connect", "timeout"})

_HOSTS = 5
_WINDOW = timedelta(minutes=10)
_SILENCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One exchange with a host that was tried."""

    scope: str
    at: datetime
    outcome: Outcome


def is_our_outage(attempts: Iterable[Attempt], *, now: datetime) -> bool:
    """Five hosts or more tried of late, more than half of them without reaching them, and nobody reached in the last minute."""
    latest: dict[str, Attempt] = {}
    for attempt in sorted(attempts, key=lambda attempt: attempt.at):
        if now - attempt.at <= _WINDOW:
            latest[attempt.scope] = attempt
    failing = sum(attempt.outcome in NETWORK_FAILURES for attempt in latest.values())
    reached = any(attempt.outcome not in NETWORK_FAILURES and now - attempt.at <= _SILENCE for attempt in latest.values())
    return len(latest) >= _HOSTS and 2 * failing > len(latest) and not reached
