"""The ways back in time by the names people type. Another one is a class with the same two methods and a line here."""

from __future__ import annotations

from extractors.archives.addresslists import AddressLists
from extractors.archives.feedarchives import FeedArchives, WordPress
from extractors.archives.foreignwarc import WarcArchive
from extractors.archives.history import LinkArchive, PageArchive
from extractors.archives.rowfiles import RowFiles
from extractors.archives.savedpages import SavedPages
from extractors.archives.sitemaps import Sitemaps

PAGE_ARCHIVES: dict[str, PageArchive] = {"warc": WarcArchive(), "folder": SavedPages(), "jsonl": RowFiles()}
LINK_ARCHIVES: dict[str, LinkArchive] = {
    "urls": AddressLists(),
    "sitemap": Sitemaps(),
    "archive-feed": FeedArchives(),
    "wordpress": WordPress(),
}

LATER = ("wayback", "cc-news", "gdelt")  # promised, and refused until then
