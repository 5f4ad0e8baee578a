"""A run that was stopped or killed goes on, and in the end its folder says what an unbroken run's says."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.config import ExperimentConfig
from toolkit.config.layers import BatchNormalization, Dense, Dropout
from toolkit.errors import RunError
from toolkit.experiment import run_experiment
from toolkit.preflight import check_resume
from toolkit.runs import RunFolder, RunWriter, create_run
from toolkit.runs.artifacts import open_model
from toolkit.runs.schema import Outcome

ROOT = Path(__file__).resolve().parents[2]
_CONFIG = ExperimentConfig(
    name="a test",
    dataset="digits",
    layers=[Dense(units=16), Dropout(rate=0.2), BatchNormalization()],
    learning_rate=0.01,
    batch_size=2000,  # larger than the data: the run notes it
    epochs=4,
)

#: A process that dies, as by a power cut, once it has written its line of the second epoch.
_KILLED = """
import os, signal, sys
from pathlib import Path
from toolkit.experiment import run_experiment
from toolkit.runs import RunFolder

def report(event):
    if event["event"] == "epoch" and event["epoch"] == 2:
        os.kill(os.getpid(), signal.SIGKILL)

run_experiment(RunFolder(Path(sys.argv[1])), report=report)
"""


def _queued(root: Path, config: ExperimentConfig = _CONFIG) -> RunFolder:
    return create_run(root, config, asked_by="a test")


def _story(run: RunFolder) -> list[dict[str, Any]]:
    """What the run's lines say, without when and how fast; and without the states, which differ."""
    events = [event for event in run.events() if event.event != "state"]
    return [
        {name: value for name, value in event.as_dict().items() if name not in ("time", "seconds")} for event in events
    ]


def _stopped_after(run: RunFolder, epoch: int, *, resume: bool = False) -> Outcome:
    def report(event: dict[str, Any]) -> None:
        if event["event"] == "epoch" and event["epoch"] == epoch:
            run.request_stop()

    return run_experiment(run, report=report, resume=resume)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    run = _queued(tmp_path_factory.mktemp("unbroken"))
    run_experiment(run)
    return run


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run that was stopped after its second epoch; tests take copies of it."""
    run = _queued(tmp_path_factory.mktemp("stopped"))
    assert _stopped_after(run, 2).state == run.state == "stopped"
    return run


def _copy(run: RunFolder, root: Path) -> RunFolder:
    """The same run in another folder."""
    return RunFolder(shutil.copytree(run.path, root / run.id))


def _assert_same(run: RunFolder, unbroken: RunFolder) -> None:
    assert _story(run) == _story(unbroken)
    names = ("state", "epochs", "steps", "test_loss", "test_accuracy", "confusion_matrix", "overfitting", "message")
    assert {name: getattr(run.result, name) for name in names} == {
        name: getattr(unbroken.result, name) for name in names
    }
    for ours, theirs in zip(open_model(run).get_weights(), open_model(unbroken).get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_run_that_was_stopped_twice_ends_as_an_unbroken_one(
    tmp_path: Path, unbroken: RunFolder, stopped: RunFolder
) -> None:
    run = _copy(stopped, tmp_path)
    assert _stopped_after(run, 3, resume=True).state == run.state == "stopped"
    assert run.history().frame["epoch"].tolist() == [0, 1, 2, 3]

    result = run_experiment(run, resume=True)

    _assert_same(run, unbroken)
    assert result == run.result
    states = [event.state for event in run.events() if event.event == "state"]
    assert states == ["running", "stopped", "running", "stopped", "running", "finished"]
    assert result.seconds > run.history().frame["seconds"].sum()


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    run = _queued(tmp_path_factory.mktemp("killed"))
    done = subprocess.run([sys.executable, "-c", _KILLED, str(run.path)], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, run.state) == (-signal.SIGKILL, "interrupted")
    return run


@pytest.mark.parametrize("damage", ["none", "torn line", "lost line"])
def test_a_run_that_was_killed_goes_on(tmp_path: Path, unbroken: RunFolder, killed: RunFolder, damage: str) -> None:
    run = _copy(killed, tmp_path)
    events = run.path / "events.jsonl"
    lines = events.read_bytes().splitlines(keepends=True)
    assert b'"epoch": 2' in lines[-1]
    match damage:
        case "torn line":
            events.write_bytes(b"".join(lines) + b'{"event": "samples", "lab')
        case "lost line":  # the checkpoint is written first
            events.write_bytes(b"".join(lines[:-1]))

    run_experiment(run, resume=True)

    # The pictures' line of the killed epoch, too, which it had not come to.
    assert _story(run) == _story(unbroken)
    assert run.state == "finished"
    assert run.result.test_loss == unbroken.result.test_loss


def test_a_run_that_was_stopped_before_its_first_epoch_begins_again(tmp_path: Path, unbroken: RunFolder) -> None:
    run = _queued(tmp_path)
    assert _stopped_after(run, 0).state == "stopped"
    assert not run.checkpoint_path.exists()

    run_experiment(run, resume=True)

    _assert_same(run, unbroken)


def test_weights_taken_from_another_run_are_not_asked_for_again(tmp_path: Path, unbroken: RunFolder) -> None:
    source = _copy(unbroken, tmp_path)
    run = create_run(tmp_path, _CONFIG, asked_by="a test", weights_from=source.id)
    _stopped_after(run, 2)
    source.delete()

    assert run_experiment(run, resume=True).state == "finished"


@pytest.mark.parametrize("state", ["queued", "finished", "diverged", "failed"])
def test_only_what_broke_off_can_be_resumed(tmp_path: Path, unbroken: RunFolder, state: str) -> None:
    run = _queued(tmp_path)
    if state != "queued":
        writer = RunWriter.claim(run)
        writer.finish({"state": state})
        writer.close()
    before = {path.name: path.read_bytes() for path in run.path.iterdir() if path.is_file()}

    for call in (lambda: check_resume(run), lambda: run_experiment(run, resume=True)):
        with pytest.raises(RunError, match=f"^The run {run.id} is {state}: only a stopped or interrupted run can be"):
            call()

    assert {name: (run.path / name).read_bytes() for name in before} == before
    assert run.state == state


def test_the_error_says_how_to_train_further(unbroken: RunFolder) -> None:
    with pytest.raises(RunError) as caught:
        check_resume(unbroken)
    assert str(caught.value) == (
        f"The run {unbroken.id} is finished: only a stopped or interrupted run can be resumed. Train further from its "
        f"weights: python -m toolkit train --config {unbroken.path / 'config.json'} --weights-from {unbroken.id} "
        f"--root {unbroken.path.parent}"
    )


def test_a_damaged_checkpoint_fails_the_run_with_a_sentence(tmp_path: Path, stopped: RunFolder) -> None:
    run = _copy(stopped, tmp_path)
    run.checkpoint_path.write_bytes(b"a letter")

    result = run_experiment(run, resume=True)

    assert result.state == "failed"
    assert result.message.startswith(f"The checkpoint {run.checkpoint_path} is damaged (")
    assert run.history().frame["epoch"].tolist() == [0, 1, 2]


def test_two_processes_do_not_resume_one_run(tmp_path: Path, stopped: RunFolder) -> None:
    run = _copy(stopped, tmp_path)
    writer = RunWriter.claim(run, resume=True)
    assert run.state == "running"

    assert RunWriter.claim(run, resume=True) is None

    writer.close()
    assert run.state == "interrupted"
