"""Our own reading of a page: which element is the body, what in it is not, and how sure that is."""

import pytest
from lxml.html import document_fromstring

from extractors.pages.clutter import is_clutter_line, without_tail
from extractors.pages.containers import Body, find_body

FIRST = "The delegations met for the third time this month, and neither side would say what had been agreed on the pipeline."
SECOND = "A person who was in the room said that the inspectors would return before the end of the year, whatever happened next."
THIRD = "The ministry called the account misleading; its spokesman, asked twice, did not say in which point it was wrong."
STORY = tuple(f"{line} That was paragraph {number} of the account." for number in range(3) for line in (FIRST, SECOND, THIRD))
MENU = "<nav><ul>" + "<li><a href='/x'>Section</a></li>" * 30 + "</ul></nav>"


def page(main, *, around="<div id=page><div class=columns><div class=wide>{}</div></div></div>"):
    return document_fromstring("<html><body>" + MENU + around.format(main) + "</body></html>")


def paragraphs(lines):
    return "".join(f"<p>{line}</p>" for line in lines)


def test_a_plain_story_is_read_and_certain():
    tree = page(f"<div class=story><div>{paragraphs(STORY)}</div></div>")
    assert find_body(tree) == Body(lines=STORY, is_certain=True)


MUCH_CLUTTER = f"<div class=comments>{paragraphs(STORY)}</div><div class=sidebar>{paragraphs(STORY)}</div>"
DEEP = "<main><div><section>{}</section></div></main>"


@pytest.mark.parametrize(("name", "depth", "is_certain"), [("article-body", DEEP, True), ("x", DEEP, False), ("article-body", "{}", False)])
def test_a_body_amid_much_clutter_is_certain_where_it_is_called_one_and_stands_deep(name, depth, is_certain):
    tree = page(depth.format(f"<div class={name}>{paragraphs(STORY)}</div>") + MUCH_CLUTTER, around="<div>{}</div>")
    assert find_body(tree) == Body(lines=STORY, is_certain=is_certain)


def test_clutter_within_a_named_body_makes_it_doubtful():
    assert not find_body(page(f"<section><div class=article-body>{paragraphs(STORY)}{MUCH_CLUTTER}</div></section>")).is_certain


def test_a_page_without_paragraphs_has_no_body():
    assert find_body(page("<div>Menu</div>")) == Body()


def test_a_body_split_over_containers_is_joined():
    parts = "".join(f"<div class=part><section>{paragraphs(STORY[start : start + 3])}</section></div>" for start in (0, 3, 6))
    assert find_body(page(f"<div><div class=body>{parts}</div></div>")) == Body(lines=STORY, is_certain=True)


@pytest.mark.parametrize(
    "clutter",
    [
        f"<div class=related-stories><p>{FIRST}</p></div>",
        f"<aside><p>{FIRST}</p></aside>",
        "<figure><img src=x><figcaption>The harbour at dawn, before the ships came in.</figcaption></figure>",
        "<div class='newsletterSignup'><p>The morning in five minutes, every day before breakfast.</p></div>",
        "<blockquote class=twitter-tweet><p>We have nothing to add to this, and nothing to take away.</p></blockquote>",
        "<div style='display:none'><p>This will be shown to those who have paid for it.</p></div>",
        "<p><a href=/other>Another story that is only one of the links in here</a></p>",
        "<p>Sign up for our newsletter</p>",
        "<p>The envoy arrives at the palace. Photo: Agency / Person</p>",
    ],
)
def test_clutter_within_a_body_is_left_out(clutter):
    tree = page(f"<div class=story>{paragraphs(STORY[:4])}{clutter}{paragraphs(STORY[4:])}</div>")
    assert find_body(tree).lines == STORY


def test_the_paid_part_of_a_body_is_body():
    tree = page(f"<div class='paywall premium'>{paragraphs(STORY)}</div>")
    assert find_body(tree).lines == STORY


def test_a_name_that_denies_clutter_is_none():
    tree = page(f"<div>{''.join(f'<div class=no-share><p>{line}</p></div>' for line in STORY)}</div>")
    assert find_body(tree).lines == STORY


def test_words_for_screen_readers_are_not_in_the_sentence():
    hidden = "<span style='clip:rect(0 0 0 0);position:absolute'>, opens new tab</span><span class=sr-only> (external)</span>"
    tree = page(f"<div><p>{FIRST[:20]}<a href=x>{FIRST[20:40]}{hidden}</a>{FIRST[40:]}</p>{paragraphs(STORY)}</div>")
    assert find_body(tree).lines == (FIRST, *STORY)


def test_a_link_within_a_sentence_stays_whatever_its_class():
    tree = page(f"<div><p>{FIRST[:20]}<a class=related-tag href=x>{FIRST[20:40]}</a>{FIRST[40:]}</p>{paragraphs(STORY)}</div>")
    assert find_body(tree).lines == (FIRST, *STORY)


def test_two_line_breaks_part_paragraphs():
    tree = page(f"<div class=text>{'<br><br>'.join(STORY)}</div>")
    assert find_body(tree).lines == STORY


def test_joiners_and_right_to_left_text_are_kept_to_the_letter():
    line = "وزیر خارجه می‌گوید که گفت‌وگوها ادامه می‌یابد و هیچ‌یک از طرف‌ها از خواسته‌های خود دست نمی‌کشد."
    assert find_body(page(f"<div>{paragraphs((line,) * 12)}</div>")).lines == (line,) * 12


