"""How a text was classified, for people: its passages marked and numbered, what each proves, and what nearly was a theme and why not.

Colours help on a terminal; the numbers, and brackets where there is no colour, say the same without them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from extractors.records import Classification, DyadFinding, Evidence, NearMiss, Part
from flows import terminal

THEME_COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red", "bright_cyan", "bright_magenta", "bright_yellow", "bright_green")
DYAD_COLOUR = "white"
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_MISS_CHARS = 100  # of a passage that was refused: enough to find it
_PARTS: tuple[Part, ...] = ("title", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """A passage with its number, what it shows and in which colour."""

    number: int
    part: Part
    start: int
    end: int
    colour: str


def show_explanation(title: str, text: str, found: Classification) -> None:
    """Print the text with its marks, then the findings with score and cue, then the near misses."""
    console = terminal.output()
    wholes: dict[Part, str] = {"title": title, "text": text}
    colour = {theme: THEME_COLOURS[index % len(THEME_COLOURS)] for index, theme in enumerate(found.themes)}
    findings: list[Evidence | DyadFinding] = sorted(
        (*found.evidence, *found.dyads), key=lambda item: (_PARTS.index(item.part), item.start, item.end)
    )
    spans = dict.fromkeys((item.part, item.start, item.end) for item in findings)
    numbers = {span: number for number, span in enumerate(spans, 1)}
    marks = [
        _Mark(
            number=numbers[item.part, item.start, item.end],
            part=item.part,
            start=item.start,
            end=item.end,
            colour=colour[item.theme] if isinstance(item, Evidence) else DYAD_COLOUR,
        )
        for item in findings
    ]
    for part in _PARTS:
        if wholes[part]:
            console.print(_marked(wholes[part], [mark for mark in marks if mark.part == part], is_title=part == "title", console=console))
    console.print()
    actors = ", ".join(f"{mention.actor} ({mention.mentions})" for mention in found.actors) or "none"
    about = f"relevant: {'yes' if found.relevant else 'no'}   actors: {actors}   codebook: {found.codebook_version}"
    console.print(Text(about, style="bold"))
    for theme in found.themes:
        _show_finding(console, theme, [item for item in found.evidence if item.theme == theme], wholes, numbers, colour=colour[theme])
    for dyad in found.dyads:
        _show_finding(console, f"{dyad.dyad} {dyad.direction}", [dyad], wholes, numbers, colour=DYAD_COLOUR)
    if not found.themes:
        console.print("no theme: nothing in it is proof enough")
    _show_near_misses(console, found.near_misses, wholes)


def _marked(whole: str, marks: Sequence[_Mark], *, is_title: bool, console: Console) -> Text:
    """Copy the text, each passage in its colour with its number at its end; the shorter of two that overlap is seen on top."""
    has_colour = console.color_system is not None
    ends: dict[int, list[_Mark]] = {}
    starts: dict[int, int] = {}
    for mark in {mark.number: mark for mark in marks}.values():
        ends.setdefault(mark.end, []).append(mark)
        starts[mark.start] = starts.get(mark.start, 0) + 1
    shown, moved, last = Text(), {}, 0
    for place in sorted({0, len(whole), *ends, *starts}):
        shown.append(whole[last:place])
        for mark in sorted(ends.get(place, ()), key=lambda mark: -mark.start):
            shown.append(("" if has_colour else "]") + str(mark.number).translate(_RAISED), style=f"bold {mark.colour}")
        shown.append("" if has_colour else "[" * starts.get(place, 0))
        moved[place] = len(shown)
        last = place
    for mark in sorted(marks, key=lambda mark: (mark.start - mark.end, mark.colour != DYAD_COLOUR)):
        shown.stylize(f"{mark.colour} underline", moved[mark.start], moved[mark.end])
    if is_title:
        shown.stylize("bold")
    return shown


def _show_finding(
    console: Console,
    name: str,
    items: Sequence[Evidence | DyadFinding],
    wholes: Mapping[Part, str],
    numbers: Mapping[tuple[Part, int, int], int],
    *,
    colour: str,
) -> None:
    """A theme or dealing with its strongest score, and under it each passage with its number, score, cue and place."""
    console.print()
    console.print(Text.assemble((name, f"bold {colour}"), f"  {max(item.score for item in items):.2f}"))
    for item in sorted(items, key=lambda item: (-item.score, numbers[item.part, item.start, item.end])):
        number = numbers[item.part, item.start, item.end]
        cue = f"  {item.cue}" if isinstance(item, Evidence) else ""
        console.print(
            _indented(Text.assemble((f"{number}  ", f"bold {colour}"), f"“{_flat(wholes[item.part][item.start : item.end])}”"), 2)
        )
        console.print(_indented(Text(f"{item.score:.2f}{cue}  {item.part}[{item.start}:{item.end}]", style="dim"), 5))


def _show_near_misses(console: Console, misses: Sequence[NearMiss], wholes: Mapping[Part, str]) -> None:
    """By theme and reason, each reason once with the passages it holds for."""
    if not misses:
        return
    console.print(Text("\nnear misses, refused:", style="bold"))
    for theme in dict.fromkeys(miss.theme for miss in misses):
        console.print(Text(theme, style="dim bold"))
        for (cue, why), passages in _by_reason(miss for miss in misses if miss.theme == theme).items():
            console.print(_indented(Text(f"{cue.removeprefix(f'{theme}.')}: {why}", style="dim"), 2))
            for miss in passages:
                quote = _flat(wholes[miss.part][miss.start : miss.end])
                short = quote if len(quote) <= _MISS_CHARS else f"{quote[: _MISS_CHARS - 1]}…"
                console.print(_indented(Text(f"“{short}”  {miss.part}[{miss.start}:{miss.end}]", style="dim"), 5))


def _by_reason(misses: Iterator[NearMiss]) -> dict[tuple[str, str], list[NearMiss]]:
    reasons: dict[tuple[str, str], list[NearMiss]] = {}
    for miss in misses:
        reasons.setdefault((miss.cue, miss.why), []).append(miss)
    return reasons


def _flat(quote: str) -> str:
    return " ".join(quote.split())


def _indented(shown: Text, columns: int) -> Padding:
    return Padding(shown, (0, 0, 0, columns), expand=False)
