"""Values as scripts write them, read and never run."""

import pytest

from extractors.pages.literals import read_literal, unflatten


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: 1, 'b-c': [true, !1, null, void 0], \"d\": -2.5e1,}", {"a": 1, "b-c": [True, False, None, None], "d": -25.0}),
        (r'["\u003Cp\u003E caf\xe9 \n it\'s", "\ud83d\ude80", "\ud83d"]', ["<p> café \n it's", "🚀", ""]),
        ("{/* of the page */ a: b, // line\n c: {}}", {"a": None, "c": {}}),
        (
            '(function(a,b,c){return {title:a,free:b,tags:[c,"x"]}}("Envoys",true,null))',
            {"title": "Envoys", "free": True, "tags": [None, "x"]},
        ),
        ("(function(a){x.y=a;return {data:[{z:a}]}})(7)", {"data": [{"z": 7}]}),
        ("function(){return {a:1}}()", {"a": 1}),
    ],
    ids=["an object literal", "escapes", "comments and names of the page", "a function's arguments", "called from outside", "no arguments"],
)
def test_plain_values_are_read(text, value):
    assert read_literal(text)[0] == value


@pytest.mark.parametrize(
    "text",
    ["", "{a: f()}", "{a: 1 + 2}", "[`x`]", "{a: 1", "[1, 2", "{1}", "(function(a){a()}(1))", "(function(){return {a:1}})", "[" * 5000],
)
def test_what_would_have_to_run_is_no_value(text):
    with pytest.raises(ValueError, match=r"."):
        read_literal(text)


def test_a_flat_list_is_rebuilt_from_the_places_of_its_values():
    cells = [
        ["ShallowReactive", 1],
        {"story": 2, "also": 2, "gone": -1},
        {"title": 3, "at": 4, "tags": 5},
        "Envoys",
        ["Date", "2026-03-11"],
        [3],
    ]
    story = {"title": "Envoys", "at": "2026-03-11", "tags": ["Envoys"]}
    assert unflatten(cells) == {"story": story, "also": story, "gone": None}


def test_a_flat_list_that_holds_itself_ends():
    assert unflatten([{"a": 0}])["a"]["a"]["a"] is not None


@pytest.mark.parametrize("cells", [[], [1, 2, 3]])
def test_other_lists_are_no_flat_data(cells):
    with pytest.raises(ValueError, match="no list of cells"):
        unflatten(cells)
