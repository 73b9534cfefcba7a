"""How fast and how heavy an ingest of real pages is, beside bare trafilatura on the same pages with as many processes.

    python -m tests.bench.ingest ../shared/extraction/dev --pages 300

Serves the folder's pages (`cases.jsonl`, `html/`) over loopback HTTP under their own names, lists them in one feed, runs
the stream on it without Prefect and compares what landed with what was served: every page is an article or a rejection
with a reason, or the command fails.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from flows.run import run_stream
from flows.settings import Settings
from warehouse.answers import run_query
from warehouse.store import open_readonly

FEED_HOST = "index.example"


def load_pages(folder, limit):
    """The first pages of a folder as {http url: body}."""
    pages = {}
    for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        parts = urlsplit(case["url"] or f"http://{case['id']}.example/")
        url = f"http://{parts.hostname}/{case['id']}"
        pages[url] = gzip.decompress((folder / case["html"]).read_bytes())
        if len(pages) == limit:
            break
    return pages


def feed_of(pages):
    items = "".join(f"<item><title>{escape(url)}</title><link>{escape(url)}</link></item>" for url in pages)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Index</title>{items}</channel></rss>'.encode()


@contextlib.contextmanager
def serving(pages):
    """The pages and their feed on loopback; yields the port."""
    feed = feed_of(pages)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            host = self.headers["Host"].partition(":")[0]
            body, kind = (feed, "application/rss+xml") if host == FEED_HOST else (pages.get(f"http://{host}{self.path}"), "text/html")
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_):
            """Stay silent: the warehouse keeps the log."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 256  # the default of 5 drops connections and measures TCP's retries instead

    with Server(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


class PeakMemory:
    """The most resident memory this process and its children held at once, sampled ten times a second."""

    def __init__(self):
        self.bytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _watch(self):
        me = psutil.Process()
        while not self._ended.wait(0.1):
            total = 0
            for process in (me, *me.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    total += process.memory_info().rss
            self.bytes = max(self.bytes, total)


def read_bare(body):
    """The work of a pipeline that only calls trafilatura."""
    import trafilatura

    document = trafilatura.bare_extraction(body.decode("utf-8", "replace"), with_metadata=True, include_comments=False)
    return document is not None and bool(document.text)


def measure_bare(pages, workers):
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(read_bare, [b"<html><body><p>warm</p></body></html>"] * workers * 2))
        begun = time.perf_counter()
        found = sum(pool.map(read_bare, pages.values(), chunksize=4))
        return time.perf_counter() - begun, found


def measure_ingest(pages, workers, folder):
    sources = folder / "sources.toml"
    sources.write_text(f'[[source]]\nid = "index"\nname = "Index"\n[[source.feed]]\nurl = "http://{FEED_HOST}/feed"\n', encoding="utf-8")
    hosts = {FEED_HOST, *(urlsplit(url).hostname for url in pages)}
    with serving(pages) as port, PeakMemory() as memory:
        settings = Settings(
            data_dir=folder / "data",
            sources=sources,
            allow_networks=("127.0.0.0/8",),
            connect_to=tuple(f"{host}=127.0.0.1:{port}" for host in sorted(hosts)),
            host_delay_seconds=0,
            respect_robots=False,
            workers=workers,
        )
        begun = time.perf_counter()
        report = run_stream(settings)
        seconds = time.perf_counter() - begun
    return report, settings, seconds, memory.bytes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    pages = load_pages(args.folder, args.pages)
    bare_seconds, bare_found = measure_bare(pages, args.workers)
    with tempfile.TemporaryDirectory() as name:
        report, settings, seconds, memory = measure_ingest(pages, args.workers, Path(name))
        with open_readonly(settings.published) as con:
            articles = run_query(con, "select count(*) from articles").rows[0][0]
            reasons = run_query(con, "select reason, count(*) from rejections group by reason order by reason").rows
            lost = run_query(con, "select count(*) from raw.pages where stage not in ('read', 'rejected')").rows[0][0]
    rejected = sum(count for _, count in reasons)
    print(f"pages served            {len(pages)}")
    print(f"articles / rejections   {articles} / {rejected}  {dict(reasons)}")
    print(
        f"ingest                  {seconds:.1f} s, {len(pages) / seconds:.1f} pages/s, peak memory {memory / 2**20:.0f} MiB (all processes)"
    )
    print(f"bare trafilatura        {bare_seconds:.1f} s, {len(pages) / bare_seconds:.1f} pages/s, text on {bare_found} pages")
    print(
        f"ingest / bare           {bare_seconds / seconds:.2f} of its pages per second, with fetching, WARC, metadata, themes and landing"
    )
    if articles + rejected != len(pages) or lost or report.run.status != "completed":
        sys.exit(f"{len(pages) - articles - rejected} pages are neither article nor rejection ({lost} still waiting)")


if __name__ == "__main__":
    main()
