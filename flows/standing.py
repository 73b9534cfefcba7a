"""What only this machine can say of how the house stands: who is at work, how much room is left, what the captures take."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from flows.settings import Settings
from flows.shift import find_shift
from warehouse.turns import find_holder


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """This machine's part of `status`."""

    ingesting: str | None  # who polls and fetches; None: nobody
    writing: str | None  # who has the writer's turn
    free_bytes: int
    is_disk_low: bool  # less than min_free_bytes: nothing is fetched
    capture_files: int
    capture_bytes: int
    keep_captures_days: int


def look_around(settings: Settings) -> Standing:
    """Look, without waiting for anybody."""
    sizes = [path.stat().st_size for path in settings.captures_dir.rglob("*.warc.gz*")] if settings.captures_dir.is_dir() else []
    free = shutil.disk_usage(settings.data_dir if settings.data_dir.exists() else ".").free
    return Standing(
        ingesting=find_shift(settings.private_dir),
        writing=find_holder(settings.private_dir),
        free_bytes=free,
        is_disk_low=free < settings.min_free_bytes,
        capture_files=len(sizes),
        capture_bytes=sum(sizes),
        keep_captures_days=settings.keep_captures_days,
    )


def in_words(stands: Standing) -> tuple[str, ...]:
    """Two lines of it."""
    work = "; ".join(
        filter(None, (stands.ingesting and f"ingesting: {stands.ingesting}", stands.writing and f"the warehouse is {stands.writing}"))
    )
    kept = {-1: "kept for ever", 0: "kept until read"}.get(stands.keep_captures_days, f"kept {stands.keep_captures_days} days")
    room = f"{stands.free_bytes / 2**30:.1f} GiB free" + (": too little, nothing is fetched" if stands.is_disk_low else "")
    return (
        f"Now at work: {work or 'nobody'}",
        f"Disk: {room}; captures: {stands.capture_files} files, {stands.capture_bytes / 2**20:.1f} MiB, {kept}",
    )
