"""How much of a text is links, and how much of a page is not its text."""

import sys

import pytest

from extractors.pages.markup import parse_markup
from extractors.pages.quality import Quality, measure_quality
from extractors.pages.tally import count_but_spaces


@pytest.mark.parametrize(
    ("markup", "text", "quality"),
    [
        pytest.param("<p>Ten chars.</p>", "Ten chars.", Quality(link_density=0.0, boilerplate_share=0.0), id="a text alone"),
        pytest.param(
            "<p>Ten chars.</p><p>Ten others</p>", "Ten chars.", Quality(link_density=0.0, boilerplate_share=0.5), id="half of a page"
        ),
        pytest.param(
            '<p>Ten chars. <a href="/x">Ten others</a></p>',
            "Ten chars. Ten others",
            Quality(link_density=0.476, boilerplate_share=0.0),
            id="links",
        ),
        pytest.param(
            '<a href="/x">Ten chars.</a>', "Ten chars.", Quality(link_density=1.0, boilerplate_share=0.0), id="nothing but a link"
        ),
        pytest.param("<a name=x>Ten chars.</a>", "Ten chars.", Quality(link_density=0.0, boilerplate_share=0.0), id="an anchor is no link"),
        pytest.param(
            '<p><a href="/1">Ten chars.</a> <a href="/2">chars</a></p>',
            "Ten chars. chars",
            Quality(link_density=0.625, boilerplate_share=0.0),
            id="a link within another's words counts once",
        ),
        pytest.param(
            "<p>Ten chars.</p><script>var x = 'Ten chars.'</script>",
            "Ten chars.",
            Quality(link_density=0.0, boilerplate_share=0.0),
            id="scripts are not read",
        ),
        pytest.param("<p>Ten chars.</p>", "", Quality(link_density=0.0, boilerplate_share=1.0), id="no text is all boilerplate"),
        pytest.param("<p></p>", "From the feed.", Quality(link_density=0.0, boilerplate_share=0.0), id="a page without words has none"),
    ],
)
def test_quality(markup, text, quality):
    assert measure_quality(parse_markup(f"<html><body>{markup}</body></html>"), text) == quality


def test_links_count_in_what_holds_the_text_where_that_is_known():
    tree = parse_markup('<html><body><nav><a href="/chars">chars</a></nav><div><p>Ten chars.</p></div></body></html>')
    assert measure_quality(tree, "Ten chars.").link_density == 0.5
    assert measure_quality(tree, "Ten chars.", within=tree.find(".//div")).link_density == 0.0


def test_characters_that_were_counted_before_are_not_counted_again():
    tree = parse_markup("<html><body><p>Ten chars.</p></body></html>")
    assert measure_quality(tree, "Ten chars.", read=18) == Quality(link_density=0.0, boilerplate_share=0.5)


def test_spaces_of_any_alphabet_are_no_characters_and_all_else_is():
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    assert count_but_spaces(every) == len("".join(every.split()))
