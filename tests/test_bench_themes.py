"""Floors of the themes' table hold: a figure under its floor is said, raising never lowers one."""

import json

from tests.bench.themes import hold_floors


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
