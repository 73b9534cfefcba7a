"""What the headings of a page say: not the kicker above the headline, not the logo."""

import pytest

from extractors.pages.headings import find_stand_in, read_headings
from extractors.pages.markup import parse_markup

HEADLINE = "Envoys leave Muscat without a date"


def headings(markup, url="https://wire.example/story"):
    return list(read_headings(parse_markup(f"<html><body>{markup}<p>Text of the story.</p></body></html>"), url=url))


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        pytest.param(f"<h1>{HEADLINE}</h1>", [HEADLINE], id="a heading is read"),
        pytest.param("<h1> </h1>", [], id="an empty one is not"),
        pytest.param(f'<h1><span class="kicker">Oman</span> {HEADLINE}</h1>', [HEADLINE], id="a kicker goes"),
        pytest.param(f'<h1><span class="art__overline">Oman talks</span> - {HEADLINE}</h1>', [HEADLINE], id="its dash goes with it"),
        pytest.param(f'<h1><span class="visually-hidden">Headline:</span> {HEADLINE}</h1>', [HEADLINE], id="so does what nobody sees"),
        pytest.param(
            '<h1><span class="label">Envoys leave Muscat</span> at last</h1>', ["Envoys leave Muscat at last"], id="not most of it"
        ),
        pytest.param(f'<h1><span class="headline">{HEADLINE}</span></h1>', [HEADLINE], id="other spans stay"),
        pytest.param(f'<h1><a href="/">The Wire</a></h1><h1>{HEADLINE}</h1>', [HEADLINE], id="a logo is no heading"),
        pytest.param(f'<a href="https://www.wire.example"><h1>The Wire</h1></a><h1>{HEADLINE}</h1>', [HEADLINE], id="nor is a linked one"),
        pytest.param(f'<h1><a href="/story">{HEADLINE}</a></h1>', [HEADLINE], id="a heading may link to its story"),
        pytest.param(f'<h1><a href="#">{HEADLINE}</a></h1>', [HEADLINE], id="or to nowhere"),
        pytest.param(f'<h1><a href="https://other.example/">{HEADLINE}</a></h1>', [HEADLINE], id="or to another site"),
        pytest.param(f'<h1><a href="http://[bad">{HEADLINE}</a></h1>', [HEADLINE], id="or to what is no address"),
        pytest.param(
            f'<h1><span class="kicker">{"word " * 13}</span>{HEADLINE}</h1>', [f"{'word ' * 13}{HEADLINE}"], id="a kicker is short"
        ),
    ],
)
def test_headings(markup, found):
    assert headings(markup) == found


def test_on_the_front_page_itself_the_logo_is_the_heading():
    assert headings('<h1><a href="/">The Wire</a></h1>', url="https://wire.example/") == ["The Wire"]


def stand_in(markup, document=""):
    tree = parse_markup(f"<html><body>{markup}<p>Text of the story.</p></body></html>")
    return find_stand_in(tree, url="https://wire.example/story", document=document)


@pytest.mark.parametrize(
    ("markup", "document", "found"),
    [
        pytest.param(
            f'<font size="6">The Daily Wire</font><font size="5"><b>{HEADLINE}</b></font>', "The Daily Wire", HEADLINE, id="large type"
        ),
        pytest.param(f'<font size="2">{HEADLINE}</font>', "", "", id="not small type"),
        pytest.param(f'<div class="news-ttl"><span>{HEADLINE}</span></div>', "", HEADLINE, id="a class"),
        pytest.param(
            f"<h2>What else happened today there</h2><h2>{HEADLINE}</h2>", f"Wire: {HEADLINE}", HEADLINE, id="the one in the title"
        ),
        pytest.param(f'<h2><a href="/other">{HEADLINE}</a></h2>', "", "", id="no teaser"),
        pytest.param("".join(f'<h3 class="title">{HEADLINE} {n}</h3>' for n in range(3)), "", "", id="no list"),
        pytest.param(f'<div class="related"><h3>{HEADLINE}</h3></div>', "", "", id="no other story"),
        pytest.param('<font size="7">The Daily Wire</font>', "The Daily Wire", "", id="no masthead"),
    ],
)
def test_where_there_is_no_heading_something_stands_in(markup, document, found):
    assert stand_in(markup, document) == found
