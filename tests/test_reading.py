"""Page → reading: spans that point where they say, addresses that are believed or not, and batches through the cage."""

import asyncio
import re
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.archives.captures import CaptureWriter, read_capture
from extractors.pages.cage import Cage
from extractors.reading import MAX_PAGE_BYTES, read_batch, read_capture_task, read_page, shipped_classifier
from extractors.records import (
    Article,
    ArticleUrl,
    CaptureRef,
    Classification,
    Evidence,
    Page,
    PageHints,
    Reading,
    Rejection,
    Response,
)
from extractors.urls import url_key

AT = datetime(2026, 3, 12, 8, tzinfo=UTC)
URL = "https://wire.example/story/7"
FILLER = "The envoys said on Monday that the meeting would go on for another week, although no day had been named for it."
FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def page_of(body, *, url=URL, final_url=None, hints=None):
    capture = CaptureRef(
        capture_id="c" * 32,
        url_key=url_key(url),
        url=url,
        final_url=final_url or url,
        file="x.warc.gz",
        offset=0,
        length=1,
        fetched_at=AT,
        status=200,
        content_type="text/html; charset=utf-8",
        body_bytes=len(body),
        body_hash="b" * 32,
    )
    return Page(capture=capture, body=body, content_type=capture.content_type, hints=hints or PageHints())


def html_of(*paragraphs, title="Talks go on", head=""):
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<html><head><meta charset=utf-8><title>{title}</title>{head}</head><body><article><h1>{title}</h1>{body}</article></body></html>".encode()


def find_words(*words):
    """Classify by words alone: a span for each place where one stands."""

    def classify(title, text, lang):
        evidence = (
            Evidence(theme="word", cue=word, part=part, start=match.start(), end=match.end(), score=1.0)
            for part, where in (("title", title), ("text", text))
            for word in words
            for match in re.finditer(re.escape(word), where)
        )
        return Classification(codebook_version="0.0.0+words", evidence=tuple(evidence))

    return classify


def quotes(reading):
    parts = {"title": reading.outcome.title, "text": reading.outcome.text}
    return [parts[item.part][item.start : item.end] for item in reading.classification.evidence]


# --- spans -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "word"),
    [
        pytest.param("👨‍👩‍👧 😀 🇮🇷 sanctions 👩🏽‍🚀", "sanctions", id="behind emoji of several code points"),
        pytest.param("گفت‌وگوها دربارهٔ تحریم‌های تازه ادامه می‌یابد", "تحریم‌های", id="a word with a non-joiner"),
        pytest.param("فرضت عُقُوبَات جديدة على البلد", "عُقُوبَات", id="a word with vowel marks"),
        pytest.param("le cafe&#769; des ne&#769;gociateurs et les sanctions", "négociateurs", id="behind letters that are composed"),
        pytest.param("क्‍षेत्र में प्रतिबंध", "प्रतिबंध", id="behind a joiner"),
        pytest.param("\u202bנאמר\u202c \u200fsanctions\u200f", "sanctions", id="behind direction marks, which go"),
        pytest.param("𝔄 mathematical 𝔖anctions sanctions", "sanctions", id="behind letters outside the BMP"),
    ],
)
def test_spans_are_code_points_of_the_stored_text(written, word):
    reading = read_page(page_of(html_of(FILLER, f"{FILLER} {written}.", FILLER)), classifier=find_words(word))
    assert quotes(reading) == [word]


def test_spans_are_code_points_of_the_stored_title():
    reading = read_page(page_of(html_of(FILLER, FILLER, title="😶 cafe&#769;: می‌شود یا نه")), classifier=find_words("می‌شود"))
    assert (reading.outcome.title, quotes(reading)) == (unicodedata.normalize("NFC", "😶 cafe\u0301: می‌شود یا نه"), ["می‌شود"])


SENTENCES = {
    "en": "😀 A day passed. 👨‍👩‍👧 The United States imposed new sanctions on Iran over its nuclear programme. It rained.",
    "ru": "Прошёл день 😀. США ввели новые санкции против Ирана из-за его ядерной программы. Шёл дождь.",
    "fa": "یک روز گذشت 😀. ایالات متحده تحریم‌های تازه‌ای علیه ایران اعمال کرد. باران می‌بارید.",
    "ar": "مرّ يومٌ 😀. فرضت الولايات المتحدة عقوبات جديدة على إيران بسبب برنامجها النووي. هطل المطر.",
}


@pytest.mark.parametrize("lang", SENTENCES)
def test_the_shipped_codebook_points_at_the_sentence_that_shows_the_theme(lang):
    reading = read_page(page_of(html_of(FILLER, SENTENCES[lang], FILLER)), classifier=shipped_classifier())
    found = [
        reading.outcome.text[item.start : item.end]
        for item in reading.classification.evidence
        if item.theme == "sanctions_pressure" and item.part == "text"
    ]
    assert len(found) == 1
    assert found[0] in SENTENCES[lang]
    assert "😀" not in found[0]


