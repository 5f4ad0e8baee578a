"""The folder is the queue."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from watching import SMALL

from toolkit.config import ExperimentConfig
from toolkit.jobs import queue_place, submit, worker
from toolkit.jobs.queue import Queue
from toolkit.runs import RunFolder, RunWriter, create_run, run_folders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A runs folder without any process."""
    return tmp_path / "runs"


def queued(folder: Path) -> RunFolder:
    """A run as `submit` makes it."""
    return create_run(folder, SMALL, asked_by="test", queued=True)


def test_a_run_waits_behind_others_though_the_clock_was_set_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.jobs.submission.keep_workers", lambda root: None)
    config = ExperimentConfig(name="clock", dataset="digits")
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="milliseconds")
    first = create_run(folder, config, asked_by="test", queued=True, created=ahead)

    others = [submit(folder, config, asked_by="test") for _ in range(3)]

    assert [run.id for run in Queue(folder).waiting()] == [run.id for run in (first, *others)]


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


def stopped(folder: Path, *, for_workers: bool = True) -> RunFolder:
    """A run that was begun and stopped."""
    run = create_run(folder, SMALL, asked_by="test", queued=for_workers)
    writer = RunWriter.claim(run)
    writer.append({"event": "state", "state": "running"})
    writer.finish({"run_id": run.id, "state": "stopped"})
    writer.close()
    return run


def test_a_run_that_is_to_be_resumed_waits_behind_those_that_wait_already(folder: Path) -> None:
    run, queue = stopped(folder), Queue(folder)
    waiting = [queued(folder) for _ in range(2)]
    # As if all were made long ago: what the queue knows then no longer changes by itself.
    os.utime(folder, (1, 1))
    assert queue.waiting() == waiting

    run.request_resume()

    assert queue.waiting() == [*waiting, run]
    writer = RunWriter.claim(run, resume=True)
    assert {one.id: state for one, state in queue.look()}[run.id] == "running"
    writer.finish({"run_id": run.id, "state": "stopped"})
    writer.close()
    assert queue.waiting() == waiting
    run.request_resume()
    assert queue.waiting() == [*waiting, run]


def test_workers_resume_a_run_that_another_process_had_begun(folder: Path) -> None:
    run, queue = stopped(folder, for_workers=False), Queue(folder)
    assert queue.waiting() == []

    run.request_resume()

    assert queue.waiting() == [run]


def test_a_worker_leaves_a_run_that_another_one_resumes(folder: Path) -> None:
    run = stopped(folder)
    run.request_resume()
    (waiting,) = Queue(folder).waiting()
    writer = RunWriter.claim(run, resume=True)

    assert worker._train(waiting, worker._Request()) is False

    assert run.state == "running"
    writer.close()


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
    assert run_folders(folder) == []


def test_a_folder_that_is_not_there_has_no_queue(folder: Path) -> None:
    queue, _ = Queue(folder), queued(folder)
    assert queue.waiting()

    shutil.rmtree(folder)

    assert queue.waiting() == []
