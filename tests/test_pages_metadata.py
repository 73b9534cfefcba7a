"""What is gathered of a page beside its text, where several places have to be read together."""

from datetime import UTC, datetime

import pytest

from extractors.pages.markup import parse_markup
from extractors.pages.metadata import read_metadata
from extractors.records import CaptureRef, PageHints

URL = "https://www.wire-daily.example/world/1"
HEADLINE = "Envoys leave Muscat without a date"


def metadata_of(markup):
    capture = CaptureRef(
        capture_id="c" * 32,
        url_key="wire-daily.example/world/1",
        url=URL,
        final_url=URL,
        file="",
        offset=0,
        length=0,
        fetched_at=datetime(2026, 3, 12, 8, tzinfo=UTC),
        status=200,
        content_type="text/html",
        body_bytes=0,
        body_hash="",
    )
    tree = parse_markup(f"<html>{markup}</html>")
    return read_metadata(tree, capture=capture, hints=PageHints())


@pytest.mark.parametrize(
    ("href", "title"),
    [
        ("/", HEADLINE),
        ("https://wire-daily.example/", HEADLINE),
        ("/world", f"{HEADLINE} — The Meridian"),
    ],
)
def test_the_link_home_tells_what_the_outlet_is_called(href, title):
    page = f'<head><title>{HEADLINE} — The Meridian</title></head><body><a href="{href}">The Meridian</a><p>Text.</p></body>'
    assert metadata_of(page).title == title


def test_a_page_that_a_script_fills_is_known_by_its_data():
    body = "".join(f"<p>The envoys said little on day {n} of the talks. They left by the back door.</p>" for n in range(6))
    story = f'{{"story": {{"title": "{HEADLINE}", "byline": "Ann Lee", "publishedAt": "2026-03-11T22:15:00Z", "body": "{body}"}}}}'
    found = metadata_of(f"<head><title>The Meridian</title></head><body><div id=app></div><script>window.S = {story};</script></body>")
    assert (found.title, found.authors, found.published.at, found.published.origin, found.is_stated_article) == (
        HEADLINE,
        ("Ann Lee",),
        datetime(2026, 3, 11, 22, 15, tzinfo=UTC),
        "script:datePublished",
        False,
    )
