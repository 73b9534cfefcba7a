"""JSON-LD as publishers write it, which is not always JSON."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.pages.jsonld import Author, LinkedArticle, parse_block, read_linked_article
from extractors.pages.markup import parse_markup

URL = "https://news.example/story/7"


def read(*blocks, url=URL):
    scripts = "".join(f'<script type="application/ld+json">{block}</script>' for block in blocks)
    return read_linked_article(parse_markup(f"<html><head>{scripts}</head><body><p>x</p></body></html>"), url=url)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('{"a": "one\ntwo\tthree"}', {"a": "one\ntwo\tthree"}),
        ('{"a": 1};', {"a": 1}),
        ('{"a": 1}}} trailing', {"a": 1}),
        ('<!-- {"a": 1} -->', {"a": 1}),
        ('//<![CDATA[\n{"a": 1}\n//]]>', {"a": 1}),
        ('{"a": [1, 2,], }', {"a": [1, 2]}),
        (r'{"a": "it\'s"}', {"a": "it's"}),
        ("{&quot;a&quot;: 1}", {"a": 1}),
        (r'{"a": "\ud83d"}', {"a": "\ud83d"}),
        ("", None),
        ("no json at all", None),
        ("[" * 100_000, None),
    ],
)
def test_a_block_is_read_as_leniently_as_search_engines_do(text, value):
    assert parse_block(text) == value


def test_everything_an_article_states_is_read():
    assert read(
        """{"@context": "https://schema.org", "@type": "ReportageNewsArticle", "headline": "Ports &amp; ships",
        "author": [{"@type": "Person", "name": "Ann Lee"}, {"@type": "NewsMediaOrganization", "name": "The Wire"}],
        "publisher": {"@type": "Organization", "name": "The Wire"}, "datePublished": "2026-03-11T10:00:00Z",
        "dateModified": "2026-03-12", "inLanguage": {"@type": "Language", "name": "en"}, "articleBody": "One.", "isAccessibleForFree": "False"}"""
    ) == LinkedArticle(
        headline="Ports & ships",
        authors=(Author(name="Ann Lee", is_organization=False), Author(name="The Wire", is_organization=True)),
        published="2026-03-11T10:00:00Z",
        modified="2026-03-12",
        lang="en",
        body="One.",
        publisher="The Wire",
        is_free=False,
    )


def test_an_author_by_reference_is_found_in_the_graph():
    linked = read(
        '{"@graph": [{"@type": "Person", "@id": "#a", "name": "Ann Lee"}, {"@type": "Article", "headline": "H", "author": {"@id": "#a"}}]}'
    )
    assert linked == LinkedArticle(headline="H", authors=(Author(name="Ann Lee", is_organization=False),))


def test_the_article_at_the_address_comes_before_the_first():
    first = '{"@type": "NewsArticle", "headline": "Other", "url": "https://news.example/story/6", "datePublished": "2026-01-01"}'
    second = '{"@type": "NewsArticle", "headline": "This", "mainEntityOfPage": "http://www.news.example/story/7/"}'
    assert read(f"[{first}, {second}]").headline == "This"


def test_articles_in_lists_are_other_articles():
    assert read('{"@type": "ItemList", "itemListElement": [{"@type": "NewsArticle", "headline": "Other"}]}') is None


def test_a_page_that_is_no_article_has_none():
    assert read('{"@type": "Organization", "name": "The Wire"}') is None


def test_one_broken_block_does_not_hide_the_next():
    assert read("{broken", '{"@type": "Article", "headline": "H"}') == LinkedArticle(headline="H")


def test_lone_surrogates_do_not_get_through():
    assert read(r'{"@type": "Article", "headline": "a\ud83db"}') == LinkedArticle(headline="ab")


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.sampled_from(["@type", "@id", "@graph", "author", "headline", "url", "name"]), children)
    ),
    max_leaves=12,
)


@given(_JSON)
def test_no_shape_of_json_raises(value):
    block = orjson.dumps([{"@type": "NewsArticle", "headline": "H", "author": value}, value]).decode()
    read(block.replace("<", "\\u003c"))


@given(st.text(max_size=80))
def test_no_text_in_a_block_raises(text):
    parse_block(text)
