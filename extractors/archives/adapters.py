"""The ways back in time by the names people type. Another one is a class with the same two methods and a line here."""

from __future__ import annotations

from extractors.archives.foreignwarc import WarcArchive
from extractors.archives.history import LinkArchive, PageArchive
from extractors.archives.rowfiles import RowFiles
from extractors.archives.savedpages import SavedPages

PAGE_ARCHIVES: dict[str, PageArchive] = {"warc": WarcArchive(), "folder": SavedPages(), "jsonl": RowFiles()}
LINK_ARCHIVES: dict[str, LinkArchive] = {}

LATER = ("wayback", "cc-news", "gdelt")  # promised, and refused until then
