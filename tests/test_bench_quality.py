"""What the view `label_quality` tells is what the shipped codebook does to the gold set today."""

import pytest

from extractors.records import LabelCount
from extractors.themes.codebook import shipped_codebook, shipped_quality
from tests.bench.quality import FILE, GROUPS, as_text, count


@pytest.mark.slow
def test_the_shipped_figures_are_those_of_the_shipped_codebook():
    codebook = shipped_codebook()
    assert FILE.read_text(encoding="utf-8") == as_text(codebook.version, count(codebook)), "python -m tests.bench.quality"


def test_the_shipped_figures_are_of_this_codebook_for_every_theme_and_group():
    assert {(row.theme, row.language) for row in shipped_quality()} == {
        (theme, group) for theme in shipped_codebook().theme_ids for group in GROUPS.values()
    }, "python -m tests.bench.quality"
    assert all(isinstance(row, LabelCount) and row.carried >= 30 for row in shipped_quality())
