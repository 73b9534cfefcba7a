"""How fast and how heavy an ingest of real pages is, beside what decoding, reading and classifying them costs alone.

    python -m tests.bench.ingest ../shared/extraction/dev --pages 300
    python -m tests.bench.ingest ../shared/extraction/dev --pages 10000 --prefect

Serves the folder's pages (`cases.jsonl`, `html/`) over loopback HTTP under their own names, again and again with another
number in their text until there are enough, lists them in feeds, runs the stream on them and compares what landed with what
was served: every page is an article or a rejection with a reason, or the command fails. Beside it, with as many processes
and in the same run: the same pages read by `read_page` alone, and by bare trafilatura. `--prefect`: as a Prefect flow, with
the share of the processor's time that Prefect took; its server's start is told apart.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import multiprocessing
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from extractors.records import Article, CaptureRef, Page, PageHints
from flows.engine import ingest_runner, prepare_environment
from flows.run import run_stream
from flows.settings import Settings
from warehouse.answers import run_query
from warehouse.store import open_readonly

FEED_HOST = "index.example"
FEED_ENTRIES = 250
BARE_PAGES = 600  # at most so many are read bare: what one costs does not hang on how many there are
PARTS = 10  # of a run, for which memory is told


class Pages:
    """The pages of a folder by address, `count` of them; from the second round on each has its round's number in its text."""

    def __init__(self, folder, count):
        cases = [json.loads(line) for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()]
        self._bodies = []
        for case in cases[:count]:
            host = urlsplit(case["url"] or f"http://{case['id']}.example/").hostname
            self._bodies.append((host.encode("idna").decode("ascii"), case["id"], gzip.decompress((folder / case["html"]).read_bytes())))
        self._places = {(host, case_id): place for place, (host, case_id, _) in enumerate(self._bodies)}
        self.count = count
        self.hosts = {FEED_HOST, *(host for host, _, _ in self._bodies)}
        self.feeds = tuple(f"http://{FEED_HOST}/{first}" for first in range(0, max(count, 1), FEED_ENTRIES))

    def addresses(self, first=0, last=None):
        for number in range(first, min(self.count, self.count if last is None else last)):
            turn, place = divmod(number, len(self._bodies))
            host, case_id, _ = self._bodies[place]
            yield f"http://{host}/{case_id}-{turn}"

    def body(self, host, path):
        """What is served there; None: nothing."""
        case_id, _, turn = path.lstrip("/").rpartition("-")
        place = self._places.get((host, case_id))
        if place is None:
            return None
        body = self._bodies[place][2]
        if turn == "0":
            return body
        for said, instead in ((b"</p>", f" No. {turn}.</p>".encode("ascii")), (b"canonical", b"former"), (b"og:url", b"og:was")):
            body = body.replace(said, instead)  # another text, and no word that it is the same article
        return body

    def feed(self, path):
        first = int(path.lstrip("/"))
        items = "".join(f"<item><link>{escape(url)}</link></item>" for url in self.addresses(first, first + FEED_ENTRIES))
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Index</title>{items}</channel></rss>'.encode()

    def sample(self):
        for url in self.addresses(0, BARE_PAGES):
            parts = urlsplit(url)
            yield url, self.body(parts.hostname, parts.path)


