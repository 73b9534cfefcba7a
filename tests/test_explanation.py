"""What `classify --explain` prints: every passage marked and numbered, each number explained, every refusal with its reason."""

import io
import sys

from extractors.records import ActorMention, Classification, DyadFinding, Evidence, NearMiss
from flows.explanation import show_explanation

TITLE = "Tehran buys jets"
TEXT = "Iran bought 👩‍🚀 jets. Russia sold them."
BOUGHT, BOTH = TEXT.index(" Russia"), len(TEXT)
FOUND = Classification(
    codebook_version="1.0.0+abc",
    evidence=(
        Evidence(theme="arms", cue="arms.bought", part="text", start=0, end=BOTH, score=0.9),
        Evidence(theme="trade", cue="trade.learned", part="text", start=0, end=BOUGHT, score=0.5),
    ),
    actors=(ActorMention(actor="iran", mentions=2),),
    dyads=(DyadFinding(dyad="russia_iran", direction="converging", part="text", start=0, end=BOTH, score=0.8),),
    near_misses=(
        NearMiss(theme="war", cue="war.jets", part="title", start=0, end=16, why="score 0.30 is too little"),
        NearMiss(theme="war", cue="war.jets", part="text", start=0, end=BOUGHT, why="score 0.30 is too little"),
        NearMiss(theme="war", cue="war.sold", part="text", start=BOUGHT + 1, end=BOTH, why="refused beside 'them'"),
    ),
)
SHOWN = """\
Tehran buys jets
[[Iran bought 👩‍🚀 jets.]¹ Russia sold them.]²

relevant: yes   actors: iran (2)   codebook: 1.0.0+abc

arms  0.90
  2  “Iran bought 👩‍🚀 jets. Russia sold them.”
     0.90  arms.bought  text[0:39]

trade  0.50
  1  “Iran bought 👩‍🚀 jets.”
     0.50  trade.learned  text[0:21]

russia_iran converging  0.80
  2  “Iran bought 👩‍🚀 jets. Russia sold them.”
     0.80  text[0:39]

near misses, refused:
war
  jets: score 0.30 is too little
     “Tehran buys jets”  title[0:16]
     “Iran bought 👩‍🚀 jets.”  text[0:21]
  sold: refused beside 'them'
     “Russia sold them.”  text[22:39]
"""


class Terminal(io.StringIO):
    """Takes colours, as a terminal does."""

    def isatty(self):
        return True


def printed(stream, monkeypatch, *args):
    monkeypatch.setattr(sys, "stdout", stream)
    show_explanation(*args)
    return stream.getvalue()


def test_in_a_pipe_brackets_and_numbers_show_where_each_passage_is(monkeypatch):
    assert printed(io.StringIO(), monkeypatch, TITLE, TEXT, FOUND) == SHOWN


def test_on_a_terminal_each_theme_has_its_colour_and_the_shorter_passage_lies_on_top(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    shown = printed(Terminal(), monkeypatch, TITLE, TEXT, FOUND)
    cyan, magenta = "\033[4;36m", "\033[4;35m"  # underlined
    assert f"{magenta}Iran bought 👩‍🚀 jets." in shown
    assert f"{cyan} Russia sold them." in shown
    assert "\033[1;36marms" in shown
    assert "\033[1;35mtrade" in shown
    assert "[[" not in shown


def test_a_text_without_a_theme_says_so(monkeypatch):
    shown = printed(io.StringIO(), monkeypatch, "Rain", "It rained.", Classification(codebook_version="1.0.0+abc"))
    assert shown == "Rain\nIt rained.\n\nrelevant: no   actors: none   codebook: 1.0.0+abc\nno theme: nothing in it is proof enough\n"
