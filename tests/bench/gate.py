"""Quality as floors that only rise: the readers measured on the sample newsroom, whose truth is known to the letter.

    python -m tests.bench.gate            measure; exit 1 where a figure is under its floor
    python -m tests.bench.gate --raise    write what was measured as the new floors; refuses to lower one
    python -m tests.bench.gate --lower NAME --because "…"    the named decision that lowers one

Invented texts are kinder than news: these floors guard against a step back, they claim nothing about real pages. The
articles' themes were labelled from the codebook alone, before the classifier first ran on them.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from extractors.reading import read_page
from extractors.records import Article, CaptureRef, Page, PageHints
from extractors.themes.classifier import classify
from extractors.themes.codebook import shipped_codebook
from flows.newsroom.articles import load_outlets
from flows.newsroom.sites import answer
from flows.newsroom.truth import article_truths

FLOORS = Path(__file__).parent / "floors.json"
FETCHED_AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
DIGITS = 4


def readings():
    """Each article of edition 1 as (truth, what was read), straight from the sites: no socket, no warehouse."""
    codebook = shipped_codebook()
    outlets = load_outlets()
    by_host = {outlet.host: outlet for outlet in outlets}
    for truth in article_truths(outlets, 1):
        parts = urlsplit(truth.url)
        outlet = by_host[parts.hostname]
        served = answer(outlet, parts.path + (f"?{parts.query}" if parts.query else ""), {}, edition=1)
        assert served.status == 200, truth.url
        content_type = dict(served.headers)["Content-Type"]
        capture = CaptureRef(
            capture_id=truth.slug,
            url_key=truth.url,
            url=truth.url,
            final_url=truth.url,
            file="",
            offset=0,
            length=0,
            fetched_at=FETCHED_AT,
            status=200,
            content_type=content_type,
            body_bytes=len(served.body),
            body_hash="",
        )
        page = Page(capture=capture, body=served.body, content_type=content_type, hints=PageHints(timezone=outlet.timezone))
        yield truth, read_page(page, classifier=lambda title, text, lang: classify(title, text, lang, codebook=codebook))


def shingles(text):
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[start : start + 4]) for start in range(max(1, len(words) - 3)))


def text_f1(truth, found):
    wanted, got = shingles(truth), shingles(found)
    both = sum((wanted & got).values())
    return 2 * both / (sum(wanted.values()) + sum(got.values()))


def f1(true_positive, wanted, got):
    return 2 * true_positive / (wanted + got) if wanted + got else 1.0


def measure():
    """Every figure by name, each in 0..1 and better when larger."""
    pairs = [(truth, reading) for truth, reading in readings() if isinstance(reading.outcome, Article)]
    total = len(article_truths(load_outlets(), 1))
    share = {
        "articles_found": len(pairs),
        "text_exact": sum(reading.outcome.text == truth.text for truth, reading in pairs),
        "title_exact": sum(reading.outcome.title == truth.title for truth, reading in pairs),
        "day_exact": sum(reading.outcome.published.on == truth.published_on for truth, reading in pairs),
        "authors_exact": sum(set(reading.outcome.authors) == set(truth.authors) for truth, reading in pairs),
        "lang_exact": sum(reading.outcome.lang == truth.lang for truth, reading in pairs),
        "relevance_right": sum(reading.classification.relevant == truth.relevant for truth, reading in pairs),
        "text_f1": sum(text_f1(truth.text, reading.outcome.text) for truth, reading in pairs),
    }
    hits = sum(len(set(truth.themes) & set(reading.classification.themes)) for truth, reading in pairs)
    wanted, got = sum(len(truth.themes) for truth, _ in pairs), sum(len(reading.classification.themes) for _, reading in pairs)
    return {
        **{name: round(value / total, DIGITS) for name, value in share.items()},
        "themes_micro_f1": round(f1(hits, wanted, got), DIGITS),
        "themes_precision": round(hits / got, DIGITS),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raise", dest="is_raise", action="store_true")
    parser.add_argument("--lower", metavar="NAME")
    parser.add_argument("--because", metavar="WHY")
    args = parser.parse_args()
    stored = json.loads(FLOORS.read_text(encoding="utf-8")) if FLOORS.exists() else {"floors": {}, "decisions": []}
    floors, figures = stored["floors"], measure()
    for name, value in figures.items():
        print(f"{name:18} {value:.4f}   floor {floors.get(name, 0):.4f}{'   UNDER' if value < floors.get(name, 0) else ''}")
    under = {name for name, value in figures.items() if value < floors.get(name, 0)}
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


if __name__ == "__main__":
    main()