def serve(folder, count, told):
    """Serve the pages and their feeds on loopback until killed: the whole of a process, so that the run's has its own to itself."""
    pages = Pages(folder, count)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            host = self.headers["Host"].partition(":")[0]
            is_feed = host == FEED_HOST
            body, kind = (pages.feed(self.path), "application/rss+xml") if is_feed else (pages.body(host, self.path), "text/html")
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_):
            """Stay silent: the warehouse keeps the log."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 256  # the default of 5 drops connections and measures TCP's retries instead
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        told.put(server.server_address[1])
        server.serve_forever()


@contextlib.contextmanager
def serving(folder, count):
    """Yield the port and the process."""
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    process = context.Process(target=serve, args=(folder, count, told), daemon=True)
    process.start()
    try:
        yield told.get(timeout=60), process.pid
    finally:
        process.kill()
        process.join()


class Meter:
    """Memory that this process and its children hold at once, sampled ten times a second, and where the run was by then."""

    def __init__(self, *without):
        self._without = without  # processes that are not the run's
        self.samples = []  # (pages fetched so far, bytes)
        self.done = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def note(self, counts):
        self.done = counts.pages

    def most(self, first=0, last=None):
        return max((held for done, held in self.samples if first <= done and (last is None or done < last)), default=0)

    def _watch(self):
        me = psutil.Process()
        while not self._ended.wait(0.1):
            total = 0
            for process in (me, *me.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    total += process.memory_info().rss if process.pid not in self._without else 0
            self.samples.append((self.done, total))


def read_trafilatura(url, body):
    """The work of a pipeline that only calls trafilatura."""
    import trafilatura

    document = trafilatura.bare_extraction(body.decode("utf-8", "replace"), with_metadata=True, include_comments=False)
    return document is not None and bool(document.text)


def read_alone(url, body):
    """Decode, read and classify, as the stream does in its cage."""
    from extractors.reading import read_page, shipped_classifier

    capture = CaptureRef(
        capture_id="x", url_key=url, url=url, final_url=url, file="x", offset=0, length=0, fetched_at=datetime.now(UTC), status=200,
        content_type="text/html", body_bytes=len(body), body_hash="x",
    )  # fmt: skip
    page = Page(capture=capture, body=body, content_type="text/html", hints=PageHints(source_id="index"))
    return isinstance(read_page(page, classifier=shipped_classifier()).outcome, Article)


def measure_bare(read, pages, workers):
    """Seconds a page with so many processes, and how many of the pages were articles."""
    bodies = dict(pages.sample())
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(read, ["http://warm.example/"] * workers * 2, [b"<html><body><p>warm</p></body></html>"] * workers * 2))
        begun = time.perf_counter()
        found = sum(pool.map(read, bodies, bodies.values(), chunksize=4))
        return (time.perf_counter() - begun) / len(bodies), found, len(bodies)


def settings_for(pages, port, folder, workers):
    sources = folder / "sources.toml"
    feeds = "".join(f'[[source.feed]]\nurl = "{url}"\n' for url in pages.feeds)
    sources.write_text(f'[[source]]\nid = "index"\nname = "Index"\n{feeds}', encoding="utf-8")
    return Settings(
        data_dir=folder / "data",
        sources=sources,
        allow_networks=("127.0.0.0/8",),
        connect_to=tuple(f"{host}=127.0.0.1:{port}" for host in sorted(pages.hosts)),
        host_delay_seconds=0,
        respect_robots=False,
        workers=workers,
        run_seconds=24 * 3600,
    )


@dataclass(slots=True, kw_only=True)
class Prefect:
    """Seconds of the processor that Prefect took."""

    start: float = 0.0  # its server, until it answered
    server: float = 0.0  # from then on
    client: float = 0.0  # a first flow with nothing to do, in our process and Prefect's import in it, less the same without Prefect


def spent(*without):
    """Seconds of the processor, of this process and of all below it but Prefect's server and some."""
    me, server = psutil.Process(), server_process()
    seconds = 0.0
    for process in (me, *me.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            if process != server and process.pid not in without:
                seconds += sum(process.cpu_times()[:4])  # of its children that have ended, too
    return seconds


def server_process():
    """Prefect's server, where we started one."""
    return next((child for child in psutil.Process().children() if "flows.prefect_server" in child.cmdline()), None)


def server_seconds():
    """Seconds of the processor that it has taken so far."""
    return sum(server_process().cpu_times()[:2])


def run_under_prefect(settings, nothing, meter, *without):
    """The run as a flow, what it spent and what Prefect did; beforehand one with nothing to do, with Prefect and without."""
    prefect = Prefect()
    prepare_environment(settings.data_dir)
    run_stream(nothing)  # what only a first run costs is no difference
    before = spent(*without)
    run_stream(nothing)
    bare = spent(*without) - before
    with ingest_runner(nothing, say=print, on_progress=lambda _: None) as run:
        prefect.start = server_seconds()
        before = spent(*without)
        run()
        prefect.client = spent(*without) - before - bare
        before = spent(*without)
        with ingest_runner(settings, say=print, on_progress=meter.note) as ingest:
            report = ingest()
        cpu = spent(*without) - before
        prefect.server = server_seconds() - prefect.start
    return report, cpu, prefect


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--prefect", action="store_true", help="run it as a Prefect flow and say what Prefect took")
    args = parser.parse_args()
    pages = Pages(args.folder, args.pages)
    trafilatura_seconds, _, _ = measure_bare(read_trafilatura, pages, args.workers)
    alone_seconds, alone_found, alone_read = measure_bare(read_alone, pages, args.workers)
    with tempfile.TemporaryDirectory() as name, serving(args.folder, args.pages) as (port, server), Meter(server) as meter:
        folder = Path(name)
        settings = settings_for(pages, port, folder, args.workers)
        before, prefect = spent(server), None
        if args.prefect:
            (folder / "empty").mkdir()
            nothing = settings_for(Pages(args.folder, 0), port, folder / "empty", args.workers)
            report, cpu, prefect = run_under_prefect(settings, nothing, meter, server)
        else:
            report = run_stream(settings, on_progress=meter.note)
            cpu = spent(server) - before
        seconds = (report.run.ended_at - report.run.started_at).total_seconds()
        with open_readonly(settings.published) as con:
            articles = run_query(con, "select count(*) from articles").rows[0][0]
            reasons = run_query(con, "select reason, count(*) from rejections group by reason order by reason").rows
            waiting = run_query(
                con, "select last_outcome, count(*) from raw.pages where stage not in ('read', 'rejected') group by all"
            ).rows
            done = run_query(con, "select count(*) from raw.pages where stage in ('read', 'rejected')").rows[0][0]
    rejected = sum(count for _, count in reasons)
    rate = args.pages / seconds
    print(f"pages served            {args.pages}")
    print(f"articles / rejections   {articles} / {rejected}  {dict(reasons)}")
    print(f"ingest                  {seconds:.1f} s, {rate:.1f} pages/s")
    print(
        f"read alone              {1 / alone_seconds:.1f} pages/s, {alone_found} articles of {alone_read}; ingest / alone {rate * alone_seconds:.2f}"
    )
    print(f"bare trafilatura        {1 / trafilatura_seconds:.1f} pages/s; ingest / bare {rate * trafilatura_seconds:.2f}")
    parts = [meter.most(args.pages * part // PARTS, args.pages * (part + 1) // PARTS) >> 20 for part in range(PARTS)]
    print(f"memory                  MiB at most, all processes, by tenth of the run: {parts}")
    if prefect:
        took = prefect.server + prefect.client
        total = cpu + took  # its import fell into the flow before
        print(
            f"Prefect                 {took:.1f} s of {total:.1f} s of the processor: {took / total:.1%} (server {prefect.server:.1f} s, client {prefect.client:.1f} s)"
        )
        print(f"its server's start      {prefect.start:.1f} s of the processor beside that")
    print(
        f"processor               {cpu / args.pages * 1000:.1f} ms a page, all processes of the run; alone {alone_seconds * args.workers * 1000:.1f} ms"
    )
    if done != args.pages or report.run.status != "completed":
        sys.exit(f"{args.pages - done} pages are neither article nor rejection: {dict(waiting)}")


if __name__ == "__main__":
    main()
