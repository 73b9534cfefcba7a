"""What earlier pages of a site teach about the next one: where the body stands, and which lines are on every page.

Pure: a memory comes with the page, a lesson goes back with its reading, `learn` makes the next memory of both. Refuses to
believe a container before two pages had their body in it, or for ever: one page in ten is read in full all the same, and a
memory that leads elsewhere twice in a row is forgotten, as after a redesign. Rules of a source leave no room for it, and a
page that was read before is read in the same way again, whatever was learned since: else it would seem edited.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from lxml import etree
from lxml.html import HtmlElement

from extractors.pages.containers import Body, find_body
from extractors.pages.markup import word_key
from extractors.pages.text import extract_text, text_of_body, text_within
from extractors.records import CaptureRef, ExtractRules, Page, SiteContainer, SiteLesson, SiteLine, SiteMemory, SiteRecipe, short_hash

_CHECK_EVERY = 10  # so many pages, of which one is read in full: chosen by its address, the same at every visit
_PROVEN_PAGES = 2  # with their body in a container before it is believed
_RECURS_PAGES = 3  # with a line on them before it is no page's own
_SAME = 0.8  # of the characters of either text, in lines of both: two readings agree
_STANDS = 0.9  # the same, for a container to be what holds a body that was read in full
_LEAST_CHARS = 800  # with less a recalled text is not believed, as little as an uncertain body is
_FORGET_AFTER = 2  # disagreements in a row

_TOP_LINES, _END_LINES = 4, 8
_LINE_CHARS = 200  # a longer line is a paragraph, even where it recurs
_DROPPED_SHARE = 0.3  # of a text that may go with its recurring lines; more is no edge
_OUTSIDE_LINES = 30  # of a page
_OUTSIDE_CHARS = (8, 120)
_BELOW = etree.XPath("following::*[self::p or self::li or self::h2 or self::h3 or self::h4 or self::h5]")

_MAX_CONTAINERS, _MAX_PATH_CHARS = 4, 200
_MAX_RECURRING, _MAX_SINGLE, _MAX_RECENT = 50, 30, 40
_KEY_CHARS, _PAGE_CHARS = 12, 8  # hex digits: 48 bits for a line, 32 for one of the last forty pages
_STEPS, _TOKENS = 4, 6
_DIGITS = re.compile(r"\d+")
_TAG = re.compile(r"[a-z][a-z0-9-]*")
_TOKEN = re.compile(r"[A-Za-z_][A-Za-z_-]{1,39}")  # with a digit in it, it may be the page's own or the build's


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReading:
    """A text, what its page teaches, and what the memory did."""

    text: str
    lesson: SiteLesson | None = None
    recipe: SiteRecipe | None = None  # None: the text is what it would be without a memory
    read: int | None = None  # characters people read on the page, where they were counted
    container: HtmlElement | None = field(default=None, compare=False)  # what holds all of the text, where that is certain


def read_body(tree: HtmlElement, page: Page, *, trim: Callable[[str], str]) -> SiteReading:
    """Read the text of a page, by the memory of its site where that is proven and it is not this page's turn to check it.

    A page with a recipe is read by that alone. `trim` takes off what repeats the page's head. Without a memory, or with
    rules for the source, nothing is recalled or taught.
    """
    rules = page.hints.extract
    if not (rules.keep or rules.drop) and page.recipe is not None:
        return _follow(page.recipe, tree, trim)
    if rules.keep or rules.drop:
        return SiteReading(text=trim(extract_text(tree, rules=rules)))
    if page.memory is None:
        body = find_body(tree)
        return SiteReading(text=trim(extract_text(tree, rules=rules, body=body)), read=body.read, container=_holder(body))
    return _remember(page.memory, tree, page.capture, trim)


def _remember(memory: SiteMemory, tree: HtmlElement, capture: CaptureRef, trim: Callable[[str], str]) -> SiteReading:
    found = recall(tree, memory)
    known = "" if found is None else trim(text_within(found.element))
    is_known = len(known) >= _LEAST_CHARS
    is_full = not is_known or _is_check(capture.url_key)
    body = find_body(tree) if is_full else Body()
    lines = (trim(extract_text(tree, rules=ExtractRules(), body=body)) if is_full else known).split("\n")
    lesson = SiteLesson(page=_page_key(capture.url_key), fetched_at=capture.fetched_at, inside=_edge_keys(lines))
    if is_full:
        container = body.container if _is_all_of(trim(text_of_body(body)).split("\n"), lines) else None
        lesson = replace(
            lesson,
            container="" if container is None else path_of(tree, container),
            outside=() if container is None else _keys_below(container),
            agrees=_likeness(known.split("\n"), lines) >= _SAME if is_known else None,
        )
    edges = recurring(lines, frozenset(line.key for line in memory.lines if line.inside + line.outside >= _RECURS_PAGES))
    recipe = SiteRecipe(container="" if is_full or found is None else found.path, dropped=(*edges.top, *edges.end))
    return SiteReading(
        text=_without(edges, lines),
        lesson=lesson,
        recipe=recipe if recipe != SiteRecipe() else None,
        read=body.read,
        container=_holder(body) if is_full or found is None else found.element,
    )


def _follow(recipe: SiteRecipe, tree: HtmlElement, trim: Callable[[str], str]) -> SiteReading:
    """Read a page as it was read before; in full where what held its body is not there any more."""
    ends = _ends_of(recipe.container, tree) if recipe.container else []
    known = trim(text_within(ends[0])) if len(ends) == 1 else ""
    is_known = len(known) >= _LEAST_CHARS
    body = Body() if is_known else find_body(tree)
    lines = (known if is_known else trim(extract_text(tree, rules=ExtractRules(), body=body))).split("\n")
    return SiteReading(
        text=_without(recurring(lines, frozenset(recipe.dropped)), lines),
        recipe=None if recipe.container and not is_known else recipe,
        read=body.read,
        container=ends[0] if is_known else _holder(body),
    )


def _holder(body: Body) -> HtmlElement | None:
    """Name what certainly holds all of a text that was read in full."""
    return body.container if body.is_certain else None


# --- recalling -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """Where a body stands by the memory of its site."""

    element: HtmlElement
    path: str


def recall(tree: HtmlElement, memory: SiteMemory) -> Recalled | None:
    """Find the one element of a page that a proven path leads to; None where there is none, or more than one."""
    proven = [container for container in memory.containers if container.pages >= _PROVEN_PAGES]
    for container in sorted(proven, key=lambda container: -container.pages):
        ends = _ends_of(container.path, tree)
        if len(ends) == 1:
            return Recalled(element=ends[0], path=container.path)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Keys of the lines at either end of a text that belong to the site and not to the page, from the outside in."""

    top: tuple[str, ...] = ()
    end: tuple[str, ...] = ()


