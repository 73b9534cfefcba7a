"""The README keeps its word: the commands it shows exist, and the script that decides runs the one it names."""

import re
import shlex
import subprocess

import pytest

from flows.cli import LATER, main


@pytest.fixture(scope="module")
def readme(project):
    return (project / "README.md").read_text(encoding="utf-8")


def commands_of(readme):
    for block in re.findall(r"```sh\n(.*?)```", readme, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            for position, word in enumerate(words):
                if word.rsplit("/", 1)[-1] == "trilateral":
                    yield words[position + 1 :]


def test_every_command_shown_exists_with_its_flags(readme):
    shown = list(commands_of(readme))
    assert len(shown) >= 8
    for words in shown:
        command, rest = main, list(words)
        while rest and hasattr(command, "commands"):
            name = rest.pop(0)
            assert name in command.commands, words
            command = command.commands[name]
        known = {flag for parameter in command.params for flag in parameter.opts}
        assert [word for word in rest if word.startswith("--") and word.split("=")[0] not in known] == []


def test_every_command_there_is_is_shown(readme):
    for name in set(main.commands) - set(LATER) - {"sources"}:
        assert f"trilateral {name}" in readme, name
    for name in main.commands["sources"].commands:
        assert f"trilateral sources {name}" in readme, name


def test_the_deciding_script_runs_the_readmes_test_command(project, readme):
    script = (project / ".ci" / "run").read_text(encoding="utf-8")
    extraction = re.search(r"^test_command=\$\((.*)\)$", script, re.MULTILINE).group(1)
    found = subprocess.run(["bash", "-c", extraction], cwd=project, capture_output=True, text=True, check=True).stdout.strip()
    assert found in readme
    assert "pytest" in found


def test_the_headings_stand_in_the_promised_order(readme):
    headings = re.findall(r"^## (.*)$", readme, re.MULTILINE)
    promised = [
        "Two commands",
        "A two-minute tour",
        "How a run goes",
        "Where things are",
        "How to add a source",
        "How to ask questions in SQL",
        "How to deploy",
    ]
    assert headings[: len(promised)] == promised
