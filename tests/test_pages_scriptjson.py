"""Stories that stand only in a script's data, in the shapes in which frameworks leave them."""

import json

import pytest
from lxml.html import document_fromstring

from extractors.pages.jsonld import Author, LinkedArticle
from extractors.pages.scriptjson import find_story, read_scripted_article
from extractors.pages.text import extract_text
from extractors.records import ExtractRules

LINES = (
    "The convoy left the port before dawn on Thursday and reached the border in the afternoon, drivers said by telephone.",
    "Customs officers opened every second container. They found what the papers said that they would find: pumps and pipes.",
    "A spokesman for the ministry declined to say who had ordered the search. He added that it was “entirely routine”.",
)
HTML = "".join(f"<p>{line}</p>" for line in LINES)
ARC = {
    "headlines": {"basic": "Convoy"},
    "content_elements": [
        {"type": "text", "content": LINES[0]},
        {"type": "image", "content": "A lorry at the border. It is red. It is new."},
        *({"type": "text", "content": line} for line in LINES[1:]),
    ],
    "related_content": {"basic": [{"content_elements": [{"type": "text", "content": line * 3} for line in LINES]}]},
}
SLATE = {"article": {"body": [{"type": "paragraph", "children": [{"text": line[:30]}, {"text": line[30:]}]} for line in LINES]}}


def page(script):
    return document_fromstring(f"<html><body><div id=app></div>{script}</body></html>")


@pytest.mark.parametrize(
    "script",
    [
        f'<script id="__NEXT_DATA__" type="application/json">{json.dumps({"props": {"pageProps": {"article": {"bodyHtml": HTML}}}})}</script>',
        f"<script>window.Fusion=window.Fusion||{{}};Fusion.contextPath='/x';Fusion.globalContent={json.dumps(ARC)};Fusion.x={{}};</script>",
        f"<script>window.__INITIAL_STATE__ = {json.dumps(SLATE)};</script>",
        f"<script>window.__STATE__ = JSON.parse({json.dumps(json.dumps({'story': {'content': HTML}}))});</script>",
    ],
    ids=["Next.js", "Arc", "rich text in a state blob", "JSON within a string"],
)
def test_a_story_in_script_data_is_read(script):
    assert find_story(page(script)).split("\n") == list(LINES)
    assert extract_text(page(script), rules=ExtractRules()).split("\n") == list(LINES)


@pytest.mark.parametrize(
    "script",
    [
        "<script>var a = {b: 1}; function f(x) { return x = [y] }</script>",
        f'<script type="application/json">{json.dumps({"related": [{"body": HTML}]})}</script>',
        f'<script type="application/json">{json.dumps({"config": {"text": HTML}, "text": "short"})}</script>',
        "<script>x = {" + '"a":[' * 5000 + "</script>",
        "<script></script>",
    ],
    ids=["code", "another story", "configuration", "too deep", "nothing"],
)
def test_what_is_no_story_is_left_alone(script):
    assert find_story(page(script)) == ""


def test_a_page_with_a_body_of_its_own_keeps_it():
    body = "".join(f"<p>{line} It was said again.</p>" for line in LINES)
    tree = document_fromstring(
        f"<html><body><main>{body}</main><script>s = {json.dumps({'story': {'content': HTML * 4}})}</script></body></html>"
    )
    assert extract_text(tree, rules=ExtractRules()).split("\n") == [f"{line} It was said again." for line in LINES]


OBJECT = {"title": "Convoy crosses at last", "author": {"name": "Ann Lee"}, "published_at": "2026-03-11T22:15:00Z", "body": HTML}
WRAPPED = (
    '(function(a,b){return {data:[{story:{title:"Convoy crosses at last",author:{name:b,photo:a},published_at:"2026-03-11T22:15:00Z",body:'
    + json.dumps(HTML).replace("<", "\\u003C")
    + '}}]}}(null,"Ann Lee"))'
)
KNOWN = LinkedArticle(
    headline="Convoy crosses at last",
    authors=(Author(name="Ann Lee", is_organization=False),),
    published="2026-03-11T22:15:00Z",
    place="script",
)


def state(value):
    return f"<script>window.__STATE__={json.dumps(value)};</script>"


