"""The memories of the sites whose pages are being read: taken from the warehouse before, taught by readings, landed after.

Refuses to hold more than some hundred sites, and a memory that another version of the reader made. Used by two threads:
the warehouse's puts in and takes out, the loop's looks up and teaches.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

from extractors.pages.sitememory import learn
from extractors.reading import READER_VERSION
from extractors.records import CaptureRef, SiteLesson, SiteMemory
from extractors.urls import site_of

_MOST_SITES = 512


class SiteShelf:
    """The memories at hand, those used last kept longest; what was taught and has not landed is kept in any case."""

    def __init__(self, *, most: int = _MOST_SITES) -> None:
        self._guard = threading.Lock()
        self._most = most
        self._memories: OrderedDict[str, SiteMemory] = OrderedDict()
        self._taught: set[str] = set()

    def missing(self, urls: Iterable[str]) -> tuple[str, ...]:
        """List, once each, the sites of these addresses of which nothing is at hand."""
        with self._guard:
            return tuple(dict.fromkeys(site for site in map(site_of, urls) if site not in self._memories))

    def put(self, sites: Iterable[str], found: Iterable[SiteMemory]) -> None:
        """Put in what the warehouse holds of these sites; of the others an empty memory, as of one that an earlier reader made."""
        known = {memory.site: memory for memory in found}
        with self._guard:
            for site in sites:
                memory = known.get(site, SiteMemory(site=site, reader=READER_VERSION))
                is_ours = memory.reader == READER_VERSION
                self._memories.setdefault(site, memory if is_ours else SiteMemory(site=site, reader=READER_VERSION, pages=memory.pages))
            for site in [site for site in self._memories if site not in self._taught][: max(0, len(self._memories) - self._most)]:
                del self._memories[site]

    def of(self, capture: CaptureRef) -> SiteMemory | None:
        """Hand out the memory for a page; None for one that a redirect led to another site, and where nothing is at hand."""
        site = site_of(capture.url)
        if site_of(capture.final_url) != site:
            return None
        with self._guard:
            if site in self._memories:
                self._memories.move_to_end(site)
            return self._memories.get(site)

    def teach(self, capture: CaptureRef, lesson: SiteLesson) -> None:
        """Learn from a page. Lessons of pages that were read at the same time add up; none is lost."""
        site = site_of(capture.url)
        with self._guard:
            if site in self._memories:
                self._memories[site] = learn(self._memories[site], lesson)
                self._taught.add(site)

    def take_taught(self) -> tuple[SiteMemory, ...]:
        """Hand out, once, the memories that changed."""
        with self._guard:
            taught, self._taught = self._taught, set()
            return tuple(self._memories[site] for site in sorted(taught))
