"""Floors of the themes' table hold: a figure under its floor is said, raising never lowers one; the worst texts are told in full."""

import json
import re
from dataclasses import replace

import pytest

from extractors.themes.classifier import classify
from extractors.themes.codebook import shipped_codebook
from tests.bench.themes import Reader, hold_floors, worst
from training.texts import LabelledText


def test_a_figure_under_its_floor_is_said_and_fails(tmp_path, capsys):
    file = tmp_path / "floors.json"
    file.write_text(json.dumps({"gold": {"micro_f1": 0.6, "precision": 0.8}}))
    assert not hold_floors({"micro_f1": 0.599, "precision": 0.9}, name="gold", file=file, may_raise=False)
    assert capsys.readouterr().out == "micro_f1: 0.599 is under its floor 0.6\n"
    assert hold_floors({"micro_f1": 0.6, "precision": 0.8}, name="gold", file=file, may_raise=False)


def test_a_folder_without_floors_fails_until_they_are_written(tmp_path):
    file = tmp_path / "floors.json"
    assert not hold_floors({"micro_f1": 0.6}, name="gold", file=file, may_raise=False)
    assert hold_floors({"micro_f1": 0.6}, name="gold", file=file, may_raise=True)
    assert json.loads(file.read_text()) == {"gold": {"micro_f1": 0.6}}


def test_raising_never_lowers_a_floor_and_leaves_other_folders_alone(tmp_path):
    file = tmp_path / "floors.json"
    file.write_text(json.dumps({"gold": {"micro_f1": 0.6, "precision": 0.8}, "other": {"micro_f1": 0.1}}))
    assert not hold_floors({"micro_f1": 0.7, "precision": 0.7}, name="gold", file=file, may_raise=True)
    assert json.loads(file.read_text()) == {"gold": {"micro_f1": 0.7, "precision": 0.8}, "other": {"micro_f1": 0.1}}


TEXT = LabelledText(
    id="x-1",
    lang="en",
    kind="training",
    title="Moscow delivers first Su-35s to Tehran",
    text="Russia has delivered the first two Su-35 fighters to Iran, the defence ministry in Tehran said on Monday. It rained.",
    themes=frozenset({"world_order"}),
    dyads=(),
)


@pytest.mark.parametrize("is_learned", [True, False])
def test_the_worst_texts_are_told_with_what_was_said_and_expected_and_the_passage_that_came_nearest(is_learned):
    codebook = shipped_codebook() if is_learned else replace(shipped_codebook(), learned=None)
    said = classify(TEXT.title, TEXT.text, TEXT.lang, codebook=codebook)
    right = replace(TEXT, id="x-2", themes=frozenset(said.themes))
    lines = list(worst([right, TEXT], {"x-1": said, "x-2": said}, Reader(codebook), 5))
    assert lines[0] == f"x-1 training en: said {', '.join(said.themes)}; expected world_order"
    assert "x-2" not in "".join(lines)
    (wrongly,) = [line for line in lines if line.startswith("    wrongly said arms_transfers  ")]
    assert re.search(r"  [01]\.\d\d  arms_transfers\.\w+ “(Moscow|Russia has) deliver", wrongly)
    (missed,) = [line for line in lines if line.startswith("    missed world_order  ")]
    assert re.search(r"  [01]\.\d\d  .*“.*”$", missed)
