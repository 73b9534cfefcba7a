"""Who is at work and how much room is left, as `status` says it; one ingest of a data folder at a time."""

import dataclasses
import os
import threading

from flows.settings import Settings
from flows.shift import await_shift, find_shift, shift
from flows.standing import in_words, look_around
from warehouse.turns import take_turn


def test_nobody_is_at_work_in_a_folder_that_is_not_there_yet(tmp_path):
    found = look_around(Settings(data_dir=tmp_path / "data"))
    assert (found.ingesting, found.writing, found.capture_files) == (None, None, 0)
    assert in_words(found)[0] == "Now at work: nobody"
    assert not (tmp_path / "data").exists(), "to look is not to make"


def test_who_is_at_work_is_named_and_the_captures_are_counted(tmp_path):
    settings = Settings(data_dir=tmp_path, min_free_bytes=0)
    (settings.captures_dir / "2026").mkdir(parents=True)
    for name in ("a.warc.gz", "b.warc.gz.open"):
        (settings.captures_dir / "2026" / name).write_bytes(bytes(2**20))
    with shift(settings.private_dir, purpose="watch") as holder:
        assert holder is None
        turn = take_turn(settings.private_dir, purpose="maintain")
        found = look_around(settings)
        turn.release()
    assert (found.ingesting, found.capture_files, found.capture_bytes) == (f"watch (pid {os.getpid()})", 2, 2**21)
    work, disk = in_words(dataclasses.replace(found, free_bytes=2**30, is_disk_low=True, keep_captures_days=0))
    assert work.startswith(
        f"Now at work: ingesting: watch (pid {os.getpid()}); the warehouse is held by pid {os.getpid()} (maintain) since "
    )
    assert disk == "Disk: 1.0 GiB free: too little, nothing is fetched; captures: 2 files, 2.0 MiB, kept until read"
    assert look_around(settings).ingesting is None


def test_a_second_ingest_is_told_of_the_first_or_waits_for_it(tmp_path):
    order, said = [], []
    is_waiting = threading.Event()

    def second():
        is_waiting.set()
        with await_shift(tmp_path, purpose="ingest", say=said.append):
            order.append("second")

    with shift(tmp_path, purpose="watch") as holder:
        assert holder is None
        with shift(tmp_path, purpose="ingest") as other:
            assert other == find_shift(tmp_path) == f"watch (pid {os.getpid()})"
        thread = threading.Thread(target=second)
        thread.start()
        is_waiting.wait()
        order.append("first")
    thread.join(timeout=10)
    assert order == ["first", "second"]
    assert find_shift(tmp_path) is None
