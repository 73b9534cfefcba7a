"""One text, page or feed document at a time: the extractors alone, without warehouse or Prefect.

Rows come as JSONL and leave as JSONL, in order, one for one: what is wrong with a row is said with its line and costs
that row only.
"""

from __future__ import annotations

import asyncio
import gzip
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import orjson

from extractors.feeds.documents import parse_feed
from extractors.fetch.client import Fetcher
from extractors.fetch.clock import SYSTEM_CLOCK
from extractors.fetch.hosts import HostBook
from extractors.pages.cage import Cage, CageFailure
from extractors.reading import read_page
from extractors.records import Article, CaptureRef, Classification, Entry, FeedDocument, Page, PageHints, Rejection, Response, short_hash
from extractors.themes.classifier import classify
from extractors.themes.codebook import shipped_codebook
from extractors.urls import normalise_url
from flows import terminal
from flows.explanation import show_explanation
from flows.settings import Settings

Row = dict[str, Any]
LOCAL = "http://localhost/"  # address of a page that came without one
AHEAD = 4  # rows in work for each reading process


class BadRow(Exception):
    """A row that cannot be answered; says which line and why."""


# --- rows ------------------------------------------------------------------------------------------------------------


def read_lines(source: str) -> Iterator[bytes]:
    """Lines of a file, gunzipped where it ends in .gz, or of standard input."""
    if source == "-":
        yield from sys.stdin.buffer
        return
    yield from _read_file(source).splitlines()


def _read_file(name: str) -> bytes:
    if not Path(name).is_file():
        raise click.UsageError(f"{name}: no such file")
    return _read_bytes(name)


