"""Site memory: what pages of one site teach, what is recalled on the next, and what is forgotten after a redesign."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, reduce

import pytest

from extractors.pages.markup import parse_markup
from extractors.pages.sitememory import learn, recall
from extractors.reading import EXTRACTOR, READER_VERSION, read_page
from extractors.records import (
    CaptureRef,
    Classification,
    ExtractRules,
    Page,
    PageHints,
    SiteContainer,
    SiteLesson,
    SiteLine,
    SiteMemory,
    SiteRecipe,
)
from flows.sites import SiteShelf

AT = datetime(2026, 3, 12, 8, tzinfo=UTC)
SITE = "courier.example"
NEW = SiteMemory(site=SITE, reader=READER_VERSION)
TOWNS = ("Arden", "Belmont", "Corwen", "Dunmore", "Elswick", "Farnham", "Gorton", "Hexham", "Ipswich", "Jarrow", "Kelso", "Louth")
SIGN_OFF = "Write to the desk that covers the valley."


def url_of(number):
    return f"https://courier.example/story/{number}"


def paragraphs(number):
    """Paragraphs of a story that no other story has."""
    town, number_in_words = TOWNS[number % len(TOWNS)], " ".join(TOWNS[int(digit)] for digit in str(number))
    return [
        f"The councils of {town}, {number_in_words} and {TOWNS[turn]} met this week and put off the vote on the bridge, which the "
        f"engineers of {TOWNS[turn + 1]} want closed before the river rises in spring."
        for turn in range(6)
    ]


def old_layout(number, *, end=(), body_class="story-body"):
    """A page as the site makes them: the body in one element."""
    texts = "".join(f"<p>{text}</p>" for text in (*paragraphs(number), *end))
    return (
        f"<html><head><title>Vote {number} put off</title></head><body><header><p>The Courier, founded in a barn in 1871</p></header>"
        f'<main><article class="post-{number}"><h1>Vote {number} put off</h1><div class="{body_class} wide-{number}">{texts}</div></article></main>'
        f"<footer><p>The Courier is printed by its own press in Arden.</p></footer></body></html>"
    )


def redesigned(number):
    """A page after a redesign: what used to be the body's element holds somebody's column, the body stands elsewhere."""
    column = "".join(f"<p>{text}</p>" for text in paragraphs(number + 500))
    texts = "".join(
        f"<p>{text}</p>" for text in (*paragraphs(number), *paragraphs(number + 100), *paragraphs(number + 200), *paragraphs(number + 300))
    )
    return (
        f"<html><head><title>Vote {number} put off</title></head><body><main><h1>Vote {number} put off</h1>"
        f'<section class="reading">{texts}</section></main><aside><div class="story-body">{column}</div></aside></body></html>'
    )


def page_of(number, markup, *, memory=None, recipe=None, rules=None):
    body = markup.encode()
    capture = CaptureRef(
        capture_id=f"{number:032}",
        url_key=f"courier.example/story/{number}",
        url=url_of(number),
        final_url=url_of(number),
        file="x.warc.gz",
        offset=0,
        length=1,
        fetched_at=AT,
        status=200,
        content_type="text/html; charset=utf-8",
        body_bytes=len(body),
        body_hash="b" * 32,
    )
    return Page(
        capture=capture,
        body=body,
        content_type=capture.content_type,
        hints=PageHints(extract=rules or ExtractRules()),
        memory=memory,
        recipe=recipe,
    )


def read(number, markup=None, **options):
    return read_page(
        page_of(number, markup or old_layout(number), **options), classifier=lambda *_: Classification(codebook_version="none")
    )


def taught(numbers, layout=old_layout, memory=NEW, **options):
    """The memory after these stories, each read with what the ones before had taught."""
    for number in numbers:
        memory = learn(memory, read(number, layout(number, **options), memory=memory).lesson)
    return memory


def text(number):
    return "\n".join(paragraphs(number))


# --- where the body stands -------------------------------------------------------------------------------------------


def test_a_container_is_named_by_what_all_its_pages_share():
    assert taught((0, 1)).containers == (SiteContainer(path="div.story-body", pages=2),)


def test_one_page_proves_nothing():
    tree = parse_markup(old_layout(2))
    assert recall(tree, taught((0,))) is None
    assert recall(tree, taught((0, 1))).path == "div.story-body"


def test_a_page_that_is_recalled_is_read_as_it_would_be_in_full():
    cold, warm = read(2), read(2, memory=taught((0, 1)))
    assert warm.outcome.text == cold.outcome.text == text(2)
    assert (cold.recipe, warm.recipe) == (None, SiteRecipe(container="div.story-body"))
    assert cold.outcome.extractor == EXTRACTOR
    assert warm.outcome.extractor.startswith(f"{EXTRACTOR}+site-")


def test_a_page_without_the_container_is_read_in_full():
    memory = taught((0, 1))
    reading = read(2, old_layout(2, body_class="story-text"), memory=memory)
    assert (reading.outcome.text, reading.recipe) == (text(2), None)
    assert learn(memory, reading.lesson).containers == (*memory.containers, SiteContainer(path="div.story-text", pages=1))


def test_two_elements_of_the_name_are_no_place():
    twice = old_layout(2).replace("<footer>", '<footer><div class="story-body">Jobs</div>')
    assert recall(parse_markup(twice), taught((0, 1))) is None


def test_a_short_find_is_not_believed():
    markup = old_layout(2).replace('<div class="story-body wide-2">', '<div class="story-body"><p>In short.</p></div><div class="chapter">')
    assert read(2, markup, memory=taught((0, 1))).outcome.text == text(2)


def test_a_memory_costs_no_page_anything_that_is_no_article():
    assert read(2, "<html><body><p></p></body></html>", memory=taught((0, 1))).lesson is None


def test_reading_is_the_same_for_the_same_memory():
    memory = taught((0, 1))
    assert read(2, memory=memory) == read(2, memory=memory)


# --- rules and revisits ----------------------------------------------------------------------------------------------


def test_rules_of_the_source_leave_no_room_for_memory():
    markup = old_layout(2).replace("<footer>", f'<footer class="kept"><p>{paragraphs(7)[0]}</p>')
    reading = read(2, markup, memory=taught((0, 1)), rules=ExtractRules(keep=("footer.kept",)))
    assert (text(2) in reading.outcome.text, reading.lesson, reading.recipe) == (False, None, None)


def test_a_page_is_read_again_as_it_was_read_first_whatever_was_learned_since():
    first = read(2, old_layout(2, end=(SIGN_OFF,)), memory=taught((0, 1)))
    again = read(2, old_layout(2, end=(SIGN_OFF,)), memory=taught((0, 1, 5, 6), end=(SIGN_OFF,)), recipe=first.recipe)
    assert SIGN_OFF in first.outcome.text
    assert again == replace(first, lesson=None)


def test_an_edit_shows_under_the_same_extractor():
    first = read(2, memory=taught((0, 1)))
    again = read(2, old_layout(2).replace("before the river rises", "after the river rose"), recipe=first.recipe)
    assert again.outcome.text == first.outcome.text.replace("before the river rises", "after the river rose")
    assert again.outcome.extractor == first.outcome.extractor


def test_a_page_that_was_rebuilt_is_read_in_full_and_says_so():
    again = read(2, old_layout(2, body_class="story-text"), recipe=SiteRecipe(container="div.story-body"))
    assert (again.outcome.text, again.outcome.extractor, again.recipe) == (text(2), EXTRACTOR, None)


# --- lines that recur ------------------------------------------------------------------------------------------------


def test_a_line_at_the_end_of_three_pages_is_no_line_of_the_fourth():
    memory = taught((0, 1, 2), end=(SIGN_OFF,))
    kept = read(5, old_layout(5, end=(SIGN_OFF,)), memory=taught((0, 1), end=(SIGN_OFF,)))
    dropped = read(5, old_layout(5, end=(SIGN_OFF,)), memory=memory)
    assert kept.outcome.text == f"{text(5)}\n{SIGN_OFF}"
    assert dropped.outcome.text == text(5)
    assert len(dropped.recipe.dropped) == 1


def test_numbers_in_a_line_do_not_make_it_another():
    memory = NEW
    for number in (0, 1, 2):
        memory = taught((number,), memory=memory, end=(f"{number + 3} readers wrote to us about it.",))
    assert read(5, old_layout(5, end=("812 readers wrote to us about it.",)), memory=memory).outcome.text == text(5)


def test_a_line_that_recurs_stays_where_it_is_not_at_an_edge():
    memory = taught((0, 1, 2), end=(SIGN_OFF,))
    end = (SIGN_OFF, *paragraphs(9))
    assert SIGN_OFF in read(5, old_layout(5, end=end), memory=memory).outcome.text


def test_what_stands_below_three_bodies_is_no_line_of_the_fourth():
    below = "The Courier is printed by its own press in Arden."
    assert read(5, old_layout(5, end=(below,)), memory=taught((0, 1))).outcome.text.endswith(below)
    unproven = reduce(learn, [read(number, memory=NEW).lesson for number in (0, 1, 2)], NEW)
    assert read(5, old_layout(5, end=(below,)), memory=unproven).outcome.text == text(5)


def test_lines_that_are_much_of_a_text_stay():
    key = taught((0,), end=(SIGN_OFF,)).lines[-1].key
    memory = replace(NEW, lines=(SiteLine(key=key, inside=9, outside=0),))
    short = f"<html><body><main><h1>Note</h1><p>Rain is on its way to Arden.</p><p>{SIGN_OFF}</p></main></body></html>"
    assert SIGN_OFF in read(5, short, memory=memory).outcome.text


def test_a_page_counts_once_however_often_it_is_read():
    memory = taught((0, 1), end=(SIGN_OFF,))
    assert taught((1, 1, 0), memory=memory, end=(SIGN_OFF,)) == memory


# --- checks and redesigns --------------------------------------------------------------------------------------------


def test_one_page_in_ten_is_read_in_full_to_check():
    memory = taught((0, 1))
    readings = [read(number, memory=memory) for number in range(2, 102)]
    checked = [reading for reading in readings if reading.lesson.agrees is not None]
    assert 4 <= len(checked) <= 18
    assert {(reading.lesson.agrees, reading.recipe) for reading in checked} == {(True, None)}


@cache
def checks():
    """Stories whose address makes them a check."""
    memory = taught((0, 1))
    return tuple(number for number in range(2, 60) if read(number, memory=memory).lesson.agrees is not None)


def test_a_redesign_is_noticed_at_the_second_check_and_the_new_layout_is_learned():
    one, two, three, four = checks()[:4]
    memory = taught((0, 1))
    memory = taught((one,), layout=redesigned, memory=memory)
    assert (memory.disagreements, memory.disagreed_at, memory.containers[0].path) == (1, AT, "div.story-body")
    memory = taught((two,), layout=redesigned, memory=memory)
    assert (memory.disagreements, memory.pages, [known.path for known in memory.containers]) == (0, 4, ["section.reading"])
    memory = taught((three, four), layout=redesigned, memory=memory)
    assert recall(parse_markup(redesigned(7)), memory).path == "section.reading"


def test_an_odd_page_is_no_redesign():
    one, two, three = checks()[:3]
    memory = taught((one,), layout=redesigned, memory=taught((0, 1)))
    memory = taught((two,), memory=memory)
    memory = taught((three,), layout=redesigned, memory=memory)
    assert (memory.agreements, memory.disagreements) == (1, 1)
    assert recall(parse_markup(old_layout(7)), memory).path == "div.story-body"


# --- bounds ----------------------------------------------------------------------------------------------------------


def test_a_memory_keeps_what_recurs_and_the_newest_of_the_rest():
    lessons = [
        SiteLesson(
            page=f"{number:08}",
            fetched_at=AT,
            container=f"div.{'abcdefghijkl'[number % 12] * 60}",
            inside=("a" * 12, *(f"{number * 100 + line:012}" for line in range(12))),
            outside=tuple(f"{number * 100 + line:012}" for line in range(20, 80)),
        )
        for number in range(50)
    ]
    memory = reduce(learn, lessons, NEW)
    assert (memory.pages, len(memory.containers), len(memory.recent)) == (50, 4, 40)
    assert SiteLine(key="a" * 12, inside=50, outside=0) in memory.lines
    assert len(memory.lines) <= 80
    assert {f"{4900 + line:012}" for line in range(12)} <= {line.key for line in memory.lines}


# --- the shelf -------------------------------------------------------------------------------------------------------


def capture_of(number, **parts):
    return replace(page_of(number, "x").capture, **parts)


def shelf_of(*found, sites=(SITE,), **options):
    shelf = SiteShelf(**options)
    shelf.put(sites, found)
    return shelf


def test_lessons_of_pages_read_at_the_same_time_add_up():
    shelf = shelf_of()
    memory = shelf.of(capture_of(0))
    lessons = {number: read(number, memory=memory).lesson for number in (0, 1)}
    for number, lesson in lessons.items():
        shelf.teach(capture_of(number), lesson)
    assert shelf.take_taught() == (reduce(learn, lessons.values(), NEW),)
    assert shelf.take_taught() == ()


def test_a_page_that_a_redirect_led_elsewhere_is_read_without_memory():
    assert shelf_of().of(capture_of(0, final_url="https://elsewhere.example/story/0")) is None


def test_the_memory_of_another_reader_is_forgotten_but_for_its_age():
    old = replace(taught((0, 1)), reader=READER_VERSION - 1)
    assert shelf_of(old).of(capture_of(2)) == replace(NEW, pages=2)


@pytest.mark.parametrize("is_taught", [False, True], ids=["untaught", "taught"])
def test_a_full_shelf_gives_up_what_was_used_longest_ago_unless_it_has_still_to_land(is_taught):
    shelf = shelf_of(most=1)
    if is_taught:
        shelf.teach(capture_of(0), read(0, memory=NEW).lesson)
    shelf.put(("other.example",), ())
    assert (shelf.of(capture_of(0)) is not None) is is_taught
