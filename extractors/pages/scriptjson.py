"""The story of a page that a script would have to draw: state of Next.js, Nuxt, Arc and the like, as data in a `<script>`.

Looks for what a body looks like, not for the names of one framework: one long string, or a list of blocks that hold text.
What the object around a body says of headline, authors and date is said of this story. Refuses to run anything.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from lxml import etree
from lxml.html import HtmlElement, fromstring, tostring

from extractors.feeds.text import markup_to_text
from extractors.pages.clutter import is_clutter
from extractors.pages.jsonld import LinkedArticle
from extractors.pages.literals import read_literal, unflatten
from extractors.pages.scriptfacts import describe, has_headline

_MAX_SCRIPT_CHARS = 5_000_000
_MAX_NODES = 50_000
_MAX_ASSIGNMENTS = 20  # in one script
_MIN_STORY_CHARS, _MIN_SENTENCES = 250, 3
_SHELL_CHARS = 1500  # what people read on a page that a script fills: its name, a menu, a cookie line
_MAX_PARENTS = 3
_MIN_POSTS = 2

_ASSIGNMENT = re.compile(r"[\w.\])\"']\s*=\s*(?=[{\[]|\(\s*function\b)")
_PARSED = re.compile(r"JSON\.parse\(\s*(?=[\"'])")
_BODY_KEYS = frozenset(
    (
        *("body", "articlebody", "content", "html", "bodyhtml", "text", "bodytext", "maintext", "story", "rendered", "value", "fulltext"),
        *("icerik", "metin", "contenido", "cuerpo", "inhalt", "contenu", "corps", "testo", "texto", "matn"),
    )
)
_BLOCK_LISTS = frozenset(
    ("content_elements", "contentelements", "blocks", "paragraphs", "body", "content", "components", "children", "elements", "sections")
)
_POST_LISTS = re.compile(r"(?:live_?)?(?:blog_?)?(?:posts|updates|entries)", re.IGNORECASE)
_BLOCK_TEXT = ("content", "text", "html", "value", "paragraph", "body", "data")
_BLOCK_KIND = ("type", "__typename", "kind", "_type", "blockType", "component")
_NOT_TEXT_BLOCKS = re.compile(
    r".*(?:image|photo|video|gallery|embed|promo|related|advert|newsletter|interstitial|caption|quote_author|social).*|ad", re.IGNORECASE
)
_OTHER_PAGES = frozenset({"url", "href", "slug", "link", "canonical_url", "headline"})  # keys of a teaser, not of a paragraph
_ELSEWHERE = re.compile(
    r"related|recommend|comment|promo|menu|navigation|footer|consent|translation|config|most_?read|trending", re.IGNORECASE
)
_ASIDE_TAGS = frozenset({"aside", "figure", "script", "style", "iframe"})
_SENTENCE = re.compile(r"[.!?…。！？؟۔।](?:[\s\"'”’»<]|$)")


@dataclass(frozen=True, slots=True)
class _Body:
    """A body, and the objects it stands in, from the inside out, up to the next list."""

    text: str
    around: tuple[dict[str, Any], ...]


def find_story(tree: HtmlElement) -> str:
    """Find the text within a page's script data that looks most like an article; empty where none does."""
    body = _find_body(tree)
    return body.text if body else ""


def read_scripted_article(tree: HtmlElement) -> LinkedArticle | None:
    """Read what its data says of the story of a page that shows none itself; None for any other page."""
    if _shows_text(tree):
        return None
    body = _find_body(tree)
    return describe(body.around) if body else None


def _find_body(tree: HtmlElement) -> _Body | None:
    """Find the longest body; one in an object with a headline goes before all that have none."""
    bodies = (body for script in tree.iter("script") if script.text for value in _values(script) for body in _bodies(value))
    return max(
        (body for body in bodies if _is_story(body.text)), key=lambda body: (has_headline(body.around), len(body.text)), default=None
    )


def _shows_text(tree: HtmlElement) -> bool:
    """Tell whether there is more to read on a page than around a story that is yet to come."""
    left = _SHELL_CHARS
    for element in tree.iter("p", "div", "td", "span", "li", "h1", "h2", "h3", "section", "article", "main"):
        pieces = (element.text, *(child.tail for child in element))
        left -= sum(len(piece.strip()) for piece in pieces if piece)
        if left < 0:
            return True
    return False