def _rows(lines: Iterable[bytes]) -> Iterator[tuple[int, Row | BadRow]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield number, BadRow(f"line {number}: not JSON: {error}")
            continue
        yield number, row if isinstance(row, dict) and "id" in row else BadRow(f"line {number}: not an object with an id")


def _write(row: Row) -> None:
    sys.stdout.buffer.write(orjson.dumps(row) + b"\n")


def _answer_all(lines: Iterable[bytes], answer: Callable[[Row], Row]) -> int:
    """Answer row by row; 2 when a row could not be understood, after all the others were answered."""
    complaints = 0
    for _, row in _rows(lines):
        if isinstance(row, BadRow):
            complaints += 1
            terminal.say(f"trilateral: {row}")
        else:
            _write(answer(row))
    sys.stdout.buffer.flush()
    return 2 if complaints else 0


async def _answer_in_cage(lines: Iterable[bytes], answer: Callable[[Cage, Row], Coroutine[Any, Any, Row]], *, workers: int) -> int:
    """The same with several rows in work at once, answered in order; memory is bounded by AHEAD."""
    complaints = 0
    async with Cage(workers) as cage:
        async for row in _in_order(cage, _rows(lines), answer, ahead=workers * AHEAD):
            if isinstance(row, BadRow):
                complaints += 1
                terminal.say(f"trilateral: {row}")
            else:
                _write(row)
    sys.stdout.buffer.flush()
    return 2 if complaints else 0


async def _in_order(
    cage: Cage, rows: Iterator[tuple[int, Row | BadRow]], answer: Callable[[Cage, Row], Coroutine[Any, Any, Row]], *, ahead: int
) -> AsyncIterator[Row | BadRow]:
    waiting: deque[asyncio.Task[Row] | BadRow] = deque()
    for _, row in rows:
        waiting.append(row if isinstance(row, BadRow) else asyncio.create_task(answer(cage, row)))
        if len(waiting) > ahead:
            first = waiting.popleft()
            yield first if isinstance(first, BadRow) else await first
    while waiting:
        first = waiting.popleft()
        yield first if isinstance(first, BadRow) else await first


# --- extract ---------------------------------------------------------------------------------------------------------


def extract_rows(lines: Iterable[bytes], *, settings: Settings) -> int:
    """Rows {id, url, html_path | html} in, one row a page out; the pages are read in the cage."""
    return asyncio.run(_answer_in_cage(lines, _extract_row, workers=settings.workers))


async def _extract_row(cage: Cage, row: Row) -> Row:
    try:
        body, content_type = _body_of(row)
    except (OSError, EOFError, ValueError) as error:
        return _article_row(row["id"], Rejection(reason="empty", detail=f"the page cannot be read from disk: {error}"))
    outcome = await cage.run(extract_page, _page(body, url=str(row.get("url") or LOCAL), content_type=content_type))
    if isinstance(outcome, CageFailure):
        outcome = Rejection(reason=outcome.kind, detail=outcome.detail)
    return _article_row(row["id"], outcome)


def _body_of(row: Row) -> tuple[bytes, str]:
    if "html" in row:
        return str(row["html"]).encode("utf-8", "replace"), "text/html; charset=utf-8"
    return _read_bytes(row.get("html_path")), "text/html"


def _read_bytes(name: object) -> bytes:
    path = Path(str(name or ""))
    body = path.read_bytes()
    return gzip.decompress(body) if path.suffix == ".gz" else body


def _page(body: bytes, *, url: str, content_type: str) -> Page:
    """A page that nobody captured, as the reader takes it; one whose address is none counts as local."""
    url = normalise_url(url) or LOCAL
    capture = CaptureRef(
        capture_id=short_hash("page", url),
        url_key=url,
        url=url,
        final_url=url,
        file="",
        offset=0,
        length=0,
        fetched_at=SYSTEM_CLOCK.now(),
        status=200,
        content_type=content_type,
        body_bytes=len(body),
        body_hash="",
    )
    return Page(capture=capture, body=body, content_type=content_type, hints=PageHints())


def extract_page(page: Page) -> Article | Rejection:
    """Read a page for its text alone; runs in the cage."""
    return read_page(page, classifier=_no_themes).outcome


def _no_themes(title: str, text: str, lang: str | None) -> Classification:
    del title, text, lang
    return Classification(codebook_version="")


def _article_row(row_id: Any, outcome: Article | Rejection) -> Row:
    if isinstance(outcome, Rejection):
        empty: Row = {"title": "", "text": "", "authors": [], "date": None, "published_at": None, "lang": None}
        return {"id": row_id, **empty, "rejected": outcome.reason}
    published = outcome.published
    return {
        "id": row_id,
        "title": outcome.title,
        "text": outcome.text,
        "authors": list(outcome.authors),
        "date": published.on.isoformat() if published.on else None,
        "published_at": published.at.isoformat() if published.at else None,
        "lang": outcome.lang,
        "rejected": None,
    }


def extract_one(source: str, *, url: str | None, settings: Settings, as_json: bool) -> int:
    """Extract a file, standard input or an address, and print title, byline and text; 1 where it is no article."""
    if source.startswith(("http://", "https://")):
        response = asyncio.run(_fetch(source, settings))
        if response.failure is not None or response.status != 200:
            reason = f"{response.failure.kind}: {response.failure.detail}" if response.failure else f"status {response.status}"
            raise click.ClickException(f"{source}: not fetched: {reason}")
        page = _page(response.body, url=response.final_url, content_type=response.header("content-type") or "")
    else:
        body = sys.stdin.buffer.read() if source == "-" else _read_file(source)
        page = _page(body, url=url or LOCAL, content_type="text/html")
    outcome = extract_page(page)
    if as_json:
        _write(_article_row(source, outcome))
        sys.stdout.buffer.flush()
    elif isinstance(outcome, Article):
        published = outcome.published
        when = f"{published.at:%Y-%m-%d %H:%M} UTC ({published.origin})" if published.at else "undated"
        byline = (", ".join(outcome.authors) or "no author", when, outcome.lang or "language unknown")
        click.echo(f"{outcome.title}\n{' · '.join(byline)}\n\n{outcome.text}")
    if isinstance(outcome, Rejection):
        terminal.say(f"{source}: not an article: {outcome.reason}{': ' + outcome.detail if outcome.detail else ''}")
        return 1
    return 0


async def _fetch(url: str, settings: Settings) -> Response:
    async with Fetcher(settings.fetch_policy(()), clock=SYSTEM_CLOCK, hosts=HostBook(settings.private_dir / "hosts.sqlite")) as fetcher:
        return await fetcher.fetch(url, kind="page")


# --- classify --------------------------------------------------------------------------------------------------------


def classify_rows(lines: Iterable[bytes]) -> int:
    """Rows {id, title, text, lang?} in, one row a text out."""
    return _answer_all(lines, lambda row: {"id": row["id"], **_classify(row)[1]})


def _classify(row: Row) -> tuple[Classification, Row]:
    title, text, lang = str(row.get("title") or ""), str(row.get("text") or ""), row.get("lang") or None
    found = classify(title, text, lang, codebook=shipped_codebook())
    parts = {"title": title, "text": text}
    evidence = [
        {
            "theme": item.theme,
            "part": item.part,
            "start": item.start,
            "end": item.end,
            "quote": parts[item.part][item.start : item.end],
            "cue": item.cue,
            "score": item.score,
        }
        for item in found.evidence
    ]
    return found, {
        "themes": list(found.themes),
        "relevant": found.relevant,
        "actors": [mention.actor for mention in found.actors],
        "dyads": {dyad.dyad: dyad.direction for dyad in found.dyads},
        "evidence": evidence,
        "lang": lang,
    }


def classify_one(source: str, *, as_json: bool, explain: bool) -> int:
    """Classify one text: its first line is the title, or it is a JSON object with title and text."""
    body = sys.stdin.buffer.read() if source == "-" else _read_file(source)
    row = _text_row(body)
    found, answer = _classify(row)
    if as_json:
        _write({"id": source, **answer})
        sys.stdout.buffer.flush()
    elif explain:
        show_explanation(row["title"], row["text"], found)
    else:
        click.echo(f"relevant: {'yes' if found.relevant else 'no'}   actors: {', '.join(answer['actors']) or 'none'}")
        click.echo("dyads: " + (", ".join(f"{pair} {direction}" for pair, direction in answer["dyads"].items()) or "none"))
        columns = ("theme", "score", "passage")
        terminal.show_table(columns, [(item["theme"], item["score"], item["quote"]) for item in answer["evidence"]])
    return 0


def _text_row(body: bytes) -> Row:
    try:
        row = orjson.loads(body)
    except orjson.JSONDecodeError:
        row = None
    if isinstance(row, dict) and "text" in row:
        return {"title": str(row.get("title") or ""), "text": str(row["text"]), "lang": row.get("lang")}
    title, _, text = body.decode("utf-8", "replace").strip().partition("\n")
    return {"title": title.strip(), "text": text.strip()}


# --- feed documents --------------------------------------------------------------------------------------------------


def parse_rows(lines: Iterable[bytes], *, settings: Settings) -> int:
    """Rows {id, path, content_type?} in, one row a document out; the documents are parsed in the cage."""
    return asyncio.run(_answer_in_cage(lines, _parse_row, workers=settings.workers))


async def _parse_row(cage: Cage, row: Row) -> Row:
    try:
        body = _read_bytes(row.get("path"))
    except OSError as error:
        return {
            "id": row["id"],
            **_document_row(FeedDocument(format="unknown", problems=(f"the document cannot be read from disk: {error}",))),
        }
    return {"id": row["id"], **_document_row(await _parse_caged(cage, body, row.get("content_type")))}


def parse_document(body: bytes, content_type: str | None) -> FeedDocument:
    """Parse a feed document that came from nowhere; runs in the cage."""
    return parse_feed(body, url=LOCAL, content_type=content_type)


def _document_row(document: FeedDocument) -> Row:
    return {"format": document.format, "entries": [_entry_row(entry) for entry in document.entries], "problems": list(document.problems)}


def _entry_row(entry: Entry) -> Row:
    published = entry.published
    return {
        "title": entry.title,
        "link": entry.link,
        "guid": entry.guid,
        "published_at": published.at.isoformat() if published.at else None,
        "published_precision": published.precision,
        "authors": list(entry.authors),
        "summary": entry.summary,
        "lang": entry.lang,
    }


def parse_files(files: tuple[str, ...], *, content_type: str | None, as_json: bool) -> int:
    """Print what each document holds and what is wrong with it; what is no feed is said, and still 0."""
    bodies = [_read_file(name) for name in files]
    documents = asyncio.run(_parse_all(bodies, content_type))
    for place, (name, document) in enumerate(zip(files, documents, strict=True)):
        if as_json:
            _write({"id": name, **_document_row(document)})
        else:
            terminal.show_document(name, document, is_first=place == 0)
    sys.stdout.buffer.flush()
    return 0


async def _parse_all(bodies: list[bytes], content_type: str | None) -> list[FeedDocument]:
    """Parse one after the other in the cage: a document that hangs its parser costs that document."""
    async with Cage(1) as cage:
        return [await _parse_caged(cage, body, content_type) for body in bodies]


async def _parse_caged(cage: Cage, body: bytes, content_type: str | None) -> FeedDocument:
    document = await cage.run(parse_document, body, content_type)
    if isinstance(document, CageFailure):
        return FeedDocument(format="unknown", problems=(f"the parser was stopped: {document.kind}: {document.detail}",))
    return document
