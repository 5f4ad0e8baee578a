"""Processes that are stopped, or stuck for good: noticed, said, ended, replaced."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from watching import LONG, SMALL, processes, until, until_alone, until_measured, until_state

from toolkit.jobs import heartbeat, keep_workers, release_workers, resubmit, silence, stop, submit, trouble
from toolkit.jobs.heartbeat import Watch
from toolkit.jobs.supervisor import Supervisor
from toolkit.runs import RunFolder, create_run

#: Seconds after which a process counts as hung here; those that live have a beat in each.
SILENT = 3.0
#: From Stop to the end of a hung run: what is promised, and more than the above takes on any machine.
PROMISED = 15.0


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this process watches, it takes for hung sooner."""
    monkeypatch.setattr(heartbeat, "SILENT_AFTER", SILENT)


class Served:
    """A supervisor in this process, with real workers."""

    def __init__(self, root: Path) -> None:
        (root / ".jobs").mkdir(parents=True)
        self.root, self.supervisor = root, Supervisor(root, Watch(root, silent_after=SILENT))

    def until(self, condition: object, expected: str) -> object:
        """Serve until the condition holds."""

        def served() -> object:
            self.supervisor.look()
            self.supervisor.keep_spare()
            return condition()

        return until(served, expected)

    def submit(self, **changes: object) -> RunFolder:
        return create_run(self.root, LONG.replace(**changes), asked_by="test", queued=True)

    def close(self) -> None:
        for pid in processes(self.root):
            os.kill(pid, signal.SIGKILL)
        until(lambda: self.supervisor.look() or not self.supervisor._children, "the end of all workers")
        until_alone(self.root)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("TOOLKIT_WORKERS", "1")
    serving = Served(tmp_path / "runs")
    yield serving
    serving.close()


def is_measured(run: RunFolder) -> bool:
    return any(event.event == "epoch" for event in run.events())


@pytest.mark.usefixtures("impatient")
def test_a_hung_training_is_told_ended_by_stop_and_goes_on_when_resumed(served: Served) -> None:
    run = served.submit()
    served.until(lambda: is_measured(run), "a training")
    other = served.submit(epochs=1)
    assert (silence(served.root, run), trouble(served.root)) == (0, "")
    os.kill(run.worker_pid, signal.SIGSTOP)
    measured = len(run.events())

    served.until(lambda: silence(served.root, run) and trouble(served.root), "that it does not answer")

    assert trouble(served.root).startswith(f"The run {run.id} holds a place and has not answered for ")
    assert f"?run={run.id} in the address, and press Stop" in trouble(served.root)
    assert run.state == "running"
    stop(run)
    asked = time.monotonic()
    served.until(lambda: run.state == "interrupted" and run.message, "its end")
    assert time.monotonic() - asked < PROMISED
    assert run.message.startswith("Its process had not answered for ")
    assert run.message.endswith(" when it was to stop, and was ended by force. All that was measured is kept.")
    assert len(run.events()) >= measured
    served.until(lambda: other.state == "finished", "the next one's turn")
    assert trouble(served.root) == ""

    run.request_resume()
    served.until(lambda: len(run.events()) > measured + 4, "the resumed training")
    assert run.state == "running"


@pytest.mark.slow
def test_a_training_that_hangs_over_its_stop_is_ended_too(served: Served) -> None:
    run = served.submit()
    served.until(lambda: is_measured(run), "a training")
    os.kill(run.worker_pid, signal.SIGSTOP)
    stop(run)
    asked = time.monotonic()
    served.until(lambda: run.state == "interrupted" and run.message, "its end")
    assert time.monotonic() - asked < PROMISED
    assert run.message.startswith("Its process had not answered for ")


@pytest.mark.slow
def test_a_training_that_is_stopped_for_a_moment_goes_on_as_if_nothing_had_been(served: Served) -> None:
    run = served.submit()
    served.until(lambda: is_measured(run), "a training")
    worker = run.worker_pid
    os.kill(worker, signal.SIGSTOP)
    measured, began = len(run.events()), time.monotonic()
    served.until(lambda: time.monotonic() - began > SILENT + 2, "that it counts as hung")
    os.kill(worker, signal.SIGCONT)
    served.until(lambda: len(run.events()) > measured + 4, "more measurements")
    assert (run.worker_pid, run.state) == (worker, "running")
    # It answers again, so that its stop is its own matter: what it learned is kept.
    stop(run)
    served.until(lambda: run.state == "stopped", "its own end")


@pytest.mark.slow
def test_a_hung_worker_that_waits_for_a_run_is_replaced(served: Served) -> None:
    served.until(lambda: processes(served.root, "worker"), "a worker")
    (first,) = processes(served.root, "worker")
    os.kill(first, signal.SIGSTOP)
    run = served.submit(epochs=1)
    served.until(lambda: trouble(served.root), "that it does not answer")
    assert trouble(served.root).startswith("No worker can start: the last one had not answered for ")
    served.until(lambda: run.state == "finished", "the run, by another worker")
    assert first not in processes(served.root)
    assert trouble(served.root) == ""


def test_a_hung_worker_of_a_former_supervisor_is_ended(served: Served) -> None:
    served.until(lambda: processes(served.root, "worker"), "a worker")
    (left,) = processes(served.root, "worker")
    os.kill(left, signal.SIGSTOP)
    child = served.supervisor._children.pop(left)
    served.until(lambda: child.poll() is not None, "its end")
    assert child.returncode == -signal.SIGKILL


@pytest.mark.usefixtures("impatient")
@pytest.mark.slow
def test_a_hung_supervisor_is_replaced_while_its_training_goes_on_and_the_queue_is_served(root: Path) -> None:
    run = submit(root, LONG, asked_by="test")
    until_measured(run)
    worker = run.worker_pid
    (hung,) = processes(root, "supervisor")
    os.kill(hung, signal.SIGSTOP)
    waiting = submit(root, SMALL, asked_by="test")

    until(lambda: trouble(root), "that it does not answer")
    until(lambda: (found := processes(root, "supervisor")) and hung not in found, "another supervisor")

    assert (run.worker_pid, run.state) == (worker, "running")
    stop(run)
    until_state(waiting, "finished")
    assert run.state == "stopped"
    until(lambda: trouble(root) == "", "that all is well again")
    assert "had not answered for" in (root / ".jobs" / "supervisor.log").read_text()


@pytest.mark.usefixtures("impatient")
@pytest.mark.slow
def test_a_supervisor_that_hangs_before_it_is_at_work_is_replaced(root: Path) -> None:
    keep_workers(root)
    (hung,) = until(lambda: processes(root, "supervisor"), "a supervisor")
    os.kill(hung, signal.SIGSTOP)
    until(lambda: (found := processes(root, "supervisor")) and hung not in found, "another supervisor")
    run = submit(root, SMALL, asked_by="test")
    until_state(run, "finished")


@pytest.mark.slow
@pytest.mark.usefixtures("impatient")
def test_with_worker_and_supervisor_hung_both_stop_still_ends_the_run_which_can_be_resumed(root: Path) -> None:
    run = submit(root, LONG, asked_by="test")
    until_measured(run)
    hung = [run.worker_pid, *processes(root, "supervisor")]
    for pid in hung:
        os.kill(pid, signal.SIGSTOP)
    stop(run)
    until_state(run, "interrupted")
    until(lambda: run.message, "why")
    assert run.message.startswith("Its process had not answered for ")
    resubmit(root, run)
    until_state(run, "running")
    stop(run)
    until_state(run, "stopped")
    release_workers(root)
    until_alone(root)
