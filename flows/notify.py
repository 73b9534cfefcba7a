"""Alerts: the operator's webhook or mail (apprise) hears of each change of state once. Off unless `alerts` names an address.

What was told last is kept in a file, so that an unchanged state is never repeated, whatever process looks. A message that
could not be sent counts as not told. Refuses to stop a run.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from flows.settings import Settings
from warehouse.condition import Condition

_log = logging.getLogger("trilateral")
_MOST_AT_ONCE = 10  # more changes than that are one message


def tell_changes(settings: Settings, found: Iterable[Condition]) -> tuple[Condition, ...]:
    """Send what has changed since it was last told; return what was sent. A thing first seen well is no change."""
    if not settings.alerts:
        return ()
    with _told(settings.private_dir / "alerts.json") as told:
        changed = [condition for condition in found if told.get(condition.key, "well") != condition.standing]
        batches = [[condition] for condition in changed] if len(changed) <= _MOST_AT_ONCE else [changed]
        sent: list[Condition] = []
        for batch in batches:
            if _send(settings.alerts, batch):
                sent += batch
                told |= {condition.key: condition.standing for condition in batch}
    return tuple(sent)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[dict[str, str]]:
    """What was told last, by key, held against other processes; written down anew on leaving."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        before = dict(told)
        try:
            yield told
        finally:
            if told != before:
                new = path.with_suffix(".new")
                new.write_text(json.dumps(told, indent=1, sort_keys=True), encoding="utf-8")
                new.replace(path)


def _send(addresses: tuple[str, ...], batch: list[Condition]) -> bool:
    """Send one message to all addresses; False where none of them took it."""
    try:
        import apprise  # noqa: PLC0415  an extra: runs without alerts need none of it
    except ImportError:
        _log.warning("alerts=off why=%r", "apprise is not installed: pip install 'trilateral[alerts]'")
        return False
    post = apprise.Apprise()
    for address in addresses:
        if not post.add(address):
            _log.warning("alerts=bad_address address=%r", address.partition("://")[0] + "://…")
    is_bad = any(condition.standing == "unwell" for condition in batch)
    title = f"trilateral: {len(batch)} changes" if len(batch) > 1 else f"trilateral: {batch[0].words}"
    kind = apprise.NotifyType.WARNING if is_bad else apprise.NotifyType.SUCCESS
    is_sent = bool(post.notify(title=title, body="\n".join(condition.words for condition in batch), notify_type=kind))
    _log.log(logging.INFO if is_sent else logging.WARNING, "alert=%s sent=%s", ",".join(c.key for c in batch), is_sent)
    return is_sent
