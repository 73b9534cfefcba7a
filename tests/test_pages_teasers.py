"""What part of a text only leads to other pages."""

import pytest

from extractors.pages.markup import parse_markup
from extractors.pages.teasers import share_of_teasers

LINES = tuple(f"The ferry on line {n} stays in port until the storm has passed, its owner said." for n in range(4))
STORY = "The harbour master closed all piers on Monday. He expects the wind to drop by noon, he told reporters."


def card(n, inner='<h3><a href="/s/{n}">Ferry number {n} stays in port</a></h3>'):
    return f'<div class="card"><div class="top">{inner.format(n=n)}</div><p>{LINES[n]}</p></div>'


def share(markup, text):
    return share_of_teasers(parse_markup(f"<html><body><main>{markup}</main></body></html>"), text)


@pytest.mark.parametrize(
    ("markup", "text", "found"),
    [
        pytest.param("".join(map(card, range(4))), "\n".join(LINES), 1.0, id="all of it"),
        pytest.param(f"<p>{STORY}</p>" + "".join(map(card, range(4))), STORY, 0.0, id="none of a story above them"),
        pytest.param("".join(map(card, range(2))), "\n".join(LINES[:2]), 0.0, id="two are no list"),
        pytest.param(
            "".join(card(n, "<h3>Ferry number {n}</h3>") for n in range(4)), "\n".join(LINES), 0.0, id="headings that lead nowhere"
        ),
        pytest.param(
            "".join(card(n, '<h3><a href="#s{n}">Ferry number {n}</a></h3>') for n in range(4)), "\n".join(LINES), 0.0, id="or on this page"
        ),
        pytest.param(
            "".join(f"{card(n)[:-6]}<p>{STORY * 9}</p></div>" for n in range(4)), "\n".join(LINES), 0.0, id="whole stories are no teasers"
        ),
        pytest.param(
            "".join(card(n, '<a href="/s/{n}"><h3>Ferry number {n} stays</h3></a>') for n in range(3)),
            LINES[0],
            1.0,
            id="links around headings",
        ),
        pytest.param("".join(map(card, range(4))), "", 0.0, id="no text"),
    ],
)
def test_the_share_of_teasers(markup, text, found):
    assert share(markup, text) == found


def test_lines_of_a_story_count_against_it():
    assert 0.3 < share(f"<p>{STORY}</p>" + "".join(map(card, range(3))), f"{STORY}\n{LINES[0]}") < 0.5
