"""Imported once by the fork server: what every reading process needs, loaded before it is forked and so shared by all.

Does nothing else. A process forked from elsewhere loads the same things when it needs them.
"""

import contextlib

import extractors.feeds.documents  # noqa: F401 - feeds are parsed in the same processes
from extractors.errors import CodebookError
from extractors.pages.language import load_identifier
from extractors.reading import shipped_classifier

load_identifier()
with contextlib.suppress(CodebookError):  # every reading will say so itself; a fork server that dies here says nothing
    shipped_classifier()
