"""Names out of bylines, and out of the places that hold them."""

import pytest

from extractors.pages.authors import clean_names, find_authors
from extractors.pages.jsonld import read_linked_article
from extractors.pages.markup import meta_contents, parse_markup


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Ann Lee", ["Ann Lee"]),
        ("BY ANN LEE", ["ANN LEE"]),
        ("By Ann Lee and Bo Diaz", ["Ann Lee", "Bo Diaz"]),
        ("Ann Lee, Bo Diaz & Cy Ng", ["Ann Lee", "Bo Diaz", "Cy Ng"]),
        ("Ann Lee, Chief Correspondent", ["Ann Lee"]),
        ("Ann Lee, Nairobi", ["Ann Lee"]),
        ("Lee, Ann", ["Ann Lee"]),
        ("Ann Lee | Reuters", ["Ann Lee", "Reuters"]),
        ("Ann Lee (ale)", ["Ann Lee"]),
        ("Ann Lee @annlee", ["Ann Lee"]),
        ("ann.lee@wire.example", []),
        ("https://www.facebook.com/wire", []),
        ("Gear Team", ["Gear Team"]),
        ("Associated Press", ["Associated Press"]),
        ("Von Anna Baumann", ["Anna Baumann"]),
        ("Von Trier", ["Von Trier"]),
        ("VON ANNA BAUMANN", ["ANNA BAUMANN"]),
        ("von Andrea", ["Andrea"]),
        ("View all posts by Ann Lee", ["Ann Lee"]),
        ("Interview: Ann Lee", ["Ann Lee"]),
        ("Автор: Ольга Ветрова", ["Ольга Ветрова"]),
        ("Ольга Ветрова и Пётр Яров", ["Ольга Ветрова", "Пётр Яров"]),
        ("نویسنده: مریم رضایی", ["مریم رضایی"]),
        ("بقلم: سامر الخطيب", ["سامر الخطيب"]),
        ("山田太郎、佐藤花子", ["山田太郎", "佐藤花子"]),
        ("", []),
        ("12345", []),
    ],
)
def test_names_in_a_byline(byline, names):
    assert list(clean_names(byline)) == names


def find(markup, sites=("The Wire", "wire.example")):
    tree = parse_markup(f"<html><body>{markup}</body></html>")
    return find_authors(tree, linked=read_linked_article(tree, url="https://wire.example/1"), meta=meta_contents(tree), sites=sites)


def linked(authors):
    return f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "H", "author": {authors}}}</script>'


@pytest.mark.parametrize(
    ("markup", "names"),
    [
        pytest.param(linked('[{"name": "Ann Lee"}, {"name": "The Wire"}]'), ("Ann Lee",), id="the outlet beside a person goes"),
        pytest.param(linked('{"name": "The Wire"}'), ("The Wire",), id="the outlet alone stays"),
        pytest.param(
            linked('{"name": "The Wire"}') + '<meta name="author" content="Bo Diaz">',
            ("Bo Diaz",),
            id="a person elsewhere beats the outlet",
        ),
        pytest.param(linked('"By Ann Lee"') + '<meta name="author" content="Bo Diaz">', ("Ann Lee",), id="JSON-LD comes before meta tags"),
        pytest.param(
            '<meta property="article:author" content="https://fb.example/x"><a rel="author">Ann Lee</a>',
            ("Ann Lee",),
            id="an address is no name",
        ),
        pytest.param(
            '<div itemprop="author"><span itemprop="name">Ann Lee</span><span>12 posts</span></div>', ("Ann Lee",), id="microdata"
        ),
        pytest.param(
            '<div class="article__byline">By <a>Ann Lee</a> | 3 March 2026</div>',
            ("Ann Lee",),
            id="a class that says byline, without its date",
        ),
        pytest.param('<span class="css-1x">By Ann Lee</span>', ("Ann Lee",), id="a line that begins with By"),
        pytest.param('<div class="comments"><span class="comment-author">Troll</span></div>', (), id="those who comment are no authors"),
        pytest.param('<aside class="related"><span class="author">Cy Ng</span></aside>', (), id="nor are authors of related articles"),
        pytest.param(
            '<p class="by"><span class="author vcard"><a rel="author">Ann Lee</a></span></p>',
            ("Ann Lee",),
            id="a vcard is no teaser's card",
        ),
        pytest.param(
            '<aside><address>By <a rel="author">Ann Lee</a></address></aside>', ("Ann Lee",), id="an address in an aside is the article's"
        ),
        pytest.param('<i><a href="/staff/ann-lee/">Ann Lee</a></i>', ("Ann Lee",), id="a link to a person's own page"),
        pytest.param('<i><a href="/staff/ann-lee/">More of her</a></i>', (), id="which spells the person's name"),
        pytest.param('<i><a href="/news/ann-lee/">Ann Lee</a></i>', (), id="and stands among authors"),
        pytest.param("<x-byline>Par Anne Lebrun</x-byline>", ("Anne Lebrun",), id="a byline in an element of the site's own"),
        pytest.param("<font><i>Автор: Ольга Ветрова</i></font>", ("Ольга Ветрова",), id="or in letters that lean"),
        pytest.param("<div>Беседовала Вера Стахова</div>", ("Вера Стахова",), id="whoever asked the questions wrote the interview"),
        pytest.param("<div>文・山田太郎</div>", ("山田太郎",), id="a sign before the name in Japanese"),
        pytest.param("<p>By the river <i>By the lake</i> we sat.</p>", (), id="words that go on in small letters are no name"),
        pytest.param("<p>No byline here.</p>", (), id="nobody is named"),
    ],
)
def test_authors_of_a_page(markup, names):
    assert find(markup) == names