# --- addresses -------------------------------------------------------------------------------------------------------


def canonical(url):
    return f'<link rel="canonical" href="{url}">'


@pytest.mark.parametrize(
    ("asked", "final", "claim", "urls", "claimed"),
    [
        pytest.param(URL, URL, "/story/7", (), None, id="what is asked is no news"),
        pytest.param(
            URL, URL, "https://m.wire.example/s/7", (("wire.example/s/7", "canonical"),), None, id="a canonical of the domain counts"
        ),
        pytest.param(URL, URL, "https://agency.example/1", (), "https://agency.example/1", id="a stranger's is kept as a claim"),
        pytest.param(URL, URL, "https://wire.example/", (), "https://wire.example/", id="a home page is no article"),
        pytest.param(
            URL, "https://www.wire.example/2026/story-7", "", (("wire.example/2026/story-7", "redirect"),), None, id="a redirect counts"
        ),
        pytest.param(URL, "https://agency.example/1", "", (), None, id="a redirect to a stranger does not"),
        pytest.param(
            URL,
            "https://wire.example/b",
            "/c",
            (("wire.example/b", "redirect"), ("wire.example/c", "canonical")),
            None,
            id="both count, each once",
        ),
        pytest.param(
            "http://a.github.io/1", "http://a.github.io/1", "http://b.github.io/1", (), "http://b.github.io/1", id="blogs of one hoster"
        ),
        pytest.param(
            "http://127.0.0.1:8001/1",
            "http://127.0.0.1:8001/1",
            "http://127.0.0.1:8001/x",
            (("127.0.0.1:8001/x", "canonical"),),
            None,
            id="a port",
        ),
        pytest.param(
            "http://127.0.0.1:8001/1",
            "http://127.0.0.1:8001/1",
            "http://127.0.0.1:8002/x",
            (),
            "http://127.0.0.1:8002/x",
            id="another port",
        ),
        pytest.param(URL, URL, "javascript:void(0)", (), None, id="what is no address is nothing"),
    ],
)
def test_addresses_count_within_the_domain_that_was_asked(asked, final, claim, urls, claimed):
    page = page_of(html_of(FILLER, FILLER, head=canonical(claim) if claim else ""), url=asked, final_url=final)
    reading = read_page(page, classifier=find_words())
    assert reading.urls == tuple(ArticleUrl(url_key=key, kind=kind) for key, kind in urls)
    assert reading.claimed_canonical == claimed


@pytest.mark.parametrize(
    ("kin", "urls", "claimed"),
    [
        (("sister.example", "wire.example"), (ArticleUrl(url_key="sister.example/7", kind="canonical"),), None),
        (("sister.example",), (), "https://sister.example/7"),  # it is none of them itself
        ((), (), "https://sister.example/7"),
    ],
)
def test_a_canonical_of_the_same_family_counts(kin, urls, claimed):
    page = page_of(html_of(FILLER, FILLER, head=canonical("https://sister.example/7")), url=URL, final_url=URL, hints=PageHints(kin=kin))
    reading = read_page(page, classifier=find_words())
    assert (reading.urls, reading.claimed_canonical) == (urls, claimed)


# --- whatever comes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "rejection"),
    [
        (b"", Rejection(reason="empty", detail="no bytes in the body")),
        (b" \n ", Rejection(reason="empty", detail="no bytes in the body")),
        (b"%PDF-1.4", Rejection(reason="not_html", detail="a PDF")),
        (b'{"a": 1}', Rejection(reason="not_html", detail="no HTML in it")),
        (b"<html><body></body></html>", Rejection(reason="empty", detail="no readable text in the page")),
        (b"<html><body><script>x()</script></body></html>", Rejection(reason="empty", detail="no readable text in the page")),
    ],
)
def test_what_is_no_article_is_a_rejection(body, rejection):
    page = page_of(body)
    assert read_page(page, classifier=find_words()) == Reading(capture=page.capture, outcome=rejection)


_TAGS = st.sampled_from(
    ["div", "p", "article", "h1", "table", "tr", "td", "li", "ul", "a href=/x", "span class=author", "time", "br", "/div", "/p", "!--", "b"]
)
_PIECES = st.one_of(
    _TAGS.map(lambda tag: f"<{tag}>"),
    st.text(max_size=30),
    st.sampled_from(["&zwnj;", "&#8206;", "\u200c", "e\u0301", FILLER, "By Ann Lee"]),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(st.lists(_PIECES, max_size=40), st.text(max_size=40))
def test_every_article_is_clean_whatever_the_page(pieces, title):
    markup = f"<html><head><title>{title}</title></head><body>{''.join(pieces)}</body></html>"
    outcome = read_page(page_of(markup.encode("utf-8", "replace")), classifier=find_words()).outcome
    if isinstance(outcome, Article):
        for part in (outcome.title, outcome.text):
            assert unicodedata.is_normalized("NFC", part)
            assert not FORBIDDEN.search(part)
        assert "\n" not in outcome.title
        assert all(line == line.strip() != "" for line in outcome.text.split("\n"))


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=400))
def test_no_bytes_raise(body):
    read_page(page_of(b"<html><body>" + body), classifier=find_words())


