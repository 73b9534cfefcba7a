"""How many pages a second are read on one core, beside `trafilatura.bare_extraction(..., with_metadata=True)` on the same pages.

    python -m tests.bench.speed ../shared/extraction/dev --pages 300

Both take turns, page by page, in one process, so that a busy machine slows them alike; each page's time is the best of
`--rounds`. Ours goes from bytes to article: decoding, parsing, metadata, text, language; without the themes. Below it, what
each step costs and how often it ran: trafilatura is asked on some pages only, on few of them twice.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import sys
import time
from pathlib import Path
from unittest import mock

import htmldate
import trafilatura

from extractors import reading
from extractors.pages import text
from extractors.reading import read_page
from extractors.records import Article, Classification
from flows.single import _page

RARE_DATE = "<html><body><time>3. mai kl. 12 2020</time></body></html>"
FLOOR = 2.4  # of trafilatura's pages a second
NOTHING_SAID = Classification(codebook_version="none")
NEWS = ("scrapinghub/article-extraction-benchmark", "dobbersc/fundus-evaluation", "flairNLP/fundus")
STEPS = (
    (reading, "decode_html"),
    (reading, "parse_markup"),
    (reading, "read_metadata"),
    (reading, "extract_text"),
    (text, "find_body"),
    (text, "_second_reading"),
    (reading, "measure_quality"),
    (reading, "count_words"),
    (reading, "detect_language"),
)


def load_pages(folder, limit):
    """The first news pages of a folder, or the first of any kind where none says it is news, as (url, body)."""
    cases = [json.loads(line) for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()]
    cases = [case for case in cases if case.get("source_repo") in NEWS] or cases
    for case in cases[:limit]:
        yield case["url"] or f"http://{case['id']}.example/", gzip.decompress((folder / case["html"]).read_bytes())


def read_ours(url, body):
    page = _page(body, url=url, content_type="text/html")
    return isinstance(read_page(page, classifier=lambda *_: NOTHING_SAID).outcome, Article)


def read_bare(url, body):
    document = trafilatura.bare_extraction(body, url=url, with_metadata=True, include_comments=False)
    return document is not None and bool(document.text)


def seconds_of(read, *page):
    begun = time.perf_counter()
    read(*page)
    return time.perf_counter() - begun


def measure_steps(pages):
    """Seconds and calls of each step over one round, each counted with what it calls."""
    spent = {name: [0.0, 0] for _, name in STEPS}

    def timed(name, function):
        def run(*args, **kwargs):
            begun = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent[name][0] += time.perf_counter() - begun
                spent[name][1] += 1

        return run

    with contextlib.ExitStack() as stack:
        for module, name in STEPS:
            stack.enter_context(mock.patch.object(module, name, timed(name, getattr(module, name))))
        for page in pages:
            read_ours(*page)
    return spent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args()
    pages = list(load_pages(args.folder, args.pages))
    for page in pages[:5]:  # stop lists, language models and compiled patterns are loaded with the first pages
        read_ours(*page)
        read_bare(*page)
    htmldate.find_date(RARE_DATE, url="http://outlet.example/")  # loads its parser for dates, which both ask on few pages
    ours = bare = 0.0
    for page in pages:
        ours += min(seconds_of(read_ours, *page) for _ in range(args.rounds))
        bare += min(seconds_of(read_bare, *page) for _ in range(args.rounds))
    print(f"ours              {len(pages) / ours:6.1f} pages/s  {1000 * ours / len(pages):6.2f} ms a page")
    print(f"bare trafilatura  {len(pages) / bare:6.1f} pages/s  {1000 * bare / len(pages):6.2f} ms a page")
    print(f"ours / bare       {bare / ours:6.2f}")
    for name, (seconds, calls) in measure_steps(pages).items():
        print(f"  {name:18} {1000 * seconds / len(pages):6.2f} ms a page, {calls / len(pages):.2f} times a page")
    if bare / ours < FLOOR:
        sys.exit(f"under the floor of {FLOOR}")


if __name__ == "__main__":
    main()
