"""Quality of extraction against pages whose text is known, with other extractors beside it where they are installed.

    python -m tests.bench.extraction FOLDER [--kind news|core|all] [--peers] [--worst 20] [--limit N]
    python -m tests.bench.extraction FOLDER --ablate     what each step brings, and what it costs (ablation.py)
    python -m tests.bench.extraction                     the project's own pages, against their floors; exit 1 under one
    python -m tests.bench.extraction --raise             write what was measured on them as the new floors; refuses to lower one
    python -m tests.bench.extraction --lower NAME --because "…"     the named decision that lowers one

FOLDER holds `cases.jsonl`, rows `{id, url, html, lang?, source_repo?, gold_kind?, gold_text?, gold_alt?, gold_title?, gold_date?,
gold_authors?}` and the pages themselves below it, plain or gzipped. Text is scored as scrapinghub/article-extraction-benchmark
does: shingles of four words, precision and recall averaged over pages, F1 of the two means. Peers are handed the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import re
import sys
import time
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from extractors.pages.decode import decode_html
from extractors.reading import read_page
from extractors.records import Article, CaptureRef, Classification, Page, PageHints
from tests.bench.ablation import ablate

FLOORS = Path(__file__).parent / "extraction_floors.json"
OWN_PAGES = Path(__file__).parents[1] / "cases" / "extraction"
FETCHED_AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
NEWS = ("scrapinghub/", "dobbersc/fundus-evaluation", "flairNLP/fundus")
FULL_TEXT = ("human", "parser_reviewed", "llm_draft_human_review")
SHINGLE = 4
DIGITS = 4
SOLID = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # scripts without spaces: by the character
WORD = re.compile(rf"[{SOLID}]|[^\W{SOLID}]+")
AND = re.compile(r";|,|\s+(?:and|und|&)\s+")


@dataclass
class Found:
    """What an extractor made of a page."""

    text: str = ""
    title: str = ""
    day: str | None = None
    authors: tuple[str, ...] = ()


@dataclass
class Tally:
    """Sums over pages."""

    precisions: list[float] = field(default_factory=list)
    recalls: list[float] = field(default_factory=list)
    exact: Counter = field(default_factory=Counter)
    stated: Counter = field(default_factory=Counter)
    empty: int = 0
    seconds: float = 0.0
    pages: int = 0

    def figures(self):
        """Each figure by name, each but `ms` and `empty` in 0..1."""
        precision, recall = mean(self.precisions), mean(self.recalls)
        named = {"text_f1": harmonic(precision, recall), "text_precision": precision, "text_recall": recall} if self.precisions else {}
        shares = {name: self.exact[name] / self.stated[name] for name in ("title", "day", "authors") if self.stated[name]}
        return {name: round(value, DIGITS) for name, value in (named | shares).items()}


def mean(values):
    return sum(values) / len(values) if values else 0.0


def harmonic(one, other):
    return 2 * one * other / (one + other) if one + other else 0.0


def shingles(text):
    words = WORD.findall(text)
    return Counter(tuple(words[start : start + SHINGLE]) for start in range(max(1, len(words) - SHINGLE + 1)) if words)


def compare(wanted, text):
    """Precision and recall of a text, against the best of the texts that are right; None for what cannot be divided by."""
    got = shingles(text)
    best = (None, None)
    for right in map(shingles, wanted):
        both = (right & got).total()
        pair = (both / got.total() if got else None, both / right.total() if right else None)
        if harmonic(pair[0] or 0, pair[1] or 0) >= harmonic(best[0] or 0, best[1] or 0):
            best = pair
    return best


def key(text):
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text or "").casefold()))


def names(stated):
    listed = [stated] if isinstance(stated, str) else stated
    return {key(name) for item in listed for name in AND.split(item)} - {""}


def score(tally, case, found):
    """Add a page to the sums; its own F1, or None where its text is not known."""
    tally.pages += 1
    tally.empty += not found.text
    checks = {
        "title": (case.get("gold_title"), lambda right: key(right) == key(found.title)),
        "day": (case.get("gold_date"), lambda right: right[:10] == found.day),
        "authors": (case.get("gold_authors"), lambda right: names(right) == names(found.authors)),
    }
    for name, (right, is_right) in checks.items():
        if right:
            tally.stated[name] += 1
            tally.exact[name] += bool(is_right(right))
    if not case.get("gold_text") or case.get("gold_kind", "human") not in FULL_TEXT:
        return None
    precision, recall = compare([case["gold_text"], *(case.get("gold_alt") or ())], found.text)
    if precision is not None:
        tally.precisions.append(precision)
    if recall is not None:
        tally.recalls.append(recall)
    return harmonic(precision or 0, recall or 0)


# --- extractors ------------------------------------------------------------------------------------------------------


def read_ours(body, case):
    url = case["url"]
    content_type = case.get("content_type", "text/html")
    capture = CaptureRef(
        capture_id="",
        url_key=url,
        url=url,
        final_url=case.get("final_url", url),
        file="",
        offset=0,
        length=0,
        fetched_at=FETCHED_AT,
        status=200,
        content_type=content_type,
        body_bytes=len(body),
        body_hash="",
    )
    page = Page(capture=capture, body=body, content_type=content_type, hints=PageHints())
    outcome = read_page(page, classifier=lambda title, text, lang: Classification(codebook_version="none")).outcome
    if not isinstance(outcome, Article):
        return Found()
    day = outcome.published.on
    return Found(text=outcome.text, title=outcome.title, day=day.isoformat() if day else None, authors=outcome.authors)


def trafilatura(module):
    def read(body, case):
        document = module.bare_extraction(body, url=case["url"], include_comments=False, with_metadata=True)
        if document is None:
            return Found()
        return Found(text=document.text or "", title=document.title or "", day=document.date, authors=names_of(document.author))

    return read


def names_of(author):
    return tuple(AND.split(author)) if author else ()


def readability(module):
    from lxml.html import document_fromstring

    def read(body, case):
        document = module.Document(decode_html(body, "text/html"))
        return Found(text=document_fromstring(document.summary() or "<p>").text_content(), title=document.title())

    return read


def resiliparse(module):
    def read(body, case):
        return Found(text=module.extract_plain_text(decode_html(body, "text/html"), main_content=True))

    return read


def newspaper(module):
    def read(body, case):
        article = module.Article(case["url"])
        article.download(input_html=decode_html(body, "text/html"))
        article.parse()
        day = article.publish_date.date().isoformat() if article.publish_date else None
        return Found(text=article.text, title=article.title, day=day, authors=tuple(article.authors))

    return read


PEERS = {
    "trafilatura": ("trafilatura", trafilatura),
    "readability": ("readability", readability),
    "resiliparse": ("resiliparse.extract.html2text", resiliparse),
    "newspaper4k": ("newspaper", newspaper),
}


def extractors(is_with_peers):
    """Ours and, if asked for, each peer that is installed."""
    found = {"trilateral": read_ours}
    for name, (module, wrap) in PEERS.items() if is_with_peers else ():
        try:
            found[name] = wrap(importlib.import_module(module))
        except ImportError:
            print(f"{name}: not installed", file=sys.stderr)
    return found


# --- pages -----------------------------------------------------------------------------------------------------------


def load_cases(folder, kind):
    """Rows of a folder, those of a kind, each with the path of its page."""
    for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        is_full = bool(case.get("gold_text")) and case.get("gold_kind", "human") in FULL_TEXT
        is_news = case.get("source_repo", "").startswith(NEWS)
        if kind == "all" or (is_full and (kind == "core" or is_news)):
            yield case, folder / case["html"]


def read_body(path):
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def measure(cases, read):
    """Run an extractor over the pages: sums by group, and each page's own F1."""
    tallies, pages = defaultdict(Tally), {}
    for case, path in cases:
        body = read_body(path)
        began = time.perf_counter()
        try:
            found = read(body, case)
        except Exception as cause:  # noqa: BLE001 - a peer that fails on a page has found nothing
            print(f"{case['id']}: {type(cause).__name__}: {cause}"[:200], file=sys.stderr)
            found = Found()
        seconds = time.perf_counter() - began
        groups = ("all", f"source {case.get('source_repo', 'own')}", f"lang {case.get('lang') or 'unknown'}")
        own = [score(tallies[group], case, found) for group in groups]
        for group in groups:
            tallies[group].seconds += seconds
        if own[0] is not None:
            pages[case["id"]] = (own[0], case["url"])
    return tallies, pages


