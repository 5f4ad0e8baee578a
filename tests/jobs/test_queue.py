"""The folder is the queue."""

import os
import shutil
from pathlib import Path

import pytest
from watching import SMALL

from toolkit.jobs import queue_place, worker
from toolkit.jobs.queue import Queue
from toolkit.runs import RunFolder, RunWriter, create_run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A runs folder without any process."""
    return tmp_path / "runs"


def queued(folder: Path) -> RunFolder:
    """A run as `submit` makes it."""
    return create_run(folder, SMALL, asked_by="test", queued=True)


def test_runs_wait_oldest_first(folder: Path) -> None:
    runs = [queued(folder) for _ in range(5)]

    assert Queue(folder).waiting() == sorted(runs, key=lambda run: (run.created, run.id))


def test_a_run_made_right_after_a_look_is_seen_by_the_next(folder: Path) -> None:
    queue, runs = Queue(folder), []
    for _ in range(20):
        runs.append(queued(folder))
        assert set(queue.waiting()) == set(runs)


def test_a_run_made_within_one_tick_of_the_folders_clock_is_seen(folder: Path) -> None:
    queue, first = Queue(folder), queued(folder)
    changed = folder.stat().st_mtime_ns
    assert queue.waiting() == [first]

    second = queued(folder)
    os.utime(folder, ns=(changed, changed))

    assert set(queue.waiting()) == {first, second}


def test_the_place_counts_the_runs_that_wait_and_not_the_one_that_trains(folder: Path) -> None:
    training, following, last = (queued(folder) for _ in range(3))
    following, last = sorted((following, last), key=lambda run: (run.created, run.id))
    writer = RunWriter.claim(training)
    assert writer is not None

    places = [queue_place(folder, run) for run in (training, following, last)]
    writer.close()

    assert places == [None, 1, 2]


def test_an_interrupted_run_is_told_of_once(folder: Path) -> None:
    run, queue = queued(folder), Queue(folder)
    writer = RunWriter.claim(run)
    assert writer is not None
    assert queue.look() == [(run, "running")]
    writer.close()

    assert [queue.look(), queue.look()] == [[(run, "interrupted")], []]


def test_a_run_that_its_maker_trains_itself_is_left_to_it(folder: Path) -> None:
    create_run(folder, SMALL, asked_by="command line")

    assert Queue(folder).waiting() == []


def test_damaged_runs_and_foreign_folders_do_not_stop_the_queue(folder: Path) -> None:
    damaged, run = queued(folder), queued(folder)
    (damaged.path / "config.json").write_text("{")
    (folder / "notes").mkdir()

    assert Queue(folder).waiting() == [run]


def test_a_deleted_run_waits_no_more(folder: Path) -> None:
    deleted, run = queued(folder), queued(folder)
    queue = Queue(folder)
    assert len(queue.waiting()) == 2

    deleted.delete()

    assert queue.waiting() == [run]


def test_a_run_that_is_deleted_while_a_worker_turns_to_it_is_left(folder: Path) -> None:
    run = queued(folder)
    (waiting,) = Queue(folder).waiting()

    run.delete()

    assert worker._train(waiting, worker._Request()) is False
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_not_there_has_no_queue(folder: Path) -> None:
    queue, _ = Queue(folder), queued(folder)
    assert queue.waiting()

    shutil.rmtree(folder)

    assert queue.waiting() == []
