"""A feed document's bytes into its entries, whatever the format, and what was wrong with it in words.

Decides the encoding first and the format from the text itself; Content-Type is only asked for its charset. Never
fetches, never raises: a body that no parser survives is a document without entries and with a problem.
"""

from __future__ import annotations

from dataclasses import replace

from extractors.feeds.encoding import decode_feed
from extractors.feeds.entries import FeedContext
from extractors.feeds.jsonfeed import parse_json_feed
from extractors.feeds.syndication import parse_xml_feed
from extractors.records import FeedDocument

_MAX_PROBLEMS = 50  # a feed of 10,000 entries with the same fault says it fifty times


def parse_feed(
    body: bytes, *, url: str, content_type: str | None = None, lang: str | None = None, timezone: str | None = None
) -> FeedDocument:
    """Read a feed. `url` is where it was found; `lang` and `timezone` are the source's, for what the document leaves open."""
    context = FeedContext(url=url, lang=lang, timezone=timezone)
    try:
        decoded = decode_feed(body, content_type=content_type, lang=lang)
        document = _parse(decoded.text, context)
    except Exception as error:  # noqa: BLE001 - feedparser raises what it likes on hostile input; it costs this document only
        return FeedDocument(format="unknown", problems=(f"the parser failed: {type(error).__name__}: {str(error)[:200]}",))
    problems = (*decoded.problems, *document.problems)
    left_out = len(problems) - _MAX_PROBLEMS
    shown = (*problems[:_MAX_PROBLEMS], f"and {left_out} more") if left_out > 0 else problems
    return replace(document, problems=shown)


def _parse(text: str, context: FeedContext) -> FeedDocument:
    start = text.lstrip("\ufeff\x00 \t\r\n")[:1]
    if not start:
        return FeedDocument(format="unknown", problems=("the document is empty",))
    if start in "{[":
        return parse_json_feed(text.lstrip("\ufeff\x00 \t\r\n"), context=context)
    return parse_xml_feed(text, context=context)