# --- batches ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def captured(tmp_path):
    """Three captures on disk, written as a run writes them."""
    writer = CaptureWriter(tmp_path, run_id="run")
    refs = tuple(writer.append(response_of(number), url_key=f"wire.example/story/{number}") for number in (1, 2, 3))
    writer.close()
    return tmp_path, refs


def response_of(number, body=None):
    body = body or html_of(FILLER, f"Story number {number}. {FILLER}", title=f"Headline {number}")
    url = f"https://wire.example/story/{number}"
    headers = (("Content-Type", "text/html; charset=utf-8"),)
    return Response(
        url=url, final_url=url, status=200, reason="OK", headers=headers, body=body, wire_body=body, started_at=AT, duration_ms=5
    )


def run_batch(folder, refs, **options):
    async def main():
        async with Cage(2, **options) as cage:
            return await read_batch([(ref, PageHints(title="From the feed")) for ref in refs], folder=folder, cage=cage)

    return asyncio.run(main())


def test_a_batch_is_read_in_its_order(captured):
    folder, refs = captured
    expected = tuple(read_capture_task(str(folder), ref, PageHints(title="From the feed")) for ref in reversed(refs))
    assert run_batch(folder, reversed(refs)) == expected
    assert [reading.outcome.title for reading in expected] == ["Headline 3", "Headline 2", "Headline 1"]


def test_a_page_that_outlasts_its_time_is_a_rejection(captured):
    folder, refs = captured
    (reading,) = run_batch(folder, refs[:1], seconds=0.0)
    assert reading == Reading(capture=refs[0], outcome=Rejection(reason="timed_out", detail="no answer within 0 s"))


def test_a_capture_that_is_gone_costs_its_page_alone(captured):
    folder, refs = captured
    lost = CaptureRef(**{name: getattr(refs[0], name) for name in CaptureRef.__slots__} | {"file": "no-such.warc.gz"})
    first, second = run_batch(folder, (lost, refs[1]))
    assert (first.outcome.reason, "no-such.warc.gz" in first.outcome.detail) == ("crashed", True)
    assert second.outcome.title == "Headline 2"


@pytest.mark.slow
def test_pages_that_hang_and_bomb_become_rejections_and_their_neighbours_are_read(tmp_path):
    hang = b"<html><body><p " + b" ".join(b"a%d=1" % number for number in range(400_000)) + b">words</p>"  # libxml2 compares all with all
    bomb = b"<html><body><article>" + b'<p><a href="/x">word word word</a></p>' * 400_000
    writer = CaptureWriter(tmp_path, run_id="run")
    bodies = (hang, html_of(FILLER, FILLER, title="Headline 1"), bomb, html_of(FILLER, FILLER, title="Headline 2"))
    refs = tuple(writer.append(response_of(number, body), url_key=f"wire.example/story/{number}") for number, body in enumerate(bodies))
    writer.close()
    readings = run_batch(tmp_path, refs, seconds=12.0, memory_bytes=250 * 2**20)
    assert [getattr(reading.outcome, "title", None) or reading.outcome.reason for reading in readings] == [
        "timed_out",
        "Headline 1",
        "out_of_memory",
        "Headline 2",
    ]
    assert [read_capture(str(tmp_path), ref)[0] for ref in refs] == list(bodies)


def test_a_page_of_more_than_anybody_reads_is_too_large():
    body = b"<html><body><p>words</p>" + b" " * MAX_PAGE_BYTES
    assert read_page(page_of(body), classifier=find_words()).outcome == Rejection(
        reason="too_large", detail=f"{len(body)} bytes of page, more than {MAX_PAGE_BYTES}"
    )


@pytest.mark.parametrize(
    ("page_words", "feed_words", "access"),
    [
        pytest.param(10, 60, "partial", id="a beginning gives way to the feed's whole"),
        pytest.param(60, 60, "full", id="the same text stays the page's"),
        pytest.param(60, 10, "full", id="so does a longer one"),
    ],
)
def test_a_page_that_holds_the_beginning_of_the_feeds_text(page_words, feed_words, access):
    sentences = [f"The envoys said on day {number} that the meeting would go on for another week without a break." for number in range(60)]
    body = html_of(*sentences[:page_words])
    outcome = read_page(page_of(body, hints=PageHints(content="\n".join(sentences[:feed_words]))), classifier=find_words()).outcome
    assert (outcome.access, outcome.text.count("\n") + 1) == (access, max(page_words, feed_words))


def test_a_teaser_for_those_who_pay_is_paywalled():
    body = html_of(FILLER, FILLER + " Nobody asked why.", "Subscribe to continue reading this story.")
    assert read_page(page_of(body), classifier=find_words()).outcome.access == "paywalled"


def test_an_empty_batch_is_read():
    assert run_batch("nowhere", ()) == ()
