"""Every page goes into a WARC file before it is read, and can be read back from there.

WARC 1.1, one gzip member per record, each member whole by itself: whatever kills the process, what was appended can be
found again from the file alone. Refuses responses that failed and records that do not match their digests.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from extractors.archives.warc import CaptureRecord, Headers, compress, expand, record_of, walk_members, write_file_record
from extractors.errors import CaptureError
from extractors.fetch.encoding import BodyDecoder, BodyRefused
from extractors.records import CaptureRef, Response

_MAX_FILE_BYTES = 256 * 2**20
_OPEN = ".open"
_READ_BYTES = 64 * 1024


class CaptureWriter:
    """Appends captures to the run's own WARC files, made when needed. Safe to use from several threads.

    A file is sealed once it is full, or the writer closed, and all its captures have `landed`; until then it is left open,
    where `leftovers` finds it should the run be killed.
    """

    def __init__(self, folder: Path | str, *, run_id: str, max_bytes: int = _MAX_FILE_BYTES) -> None:
        self._folder = Path(folder)
        self._run = re.sub(r"[^A-Za-z0-9_]+", "_", run_id)
        self._max_bytes = max_bytes
        self._number = 0
        self._current: _OpenFile | None = None
        self._full: list[_OpenFile] = []
        self._guard = threading.Lock()

    def append(self, response: Response, *, url_key: str) -> CaptureRef:
        """Write a response as it came; when this returns, the operating system has the whole record."""
        record = record_of(response, url_key)
        member = compress(record.write())
        with self._guard:
            file = self._file_for(len(member), record.fetched_at)
            ref = record.reference(file.name, file.append(member), len(member))
            file.unlanded.add(ref.capture_id)
            return ref

    def landed(self, capture_ids: Iterable[str]) -> None:
        """Hear that the warehouse has acknowledged these captures; full files that hold no other ones are sealed."""
        ids = set(capture_ids)
        with self._guard:
            for file in self._files():
                file.unlanded -= ids
            for file in [file for file in self._full if not file.unlanded]:
                file.seal()
                self._full.remove(file)

    def sync(self) -> None:
        """Bring what was appended to the disk itself."""
        with self._guard:
            for file in self._files():
                file.sync()

    def close(self) -> None:
        """Seal the files; one with a capture that has not landed stays for the next run to find. The next append begins another."""
        with self._guard:
            for file in self._files():
                if file.unlanded:
                    file.leave()
                else:
                    file.seal()
            self._current, self._full = None, []

    def _files(self) -> list[_OpenFile]:
        return self._full + ([self._current] if self._current else [])

    def _file_for(self, member_bytes: int, at: datetime) -> _OpenFile:
        if self._current is not None and self._current.size + member_bytes > self._max_bytes:
            self._full.append(self._current)
            self._current = None
        if self._current is None:
            self._current = self._create(at)
        return self._current

    def _create(self, at: datetime) -> _OpenFile:
        while True:
            self._number += 1
            name = f"{at:%Y/%m}/trilateral-{at:%Y%m%d%H%M%S}-{self._run}-{self._number}.warc.gz"
            file = _OpenFile.create(self._folder, name)
            if file is not None:
                file.append(compress(write_file_record(name, at)))
                return file


def read_capture(folder: Path | str, ref: CaptureRef) -> tuple[bytes, str, Headers]:
    """Read a page back: decoded body, content type, headers as kept. CaptureError where it is not what was written."""
    where = f"{ref.file} at byte {ref.offset}"
    try:
        record = CaptureRecord.parse(expand(_read_span(Path(folder), ref)))
    except (OSError, ValueError) as error:
        raise CaptureError(f"{where}: capture {ref.capture_id} cannot be read: {error}") from error
    if record.capture_id != ref.capture_id:
        raise CaptureError(f"{where}: holds capture {record.capture_id}, not {ref.capture_id}")
    try:
        decoder = BodyDecoder(record.content_encoding, max_bytes=record.decoded_bytes)
        decoder.feed(record.payload)
        return decoder.finish(), ref.content_type, record.headers
    except BodyRefused as error:
        raise CaptureError(f"{where}: capture {ref.capture_id}: {error}") from error


def is_kept(folder: Path | str, ref: CaptureRef) -> bool:
    """Whether the file that holds a capture is still there."""
    return any((Path(folder) / name).exists() for name in (ref.file, ref.file + _OPEN, ref.file))  # it may be sealed between two looks


@contextlib.contextmanager
def leftovers(folder: Path | str) -> Iterator[tuple[CaptureRef, ...]]:
    """Yield references of all records in the files that a dead run left open; land them inside, and the files are sealed after.

    Each file is cut after its last whole record. Where the block raises, the files stay as they were found. Files of a
    live writer are locked and left alone; a file without a single capture is removed.
    """
    with contextlib.ExitStack() as locks:
        found = [
            _read_leftover(path, str(path.relative_to(folder)).removesuffix(_OPEN), locks)
            for path in sorted(Path(folder).rglob(f"*.warc.gz{_OPEN}"))
        ]
        yield tuple(ref for leftover in found if leftover for ref in leftover.refs)
        for leftover in found:
            if leftover:
                leftover.seal()


class _OpenFile:
    """A WARC file being written, locked against `leftovers`."""

    def __init__(self, folder: Path, name: str, descriptor: int) -> None:
        self.name = name
        self.size = 0
        self.unlanded: set[str] = set()  # capture ids that the warehouse has not acknowledged
        self._path = folder / (name + _OPEN)
        self._descriptor = descriptor

    @classmethod
    def create(cls, folder: Path, name: str) -> _OpenFile | None:
        """Make and lock a new file; None where the name is taken, or another process took the file in between."""
        path = folder / (name + _OPEN)
        path.parent.mkdir(parents=True, exist_ok=True)
        if (folder / name).exists():
            return None
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            return None
        if _lock(descriptor, path):
            return cls(folder, name, descriptor)
        os.close(descriptor)
        return None

    def append(self, member: bytes) -> int:
        """Write one whole member and return its offset; on a full disk nothing of it stays."""
        offset, rest = self.size, memoryview(member)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            os.ftruncate(self._descriptor, offset)
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            raise CaptureError(f"{self._path}: cannot be written: {error}") from error
        self.size += len(member)
        return offset

    def sync(self) -> None:
        os.fsync(self._descriptor)
        _sync_folder(self._path.parent)

    def seal(self) -> None:
        os.fsync(self._descriptor)
        _rename_sealed(self._path)
        os.close(self._descriptor)

    def leave(self) -> None:
        """Give the lock back and leave the file to the next run."""
        os.fsync(self._descriptor)
        os.close(self._descriptor)


def _lock(descriptor: int, path: Path) -> bool:
    """Take the file's lock, if nobody holds it and the path still leads to this very file."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


