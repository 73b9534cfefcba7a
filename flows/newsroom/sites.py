"""What an outlet's site gives to a request: feeds, pages, robots.txt, redirects and 304s, of the edition on the air.

Decides from its arguments and touches nothing; the socket is server.py's.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import unquote

from flows.newsroom.articles import LAST_EDITION, Edition, Outlet, Story, Validator, path_of, stories_in, url_of
from flows.newsroom.feeds import render_feed
from flows.newsroom.pages import render_article, render_front, render_not_found, render_video, section_path, sections_of

_BUILT: Mapping[Edition, datetime] = {
    1: datetime(2026, 11, 20, 18, 30, tzinfo=UTC),
    2: datetime(2026, 11, 21, 6, 0, tzinfo=UTC),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request gets."""

    status: HTTPStatus
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """Something that answers 200."""

    content_type: str
    text: str
    modified: datetime
    validators: tuple[Validator, ...] = ()


def answer(outlet: Outlet, path: str, headers: Mapping[str, str], *, edition: Edition) -> Answer:
    """What the outlet's site gives to a GET; `headers` by lower-case name."""
    for story in stories_in(outlet, edition):
        if story.feed_path == path:
            target = url_of(outlet, path_of(outlet, story))
            return Answer(status=HTTPStatus.MOVED_PERMANENTLY, headers=(("Location", target),))
    document = _document_at(outlet, unquote(path), edition)
    if document is None:
        page = render_not_found(outlet).encode(outlet.encoding, "xmlcharrefreplace")
        return Answer(status=HTTPStatus.NOT_FOUND, headers=(("Content-Type", _html_type(outlet)),), body=page)
    return _serve(outlet, document, headers)


def _serve(outlet: Outlet, document: _Document, headers: Mapping[str, str]) -> Answer:
    # A page in an old encoding writes what it has no letter for as a character reference.
    body = document.text.encode(outlet.encoding, "xmlcharrefreplace")
    vouchers = _validators(outlet, document, body)
    vary = (("Vary", "Accept-Encoding"),) if outlet.gzip else ()
    if _is_unchanged(vouchers, headers):
        return Answer(status=HTTPStatus.NOT_MODIFIED, headers=(*vouchers.items(), *vary))
    fields = (("Content-Type", document.content_type), *vouchers.items(), *vary)
    if outlet.gzip and "gzip" in headers.get("accept-encoding", ""):
        return Answer(status=HTTPStatus.OK, headers=(*fields, ("Content-Encoding", "gzip")), body=gzip.compress(body, mtime=0))
    return Answer(status=HTTPStatus.OK, headers=fields, body=body)


def _validators(outlet: Outlet, document: _Document, body: bytes) -> dict[str, str]:
    fields = {}
    if "etag" in document.validators:
        tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        fields["ETag"] = f"W/{tag}" if outlet.gzip else tag  # RFC 9110 §8.8.3.3: one strong tag cannot name two encodings
    if "last_modified" in document.validators:
        fields["Last-Modified"] = format_datetime(document.modified, usegmt=True)
    return fields


def _is_unchanged(vouchers: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    """RFC 9110 §13.2.2: If-None-Match decides where it is sent, If-Modified-Since only without it."""
    if (asked := headers.get("if-none-match")) is not None:
        known = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
        return "ETag" in vouchers and vouchers["ETag"].removeprefix("W/") in known
    if (since := headers.get("if-modified-since")) is None or "Last-Modified" not in vouchers:
        return False
    try:
        return parsedate_to_datetime(vouchers["Last-Modified"]) <= parsedate_to_datetime(since)
    except ValueError:
        return False


def _document_at(outlet: Outlet, path: str, edition: Edition) -> _Document | None:
    """What stands at a path, percent-encoding undone."""
    if path == "/robots.txt":
        rule = f"Disallow: {outlet.closed_path}" if outlet.closed_path else "Allow: /"
        return _Document(content_type="text/plain; charset=utf-8", text=f"User-agent: *\n{rule}\n", modified=_BUILT[1])
    if path == outlet.feed.path:
        return _feed_document(outlet, edition)
    stories = stories_in(outlet, edition)
    for story in stories:
        if path == unquote(path_of(outlet, story)):
            return _page(outlet, render_article(outlet, story, stories), modified=story.revised or story.published)
    return _side_page(outlet, path, stories)


def _side_page(outlet: Outlet, path: str, stories: tuple[Story, ...]) -> _Document | None:
    """Home, sections, and the dead ends that are there."""
    if path == "/":
        return _page(outlet, render_front(outlet, stories))
    for section in sections_of(outlet):
        if path == section_path(outlet, section):
            return _page(outlet, render_front(outlet, stories, section=section))
    for end in outlet.dead_ends:
        if path == end.path and end.kind != "not_found":
            return _page(outlet, render_video(outlet, end), modified=end.published)
    return None


def _feed_document(outlet: Outlet, edition: Edition) -> _Document:
    """The feed, dated by the edition that last changed it."""
    content_type, text = render_feed(outlet, edition)
    changed_in: Edition = 1 if text == render_feed(outlet, 1)[1] else LAST_EDITION
    return _Document(content_type=content_type, text=text, modified=_BUILT[changed_in], validators=outlet.feed.validators)


def _page(outlet: Outlet, text: str, *, modified: datetime = _BUILT[1]) -> _Document:
    return _Document(content_type=_html_type(outlet), text=text, modified=modified.astimezone(UTC), validators=outlet.page_validators)


def _html_type(outlet: Outlet) -> str:
    """Old sites leave the encoding to the page itself."""
    return "text/html; charset=utf-8" if outlet.encoding == "utf-8" else "text/html"
