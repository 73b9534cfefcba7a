"""When to publish: often enough for those who read, seldom enough for those who write."""

from __future__ import annotations

from collections.abc import Callable

from extractors.fetch.clock import Clock
from flows.settings import Settings
from warehouse.publish import Publication, next_publish_at, publish
from warehouse.store import Writer


class Press:
    """Publishes when it is due: never older than `publish_seconds` while rows land, and never more than a tenth of the time."""

    def __init__(
        self, settings: Settings, writer: Writer, clock: Clock, *, on_published: Callable[[Publication], None] = lambda _: None
    ) -> None:
        self._target = settings.published
        self._publish_seconds = settings.publish_seconds
        self._writer = writer
        self._clock = clock
        self._on_published = on_published
        self._last: Publication | None = None
        self.has_news = False  # something has landed since

    def publish_if_due(self) -> None:
        """Publish what is new, unless the last publication is young enough."""
        if not self.has_news:
            return
        if self._last is not None:
            due_at = next_publish_at(self._last.published_at, self._last.seconds, publish_seconds=self._publish_seconds)
            if self._clock.now() < due_at:
                return
        self.publish_now()

    def publish_now(self) -> Publication:
        """Publish; a run ends with it, whatever happened."""
        self._last = publish(self._writer, self._target, now=self._clock.now())
        self.has_news = False
        self._on_published(self._last)
        return self._last
