"""How many pages a second are read on one core, beside `trafilatura.bare_extraction(..., with_metadata=True)` on the same pages.

    python -m tests.bench.speed ../shared/extraction/dev --pages 300
    python -m tests.bench.speed ../shared/extraction/dev --warm

Both take turns, page by page, in one process, so that a busy machine slows them alike; each page's time is the best of
`--rounds`. Ours goes from bytes to article: decoding, parsing, metadata, text, language; without the themes. Below it, what
each step costs and how often it ran: trafilatura is asked on some pages only, on few of them twice.

`--warm` reads the pages of sites that have three or more of them once more, each with the memory that the other pages of its
site make, and never itself: speed and text F1 of both readings, and on what share of pages the memory led to the body.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import gzip
import json
import sys
import time
from collections import defaultdict
from functools import reduce
from pathlib import Path
from unittest import mock

import htmldate
import trafilatura

from extractors import reading
from extractors.pages import sitememory, text
from extractors.pages.sitememory import learn
from extractors.reading import READER_VERSION, read_page
from extractors.records import Article, Classification, SiteMemory
from extractors.urls import site_of
from flows.single import _page
from tests.bench.extraction import compare, harmonic, mean

RARE_DATE = "<html><body><time>3. mai kl. 12 2020</time></body></html>"
FLOOR = 2.4  # of trafilatura's pages a second
LEAST_PAGES = 3  # of a site: two to learn from, and one
NOTHING_SAID = Classification(codebook_version="none")
NEWS = ("scrapinghub/article-extraction-benchmark", "dobbersc/fundus-evaluation", "flairNLP/fundus")
STEPS = (
    (reading, "page_in_utf8"),
    (reading, "parse_markup"),
    (reading, "read_metadata"),
    (reading, "read_body"),
    (sitememory, "extract_text"),
    (sitememory, "find_body"),
    (text, "_second_reading"),
    (reading, "measure_quality"),
    (reading, "count_words"),
    (reading, "detect_language"),
)


def load_cases(folder, limit):
    """The first news pages of a folder, or the first of any kind where none says it is news."""
    cases = [json.loads(line) for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()]
    cases = [case for case in cases if case.get("source_repo") in NEWS] or cases
    for case in cases[:limit]:
        case["url"] = case["url"] or f"http://{case['id']}.example/"
        yield case, gzip.decompress((folder / case["html"]).read_bytes())


def load_pages(folder, limit):
    """The same as (url, body)."""
    return [(case["url"], body) for case, body in load_cases(folder, limit)]


def read_ours(url, body, memory=None):
    page = dataclasses.replace(_page(body, url=url, content_type="text/html"), memory=memory)
    return read_page(page, classifier=lambda *_: NOTHING_SAID)


def read_bare(url, body):
    return trafilatura.bare_extraction(body, url=url, with_metadata=True, include_comments=False)


def bare_text(url, body):
    document = read_bare(url, body)
    return (document.text or "") if document else ""


def seconds_of(read, *page):
    begun = time.process_time()  # of this core alone, whatever else the machine does
    read(*page)
    return time.process_time() - begun


def measure_steps(pages):
    """Seconds and calls of each step over one round, each counted with what it calls."""
    spent = {name: [0.0, 0] for _, name in STEPS}

    def timed(name, function):
        def run(*args, **kwargs):
            begun = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent[name][0] += time.process_time() - begun
                spent[name][1] += 1

        return run

    with contextlib.ExitStack() as stack:
        for module, name in STEPS:
            stack.enter_context(mock.patch.object(module, name, timed(name, getattr(module, name))))
        for page in pages:
            read_ours(*page)
    return spent


# --- with the memory of the site -------------------------------------------------------------------------------------


@dataclasses.dataclass
class Way:
    """One way of reading: its seconds, and precision and recall page by page."""

    pages: int = 0
    seconds: float = 0.0
    precisions: list = dataclasses.field(default_factory=list)
    recalls: list = dataclasses.field(default_factory=list)

    def add(self, seconds, case, text):
        self.pages += 1
        self.seconds += seconds
        if not case.get("gold_text"):
            return
        precision, recall = compare([case["gold_text"], *(case.get("gold_alt") or ())], text)
        self.precisions += [] if precision is None else [precision]
        self.recalls += [] if recall is None else [recall]

    def line(self):
        speed = f"{self.pages / self.seconds:6.1f} pages/s  {1000 * self.seconds / self.pages:6.2f} ms a page"
        precision, recall = mean(self.precisions), mean(self.recalls)
        return f"{speed}   F1 {harmonic(precision, recall):.4f} (P {precision:.4f}, R {recall:.4f})"


def remember(site, lessons):
    """The memory that lessons make, in their order."""
    return reduce(learn, lessons, SiteMemory(site=site, reader=READER_VERSION))


def text_of(outcome):
    return outcome.text if isinstance(outcome, Article) else ""


def measure_warm(folder, limit, rounds):
    """Read each page cold, warm and by trafilatura, in turns."""
    sites = defaultdict(list)
    for case, body in load_cases(folder, limit):
        sites[site_of(case["url"])].append((case, body))
    sites = {site: pages for site, pages in sites.items() if len(pages) >= LEAST_PAGES}
    ways = {"cold": Way(), "warm": Way(), "bare trafilatura": Way()}
    recalled = {name: Way() for name in ways}  # the same on the pages whose body was found by memory
    changed = 0
    for site, members in sites.items():
        lessons = [read_ours(case["url"], body, SiteMemory(site=site, reader=READER_VERSION)).lesson for case, body in members]
        for place, (case, body) in enumerate(members):
            memory = remember(site, [lesson for lesson in (*lessons[:place], *lessons[place + 1 :]) if lesson])
            url = case["url"]
            reads = {"cold": (read_ours, url, body), "warm": (read_ours, url, body, memory), "bare trafilatura": (read_bare, url, body)}
            seconds = {name: min(seconds_of(*read) for _ in range(rounds)) for name, read in reads.items()}
            warm = read_ours(url, body, memory)
            texts = {"cold": text_of(read_ours(url, body).outcome), "warm": text_of(warm.outcome), "bare trafilatura": bare_text(url, body)}
            is_recalled = warm.recipe is not None and bool(warm.recipe.container)
            changed += texts["cold"] != texts["warm"]
            for way, name in [(ways[name], name) for name in ways] + [(recalled[name], name) for name in ways if is_recalled]:
                way.add(seconds[name], case, texts[name])
    return len(sites), changed, ways, recalled


def show_warm(folder, limit, rounds):
    """Print the three ways side by side, then on the pages alone whose body was found by memory."""
    sites, changed, ways, recalled = measure_warm(folder, limit, rounds)
    if not sites:
        sys.exit(f"no site has {LEAST_PAGES} pages")
    for title, named in ((f"all pages of {sites} sites", ways), ("of these, pages whose body was found by memory", recalled)):
        print(f"{title}: {named['warm'].pages}")
        for name, way in named.items() if named["warm"].pages else ():
            print(f"  {name:16}  {way.line()}   {named['bare trafilatura'].seconds / way.seconds:5.2f} x bare")
    print(f"texts that differ cold and warm: {changed}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--warm", action="store_true", help="with site memory, on sites with three pages or more")
    args = parser.parse_args()
    pages = load_pages(args.folder, args.pages)
    for page in pages[:5]:  # stop lists, language models and compiled patterns are loaded with the first pages
        read_ours(*page)
        read_bare(*page)
    htmldate.find_date(RARE_DATE, url="http://outlet.example/")  # loads its parser for dates, which both ask on few pages
    if args.warm:
        show_warm(args.folder, args.pages, args.rounds)
        return
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
