"""What an operator's log says of a run: a line a host, a line a run, in key=value. Counts only; per page nothing is logged."""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path

from extractors.records import Batch, RunRecord, Visit
from extractors.urls import scope_of

_log = logging.getLogger("trilateral.runs")
_FILE_BYTES = 5 * 2**20
_FILES = 4
_GOOD = ("ok", "not_modified")


class HostTally:
    """Counts exchanges by scope, and notices a disk that fills up. Used by the warehouse's thread and the loop's."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._hosts: dict[str, Counter[str]] = {}
        self.is_disk_low = False

    def note(self, batch: Batch) -> None:
        """Count what has landed."""
        with self._guard:
            for visit in (*batch.visits, *(poll.visit for poll in batch.feed_visits)):
                self._note_visit(self._hosts.setdefault(scope_of(visit.url), Counter()), visit)

    def _note_visit(self, host: Counter[str], visit: Visit) -> None:
        host["requests"] += 1
        host[f"{visit.kind}s" if visit.kind != "robots" else "robots"] += 1
        host["bytes"] += visit.body_bytes
        host["ms"] += visit.duration_ms
        if visit.outcome not in _GOOD:
            host["failed"] += 1
            host[visit.outcome] += 1

    def note_disk(self, data_dir: Path, least_bytes: int) -> bool:
        """Whether less than so many bytes are free; a change is logged once."""
        is_low = shutil.disk_usage(data_dir).free < least_bytes
        with self._guard:
            if is_low and not self.is_disk_low:
                _log.warning("disk=low free_bytes=%d min_free_bytes=%d fetching=stopped", shutil.disk_usage(data_dir).free, least_bytes)
            self.is_disk_low = is_low
        return is_low

    def log(self, run: RunRecord) -> None:
        """Log a line for each host that was asked since the last time, and one for the run."""
        with self._guard:
            hosts, self._hosts = self._hosts, {}
        for scope, counts in sorted(hosts.items()):
            _log.info("run_id=%s host=%s %s", run.run_id, scope, _pairs(counts))
        _log.info("run_id=%s flow=%s status=%s %s", run.run_id, run.flow, run.status, _pairs(dict(run.counts)))


def _pairs(counts: Mapping[str, object]) -> str:
    return " ".join(f"{name}={count}" for name, count in counts.items() if count)


@contextlib.contextmanager
def run_log(data_dir: Path) -> Iterator[None]:
    """Have what is logged inside written to `{data_dir}/logs/runs.log`, a few files of a few megabytes."""
    path = data_dir / "logs" / "runs.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=_FILE_BYTES, backupCount=_FILES, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    loggers = (_log, logging.getLogger("trilateral"))  # warnings of the rest stand there as well
    for logger in loggers:
        logger.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.propagate = False  # a terminal is told in words
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()