def recurring(lines: list[str], known: frozenset[str]) -> Edges:
    """Find the unbroken runs of known lines at the ends of a text; none where they make up much of it."""
    top = tuple(itertools.takewhile(known.__contains__, map(_line_key, lines[:_TOP_LINES])))
    rest = lines[max(len(top), len(lines) - _END_LINES) :]
    end = tuple(itertools.takewhile(known.__contains__, map(_line_key, reversed(rest))))
    gone = sum(map(len, lines[: len(top)])) + sum(map(len, lines[len(lines) - len(end) :]))
    return Edges(top=top, end=end) if gone <= _DROPPED_SHARE * sum(map(len, lines)) else Edges()


def _without(edges: Edges, lines: list[str]) -> str:
    return "\n".join(lines[len(edges.top) : len(lines) - len(edges.end)])


# --- learning --------------------------------------------------------------------------------------------------------


def learn(memory: SiteMemory, lesson: SiteLesson) -> SiteMemory:
    """Make the next memory; that of a site whose pages look otherwise now forgets all but how many there were."""
    if lesson.page in memory.recent:
        return memory
    memory = replace(_judge(memory, lesson), pages=memory.pages + 1, recent=(*memory.recent, lesson.page)[-_MAX_RECENT:])
    return replace(memory, containers=_with_container(memory.containers, lesson.container), lines=_with_lines(memory.lines, lesson))


