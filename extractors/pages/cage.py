"""Processes in which strangers' pages are read: a page that hangs, crashes or eats memory costs that page and no other.

Each process works on one task at a time over a pipe of its own, so killing it harms no neighbour; a pool whose processes
share queues and locks cannot promise that. Refuses to judge: a failure is a value, and the caller lands it.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import fcntl
import multiprocessing
import os
import pickle
import resource
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Literal, Self, TypeVar, TypeVarTuple

V = TypeVar("V")
Ts = TypeVarTuple("Ts")

CageFailureKind = Literal["timed_out", "killed", "out_of_memory", "crashed"]

_PRELOADED = "extractors.pages.warm"  # imported once by the fork server and shared by all that it forks
_DETAIL_CHARS = 8000  # of a traceback; its end says most
_START_SECONDS = 120.0  # for a fresh process, imports on a loaded machine included
_EXIT_SECONDS = 10.0  # for the kernel to bury a killed process
_PARENT_DECIDES = (signal.SIGINT, signal.SIGTERM)  # when work ends; Ctrl-C reaches the whole process group


@dataclass(frozen=True, slots=True, kw_only=True)
class CageFailure:
    """Why a task gave no value."""

    kind: CageFailureKind
    detail: str = ""  # in words; the traceback of what crashed


class Cage:
    """A fixed number of killable processes: `async with Cage(2) as cage: await cage.run(function, argument)`."""

    def __init__(
        self,
        workers: int,
        *,
        seconds: float = 30.0,  # for one task
        memory_bytes: int = 2**30,  # of address space, on top of what a fresh process has
        max_tasks: int = 500,  # after which a process is replaced
    ) -> None:
        if workers < 1:
            raise ValueError(f"a cage needs at least one worker, not {workers}")
        self._seconds = seconds
        self._cells = tuple(_Cell(memory_bytes=memory_bytes, max_tasks=max_tasks) for _ in range(workers))
        self._free = deque(self._cells)
        self._queue: deque[asyncio.Future[_Cell]] = deque()  # who waits for a cell
        self._busy: set[asyncio.Future[Any]] = set()
        self._threads: ThreadPoolExecutor | None = None

    async def __aenter__(self) -> Self:
        """Start the fork server; processes follow with the first tasks."""
        self._threads = ThreadPoolExecutor(len(self._cells), "cage")
        self._threads.submit(_start_fork_server)
        atexit.register(self._kill_all)  # multiprocessing would wait for ever for a process that ignores its SIGTERM
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close without grace."""
        await self.close()

    async def run(self, function: Callable[[*Ts], V], *args: *Ts, seconds: float | None = None) -> V | CageFailure:
        """Call `function(*args)` in one of the processes; all of it must be picklable. Cancelling kills the process."""
        if self._threads is None:
            raise RuntimeError("the cage is not open")
        payload = pickle.dumps((function, args))
        cell = await self._take()
        if self._threads is None:
            raise asyncio.CancelledError  # closed in the moment in which the place came free
        work = asyncio.get_running_loop().run_in_executor(self._threads, cell.work, payload, self._seconds if seconds is None else seconds)
        self._busy.add(work)
        work.add_done_callback(lambda done: self._settle(done, cell))
        try:
            answer: V | CageFailure = await asyncio.shield(work)
        except asyncio.CancelledError:
            cell.kill()
            raise
        return answer

    async def close(self, grace_seconds: float = 0.0) -> None:
        """Take nothing new, give running tasks so long, then kill them; whoever still waits for an answer is cancelled."""
        threads, self._threads = self._threads, None
        if threads is None:
            return
        for waiting in self._queue:
            waiting.cancel()
        if self._busy and grace_seconds > 0:
            await asyncio.wait(self._busy, timeout=grace_seconds)
        for work in tuple(self._busy):
            work.cancel()
        self._kill_all()
        await asyncio.to_thread(threads.shutdown)
        for cell in self._cells:
            cell.bury()
        atexit.unregister(self._kill_all)

    async def _take(self) -> _Cell:
        """Reserve a cell, in the order of asking."""
        if self._free:
            cell = self._free.popleft()
        else:
            waiting: asyncio.Future[_Cell] = asyncio.get_running_loop().create_future()
            self._queue.append(waiting)
            try:
                cell = await waiting
            except asyncio.CancelledError:
                if waiting.done() and not waiting.cancelled():
                    self._give(waiting.result())  # it came in the very moment
                raise
        cell.reserve()
        return cell

    def _give(self, cell: _Cell) -> None:
        """Hand a cell on to who has waited longest."""
        while self._queue:
            waiting = self._queue.popleft()
            if not waiting.done():
                waiting.set_result(cell)
                return
        self._free.append(cell)

    def _settle(self, work: asyncio.Future[Any], cell: _Cell) -> None:
        self._busy.discard(work)
        if not work.cancelled():
            work.exception()  # seen, should its caller have been cancelled
        self._give(cell)

    def _kill_all(self) -> None:
        for cell in self._cells:
            cell.kill()


