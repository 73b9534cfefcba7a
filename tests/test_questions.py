"""The ten worked questions: the README shows what the sample newsroom answers, each has an answer, and each says its caveat."""

import re
from datetime import UTC
from importlib.resources import files

import pytest

from tests.bench.worked import ingest_newsroom, shown, worked
from warehouse.answers import demo_questions, run_query, worked_questions
from warehouse.past import open_as_of
from warehouse.store import open_readonly


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    return ingest_newsroom(tmp_path_factory.mktemp("newsroom"))


@pytest.mark.slow
def test_the_readme_shows_what_the_sample_newsroom_answers(published, project):
    with open_readonly(published) as con:
        assert shown((project / "README.md").read_text(encoding="utf-8")) == worked(con), "run `python -m tests.bench.worked --write`"


@pytest.mark.slow
def test_every_question_has_an_answer_now_and_as_of_now(published):
    with open_readonly(published) as now:
        answers = [run_query(now, question.sql) for question in worked_questions()]
        ((published_at,),) = now.execute("select published_at from publication").fetchall()
    with open_as_of(published, published_at.replace(tzinfo=UTC)) as then:
        assert [run_query(then, question.sql) for question in worked_questions()] == answers
    assert [bool(answer.rows) for answer in answers] == [True] * 10


@pytest.mark.slow
def test_every_query_that_the_readme_shows_can_be_asked(published, project):
    readme = (project / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r'^trilateral sql .*?"(select .*?)"$', readme, re.MULTILINE)
    assert len(shown) >= 8
    with open_readonly(published) as con:
        for query in shown:
            assert run_query(con, query).columns


@pytest.mark.slow
def test_the_python_that_the_readme_shows_runs(published, project, tmp_path, monkeypatch, capsys):
    (block,) = re.findall(r"```python\n(.*?)```", (project / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "data").symlink_to(published.parent)
    monkeypatch.chdir(tmp_path)
    found = {}
    exec(compile(block, "README.md", "exec"), found)  # noqa: S102 our own README
    assert found["daily"].column_names == ["day", "theme", "origins"]
    assert capsys.readouterr().out == "87\n"


def test_there_are_ten_questions_and_each_file_begins_with_its_question_and_what_to_beware_of():
    assert len(worked_questions()) == 10
    for file in (files("warehouse") / "queries").iterdir():
        if file.name.startswith("ask_"):
            first, second, *_ = file.read_text(encoding="utf-8").splitlines()
            assert (first[:3], first[-1], second[:3]) == ("-- ", "?", "-- "), file.name


def test_no_question_is_asked_twice():
    titles = [question.title for question in (*demo_questions(), *worked_questions())]
    assert len(set(titles)) == len(titles)
