"""What each step of reading a body brings: the text's F1 and the time without it, and on what share of the pages it ran.

    python -m tests.bench.extraction ../shared/extraction/dev --kind news --ablate

Each step is taken out alone; `first reading` out leaves trafilatura, `second reading` out leaves our own reckoning.
"""

from __future__ import annotations

import time
from unittest import mock

from extractors import reading
from extractors.pages import containers, sitememory, text
from extractors.pages.containers import Body

# Name of the step: where it is, and what stands in for it.
STEPS = {
    "first reading": (sitememory, "find_body", lambda tree: Body()),
    "second reading": (text, "_second_reading", lambda tree, *, fast: ""),
    "script data": (text, "find_story", lambda tree: ""),
    "JSON-LD body": (reading, "text_of_markup", lambda markup: ""),
    "header lines": (reading, "without_header", lambda body, *, title, authors: body),
    "clutter by name": (containers, "is_clutter", lambda element: False),
    "clutter by wording": (containers, "is_clutter_line", lambda line, *, link_share: False),
    "captions": (containers, "_is_picture", lambda element: False),
    "notes at the end": (containers, "_is_note", lambda line: False),
    "links at the end": (containers, "_points_elsewhere", lambda line: False),
    "other stories": (text, "without_tail", lambda lines: lines),
}


def ablate(cases, read, score):
    """Print a line for each step; `read(body, case)` finds the text, `score(cases, texts)` is F1, precision and recall over all pages."""
    cases = list(cases)
    whole, seconds = _texts(cases, read)
    print(f"{'all steps':20} F1 {score(cases, whole)[0]:.4f}  {1000 * seconds / len(cases):6.2f} ms a page")
    for name, (module, function, stand_in) in STEPS.items():
        ran = _share_that_ran(cases, read, module, function)
        with mock.patch.object(module, function, stand_in):
            without, less = _texts(cases, read)
        before, after = score(cases, whole), score(cases, without)
        changed = sum(one != other for one, other in zip(whole, without, strict=True)) / len(cases)
        gains = "  ".join(f"{figure} {was - now:+.4f}" for figure, was, now in zip(("F1", "P", "R"), before, after, strict=True))
        print(f"{name:20} {gains}  {1000 * (seconds - less) / len(cases):+6.2f} ms  ran on {ran:.3f}, changed {changed:.3f} of the pages")


def _texts(cases, read):
    begun = time.process_time()
    found = [read(body, case).text for body, case in cases]
    return found, time.process_time() - begun


def _share_that_ran(cases, read, module, function):
    """Count the pages on which a function is called at all."""
    ran = 0
    for body, case in cases:
        with mock.patch.object(module, function, wraps=getattr(module, function)) as called:
            read(body, case)
        ran += called.called
    return ran / len(cases)
