"""The quality of extraction on the project's own pages, written for one fault each, and the scoring itself."""

import json
from types import SimpleNamespace

import pytest

from tests.bench import extraction

STORY = "one two three four five six"


@pytest.fixture(scope="module")
def measured():
    return extraction.measure(list(extraction.load_cases(extraction.OWN_PAGES, "all")), extraction.read_ours)


def test_no_figure_is_under_its_floor(measured):
    figures = measured[0]["all"].figures()
    floors = json.loads(extraction.FLOORS.read_text(encoding="utf-8"))["floors"]
    assert {name for name, floor in floors.items() if figures[name] < floor} == set()
    assert floors.keys() == figures.keys()


def test_every_page_names_its_fault():
    cases = [case for case, _ in extraction.load_cases(extraction.OWN_PAGES, "all")]
    assert [case["id"] for case in cases if not case["fault"]] == []


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        pytest.param(STORY, (1.0, 1.0), id="the same"),
        pytest.param("one two three four", (1.0, 1 / 3), id="a part"),
        pytest.param(f"{STORY} seven eight nine", (0.5, 1.0), id="more than all"),
        pytest.param("", (None, 0.0), id="nothing"),
    ],
)
def test_text_is_scored_by_shingles_of_four_words(text, pair):
    assert extraction.compare([STORY], text) == pytest.approx(pair)


def test_the_best_of_several_right_texts_counts():
    assert extraction.compare(["something else that is right too", STORY], STORY) == (1.0, 1.0)


def test_chinese_is_scored_by_the_character():
    assert extraction.shingles("会谈结束了").total() == 2


def test_titles_days_and_authors_are_exact_shares():
    tally = extraction.Tally()
    case = {"gold_title": "Talks end", "gold_date": "2026-03-11T08:00:00Z", "gold_authors": ["Ann Lee and Bo Diaz"], "gold_text": STORY}
    found = extraction.Found(text=STORY, title="Talks, end!", day="2026-03-12", authors=("Bo Diaz", "Ann Lee"))
    assert extraction.score(tally, case, found) == 1.0
    assert tally.figures() == {"text_f1": 1.0, "text_precision": 1.0, "text_recall": 1.0, "title": 1.0, "day": 0.0, "authors": 1.0}


def test_an_extractor_that_raises_has_found_nothing(tmp_path, capsys):
    (tmp_path / "a.html").write_text("<p>x</p>", encoding="utf-8")

    def fail(body, case):
        raise ValueError(body)

    tallies, pages = extraction.measure([({"id": "a", "url": "https://a.example", "gold_text": STORY}, tmp_path / "a.html")], fail)
    assert (tallies["all"].empty, pages) == (1, {"a": (0.0, "https://a.example")})
    assert "ValueError" in capsys.readouterr().err


def test_floors_rise_freely_and_fall_only_by_a_decision(tmp_path, monkeypatch):
    monkeypatch.setattr(extraction, "FLOORS", tmp_path / "floors.json")
    args = SimpleNamespace(is_raise=True, lower=None, because=None)
    extraction.hold_floors({"title": 0.9}, args)
    extraction.hold_floors({"title": 0.95}, args)
    with pytest.raises(SystemExit, match="under the floor: title"):
        extraction.hold_floors({"title": 0.8}, args)
    extraction.hold_floors({"title": 0.8}, SimpleNamespace(is_raise=False, lower="title", because="other pages"))
    stored = json.loads(extraction.FLOORS.read_text(encoding="utf-8"))
    assert stored == {
        "floors": {"title": 0.8},
        "decisions": [{"figure": "title", "from": 0.95, "to": 0.8, "because": "other pages"}],
    }
