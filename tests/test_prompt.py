"""The prompt of `trilateral sql`, at a real terminal: it explains, answers, survives a mistake and remembers what was typed."""

import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest
from tiny_warehouse import plant

from extractors.fetch.clock import SYSTEM_CLOCK
from warehouse.publish import publish
from warehouse.store import open_writer

pytestmark = pytest.mark.slow  # a process at a terminal

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
PATIENCE_SECONDS = 60


class Terminal:
    """A process that believes a person types."""

    def __init__(self, *arguments, folder):
        self._ours, theirs = pty.openpty()
        environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "COLUMNS": "200"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flows", *arguments], cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environ, close_fds=True
        )
        os.close(theirs)

    def type(self, line):
        os.write(self._ours, f"{line}\r".encode())

    def read_until(self, words):
        """Everything shown until the words have been."""
        shown, end = "", time.monotonic() + PATIENCE_SECONDS
        while words not in shown:
            ready, _, _ = select.select([self._ours], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{words!r} was not shown: {shown}"
            shown = _ESCAPES.sub("", shown + os.read(self._ours, 65536).decode(errors="replace"))
        return shown

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)


@pytest.fixture
def folder(tmp_path):
    with open_writer(tmp_path / "data" / "private", purpose="test") as writer:
        plant(writer.con)
        publish(writer, tmp_path / "data" / "trilateral.duckdb", now=SYSTEM_CLOCK.now())
    return tmp_path


@pytest.fixture
def terminal(folder):
    terminal = Terminal("sql", folder=folder)
    yield terminal
    terminal.close()


def test_a_person_at_the_prompt_is_told_what_there_is_gets_answers_and_may_mistype(terminal, folder):
    assert "`.tables` lists what there is" in terminal.read_until("trilateral>")
    for typed, shown in (
        (".tables", "How fresh this file is."),
        (".docs sources", "IANA zone in which its times without a zone are read."),
        (".ask", "What appeared in Persian before it appeared in English?"),
        (".ask 10", "triangles.russia"),
        ("select count(*) as how_many,", "...>"),
        ("  41 + 1 as sum from articles;", "42"),
        ("this is no question;", "syntax error"),
        ("copy articles to 'stolen.csv';", "Permission Error"),
        (".nothing", "leaves."),
    ):
        terminal.type(typed)
        terminal.read_until(shown)
    terminal.type(".quit")
    assert terminal.process.wait(timeout=PATIENCE_SECONDS) == 0
    history = (folder / "data" / "private" / "sql_history").read_text(encoding="utf-8")
    assert "+.docs sources\n" in history
    assert "+  41 + 1 as sum from articles;\n" in history
    assert not (folder / "stolen.csv").exists()
