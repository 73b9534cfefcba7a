"""Stories that stand only in a script's data, in the shapes in which frameworks leave them."""

import json

import pytest
from lxml.html import document_fromstring

from extractors.pages.scriptjson import find_story
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