def test_a_text_of_a_few_words_is_not_certain():
    assert find_body(page(f"<div><div>{paragraphs(STORY[:1])}</div></div>")) == Body(lines=STORY[:1], is_certain=False)


def test_a_short_text_is_certain_unless_there_is_another_doubt():
    short = f"<div class=story>{paragraphs(STORY[:4])}</div>"
    assert find_body(page(f"<div>{short}</div>")) == Body(lines=STORY[:4], is_certain=True)
    beside = f"<div class=related>{paragraphs(STORY[4:6])}</div>"
    assert find_body(page(f"<div>{short}</div>{beside}")) == Body(lines=STORY[:4], is_certain=False)


def test_a_teaser_within_a_link_is_no_part_of_the_body():
    teasers = "".join(f"<li><a href=/{number}><div><p>{THIRD}</p></div></a></li>" for number in range(4))
    tree = page(f"<div><div class=story>{paragraphs(STORY)}</div><ul>{teasers}</ul></div>")
    assert find_body(tree) == Body(lines=STORY, is_certain=True)


def test_a_paragraph_that_is_a_link_altogether_is_no_part_of_the_body():
    tree = page(f"<div><p>{STORY[0]}</p><p><strong><a href=/x>{THIRD}</a></strong></p>{paragraphs(STORY[1:])}</div>")
    assert find_body(tree).lines == STORY


def test_a_body_that_is_the_page_itself_is_not_certain():
    tree = page(paragraphs(STORY), around="{}")
    assert find_body(tree) == Body(lines=STORY, is_certain=False)


@pytest.mark.parametrize("line", ["Photo: Agency", "Read more: the envoy's day", "Читайте также: кто приехал", "اقرأ أيضا", "Lire aussi :"])
def test_a_line_of_promotion_is_clutter(line):
    assert is_clutter_line(line)


@pytest.mark.parametrize(
    "line", [FIRST, "Reuters could not verify the report.", "Related sanctions were lifted in May, the ministry said on Friday."]
)
def test_a_line_of_the_story_is_not_clutter(line):
    assert not is_clutter_line(line)


def test_the_list_of_other_stories_at_the_end_is_cut_off():
    assert without_tail((FIRST, SECOND, "More great stories", "One thing", "Another thing")) == (FIRST, SECOND)
    assert without_tail((FIRST, "Related stories", "One thing", THIRD * 2)) == (FIRST, "Related stories", "One thing", THIRD * 2)


def test_signing_off_is_cut_off_at_the_end_only():
    assert without_tail((FIRST, SECOND, "A. Person contributed to this report.")) == (FIRST, SECOND)
    opening = "The bank contributed to the collapse, investigators said."
    assert without_tail((opening, *STORY)) == (opening, *STORY)


def test_a_note_in_italics_with_a_link_is_cut_off_at_the_end_only():
    note = f"<p><em>{THIRD} <a href=/x>Write to us</a>.</em></p>"
    assert find_body(page(f"<div>{paragraphs(STORY)}{note}{note}</div>")).lines == STORY
    assert find_body(page(f"<div>{note}{paragraphs(STORY)}</div>")).lines == (f"{THIRD} Write to us.", *STORY)


def test_a_list_of_links_is_cut_off_at_the_end_and_a_list_without_stays():
    links = "".join(f"<li>{SECOND[:40]} <a href=/{number}>{SECOND[40:70]}</a></li>" for number in range(3))
    points = "".join(f"<li>{line}</li>" for line in (FIRST, THIRD))
    assert find_body(page(f"<div>{paragraphs(STORY)}<ul>{links}</ul></div>")).lines == STORY
    assert find_body(page(f"<div>{paragraphs(STORY)}<ul>{points}</ul></div>")).lines == (*STORY, FIRST, THIRD)


@pytest.mark.parametrize(
    "frame", ["<div class=x1><img src=a.jpg><div>{}</div></div>", "<section><div><picture></picture></div><p>{}</p></section>"]
)
def test_a_few_words_in_one_frame_with_a_picture_are_its_caption(frame):
    tree = page(f"<div>{paragraphs(STORY)}{frame.format(THIRD)}{paragraphs(STORY)}</div>")
    assert find_body(tree).lines == STORY * 2


def test_a_story_in_one_frame_with_its_picture_is_no_caption():
    assert find_body(page(f"<div><img src=a.jpg>{paragraphs(STORY)}</div>")).lines == STORY


@pytest.mark.parametrize(
    "line", ["© 2026 The Outlet. All rights reserved.", "• A. Person can be reached at person@outlet.example.", "Our editorial standards"]
)
def test_what_an_outlet_says_of_itself_is_cut_off_at_the_end(line):
    assert without_tail((FIRST, SECOND, line)) == (FIRST, SECOND)


def test_what_stands_below_pictures_is_body_where_the_pictures_are_what_it_is_about():
    entries = STORY[:6]
    frames = "".join(f"<div><img src=a.jpg><p>{line}</p></div>" for line in entries)
    assert find_body(page(f"<div>{paragraphs(STORY[6:])}{frames}</div>")).lines == (*STORY[6:], *entries)


def test_much_clutter_beside_a_body_is_no_doubt_where_its_name_says_that_it_is_one():
    beside = f"<div class=related>{paragraphs(STORY[:4])}</div>" * 2
    named = page(f"<div><div class=article-body>{paragraphs(STORY)}</div></div>{beside}")
    unnamed = page(f"<div><div class=x1>{paragraphs(STORY)}</div></div>{beside}")
    assert (find_body(named), find_body(unnamed)) == (Body(lines=STORY, is_certain=True), Body(lines=STORY, is_certain=False))
