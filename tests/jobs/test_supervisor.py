"""The supervisor: one for a folder, there while it is needed, and nothing is lost when something dies."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from watching import LONG, SMALL, processes, until, until_alone, until_measured, until_state

from toolkit.errors import RunError, ToolkitError
from toolkit.jobs import keep_workers, release_workers, submit, supervisor, trouble
from toolkit.jobs.processes import start_module
from toolkit.jobs.stops import Stops
from toolkit.runs import RunFolder, RunWriter, create_run

PROJECT = Path(__file__).parents[2]


def log_of(root: Path) -> str:
    """What the supervisor wrote; nothing while there is none."""
    log = root / ".jobs" / "supervisor.log"
    return log.read_text() if log.exists() else ""


def until_logged(root: Path, words: str) -> None:
    """Wait for words in the supervisor's log."""
    until(lambda: words in log_of(root), f"{words!r} in:\n{log_of(root)}")


def wanting_process(root: Path) -> subprocess.Popen[str]:
    """A process that wants workers until its input ends; it says so in a line."""
    code = (
        "import sys; from pathlib import Path; from toolkit.jobs import keep_workers\n"
        "keep_workers(Path(sys.argv[1])); print('kept', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(root)]
    return subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_two_processes_at_once_get_one_supervisor_which_leaves_after_the_last(root: Path) -> None:
    with wanting_process(root) as one, wanting_process(root) as other:
        assert (one.stdout.readline(), other.stdout.readline()) == ("kept\n", "kept\n")
        until(lambda: len(processes(root, "supervisor")) == 1 and "at work" in log_of(root), "one supervisor")
        (supervisor,) = processes(root, "supervisor")

        one.kill()
        one.wait()
        until(lambda: processes(root, "worker"), "a worker that gets ready")
        assert processes(root, "supervisor") == [supervisor]

        other.stdin.close()
        other.wait()
        until_alone(root)
    assert log_of(root).count("at work") == 1
    assert f"supervisor {supervisor} leaves" in log_of(root)


def test_the_supervisor_and_what_starts_it_do_without_tensorflow_and_pandas() -> None:
    code = (
        "import sys, toolkit.jobs.supervisor\n"
        "print([name for name in ('tensorflow', 'keras', 'pandas', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


class _Accidents(NamedTuple):
    """What was seen of three runs, in their folder."""

    root: Path
    runs: tuple[RunFolder, RunFolder, RunFolder]
    state_without_supervisor: str
    killed_worker: int


@pytest.fixture(scope="module")
def accidents(shared_root: Path) -> _Accidents:
    """The supervisor is killed while the first run trains, and its worker while the second does.

    While the third waits, the process that asked for it wants no workers any more.
    """
    first = submit(shared_root, SMALL.replace(epochs=200), asked_by="test")
    until_measured(first)
    (supervisor,) = processes(shared_root, "supervisor")
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: supervisor not in processes(shared_root), "the supervisor gone")
    state = first.state

    second = submit(shared_root, LONG, asked_by="test")
    until_measured(second)
    third, worker = submit(shared_root, SMALL, asked_by="test"), second.worker_pid
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    until_state(second, "interrupted")

    release_workers(shared_root)
    until_state(third, "finished")
    until_alone(shared_root)
    return _Accidents(shared_root, (first, second, third), state, worker)


def test_a_training_outlives_its_supervisor_and_the_next_one_serves_the_queue(accidents: _Accidents) -> None:
    assert accidents.state_without_supervisor == "running"
    assert accidents.runs[0].state == "finished"
    assert accidents.runs[1].events()
    assert log_of(accidents.root).count("at work") == 2


def test_a_killed_worker_leaves_an_interrupted_run_with_the_reason_and_the_next_run_starts(
    accidents: _Accidents,
) -> None:
    _, killed, following = accidents.runs
    assert (killed.state, following.state) == ("interrupted", "finished")
    how = "was ended by SIGKILL, sent by hand or by the system for lack of memory.\n"
    assert killed.log_path.read_text().endswith(f"its worker process {accidents.killed_worker} {how}")


def test_runs_wait_for_nobody_when_the_one_who_asked_is_gone(accidents: _Accidents) -> None:
    assert accidents.runs[2].state == "finished"
    assert not processes(accidents.root)


def test_a_supervisor_whose_folder_is_deleted_leaves_and_the_new_folder_gets_another(root: Path) -> None:
    keep_workers(root)
    (first,) = until(lambda: "at work" in log_of(root) and processes(root, "supervisor"), "a supervisor")

    root.rename(root.with_name("away"))
    until(lambda: first not in processes(root), "the supervisor gone")
    keep_workers(root)

    (second,) = until(lambda: "at work" in log_of(root) and processes(root, "supervisor"), "another supervisor")
    assert second != first


def test_a_worker_that_cannot_start_is_tried_again_after_a_pause(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tensorflow.py").write_text("raise ImportError('this TensorFlow is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    keep_workers(root)

    until_logged(root, "ended with exit code 1")
    assert "this TensorFlow is broken" in log_of(root)
    assert trouble(root).startswith("No worker can start: the last one ended with exit code 1.")
    assert log_of(root).count("started") == 1
    until(lambda: log_of(root).count("started") == 2, "another try")


@pytest.fixture
def training(tmp_path: Path) -> Iterator[None]:
    """A run that is under way in the folder."""
    (tmp_path / ".jobs").mkdir()
    writer = RunWriter.claim(create_run(tmp_path, SMALL, asked_by="test", queued=True))
    assert writer is not None
    with closing(writer):
        writer.append({"event": "state", "state": "running"})
        yield


@pytest.mark.usefixtures("training")
@pytest.mark.parametrize(("head_start", "waits", "workers"), [(3600, False, 0), (0, False, 1), (3600, True, 1)])
def test_a_training_begins_with_the_cores_for_itself_unless_another_run_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head_start: float, waits: bool, workers: int
) -> None:
    started: list[str] = []

    def start(module: str, *arguments: str, log: Path) -> Any:
        started.append(module)
        return SimpleNamespace(pid=0, poll=lambda: None)

    monkeypatch.setattr(supervisor, "start_module", start)
    monkeypatch.setattr(supervisor, "_HEAD_START", head_start)
    serving = supervisor.Supervisor(tmp_path)
    if waits:
        create_run(tmp_path, SMALL, asked_by="test", queued=True)

    for _ in range(3):
        serving.look()
        serving.keep_spare()

    assert started == ["toolkit.jobs.worker"] * workers


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(RunError, match=r"No run can be trained in .*file/runs .*Choose a folder that can be written\."):
        keep_workers(tmp_path / "file" / "runs")


@pytest.mark.parametrize("text", ["0", "-1", "two"])
def test_a_wrong_number_of_workers_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("TOOLKIT_WORKERS", text)

    with pytest.raises(ToolkitError) as caught:
        keep_workers(tmp_path)

    assert str(caught.value) == f"TOOLKIT_WORKERS must be a whole number from 1. Received: {text}. Try 1."


@pytest.fixture
def deaf_training(tmp_path: Path) -> tuple[RunFolder, subprocess.Popen[bytes]]:
    """A run whose worker ignores stops and SIGTERM."""
    run = create_run(tmp_path, SMALL, asked_by="test", queued=True)
    (tmp_path / "deaf.py").write_text(
        "import signal, sys\nfrom pathlib import Path\nfrom toolkit.runs import RunFolder, RunWriter\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n"
        "writer = RunWriter.claim(RunFolder(Path(sys.argv[1])))\n"
        "while signal.sigwait([signal.SIGTERM]): writer.append({'event': 'note', 'sentence': 'No.'})\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(tmp_path))
        worker = start_module("deaf", str(run.path), log=tmp_path / "log")
    until_state(run, "running")
    return run, worker


def test_a_training_that_ignores_its_stop_is_asked_and_then_ended(
    deaf_training: tuple[RunFolder, subprocess.Popen[bytes]],
) -> None:
    run, worker = deaf_training
    lines: list[str] = []
    patient, stern = Stops(lines.append, ask_after=0), Stops(lines.append, ask_after=0, force_after=0)

    patient.look([run])
    assert lines == []
    run.request_stop()
    for _ in range(3):
        patient.look([run])
    until(run.events, "SIGTERM noticed")
    assert run.state == "running"
    assert lines == [f"run {run.id} does not heed its stop request: SIGTERM to worker {worker.pid}"]

    # Stopped, resumed and deaf again: it is asked again.
    (run.path / "stop").unlink()
    patient.look([run])
    run.request_stop()
    patient.look([run])
    assert len(lines) == 2

    stern.look([run])
    assert worker.wait() == -signal.SIGKILL
    assert run.state == "interrupted"
    assert lines[2:] == [f"run {run.id} does not heed its stop request: SIGKILL to worker {worker.pid}"]
