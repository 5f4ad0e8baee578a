"""Runs that are trained by a worker process. One supervisor serves them all, one run at a time."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from watching import LONG, SMALL, figures, processes, until, until_measured, until_state

from toolkit.config import ExperimentConfig
from toolkit.errors import ConfigError, RunError
from toolkit.experiment import run_experiment
from toolkit.jobs import queue_place, resubmit, submit
from toolkit.runs import RunFolder, create_run, list_runs
from toolkit.runs.artifacts import open_model


@pytest.fixture(autouse=True)
def _only_one_test_trains(shared_root: Path) -> Iterator[None]:
    """Whatever a test leaves training is stopped."""
    yield
    for run in list_runs(shared_root):
        if run.state in ("queued", "running"):
            run.request_stop()
            until_state(run, "stopped")


def submitted(root: Path, config: ExperimentConfig = SMALL) -> RunFolder:
    """A run that waits for a worker."""
    return submit(root, config, asked_by="test")


class _Two(NamedTuple):
    """Two runs one after the other, and what was seen while the second waited."""

    first: RunFolder
    second: RunFolder
    first_worker: int | None
    states: tuple[str, str]
    places: list[int | None]


@pytest.fixture(scope="module")
def two(shared_root: Path) -> _Two:
    """The first would train for long and is stopped once the second waits; the second ends by itself."""
    first = submitted(shared_root, LONG)
    until_measured(first)
    worker, second = first.worker_pid, submitted(shared_root)
    until(lambda: len(processes(shared_root, "worker")) == 2, "a second worker beside the one that trains")
    states, places = (first.state, second.state), [queue_place(shared_root, run) for run in (first, second)]
    first.request_stop()
    until_state(second, "finished")
    return _Two(first, second, worker, states, places)


def test_a_submitted_run_gives_what_the_same_run_gives_in_this_process(two: _Two, tmp_path: Path) -> None:
    here = create_run(tmp_path, SMALL, asked_by="test")
    run_experiment(here)

    assert figures(two.second) == figures(here)
    for theirs, ours in zip(open_model(two.second).get_weights(), open_model(here).get_weights(), strict=True):
        np.testing.assert_array_equal(theirs, ours)


def test_a_run_waits_for_the_one_before_it_and_starts_by_itself(two: _Two, shared_root: Path) -> None:
    assert two.states == ("running", "queued")
    assert two.places == [None, 1]
    assert (two.first.state, two.second.state) == ("stopped", "finished")
    worker = two.first_worker
    until(lambda: worker not in processes(shared_root), f"the end of worker {worker}, which had its run")


def test_a_stop_keeps_what_was_learned(two: _Two) -> None:
    run = two.first
    assert run.state == "stopped"
    assert run.result is not None
    assert 0 <= run.result.test_accuracy <= 1
    assert run.model_path.is_file()


def test_a_stopped_run_goes_on_by_a_worker_as_if_it_had_never_been_stopped(shared_root: Path, tmp_path: Path) -> None:
    here, run = (create_run(root, SMALL, asked_by="test") for root in (tmp_path, shared_root))
    run_experiment(here)
    run_experiment(run, report=lambda event: run.request_stop() if event.get("epoch") == 1 else None)
    assert (run.state, run.result.epochs) == ("stopped", 1)
    kept = run.events()

    for _ in range(2):  # two clicks are one
        resubmit(shared_root, run)
        assert run.state in ("queued", "running")
    until_state(run, "finished")

    assert run.events()[: len(kept)] == kept
    for events in ("epoch", "samples", "note"):
        assert [one for one in figures(run) if one["event"] == events] == [
            one for one in figures(here) if one["event"] == events
        ]
    with pytest.raises(RunError, match="is finished: only a stopped or interrupted run can be resumed"):
        resubmit(shared_root, run)


def test_a_terminated_worker_stops_its_run_and_further_signals_change_nothing(shared_root: Path) -> None:
    run = submitted(shared_root, LONG)
    until_measured(run)
    pid = run.worker_pid
    assert pid is not None

    for _ in range(3):
        os.kill(pid, signal.SIGTERM)
    until_state(run, "stopped", "interrupted")

    assert run.state == "stopped"


def test_a_mistake_is_found_before_a_run_is_made(shared_root: Path) -> None:
    before = list_runs(shared_root)

    with pytest.raises(ConfigError, match=r"Did you mean digits\?"):
        submitted(shared_root, SMALL.replace(dataset="digit"))

    assert list_runs(shared_root) == before