def _rename_sealed(path: Path) -> None:
    path.rename(path.with_name(path.name.removesuffix(_OPEN)))
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leftover:
    """A file that a dead run left open, locked by us."""

    path: Path
    descriptor: int
    refs: tuple[CaptureRef, ...]
    end: int  # bytes, of its last whole record

    def seal(self) -> None:
        if not self.refs:
            self.path.unlink()
            return
        os.ftruncate(self.descriptor, self.end)
        os.fsync(self.descriptor)
        _rename_sealed(self.path)


def _read_leftover(path: Path, name: str, locks: contextlib.ExitStack) -> _Leftover | None:
    """Lock a file until `locks` are left and read it; None where a live writer holds it or another process was faster."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    locks.callback(os.close, descriptor)
    if not _lock(descriptor, path):
        return None
    refs, end = [], 0
    for offset, length, raw in walk_members(lambda: os.read(descriptor, _READ_BYTES)):
        end = offset + length
        with contextlib.suppress(ValueError):  # the file's own record
            refs.append(CaptureRecord.parse(raw).reference(name, offset, length))
    return _Leftover(path=path, descriptor=descriptor, refs=tuple(refs), end=end)


def _read_span(folder: Path, ref: CaptureRef) -> bytes:
    """Read a record's bytes, from the sealed file or, while its run goes on, from the open one."""
    for name in (ref.file, ref.file + _OPEN, ref.file):  # it may be sealed between two looks
        with contextlib.suppress(FileNotFoundError), (folder / name).open("rb") as file:
            file.seek(ref.offset)
            return file.read(ref.length)
    raise FileNotFoundError("there is no such file")
