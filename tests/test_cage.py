"""The cage: whatever a task does to its process, it costs that task alone."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import cage_tasks as tasks
import psutil
import pytest

from extractors.pages.cage import Cage, CageFailure

TESTS = Path(__file__).parent
MEMORY = 200 * 2**20
LONG = 600.0
SCRIPT = """
import asyncio
from cage_tasks import give
from extractors.pages.cage import Cage
print("main is imported", flush=True)
async def main():
    async with Cage(1) as cage:
        print("answer:", await cage.run(give, "here"))
if __name__ == "__main__":
    asyncio.run(main())
"""


def in_cage(story, workers=1, **options):
    """Run `story(cage)` in an open cage."""

    async def main():
        async with Cage(workers, **options) as cage:
            return await story(cage)

    return asyncio.run(main())


def run_one(*call, **options):
    return in_cage(lambda cage: cage.run(*call), **options)


def test_a_task_gives_its_value():
    assert run_one(tasks.give, {"a": (1, "ن\u200cو")}) == {"a": (1, "ن\u200cو")}


def test_a_task_that_hangs_in_a_regex_is_timed_out():
    assert run_one(tasks.hang_in_a_regex, seconds=0.5) == CageFailure(kind="timed_out", detail="no answer within 0.5 s")


def test_a_task_that_hangs_in_libxml2_is_timed_out():
    assert run_one(tasks.hang_in_an_xpath, seconds=0.5) == CageFailure(kind="timed_out", detail="no answer within 0.5 s")


def test_a_single_task_may_have_its_own_time():
    async def story(cage):
        return await cage.run(tasks.hang_in_a_regex, seconds=0.25)

    assert in_cage(story, seconds=LONG) == CageFailure(kind="timed_out", detail="no answer within 0.25 s")


def test_a_process_that_ends_itself_is_killed_with_its_exit_code():
    assert run_one(tasks.die) == CageFailure(kind="killed", detail="the process ended itself with exit code 3")


def test_a_task_that_exits_the_interpreter_is_killed():
    assert run_one(tasks.leave) == CageFailure(kind="killed", detail="the process ended itself with exit code 4")


def test_a_segfault_is_killed_with_its_signal():
    assert run_one(tasks.segfault) == CageFailure(kind="killed", detail="SIGSEGV")


@pytest.mark.slow
@pytest.mark.parametrize("task", [tasks.eat_memory, tasks.eat_memory_in_c])
def test_a_task_that_eats_memory_is_out_of_memory(task):
    assert run_one(task, memory_bytes=MEMORY) == CageFailure(kind="out_of_memory", detail=f"needed more than {MEMORY} bytes")


def test_the_memory_bound_is_what_a_task_may_add():
    assert run_one(tasks.allocate, MEMORY // 2, memory_bytes=MEMORY) == MEMORY // 2


def test_an_exception_is_crashed_with_its_traceback():
    failure = run_one(tasks.fail, "no such ship")
    assert failure.kind == "crashed"
    assert failure.detail.startswith("Traceback (most recent call last)")
    assert failure.detail.endswith("ValueError: no such ship\n")


def test_an_answer_that_cannot_be_pickled_is_crashed():
    assert run_one(tasks.answer_with_a_function).kind == "crashed"


def test_signals_to_the_process_are_the_parents_business():
    assert run_one(tasks.shrug_at_signals) == "still here"


@pytest.mark.slow
def test_a_process_does_not_import_the_parents_main_module(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    paths = os.pathsep.join(map(str, (TESTS, TESTS.parent)))
    done = subprocess.run([sys.executable, str(script)], env={"PYTHONPATH": paths}, check=True, capture_output=True, text=True)
    assert done.stdout == "main is imported\nanswer: here\n"


@pytest.mark.slow
def test_neighbours_of_the_worst_are_unharmed():
    bad = (tasks.die, tasks.segfault, tasks.hang_in_a_regex, tasks.leave, tasks.eat_memory)

    async def story(cage):
        calls = [cage.run(tasks.give, number) if number % 2 else cage.run(bad[number // 2 % len(bad)]) for number in range(20)]
        return await asyncio.gather(*calls)

    answers = in_cage(story, workers=2, seconds=3.0, memory_bytes=MEMORY)
    assert [answer for answer in answers if not isinstance(answer, CageFailure)] == list(range(1, 20, 2))
    assert {answer.kind for answer in answers[::2]} == {"killed", "timed_out", "out_of_memory"}


def test_an_idle_process_that_is_killed_from_outside_is_replaced():
    async def story(cage):
        pid = await cage.run(tasks.my_pid)
        os.kill(pid, signal.SIGKILL)
        await asyncio.to_thread(gone, pid)
        return pid, await cage.run(tasks.my_pid)

    first, second = in_cage(story)
    assert first != second


def test_a_process_is_replaced_after_its_share_of_tasks():
    async def story(cage):
        return [await cage.run(tasks.my_pid) for _ in range(9)]

    pids = in_cage(story, max_tasks=3)
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 3]


def test_a_sigterm_to_the_fork_server_is_ignored():
    async def story(cage):
        await cage.run(tasks.my_pid)
        (server,) = (child for child in psutil.Process().children() if "multiprocessing.forkserver" in " ".join(child.cmdline()))
        server.terminate()
        return await cage.run(tasks.die), await cage.run(tasks.give, 1), server.is_running()

    failure, value, is_running = in_cage(story)
    assert (failure.kind, value, is_running) == ("killed", 1, True)


def test_cancelling_kills_the_work_and_frees_the_place(tmp_path):
    fifo = tmp_path / "pid"
    os.mkfifo(fifo)

    async def story(cage):
        task = asyncio.create_task(cage.run(tasks.hang_announced, str(fifo)))
        pid = int(await asyncio.to_thread(fifo.read_text))
        task.cancel()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        await asyncio.to_thread(gone, pid)
        return outcome, await cage.run(tasks.give, "next")

    outcome, following = in_cage(story, seconds=LONG)
    assert isinstance(outcome, asyncio.CancelledError)
    assert following == "next"


@pytest.mark.slow
def test_cancelling_whoever_waits_for_a_place_loses_no_place(tmp_path):
    fifo = tmp_path / "pid"
    os.mkfifo(fifo)

    async def story(cage):
        running = asyncio.create_task(cage.run(tasks.hang_announced, str(fifo)))
        await asyncio.to_thread(fifo.read_text)
        waiting = asyncio.create_task(cage.run(tasks.give, 1))
        patient = asyncio.create_task(cage.run(tasks.give, 2))
        await asyncio.sleep(0)
        waiting.cancel()
        running.cancel()
        await asyncio.gather(running, waiting, return_exceptions=True)
        return await patient

    assert in_cage(story, seconds=LONG) == 2


def test_closing_gives_running_tasks_their_grace(tmp_path):
    ready, word = tmp_path / "ready", tmp_path / "word"
    os.mkfifo(ready)
    os.mkfifo(word)

    async def story(cage):
        task = asyncio.create_task(cage.run(tasks.wait_for_word, str(ready), str(word)))
        await asyncio.to_thread(ready.read_text)
        closing = asyncio.create_task(cage.close(LONG))
        await asyncio.to_thread(word.write_text, "done")
        await closing
        return await task

    assert in_cage(story, seconds=LONG) == "done"


def test_closing_kills_what_outlasts_the_grace_and_cancels_who_waits(tmp_path):
    fifo = tmp_path / "pid"
    os.mkfifo(fifo)

    async def story(cage):
        calls = [asyncio.create_task(cage.run(tasks.hang_announced, str(fifo))), asyncio.create_task(cage.run(tasks.give, 1))]
        pid = int(await asyncio.to_thread(fifo.read_text))
        await cage.close(0.05)
        gone(pid)
        return await asyncio.gather(*calls, return_exceptions=True)

    assert [type(outcome) for outcome in in_cage(story, seconds=LONG)] == [asyncio.CancelledError, asyncio.CancelledError]


def test_nothing_runs_in_a_closed_cage():
    with pytest.raises(RuntimeError, match="not open"):
        asyncio.run(Cage(1).run(tasks.give, 1))


def test_a_cage_without_workers_is_refused():
    with pytest.raises(ValueError, match="at least one worker"):
        Cage(0)


@pytest.mark.slow
def test_kill_9_of_the_parent_leaves_no_process_behind():
    command = [sys.executable, str(TESTS / "cage_parent.py")]
    # The pipe ends only when everything that inherited it is gone: the fork server, its helper and both processes.
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=TESTS.parent, env={"PYTHONPATH": str(TESTS.parent)}) as parent:
        pids = [int(parent.stdout.readline()) for _ in range(2)]
        family = psutil.Process(parent.pid).children(recursive=True)
        parent.kill()
        parent.communicate(timeout=30)
    _, alive = psutil.wait_procs(family, timeout=30)
    assert set(pids) <= {process.pid for process in family}
    assert alive == []


def gone(pid):
    """Wait until a process is gone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(timeout=30)