def _values(script: HtmlElement) -> Iterator[Any]:
    """Read what data there is in a script."""
    text = script.text or ""
    if len(text) > _MAX_SCRIPT_CHARS or "ld+json" in (script.get("type") or ""):
        return
    with contextlib.suppress(orjson.JSONDecodeError):
        value = orjson.loads(text)
        if script.get("id") == "__NUXT_DATA__" and isinstance(value, list):
            with contextlib.suppress(ValueError):
                yield unflatten(value)
        yield value
        return
    end = 0
    for _ in range(_MAX_ASSIGNMENTS):
        start = _ASSIGNMENT.search(text, end) or _PARSED.search(text, end)
        if start is None:
            return
        end = start.end()
        try:
            value, end = _decode(text, end)
            yield json.loads(value, strict=False) if isinstance(value, str) else value
        except (ValueError, RecursionError):
            continue


def _decode(text: str, at: int) -> tuple[Any, int]:
    """Read a value as JSON, else as the literal that a script may write as well."""
    try:
        return json.JSONDecoder(strict=False).raw_decode(text, at)
    except ValueError:
        return read_literal(text, at)


def _bodies(value: Any) -> Iterator[_Body]:
    """Walk the data; hand out each body, be it a string, a list of blocks or the posts of a live blog."""
    queue: deque[tuple[Any, tuple[dict[str, Any], ...]]] = deque([(value, ())])
    for _ in range(_MAX_NODES):
        if not queue:
            return
        node, around = queue.popleft()
        if isinstance(node, list):
            queue.extend((child, ()) for child in node if isinstance(child, dict | list))
        elif isinstance(node, dict):
            inner = (node, *around[: _MAX_PARENTS - 1])
            for key, child in node.items():
                if _ELSEWHERE.search(key):
                    continue
                if text := _text_under(key, child):
                    yield _Body(text, inner)
                if isinstance(child, dict | list):
                    queue.append((child, inner))


def _text_under(key: str, child: Any) -> str:
    """Read what stands under a key, if it may be a body."""
    if isinstance(child, str):
        may_be = key.lower() in _BODY_KEYS or child.count("<p") > 1
        return _text_of_string(child) if may_be and len(child) >= _MIN_STORY_CHARS else ""
    if not isinstance(child, list):
        return ""
    if _POST_LISTS.fullmatch(key) and (posts := list(filter(None, map(_text_of_post, child)))) and len(posts) >= _MIN_POSTS:
        return "\n".join(posts)
    if key.lower() in _BLOCK_LISTS or _are_blocks(child):
        return "\n".join(filter(None, map(_text_of_block, child)))
    return ""


def _text_of_string(markup: str) -> str:
    """Read a body written as markup, without what its own class names call no part of it."""
    if "class=" not in markup and "<aside" not in markup and "<figure" not in markup:
        return markup_to_text(markup)
    with contextlib.suppress(ValueError, etree.LxmlError):  # characters that no markup may hold, or nothing but comments
        root = fromstring(f"<div>{markup}</div>")
        for element in [element for element in root.iterdescendants() if element.tag in _ASIDE_TAGS or is_clutter(element)]:
            if element.getparent() is not None:
                element.drop_tree()
        return markup_to_text(tostring(root, encoding="unicode"))
    return markup_to_text(markup)


def _are_blocks(items: list[Any]) -> bool:
    """Tell whether every item says of what kind it is and none is about another page: paragraphs under any key."""
    return bool(items) and all(isinstance(item, dict) and _kind(item) and not _OTHER_PAGES.intersection(item) for item in items)


def _kind(block: dict[str, Any]) -> str:
    return next((kind for key in _BLOCK_KIND if isinstance(kind := block.get(key), str)), "")


def _text_of_post(post: Any) -> str:
    """Read one post of a live blog: its heading, then its blocks; empty where it is a teaser of another page."""
    if not isinstance(post, dict) or _OTHER_PAGES.intersection(post) - {"headline"}:
        return ""
    heading = next((post[key] for key in ("heading", "headline", "title") if isinstance(post.get(key), str)), "")
    text = next((text for key, child in post.items() if isinstance(child, list) and (text := _text_under(key, child))), "")
    text = text or next((_text_of_string(post[key]) for key in _BLOCK_TEXT if isinstance(post.get(key), str)), "")
    return "\n".join(filter(None, (heading, text))) if text else ""


def _text_of_block(block: Any) -> str:
    """Read one block of a body: a string, or an object that holds one or further blocks."""
    if isinstance(block, str):
        return markup_to_text(block)
    if not isinstance(block, dict) or _NOT_TEXT_BLOCKS.fullmatch(_kind(block)):
        return ""
    for key in _BLOCK_TEXT:
        value = block.get(key)
        if isinstance(value, str):
            return markup_to_text(value)
        if isinstance(value, dict):
            return _text_of_block(value)
    if isinstance(block.get("items"), list):
        return "\n".join(filter(None, map(_text_of_block, block["items"])))
    children = block.get("children")
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
