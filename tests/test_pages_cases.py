"""A test is a file: every page in tests/cases/pages beside what is read out of it.

`python tests/test_pages_cases.py` (with the checkout on PYTHONPATH) writes the expectations anew, to be reviewed as a diff; inputs (`url`, `hints` …) stay.
"""

import json
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from extractors.reading import EXTRACTOR, read_page
from extractors.records import Article, CaptureRef, Classification, ExtractRules, Page, PageHints, Published, Reading, Rejection
from extractors.stories.signatures import sign_text
from extractors.urls import url_key

CASES = Path(__file__).parent / "cases" / "pages"
FETCHED_AT = datetime(2026, 3, 12, 8, tzinfo=UTC)
INPUTS = ("url", "final_url", "content_type", "hints")


def page_of(case, body):
    hints = dict(case.get("hints", {}))
    if "published" in hints:
        hints["published"] = published_of(hints["published"])
    if "extract" in hints:
        hints["extract"] = ExtractRules(**{key: tuple(selectors) for key, selectors in hints["extract"].items()})
    capture = CaptureRef(
        capture_id="c" * 32,
        url_key=url_key(case["url"]),
        url=case["url"],
        final_url=case.get("final_url", case["url"]),
        file="test.warc.gz",
        offset=0,
        length=len(body),
        fetched_at=FETCHED_AT,
        status=200,
        content_type=case.get("content_type", "text/html"),
        body_bytes=len(body),
        body_hash="b" * 32,
    )
    return Page(capture=capture, body=body, content_type=capture.content_type, hints=PageHints(**hints))


def published_of(stated):
    return Published(
        at=datetime.fromisoformat(stated["at"]),
        on=date.fromisoformat(stated["on"]),
        precision=stated["precision"],
        zone=stated["zone"],
        origin=stated["origin"],
    )


def classify_nothing(title, text, lang):
    return Classification(codebook_version="0.0.0+none")


def as_json(value):
    """What a record looks like in an expectation: no defaults, dates in ISO 8601."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return value


def expectation_of(reading):
    outcome = {key: as_json(value) for key, value in asdict(reading.outcome).items() if key != "extractor"}
    if isinstance(reading.outcome, Article):
        outcome["text"] = reading.outcome.text.split("\n")  # a paragraph a line, so that a diff can be read
    kind = "article" if isinstance(reading.outcome, Article) else "rejection"
    return {
        kind: outcome,
        "urls": [[url.url_key, url.kind] for url in reading.urls],
        "claimed_canonical": reading.claimed_canonical,
    }


def load(name):
    path = CASES / f"{name}.html"
    case = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return page_of(case, path.read_bytes()), case


@pytest.mark.parametrize("name", sorted(path.stem for path in CASES.glob("*.html")))
def test_a_page_is_read_as_its_case_says(name):
    page, case = load(name)
    expected = {key: value for key, value in case.items() if key not in INPUTS}
    assert expectation_of(read_page(page, classifier=classify_nothing)) == expected


@pytest.mark.parametrize("name", sorted(path.stem for path in CASES.glob("*.json")))
def test_every_expectation_has_its_page(name):
    assert (CASES / f"{name}.html").exists()


def test_a_reading_is_a_whole_record():
    page, case = load("paywalled-teaser")
    text = (
        "Between the handshakes in Muscat lay a sheet of paper that neither delegation wanted to sign, and that both had helped to write."
    )
    assert read_page(page, classifier=classify_nothing) == Reading(
        capture=page.capture,
        outcome=Article(
            title="What the envoys did not say",
            text=text,
            authors=("Ann Lee", "Bo Diaz"),
            lang="en",
            published=published_of(case["article"]["published"]),
            access="paywalled",
            word_count=23,
            link_density=0.0,
            boilerplate_share=0.172,
            canonical=None,
            extractor=EXTRACTOR,
        ),
        classification=Classification(codebook_version="0.0.0+none"),
        signature=sign_text(text, authors=("Ann Lee", "Bo Diaz")),
    )


def test_a_rejected_page_carries_no_classification():
    page, _ = load("soft-404")
    assert read_page(page, classifier=classify_nothing) == Reading(
        capture=page.capture, outcome=Rejection(reason="not_article", detail="the page says that there is nothing here")
    )


def test_the_extractor_names_itself_and_trafilatura():
    assert EXTRACTOR == "trilateral-3/trafilatura-2.3.1"
    assert {field.name for field in fields(Article)} >= {"extractor"}


def _write():
    for path in sorted(CASES.glob("*.html")):
        target = path.with_suffix(".json")
        case = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {"url": f"https://{path.stem}.example/news/1"}
        inputs = {key: case[key] for key in INPUTS if key in case}
        found = expectation_of(read_page(page_of(inputs, path.read_bytes()), classifier=classify_nothing))
        target.write_text(json.dumps(inputs | found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write()