class _Cell:
    """One process and the thread's side of its pipe. `work` is called by one thread at a time, `kill` by any."""

    def __init__(self, *, memory_bytes: int, max_tasks: int) -> None:
        self._memory_bytes = memory_bytes
        self._max_tasks = max_tasks
        self._tasks = 0  # that the present process has done
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._doomed = False

    def reserve(self) -> None:
        """Forget the last task's kill."""
        self._doomed = False

    def kill(self) -> None:
        """End the process and with it the present task; a process that is just being started ends, too."""
        self._doomed = True
        process = self._process
        if process is not None:
            with contextlib.suppress(ValueError):  # buried in this very moment
                process.kill()

    def work(self, payload: bytes, seconds: float) -> Any:
        """Have the process do one task and wait for its answer; blocks."""
        if self._tasks >= self._max_tasks or (self._process is not None and not self._process.is_alive()):
            self.bury()
        try:
            pipe = self._pipe or self._start()
            pipe.send_bytes(payload)
            answer = pipe.recv_bytes() if pipe.poll(seconds) else None
        except (EOFError, OSError):
            return CageFailure(kind="killed", detail=_describe_exit(self.bury(is_dying=True)))
        self._tasks += 1
        if answer is None:
            self.bury()
            return CageFailure(kind="timed_out", detail=f"no answer within {seconds:g} s")
        if answer == _OUT_OF_MEMORY:
            self.bury()
            return CageFailure(kind="out_of_memory", detail=f"needed more than {self._memory_bytes} bytes")
        return pickle.loads(answer)  # noqa: S301 - our own process wrote it

    def bury(self, *, is_dying: bool = False) -> int | None:
        """End the process, if there is one, and answer with its exit code."""
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if pipe is not None:
            pipe.close()
        if process is None:
            return None
        if is_dying:
            process.join(_EXIT_SECONDS)
        process.kill()
        process.join(_EXIT_SECONDS)
        exit_code = process.exitcode
        with contextlib.suppress(ValueError):  # not even SIGKILL ends what the kernel holds
            process.close()
        return exit_code

    def _start(self) -> Connection:
        ours, theirs = multiprocessing.Pipe()
        process = _start_process(_serve, (theirs, self._memory_bytes))
        theirs.close()
        self._process, self._pipe, self._tasks = process, ours, 0
        if self._doomed:  # killed before there was anything to kill
            process.kill()
        if not ours.poll(_START_SECONDS):
            raise ChildProcessError(f"no sign of life from a new process within {_START_SECONDS:g} s")
        ours.recv_bytes()
        return ours


# --- starting, in the parent -----------------------------------------------------------------------------------------

_STARTING = threading.Lock()


def _start_fork_server() -> None:
    """Start it, if need be, in a thread that blocks the signals: a SIGTERM to the whole group must not end the fork server."""
    with _STARTING:
        multiprocessing.get_context("forkserver").set_forkserver_preload([_PRELOADED])
        resource_tracker.ensure_running()  # unblocks them when it has started its own process
        signal.pthread_sigmask(signal.SIG_BLOCK, _PARENT_DECIDES)
        forkserver.ensure_running()


def _start_process(target: Callable[..., None], args: tuple[Any, ...]) -> BaseProcess:
    """Fork a process that does not import the parent's main module, which may be all of Prefect."""
    _start_fork_server()
    process = multiprocessing.get_context("forkserver").Process(target=target, args=args, name="trilateral-cage", daemon=True)
    with _STARTING:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")  # multiprocessing looks there for what to import
        try:
            process.start()
        finally:
            sys.modules["__main__"] = main
    return process


# --- inside a process ------------------------------------------------------------------------------------------------


def _serve(pipe: Connection, memory_bytes: int) -> None:
    """Do tasks until the parent closes the pipe."""
    _confine(memory_bytes)
    pipe.send_bytes(b"ready")
    with contextlib.suppress(EOFError, OSError):
        while True:
            answer = _answer(pipe.recv_bytes())
            pipe.send_bytes(answer)


def _confine(memory_bytes: int) -> None:
    """Leave it to the parent to end this process, die with the parent, and bound the memory."""
    for number in _PARENT_DECIDES:
        signal.signal(number, signal.SIG_IGN)
    _die_with_parent()
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + memory_bytes, used + memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _die_with_parent() -> None:
    """Have the kernel send SIGIO, whose default is death even in the midst of C code, when the parent's end of a pipe closes."""
    parent = multiprocessing.parent_process()
    if parent is None:
        raise RuntimeError("not started by a cage")
    lifeline = parent.sentinel
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if wait([lifeline], timeout=0):  # it was gone before we asked
        sys.exit(1)


def _answer(payload: bytes) -> bytes:
    """Pickled value of a task, or the failure it ended in."""
    try:
        function, args = pickle.loads(payload)  # noqa: S301 - the parent wrote it
        return pickle.dumps(function(*args))
    except MemoryError:
        return _OUT_OF_MEMORY
    except Exception:  # noqa: BLE001 - the one place that turns a page's crash into a finding
        return pickle.dumps(CageFailure(kind="crashed", detail=traceback.format_exc()[-_DETAIL_CHARS:]))


def _describe_exit(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"the process ended itself with exit code {exit_code}"
    name = signal.Signals(-exit_code).name
    return f"{name}, perhaps by the kernel for want of memory" if name == "SIGKILL" else name


_OUT_OF_MEMORY = pickle.dumps(CageFailure(kind="out_of_memory"))  # made while there is memory
