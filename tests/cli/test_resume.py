"""`resume`: a run that was stopped goes on, and says so as `train` does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.experiment import run_experiment
from toolkit.runs import RunFolder, create_run

Command = Callable[..., Any]


def _stopped(root: Path) -> RunFolder:
    config = ExperimentConfig(name="broke off", dataset="digits", layers=[Dense(units=8)], epochs=3)
    run = create_run(root, config, asked_by="a test")

    def report(event: dict[str, Any]) -> None:
        if event.get("epoch") == 1:
            run.request_stop()

    assert run_experiment(run, report=report).state == "stopped"
    return run


def test_a_stopped_run_goes_on_to_its_end(command: Command, tmp_path: Path) -> None:
    run = _stopped(tmp_path)

    answer = command("resume", run.id, "--root", tmp_path, "--json")

    assert (answer.status, answer.errors) == (0, "")
    document = answer.document
    assert (document["run_id"], document["state"], document["epochs"]) == (run.id, "finished", 3)
    assert document["test_accuracy"] == run.result.test_accuracy
    assert run.history().frame["epoch"].tolist() == [0, 1, 2, 3]


def test_a_finished_run_is_refused(command: Command, trained: Any) -> None:
    run = trained.probabilities

    answer = command("resume", run.id, "--root", trained.root)

    assert (answer.status, answer.output) == (2, "")
    assert answer.errors.startswith(f"The run {run.id} is finished: only a stopped or interrupted run can be resumed. ")
    assert answer.errors.count("\n") == 1