def _judge(memory: SiteMemory, lesson: SiteLesson) -> SiteMemory:
    if lesson.agrees is None:
        return memory
    if lesson.agrees:
        return replace(memory, agreements=memory.agreements + 1, disagreements=0)
    memory = replace(memory, disagreements=memory.disagreements + 1, disagreed_at=lesson.fetched_at)
    if memory.disagreements < _FORGET_AFTER:
        return memory
    return replace(memory, containers=(), lines=(), agreements=0, disagreements=0)


def _with_container(containers: tuple[SiteContainer, ...], path: str) -> tuple[SiteContainer, ...]:
    """Count a page for the path that leads to its body, widened to what both have in common; drop the rarest if there are many."""
    if not path:
        return containers
    for at, known in enumerate(containers):
        common = _in_common(known.path, path)
        if common:
            return (*containers[:at], SiteContainer(path=common, pages=known.pages + 1), *containers[at + 1 :])
    rarest = min(containers, key=lambda known: known.pages) if len(containers) == _MAX_CONTAINERS else None
    return (*(known for known in containers if known is not rarest), SiteContainer(path=path, pages=1))


def _with_lines(lines: tuple[SiteLine, ...], lesson: SiteLesson) -> tuple[SiteLine, ...]:
    """Count a page for its lines; keep those that recur and the newest of the others."""
    known = {line.key: line for line in lines}
    inside = frozenset(lesson.inside)
    for key in dict.fromkeys((*lesson.outside, *lesson.inside)):
        before = known.pop(key, SiteLine(key=key, inside=0, outside=0))
        is_inside = key in inside
        known[key] = replace(before, inside=before.inside + is_inside, outside=before.outside + (not is_inside))
    often = sorted((line for line in known.values() if line.inside + line.outside > 1), key=lambda line: line.inside + line.outside)
    newest = [line for line in known.values() if line.inside + line.outside == 1]
    kept = {line.key for line in (*often[-_MAX_RECURRING:], *newest[-_MAX_SINGLE:])}
    return tuple(line for line in known.values() if line.key in kept)


def _is_all_of(standing: list[str], lines: list[str]) -> bool:
    """Tell whether what stands in the container is the body that was read in full, and next to nothing else."""
    return sum(map(len, lines)) >= _LEAST_CHARS and _likeness(standing, lines) >= _STANDS


def _keys_below(container: HtmlElement) -> tuple[str, ...]:
    """List the keys of the first short lines below an element, each once: what else might be taken for the end of a body."""
    least, most = _OUTSIDE_CHARS
    texts = (" ".join("".join(element.itertext()).split()) for element in _BELOW(container))
    short = itertools.islice((text for text in texts if least <= len(text) <= most), _OUTSIDE_LINES)
    return tuple(dict.fromkeys(filter(None, map(_line_key, short))))


def _is_check(url_key: str) -> bool:
    return int(short_hash("check", url_key)[:8], 16) % _CHECK_EVERY == 0


def _page_key(url_key: str) -> str:
    return short_hash("page", url_key)[:_PAGE_CHARS]


# --- lines -----------------------------------------------------------------------------------------------------------


def _edge_keys(lines: list[str]) -> tuple[str, ...]:
    edges = (*lines[:_TOP_LINES], *lines[max(_TOP_LINES, len(lines) - _END_LINES) :])
    return tuple(dict.fromkeys(filter(None, map(_line_key, edges))))


@lru_cache(maxsize=64)  # asked for the same lines twice
def _line_key(line: str) -> str:
    """Name a short line by its words, numbers levelled; '' for a long one and for one without words."""
    words = _DIGITS.sub("0", word_key(line)) if len(line) <= _LINE_CHARS else ""
    return short_hash("line", words)[:_KEY_CHARS] if words else ""


