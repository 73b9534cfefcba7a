"""Which of a page's statements is its headline."""

import pytest

from extractors.pages.titles import Titles, choose_title

HEADLINE = "Envoys leave Muscat without a date"


@pytest.mark.parametrize(
    ("titles", "chosen"),
    [
        pytest.param(Titles(), "", id="a page that states nothing has no title"),
        pytest.param(Titles(linked=HEADLINE, headings=("Meridian Wire",), shared="Talks end!"), HEADLINE, id="JSON-LD comes first"),
        pytest.param(
            Titles(linked="Talks", headings=(HEADLINE,), shared=HEADLINE, document=HEADLINE, feed=HEADLINE),
            HEADLINE,
            id="all others outvote JSON-LD",
        ),
        pytest.param(
            Titles(headings=(HEADLINE,), shared="Talks end!", document="Talks | Wire"),
            HEADLINE,
            id="the only heading comes before og:title",
        ),
        pytest.param(
            Titles(headings=("Politics", HEADLINE), document=f"{HEADLINE} - Wire"), HEADLINE, id="of two headings the one in the title"
        ),
        pytest.param(Titles(headings=("The Wire", HEADLINE), sites=("The Wire",)), HEADLINE, id="the outlet's name is no headline"),
        pytest.param(Titles(headings=("thewire", HEADLINE), sites=("The Wire",)), HEADLINE, id="nor is its name written as one word"),
        pytest.param(Titles(shared=f"{HEADLINE} | The Wire", sites=("The Wire",)), HEADLINE, id="the outlet's name goes from the end"),
        pytest.param(
            Titles(linked=f"{HEADLINE}, say Omani officials", headings=(f"{HEADLINE}, say Omani officials",), shared=HEADLINE),
            HEADLINE,
            id="what was added for search engines goes, where og:title has it without",
        ),
        pytest.param(
            Titles(headings=(HEADLINE,), shared="Envoys leave"), HEADLINE, id="a few words of a headline are a label and do not replace it"
        ),
        pytest.param(Titles(document=f"The Wire — {HEADLINE}", sites=("The Wire",)), HEADLINE, id="and from the front"),
        pytest.param(
            Titles(document=f"{HEADLINE} :: World :: The Wire", sites=("The Wire",), headings=(HEADLINE,)),
            HEADLINE,
            id="sections go with it",
        ),
        pytest.param(Titles(document="US - Iran talks"), "US - Iran talks", id="a dash alone is no reason to cut"),
        pytest.param(
            Titles(linked="Envoys leave Muscat …", headings=(HEADLINE,)), HEADLINE, id="a headline that was cut gives way to the whole"
        ),
        pytest.param(Titles(feed=HEADLINE), HEADLINE, id="the feed's title is better than none"),
        pytest.param(
            Titles(shared="Talks end", headings=("A", "B"), feed="Talks end"), "Talks end", id="the feed confirms what the page says"
        ),
        pytest.param(Titles(linked="x" * 600, headings=(HEADLINE,)), HEADLINE, id="a text in the wrong place is no headline"),
        pytest.param(Titles(linked="Tom &amp;amp; Ann &lt;b&gt;agree&lt;/b&gt;"), "Tom & Ann agree", id="entities and tags are undone"),
        pytest.param(
            Titles(stand_in=HEADLINE, document="The Meridian Daily Wire"), HEADLINE, id="what stands in for a heading beats <title>"
        ),
        pytest.param(
            Titles(stand_in="Sign up for our letters", shared=HEADLINE, document=HEADLINE), HEADLINE, id="but not <title> and og:title"
        ),
        pytest.param(
            Titles(stand_in=HEADLINE, document=f"{HEADLINE} :: The Wire"), HEADLINE, id="what it confirms loses the outlet's unknown name"
        ),
        pytest.param(
            Titles(
                linked="Iran talks: Oman round ends",
                headings=("Iran talks: Oman round ends",),
                shared=HEADLINE,
                document="Iran talks: Oman round ends | Wire",
            ),
            HEADLINE,
            id="the one wording that does not repeat the line made for search engines",
        ),
        pytest.param(
            Titles(headings=(HEADLINE,), shared="Talks in Oman end early", document="Iran talks end | Wire"),
            HEADLINE,
            id="where <title> is worded apart, the heading was written for readers",
        ),
        pytest.param(
            Titles(headings=(HEADLINE,), shared="Talks in Oman end early", document=HEADLINE, twitter="Talks in Oman end early"),
            HEADLINE,
            id="a wording for sharing that is used twice is no exception",
        ),
        pytest.param(
            Titles(headings=(HEADLINE,), shared="The Meridian Daily Wire", document=HEADLINE, sites=("The Meridian Daily Wire",)),
            HEADLINE,
            id="the outlet's name is no wording of its own",
        ),
        pytest.param(Titles(headings=("Details",), shared=HEADLINE), HEADLINE, id="a label of one word gives way"),
        pytest.param(Titles(headings=("Война",)), "Война", id="unless there is nothing else"),
        pytest.param(Titles(headings=("伊核谈判破裂",), shared="News"), "伊核谈判破裂", id="a line without spaces is no label"),
        pytest.param(Titles(headings=(HEADLINE,), sites=(HEADLINE,)), HEADLINE, id="an outlet called like the story does not silence it"),
        pytest.param(Titles(document="گفت‌وگو ادامه می‌یابد | خبرگزاری", sites=("خبرگزاری",)), "گفت‌وگو ادامه می‌یابد", id="joiners stay"),
    ],
)
def test_headline(titles, chosen):
    assert choose_title(titles) == chosen
