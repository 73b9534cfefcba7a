"""Backups: the private database, the WARC files, the host book and what runs left in a folder, with the hash of each file in a manifest.

Made while others ingest: the database is copied in the writer's turn, the captures after it, so that every capture it names
is there. A backup without a manifest is none: that is written last. Refuses to restore over what somebody has, and from a
folder in which a single byte differs.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from extractors.errors import BackupError, SettingError
from extractors.fetch.clock import SYSTEM_CLOCK, Clock
from extractors.fetch.hosts import HostBook
from flows.interruption import Say
from flows.manifest import FOLDER as MANIFESTS
from flows.retention import captures_lock
from flows.settings import Settings
from warehouse.publish import copy_private, publish
from warehouse.store import PRIVATE_NAME, open_writer
from warehouse.turns import take_turn

MANIFEST = "backup.json"
_HOSTS = "hosts.sqlite"
_ALERTS = "alerts.json"
_PARTIAL = ".partial"
_RESTORING = ".restoring"
_REPLACED = ".replaced"
_KINDS = ("private", "captures", MANIFESTS)
_OPEN = ".open"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """One file of a backup."""

    path: str  # below the backup's folder, and below the data folder
    file_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a backup holds."""

    made_at: str  # ISO 8601, UTC
    version: str  # of the program that made it
    through_seq: int  # the last landing it holds
    files: tuple[BackedUp, ...]

    @property
    def file_bytes(self) -> int:
        """Size of all of it."""
        return sum(file.file_bytes for file in self.files)


def back_up(
    settings: Settings, target: Path, *, say: Say, on_progress: Callable[[int, int], None] = lambda *_: None, clock: Clock = SYSTEM_CLOCK
) -> Backup:
    """Copy everything that cannot be made anew to a new folder; `on_progress` hears files done and to do."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise SettingError(f"backup: {target} holds something already; name a new or an empty folder")
    if not (settings.private_dir / PRIVATE_NAME).exists():
        raise SettingError(f"backup: {settings.data_dir} holds no warehouse: nothing has run there")
    partial = target.with_name(target.name + _PARTIAL)
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "private").mkdir(parents=True)
    try:
        with captures_lock(settings.private_dir, is_shared=True):
            with open_writer(settings.private_dir, purpose="backup", on_wait=say) as writer:
                through_seq = copy_private(writer, partial / "private" / PRIVATE_NAME)
            with contextlib.closing(HostBook(settings.private_dir / _HOSTS)) as hosts:
                hosts.copy_to(partial / "private" / _HOSTS)
            if (settings.private_dir / _ALERTS).exists():
                shutil.copyfile(settings.private_dir / _ALERTS, partial / "private" / _ALERTS)
            if (settings.data_dir / MANIFESTS).is_dir():
                shutil.copytree(settings.data_dir / MANIFESTS, partial / MANIFESTS, ignore=shutil.ignore_patterns("*.new"))
            _copy_captures(settings.captures_dir, partial / "captures", on_progress=on_progress)
        backup = Backup(
            made_at=clock.now().isoformat(),
            version=metadata.version("trilateral"),
            through_seq=through_seq,
            files=tuple(_describe(partial)),
        )
        _write(partial / MANIFEST, json.dumps(asdict(backup), indent=1))
        with contextlib.suppress(FileNotFoundError):
            target.rmdir()
        partial.rename(target)
    except OSError as error:
        raise BackupError(f"{target}: no backup was made: {error}") from error
    return backup


def _copy_captures(source: Path, target: Path, *, on_progress: Callable[[int, int], None]) -> None:
    """Copy every WARC file; one that is open as far as it has come, and under its last name if it is sealed meanwhile."""
    paths = sorted(source.rglob("*.warc.gz*")) if source.is_dir() else []
    for number, path in enumerate(paths, 1):
        sealed = path.with_name(path.name.removesuffix(_OPEN))
        for found in (path, sealed):
            copy = target / found.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(found, copy)
                break
        on_progress(number, len(paths))


def _describe(folder: Path) -> Iterator[BackedUp]:
    """Hash the copies, as they can be read back, and have them on the disk."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        yield BackedUp(path=path.relative_to(folder).as_posix(), file_bytes=path.stat().st_size, sha256=digest)


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_backup(folder: Path) -> Backup:
    """Read a backup's manifest and hash every file it names; BackupError names the first that differs."""
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        backup = Backup(**said | {"files": tuple(BackedUp(**file) for file in said["files"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BackupError(f"{folder}: no backup: {MANIFEST} cannot be read: {error}") from error
    found = {file.path: file for file in _describe(folder) if file.path != MANIFEST}
    for file in backup.files:
        if found.get(file.path) != file:
            raise BackupError(f"{folder}: {file.path} is {'not what it was' if file.path in found else 'missing'}: nothing was restored")
    return backup


def restore(settings: Settings, source: Path, *, force: bool, say: Say, clock: Clock = SYSTEM_CLOCK) -> Backup:
    """Put a backup, once it has proved whole, into the data folder, and publish it. With `force` in the place of what is there."""
    held = [path.name for path in settings.data_dir.iterdir()] if settings.data_dir.is_dir() else []
    if held and not force:
        raise SettingError(f"restore: {settings.data_dir} holds something already ({', '.join(sorted(held)[:3])}); --force replaces it")
    backup = read_backup(source)
    fresh, replaced = settings.data_dir / _RESTORING, settings.data_dir / _REPLACED
    try:
        for leftover in (fresh, replaced):
            shutil.rmtree(leftover, ignore_errors=True)
        for file in backup.files:
            (fresh / file.path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / file.path, fresh / file.path)
        # whoever writes there now ends first, and nobody begins while the folders change places
        turn = take_turn(settings.private_dir, purpose="restore", on_wait=say)
        try:
            replaced.mkdir()
            for kind in _KINDS:
                for moved, place in ((settings.data_dir / kind, replaced / kind), (fresh / kind, settings.data_dir / kind)):
                    with contextlib.suppress(FileNotFoundError):
                        moved.rename(place)
        finally:
            turn.release()
        for leftover in (fresh, replaced):
            shutil.rmtree(leftover)
    except OSError as error:
        raise BackupError(f"{settings.data_dir}: not restored: {error}; run it again with --force") from error
    with open_writer(settings.private_dir, purpose="restore", on_wait=say) as writer:
        publish(writer, settings.published, now=clock.now())
    return backup
