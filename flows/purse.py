"""What a backfill may spend and what it has come across: budgets in pages, requests, bytes and minutes, and the tally."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from extractors.archives.history import Passed

_MOST_PROBLEMS = 20  # that are named one by one
_NO_LIMIT = 2**31


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a backfill has come across, beside what the stream counts."""

    taken: int = 0  # pages that were captured or asked for
    known: int = 0  # pages that have had their outcome before
    poorer: int = 0  # readings that showed less than is held
    gone: int = 0  # captures whose file is no longer there
    lost: int = 0  # articles in whose page today's extractor finds none; they stay
    documents: int = 0  # lists, sitemaps and pages of archives that were read
    requests: int = 0
    bytes: int = 0
    units_done: int = 0
    units_known: int = 0  # units that an earlier run had done
    units_failed: int = 0
    passed: dict[str, int] = field(default_factory=dict)  # what was left out, by reason
    problems: list[str] = field(default_factory=list)  # in words, the first few
    inputs: dict[str, str] = field(default_factory=dict)  # SHA-256 of local files, by name

    def note_passed(self, passed: Passed) -> None:
        """One more that was not taken."""
        self.passed[passed.reason] = self.passed.get(passed.reason, 0) + 1
        if passed.reason in ("broken", "too_large", "no_address"):
            self.note_problem(f"{passed.reason}: {passed.where}: {passed.detail}")

    def note_problem(self, words: str) -> None:
        """Name what was wrong, as long as there are few."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(words)

    def counts(self) -> tuple[tuple[str, int], ...]:
        """As the run's record keeps them."""
        own = ("taken", "known", "poorer", "gone", "lost", "documents", "requests", "bytes", "units_done", "units_known", "units_failed")
        return (*((name, getattr(self, name)) for name in own), *((f"passed_{name}", count) for name, count in sorted(self.passed.items())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """What a run may spend; None: as much as it needs."""

    pages: int | None = None
    requests: int | None = None
    bytes: int | None = None
    seconds: float | None = None
    started: float = 0.0
    monotonic: Callable[[], float]

    def pages_left(self, tally: Tally) -> int:
        """How many more pages may be taken on; of what is fetched each costs a request."""
        left = _NO_LIMIT if self.pages is None else self.pages - tally.taken
        return min(left, _NO_LIMIT if self.requests is None else self.requests - tally.requests)

    def why_spent(self, tally: Tally) -> str:
        """Which budget is used up, in words; '' while none is."""
        if self.pages is not None and tally.taken >= self.pages:
            return f"--limit {self.pages}"
        if self.requests is not None and tally.requests >= self.requests:
            return f"--max-requests {self.requests}"
        if self.bytes is not None and tally.bytes >= self.bytes:
            return f"--max-bytes {self.bytes}"
        if self.seconds is not None and self.monotonic() - self.started >= self.seconds:
            return f"--max-minutes {self.seconds / 60:g}"
        return ""
