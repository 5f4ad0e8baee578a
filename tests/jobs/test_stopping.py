"""Runs that are cancelled while they wait, and why runs broke off, as the one is told who waits for them."""

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from watching import SMALL, until

from toolkit import limits
from toolkit.errors import RunError
from toolkit.jobs import stop, trouble
from toolkit.jobs.endings import why_interrupted
from toolkit.jobs.queue import Queue
from toolkit.jobs.queue_health import forget_failed_start, note_failed_start
from toolkit.jobs.stops import CANCELLED, cancel
from toolkit.jobs.supervisor import Supervisor
from toolkit.runs import RunFolder, RunWriter, create_run

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A runs folder without any process."""
    (tmp_path / ".jobs").mkdir()
    return tmp_path


def queued(folder: Path) -> RunFolder:
    """A run that waits for a worker."""
    return create_run(folder, SMALL, asked_by="test", queued=True)


def broken_off(folder: Path) -> RunFolder:
    """A run that was begun and lost its worker."""
    run = queued(folder)
    writer = RunWriter.claim(run)
    writer.append({"event": "state", "state": "running"})
    writer.close()
    return run


def test_a_run_that_is_cancelled_before_it_began_is_stopped_and_can_be_resumed(folder: Path) -> None:
    run = queued(folder)

    stop(run)

    assert (run.state, run.message, run.stop_requested) == ("stopped", CANCELLED, False)
    assert Queue(folder).waiting() == []
    run.request_resume()
    assert run.state == "queued"
    writer = RunWriter.claim(run, resume=True)
    assert run.state == "running"
    writer.close()


def test_a_run_that_waits_to_be_resumed_is_cancelled_to_what_it_was(folder: Path) -> None:
    run = broken_off(folder)
    run.request_resume()
    assert run.state == "queued"

    stop(run)

    assert (run.state, run.stop_requested) == ("interrupted", False)


def test_a_run_that_trains_is_asked_to_stop(folder: Path) -> None:
    run = queued(folder)
    writer = RunWriter.claim(run)

    assert not cancel(run)
    stop(run)

    assert (run.state, run.stop_requested) == ("running", True)
    writer.close()


def test_the_supervisor_cancels_a_waiting_run_whose_stop_file_was_made_by_hand(folder: Path) -> None:
    run, other = queued(folder), queued(folder)
    (run.path / "stop").touch()
    supervisor = Supervisor(folder)

    supervisor.look()

    assert (run.state, other.state) == ("stopped", "queued")


def test_a_run_in_a_folder_that_can_not_be_written_is_not_cancelled_and_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = queued(folder)

    def fail(path: Path, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(RunError) as caught:
        stop(run)
    assert str(caught.value) == f"The run {run.id} can't be cancelled (No space left on device)."
    assert run.state == "queued"


_TRAINS_AND_DIES = """
import os, sys
from pathlib import Path
from toolkit.runs import RunFolder, RunWriter
writer = RunWriter.claim(RunFolder(Path(sys.argv[1])))
writer.append({"event": "state", "state": "running"})
os.kill(os.getpid(), int(sys.argv[2]))
"""


@pytest.mark.parametrize(
    ("code", "asked_to_stop", "sentence"),
    [
        (-signal.SIGALRM, False, limits.too_long()),
        (-signal.SIGKILL, False, "Its process was ended by hand, or by the system for lack of memory. "),
        (-signal.SIGKILL, True, "It did not heed the request to stop, and was ended by force. "),
        (-signal.SIGSEGV, False, limits.too_much_memory_or_a_fault()),
        (-signal.SIGABRT, False, limits.too_much_memory_or_a_fault()),
        (-signal.SIGUSR1, False, "Its process was ended by SIGUSR1; worker.log may say more. "),
        (1, False, "Its process ended with exit code 1; worker.log may say more. "),
    ],
)
def test_how_a_worker_ended_is_told_in_a_sentence(code: int, asked_to_stop: bool, sentence: str) -> None:
    assert why_interrupted(code, asked_to_stop=asked_to_stop).startswith(sentence)


def test_the_limit_of_time_is_told_in_hours_or_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits.too_long().startswith("It took longer than 12 hours, the limit for one run (TOOLKIT_MAX_MINUTES).")
    monkeypatch.setenv("TOOLKIT_MAX_MINUTES", "0.5")
    assert limits.too_long().startswith("It took longer than 0.5 minutes, the limit")


@pytest.fixture
def supervised(folder: Path) -> Iterator[tuple[Supervisor, RunFolder, subprocess.Popen[bytes]]]:
    """A supervisor in this process, and a run whose worker takes too long."""
    run, supervisor = queued(folder), Supervisor(folder)
    command = [sys.executable, "-c", _TRAINS_AND_DIES, str(run.path), str(int(signal.SIGALRM))]
    worker = subprocess.Popen(command, cwd=PROJECT)
    supervisor._children[worker.pid] = worker
    yield supervisor, run, worker
    worker.wait()


def test_the_run_of_a_dead_worker_says_why_until_it_is_resumed_and_the_next_worker_need_not_wait(
    supervised: tuple[Supervisor, RunFolder, subprocess.Popen[bytes]],
) -> None:
    supervisor, run, _ = supervised

    def told() -> str:
        supervisor.look()
        return run.message

    assert until(told, "why it ended") == limits.too_long()
    assert run.state == "interrupted"
    assert run.history().message == limits.too_long()
    assert trouble(run.path.parent) == ""
    assert supervisor._not_before == 0

    run.request_resume()
    RunWriter.claim(run, resume=True).close()
    assert (run.state, run.message) == ("interrupted", "")


def test_a_loop_that_lets_python_never_in_is_ended_when_its_time_is_over() -> None:
    code = (
        "import os, re; os.environ['TOOLKIT_MAX_MINUTES'] = '0.01'\n"
        "from toolkit.jobs.processes import limit_time\n"
        "limit_time(); re.match('(a+)+$', 'a' * 100 + 'b')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, timeout=60, check=False)
    assert done.returncode == -signal.SIGALRM


def test_a_worker_that_can_not_start_is_told_to_those_who_wait_until_one_can(folder: Path) -> None:
    assert trouble(folder) == ""
    note_failed_start(folder, "ended with exit code 1")
    assert trouble(folder) == (
        f"No worker can start: the last one ended with exit code 1. {folder}/.jobs/supervisor.log says why; "
        "another try follows by itself."
    )
    forget_failed_start(folder)
    assert trouble(folder) == ""


def test_a_full_disk_is_told_to_those_who_wait(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=4096))
    assert re.match(r"The disk is full, so no run can begin\. Free some space;", trouble(folder))
