"""The story of a page that a script would have to draw: state of Next.js, Nuxt, Arc and the like, as JSON in a `<script>`.

Looks for what a body looks like, not for the names of one framework: one long string, or a list of blocks that hold text.
Refuses to run anything; a script that is not JSON behind an assignment is left alone.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

import orjson
from lxml.html import HtmlElement

from extractors.feeds.text import markup_to_text

_MAX_SCRIPT_CHARS = 5_000_000
_MAX_NODES = 50_000
_MAX_ASSIGNMENTS = 20  # in one script
_MIN_STORY_CHARS, _MIN_SENTENCES = 250, 3

_ASSIGNMENT = re.compile(r"[\w.\])\"']\s*=\s*(?=[{\[])")
_PARSED = re.compile(r"JSON\.parse\(\s*(?=\")")
_BODY_KEYS = frozenset(("body", "articlebody", "content", "html", "bodyhtml", "text", "bodytext", "maintext", "story", "rendered", "value"))
_BLOCK_LISTS = frozenset(
    ("content_elements", "contentelements", "blocks", "paragraphs", "body", "content", "components", "children", "elements", "sections")
)
_BLOCK_TEXT = ("content", "text", "html", "value", "paragraph", "body", "data")
_NOT_TEXT_BLOCKS = re.compile(
    r"image|photo|video|gallery|embed|promo|related|ad|advert\w*|newsletter|interstitial_link|caption|quote_author", re.IGNORECASE
)
_ELSEWHERE = re.compile(
    r"related|recommend|comment|promo|menu|navigation|footer|consent|translation|config|most_?read|trending", re.IGNORECASE
)
_SENTENCE = re.compile(r"[.!?…。！？؟۔।](?:[\s\"'”’»<]|$)")


def find_story(tree: HtmlElement) -> str:
    """Find the longest text within a page's script data that looks like an article; empty where none does."""
    stories = (story for script in tree.iter("script") if script.text for value in _values(script) for story in _stories(value))
    return max(filter(_is_story, stories), key=len, default="")


def _values(script: HtmlElement) -> Iterator[Any]:
    """Read what JSON there is in a script."""
    text = script.text or ""
    if len(text) > _MAX_SCRIPT_CHARS or "ld+json" in (script.get("type") or ""):
        return
    with contextlib.suppress(orjson.JSONDecodeError):
        yield orjson.loads(text)
        return
    decoder = json.JSONDecoder(strict=False)
    end = 0
    for _ in range(_MAX_ASSIGNMENTS):
        start = _ASSIGNMENT.search(text, end) or _PARSED.search(text, end)
        if start is None:
            return
        end = start.end()
        try:
            value, end = decoder.raw_decode(text, end)
            yield json.loads(value, strict=False) if isinstance(value, str) else value
        except (ValueError, RecursionError):
            continue


def _stories(value: Any) -> Iterator[str]:
    """Walk the data; hand out each body, be it a string or a list of blocks."""
    queue = deque([value])
    for _ in range(_MAX_NODES):
        if not queue:
            return
        node = queue.popleft()
        if isinstance(node, list):
            queue.extend(child for child in node if isinstance(child, dict | list))
        elif isinstance(node, dict):
            for key, child in node.items():
                if _ELSEWHERE.search(key):
                    continue
                if isinstance(child, str) and key.lower() in _BODY_KEYS and len(child) >= _MIN_STORY_CHARS:
                    yield markup_to_text(child)
                elif isinstance(child, list) and key.lower() in _BLOCK_LISTS:
                    yield "\n".join(filter(None, map(_text_of_block, child)))
                if isinstance(child, dict | list):
                    queue.append(child)


def _text_of_block(block: Any) -> str:
    """Read one block of a body: a string, or an object that holds one or further blocks."""
    if isinstance(block, str):
        return markup_to_text(block)
    if not isinstance(block, dict) or _NOT_TEXT_BLOCKS.fullmatch(str(block.get("type") or block.get("__typename") or "")):
        return ""
    for key in _BLOCK_TEXT:
        value = block.get(key)
        if isinstance(value, str):
            return markup_to_text(value)
        if isinstance(value, dict):
            return _text_of_block(value)
    children = block.get("children") or block.get("items")
    return "".join(map(_inline_text, children)) if isinstance(children, list) else ""


def _inline_text(node: Any) -> str:
    """Join the runs of one paragraph as rich-text editors store it."""
    if not isinstance(node, dict):
        return node if isinstance(node, str) else ""
    text = node.get("text") or node.get("value")
    children = node.get("children")
    return text if isinstance(text, str) else "".join(map(_inline_text, children[:_MAX_NODES])) if isinstance(children, list) else ""


def _is_story(text: str) -> bool:
    return len(text) >= _MIN_STORY_CHARS and len(_SENTENCE.findall(text)) >= _MIN_SENTENCES