def score_texts(cases, texts):
    """F1, precision and recall of one text for each page."""
    tally = Tally()
    for (_, case), text in zip(cases, texts, strict=True):
        score(tally, case, Found(text=text))
    precision, recall = mean(tally.precisions), mean(tally.recalls)
    return harmonic(precision, recall), precision, recall


def report(name, tallies, pages, worst):
    for group in sorted(tallies, key=lambda group: (group != "all", -tallies[group].pages)):
        tally = tallies[group]
        figures = "  ".join(f"{figure} {value:.4f}" for figure, value in tally.figures().items())
        print(f"{name:12} {group:44} n={tally.pages:<5} {figures}  empty {tally.empty}  {1000 * tally.seconds / tally.pages:.1f} ms")
    for page, (f1, url) in sorted(pages.items(), key=lambda item: item[1])[:worst]:
        print(f"    {f1:.3f} {page} {url[:100]}")


def hold_floors(figures, args):
    """Compare with the floors, and move them as asked."""
    stored = json.loads(FLOORS.read_text(encoding="utf-8")) if FLOORS.exists() else {"floors": {}, "decisions": []}
    floors = stored["floors"]
    under = {name for name, value in figures.items() if value < floors.get(name, 0)} | (floors.keys() - figures.keys())
    if args.lower:
        if not args.because or args.lower not in under:
            sys.exit("--lower names one figure that is under its floor, and --because says why it may stay there")
        stored["decisions"].append({"figure": args.lower, "from": floors[args.lower], "to": figures[args.lower], "because": args.because})
        floors[args.lower] = figures[args.lower]
        under -= {args.lower}
    if args.is_raise and not under:
        floors.update(figures)
    if args.lower or (args.is_raise and not under):
        FLOORS.write_text(json.dumps(stored, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if under:
        sys.exit(f"under the floor: {', '.join(sorted(under))}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--kind", choices=("news", "core", "all"), default="news")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--ablate", action="store_true")
    parser.add_argument("--worst", type=int, default=0, metavar="N")
    parser.add_argument("--limit", type=int, metavar="N")
    parser.add_argument("--raise", dest="is_raise", action="store_true")
    parser.add_argument("--lower", metavar="NAME")
    parser.add_argument("--because", metavar="WHY")
    args = parser.parse_args()
    cases = list(load_cases(args.folder or OWN_PAGES, args.kind if args.folder else "all"))[: args.limit]
    if not cases:
        sys.exit("no pages of this kind")
    if args.ablate:
        ablate([(read_body(path), case) for case, path in cases], read_ours, score_texts)
        return
    figures = {}
    for name, read in extractors(args.peers).items():
        tallies, pages = measure(cases, read)
        report(name, tallies, pages, args.worst)
        figures[name] = tallies["all"].figures()
    if not args.folder:
        hold_floors(figures["trilateral"], args)


if __name__ == "__main__":
    main()
