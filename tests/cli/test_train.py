"""`train`: from a preset, a file or flags to a run on disk, with an exit status that says how it went."""

import json
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest

from toolkit import limits
from toolkit.analysis.metrics import Evaluation
from toolkit.cli.train import stop_on_signals
from toolkit.runs import RunFolder, list_runs, open_run

Command = Callable[..., Any]

_QUICK = ("--dataset", "digits", "--layers", "16", "--learning-rate", "0.01", "--epochs", "2")
_DIVERGING = (
    *("--dataset", "digits", "--layers", "", "--kernel-initializer", "zeros", "--epochs", "2"),
    *("--loss", "unclipped_crossentropy_sum", "--optimizer", "sgd", "--learning-rate", "0.5"),
)
_KEYS = {
    "run_id",
    "state",
    "epochs",
    "steps",
    "test_loss",
    "test_accuracy",
    "overfitting",
    "seconds",
    "message",
}


def _wait_until(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_the_document_says_what_the_run_keeps(command: Command, tmp_path: Path) -> None:
    answer = command("--root", tmp_path, "--json", "train", "--name", "end to end", *_QUICK)

    assert (answer.status, answer.errors) == (0, "")
    document = answer.document
    (run,) = list_runs(tmp_path)
    assert set(document) == _KEYS
    assert set(document["overfitting"]) >= {"state", "best_epoch", "since_epoch"}
    assert (document["run_id"], document["state"], document["epochs"]) == (run.id, "finished", 2)
    for name in ("test_loss", "test_accuracy", "seconds"):
        assert document[name] == getattr(run.result, name)
    assert document["overfitting"]["best_epoch"] == run.result.overfitting.best_epoch
    assert run.state == "finished"


def test_ctrl_c_stops_the_training_and_keeps_what_was_learned(start: Callable[..., Any], tmp_path: Path) -> None:
    """In a process of its own, which prints one document, and only progress on standard error."""
    process = start(
        "train",
        *("--dataset", "digits", "--steps", 1_000_000, "--log-every", 200),
        *("--root", tmp_path, "--json"),
    )
    try:
        _wait_until(lambda: len(_measurements(tmp_path)) >= 2 or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()

    assert process.returncode == 0
    assert all(line.startswith("step ") for line in errors.splitlines())  # the progress of a slow machine
    document = json.loads(output, parse_constant=pytest.fail)
    assert set(document) == _KEYS
    run = open_run(tmp_path, document["run_id"])
    assert document["state"] == run.state == "stopped"
    assert 200 <= document["steps"] < 1_000_000
    assert 0 <= document["test_accuracy"] <= 1
    # 64 → 64 → 32 → 10, each with biases.
    assert keras.models.load_model(run.model_path).count_params() == 64 * 64 + 64 + 64 * 32 + 32 + 32 * 10 + 10


def _measurements(root: Path) -> list[dict[str, Any]]:
    return [event for run in list_runs(root) for event in run.events() if event.event == "epoch"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_to_stop_and_the_second_breaks_off(number: signal.Signals) -> None:
    before = signal.getsignal(number)

    with stop_on_signals() as should_stop:
        assert not should_stop()
        signal.raise_signal(number)
        assert should_stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)

    assert signal.getsignal(number) is before


def test_the_summary_for_people_says_where_how_good_and_what_was_seen(command: Command, tmp_path: Path) -> None:
    answer = command("train", *_QUICK, "--epochs", 1, "--batch-size", 5000, "--name", "first try", "--root", tmp_path)

    (run,) = list_runs(tmp_path)
    result = run.result
    assert (answer.status, answer.errors) == (0, "")
    assert answer.output.splitlines() == [
        f"{run.id} · finished · 1 epoch, 1 step, {result.seconds:.1f} s",
        "The batch of 5,000 is larger than the 1,005 training rows: each epoch is one full batch.",
        f"Test accuracy {100 * result.test_accuracy:.2f} %, test loss {result.test_loss:.4f}",
        Evaluation.from_dict(result).caution,
        result.overfitting.sentence,
        f"Saved in {run.path}: model.keras, model.weights.h5, events.jsonl, result.json",
    ]


def test_a_diverged_run_is_a_result(command: Command, tmp_path: Path) -> None:
    answer = command("train", *_DIVERGING, "--root", tmp_path, "--json")

    assert (answer.status, answer.errors) == (0, "")
    document = answer.document
    assert (document["state"], document["test_loss"]) == ("diverged", None)
    assert document["test_accuracy"] == pytest.approx(36 / 360)
    assert document["overfitting"]["state"] == "diverged"
    assert document["message"].startswith("The loss stopped being a number at step ")


def test_a_diverged_run_says_so_to_people(command: Command, tmp_path: Path) -> None:
    answer = command("train", *_DIVERGING, "--root", tmp_path)

    assert answer.status == 0
    lines = answer.output.splitlines()
    assert " · diverged · " in lines[0]
    assert lines[1].startswith("The network's answers are not numbers (NaN) for 360 of 360 test rows")
    assert lines[2].startswith("The loss stopped being a number at step ")


@pytest.fixture
def _no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that is too large for the machine, which shows only while it trains."""

    def fail(*arguments: Any, **settings: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("toolkit.training.trainer.train", fail)


@pytest.mark.usefixtures("_no_memory")
def test_a_failed_run_says_why_and_gives_status_1(command: Command, tmp_path: Path) -> None:
    answer = command("train", *_QUICK, "--root", tmp_path)

    assert (answer.status, answer.output) == (1, "")
    assert answer.errors == f"{limits.too_much_memory()}\n"
    assert [run.state for run in list_runs(tmp_path)] == ["failed"]


@pytest.mark.usefixtures("_no_memory")
def test_a_failed_run_prints_its_document_too(command: Command, tmp_path: Path) -> None:
    answer = command("train", *_QUICK, "--root", tmp_path, "--json")

    assert answer.status == 1
    document = answer.document
    assert set(document) == _KEYS
    assert (document["state"], document["test_accuracy"], document["epochs"]) == ("failed", None, None)
    assert answer.errors == document["message"] + "\n"


def test_weights_continue_from_another_run(command: Command, trained: Any, tmp_path: Path) -> None:
    source = RunFolder(shutil.copytree(trained.probabilities.path, tmp_path / trained.probabilities.id))

    answer = command("train", *_QUICK, "--layers", 32, "--weights-from", source.id, "--root", tmp_path, "--json")

    continued = open_run(tmp_path, answer.document["run_id"])
    assert continued.about["weights_from"] == source.id
    end = [event for event in source.events() if event.event == "epoch"][-1]
    begin = next(event for event in continued.events() if event.event == "epoch")
    assert begin.val_loss == pytest.approx(end.val_loss, rel=1e-6)


def test_weights_of_another_network_are_bad_input(command: Command, trained: Any) -> None:
    before = len(list_runs(trained.root))

    answer = command("train", *_QUICK, "--weights-from", trained.probabilities.id, "--root", trained.root)

    assert (answer.status, answer.output) == (2, "")
    assert answer.errors == (
        "weights_from must be a run with the same network: dense 64 → 16 as layer 1 with weights. "
        f"Received: {trained.probabilities.id}, which has dense 64 → 32 there. Give that layer 32 units.\n"
    )
    assert len(list_runs(trained.root)) == before


def test_tensorboard_files_are_written_where_they_are_asked_for(command: Command, tmp_path: Path) -> None:
    command("train", *_QUICK, "--root", tmp_path / "with", "--tensorboard")
    command("train", *_QUICK, "--root", tmp_path / "without")

    assert len(list(tmp_path.glob("with/*/tensorboard/*/events.out.tfevents.*"))) >= 2
    assert list(tmp_path.glob("without/*/tensorboard")) == []
