"""What tests/test_cage.py has done in a cage: functions that behave, hang, crash and eat. Imported by the processes, so it is light."""

import ctypes
import os
import re
import signal
import sys
from pathlib import Path

from lxml import etree


def give(value):
    return value


def my_pid():
    return os.getpid()


def hang_in_a_regex():
    return re.match(r"(a+)+$", "a" * 60 + "b")


def hang_in_an_xpath():
    return len(etree.fromstring("<a>" + "<b/>" * 20_000 + "</a>").xpath("//*[count(//*[count(//*) > 1]) > 1]"))


def hang_announced(fifo):
    """Tell the pid through a named pipe, then hang."""
    Path(fifo).write_text(str(os.getpid()), encoding="ascii")
    return hang_in_a_regex()


def hang_printed():
    """Tell the pid on the standard output that is the parent's, then hang."""
    os.write(1, f"{os.getpid()}\n".encode("ascii"))
    return hang_in_a_regex()


def wait_for_word(ready, word):
    """Say that the task runs, then answer with what the parent writes into the other pipe."""
    Path(ready).write_text("running", encoding="ascii")
    return Path(word).read_text(encoding="ascii")


def die():
    os._exit(3)


def leave():
    sys.exit(4)


def segfault():
    return ctypes.string_at(0)


def eat_memory():
    hoard = []
    while True:
        hoard.append(bytearray(10_000_000))


def eat_memory_in_c():
    tree = etree.Element("a")
    while True:
        etree.SubElement(tree, "b").text = "x" * 100_000


def allocate(size):
    return len(bytearray(size))


def fail(message):
    raise ValueError(message)


def answer_with_a_function():
    return lambda: None


def shrug_at_signals():
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    return "still here"