@pytest.mark.parametrize(
    "script",
    [
        state({"story": OBJECT}),
        state(
            {
                "entry": {
                    "headlines": {"basic": OBJECT["title"]},
                    "credits": {"by": [{"type": "author", "name": "Ann Lee"}]},
                    "display_date": 1,
                    "first_publish_date": OBJECT["published_at"],
                    "content_elements": [{"type": "text", "content": line} for line in LINES],
                }
            }
        ),
        state(
            {
                "post": {
                    "title": {"rendered": "Convoy crosses&nbsp;at last"},
                    "byline": "Ann Lee",
                    "date": OBJECT["published_at"],
                    "content": {"rendered": HTML},
                }
            }
        ),
        state(
            {
                "haber": {
                    "baslik": OBJECT["title"],
                    "yazar": {"adSoyad": "Ann Lee"},
                    "publishedAt": OBJECT["published_at"],
                    "icerik": [{"type": "html", "value": f"<p>{line}</p>"} for line in LINES],
                }
            }
        ),
        state(
            {
                "a": {
                    "headline": OBJECT["title"],
                    "published": OBJECT["published_at"],
                    "text": HTML,
                    "contributors": [
                        {"role": "photographer", "name": "Bo Diaz"},
                        {"role": "reporter", "firstName": "Ann", "lastName": "Lee"},
                    ],
                }
            }
        ),
        f"<script>window.__NUXT__={WRAPPED};</script>",
    ],
    ids=["beside the body", "Arc", "WordPress", "another language", "roles", "Nuxt's function"],
)
def test_what_stands_around_the_body_is_said_of_it(script):
    assert read_scripted_article(page(script)) == KNOWN
    assert find_story(page(script)).split("\n") == list(LINES)


def test_flat_data_of_nuxt_is_read():
    cells = [
        {"story": 1},
        {"title": 2, "author": 3, "published_at": 4, "body": 5},
        OBJECT["title"],
        "Ann Lee",
        OBJECT["published_at"],
        HTML,
    ]
    script = f'<script id="__NUXT_DATA__" type="application/json">{json.dumps(cells)}</script>'
    assert read_scripted_article(page(script)) == KNOWN


def test_epoch_seconds_and_the_printed_date_are_kept():
    story = {"title": "Convoy", "body": HTML, "publishedAt": 1773267300000, "publishedLocal": "12 March 2026, 01:15"}
    assert read_scripted_article(page(state(story))) == LinkedArticle(
        headline="Convoy", published="2026-03-11T22:15:00+00:00", printed="12 March 2026, 01:15", place="script"
    )


def test_an_object_beyond_a_list_says_nothing_of_the_body():
    assert read_scripted_article(page(state({"title": "The Wire", "items": [{"body": HTML}]}))) is None


def test_a_body_with_a_headline_goes_before_a_longer_text_without_one():
    script = state({"terms": {"html": HTML * 3}, "story": OBJECT})
    assert find_story(page(script)).split("\n") == list(LINES)


def test_a_page_that_shows_text_is_not_asked_for_its_data():
    shown = "".join(f"<p>{line}</p>" for line in LINES * 6)
    assert read_scripted_article(document_fromstring(f"<html><body>{shown}{state(OBJECT)}</body></html>")) is None


def test_posts_of_a_live_blog_are_joined_and_embeds_left_out():
    posts = [
        {"id": n, "heading": f"Post {n}", "blocks": [{"kind": "paragraph", "text": line}, {"kind": "embed", "text": "Not available"}]}
        for n, line in enumerate(LINES)
    ]
    lines = [text for n, line in enumerate(LINES) for text in (f"Post {n}", line)]
    assert find_story(page(state({"headline": "Live", "posts": posts}))).split("\n") == lines


def test_teasers_are_no_posts():
    assert find_story(page(state({"headline": "News", "posts": [{"title": "T", "url": "/t", "text": line} for line in LINES]}))) == ""


def test_what_markup_calls_no_part_of_the_body_goes():
    body = f"<p>{LINES[0]}</p><aside class='related'><a href='/x'>Read this. Now. Please.</a></aside><p>{LINES[1]}</p><p>{LINES[2]}</p>"
    assert find_story(page(state({"story": {"content": body}}))).split("\n") == list(LINES)


def test_a_list_in_a_body_keeps_its_lines():
    blocks = [
        *({"type": "text", "content": line} for line in LINES),
        {"type": "list", "items": [{"type": "text", "content": word} for word in ("Pumps", "Pipes")]},
    ]
    assert find_story(page(state({"content_elements": blocks}))).split("\n") == [*LINES, "Pumps", "Pipes"]


def test_markup_that_cannot_be_parsed_costs_nothing_else():
    broken = "<!--" + " " * 300 + "--><aside class='x'>"
    assert find_story(page(state({"a": {"body": broken}, "b": {"body": HTML + "\0"}}))).split("\n")[:2] == list(LINES[:2])