def _likeness(lines: list[str], other: list[str]) -> float:
    """Measure what part of the characters of either text stands in lines of both, 0 to 1."""
    mine, theirs = Counter(map(word_key, lines)), Counter(map(word_key, other))
    whole = max(_chars(mine), _chars(theirs))
    return _chars(mine & theirs) / whole if whole else 0.0


def _chars(keys: Counter[str]) -> int:
    return sum(len(key) * times for key, times in keys.items())


# --- paths -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """An element as a path names it: its tag, and '#id' and '.class' as far as they are the template's."""

    tag: str
    names: frozenset[str]

    def __str__(self) -> str:
        return self.tag + "".join(sorted(self.names))

    @property
    def telling(self) -> tuple[str, str]:
        """The attribute and the part of its value that fewest elements have; ('class', '') where there is no name."""
        name = max(sorted(self.names), key=len, default=".")
        return "id" if name[0] == "#" else "class", name[1:]

    def fits(self, element: HtmlElement) -> bool:
        """Tell whether an element is of this tag and has at least these names."""
        return element.tag == self.tag and all(
            element.get("id") == name[1:] if name[0] == "#" else name[1:] in (element.get("class") or "").split() for name in self.names
        )


def path_of(tree: HtmlElement, element: HtmlElement) -> str:
    """Name an element by its own tag, id and classes, and by as many above it as make it the only one; '' where that is not enough."""
    steps: tuple[_Step, ...] = ()
    for at in itertools.islice(_upwards(element), _STEPS):
        steps = (_Step(tag=str(at.tag), names=frozenset(sorted(_names_of(at))[:_TOKENS])), *steps)
        path = ">".join(map(str, steps))
        if len(path) > _MAX_PATH_CHARS or not _TAG.fullmatch(steps[0].tag):
            break
        if any(step.names for step in steps) and len(_ends_of(path, tree)) == 1:
            return path
    return ""


def _upwards(element: HtmlElement) -> Iterator[HtmlElement]:
    """Yield an element and its ancestors below the body."""
    return itertools.takewhile(lambda at: at.tag not in ("body", "html"), itertools.chain((element,), element.iterancestors()))


def _names_of(element: HtmlElement) -> frozenset[str]:
    names = (f".{name}" for name in (element.get("class") or "").split() if _TOKEN.fullmatch(name))
    own = element.get("id") or ""
    return frozenset((*names, f"#{own}") if _TOKEN.fullmatch(own) else names)


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[_Step, ...]:
    return tuple(_Step(tag=tag, names=frozenset(names)) for tag, *names in (re.split(r"(?=[.#])", step) for step in path.split(">")))


def _ends_of(path: str, tree: HtmlElement) -> list[HtmlElement]:
    """List the elements of a page to which a path leads."""
    *above, last = _steps(path)
    attribute, longest = last.telling
    # To look for one name in what an element is called is several times as fast as to compare all of them.
    hopeful = (element for element in tree.iter(last.tag) if longest in (element.get(attribute) or ""))
    return [element for element in hopeful if last.fits(element) and _stands_in(element, above)]


def _stands_in(element: HtmlElement, above: list[_Step]) -> bool:
    around = list(itertools.islice(element.iterancestors(), len(above)))
    return len(around) == len(above) and all(step.fits(one) for step, one in zip(reversed(above), around, strict=True))


def _in_common(path: str, other: str) -> str:
    """Name what two paths have in common; '' where their tags differ or where what holds the body shares no name."""
    steps, others = _steps(path), _steps(other)
    if [step.tag for step in steps] != [step.tag for step in others]:
        return ""
    common = [_Step(tag=one.tag, names=one.names & two.names) for one, two in zip(steps, others, strict=True)]
    is_alike = bool(common[-1].names) or not (steps[-1].names or others[-1].names)
    return ">".join(map(str, common)) if is_alike and any(step.names for step in common) else ""
