"""`evaluate`: how good a trained run is, as plain Keras says it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix

from toolkit.config import ExperimentConfig
from toolkit.datasets import Dataset
from toolkit.runs import RunFolder, create_run

Command = Callable[..., Any]


def _plain(run: RunFolder, x: np.ndarray) -> np.ndarray:
    """What plain Keras gives for these pixels."""
    model = keras.models.load_model(run.path / "model.keras", compile=False)
    return model.predict((x / np.float32(255)).reshape(len(x), -1), verbose=0)


def test_long_names_of_classes_are_not_broken_over_lines(capsys: pytest.CaptureFixture[str]) -> None:
    from toolkit.cli.results import _print_confusion

    _print_confusion(np.array([[5, 1], [0, 6]]), ("a very long name indeed", "b"))
    assert capsys.readouterr().out.splitlines() == [
        "Rows: true class. Columns: predicted class, by its number.",
        "                           0  1",
        "0 a very long name indeed  5  1",
        "1 b                        0  6",
    ]
    _print_confusion(np.eye(26), [str(number) for number in range(26)])
    assert capsys.readouterr().out == "The confusion matrix is too wide for this page; --json prints it.\n"


def test_evaluate_gives_the_figures_of_the_run(command: Command, trained: Any, digits: Dataset) -> None:
    run = trained.probabilities

    document = command("evaluate", run.id, "--root", trained.root, "--json").document

    answers = _plain(run, digits.x_test).argmax(axis=1)
    assert set(document) == {
        "run_id",
        "test_loss",
        "test_accuracy",
        "test_rows",
        "confusion_matrix",
        "classes",
        "worst_mistakes",
        "calibration",
        "class_names",
    }
    assert document["run_id"] == run.id
    assert document["test_loss"] == pytest.approx(run.result.test_loss, rel=1e-6)
    assert document["test_accuracy"] == pytest.approx(accuracy_score(digits.y_test, answers), abs=1e-12)
    assert document["confusion_matrix"] == confusion_matrix(digits.y_test, answers).tolist()
    assert document["class_names"] == list("0123456789")
    expected = classification_report(digits.y_test, answers, output_dict=True, zero_division=0)
    assert [(one["name"], one["rows"]) for one in document["classes"]] == [
        (name, expected[name]["support"]) for name in "0123456789"
    ]
    assert [one["f1"] for one in document["classes"]] == pytest.approx(
        [expected[name]["f1-score"] for name in "0123456789"]
    )
    assert all(row["true_label"] == str(digits.y_test[row["row"]]) for row in document["worst_mistakes"])
    for name in ("classes", "worst_mistakes"):
        assert getattr(run.result, name) == document[name]
    assert run.result.calibration == document["calibration"]


def test_evaluate_shows_people_the_figures_and_the_confusion_matrix(command: Command, trained: Any) -> None:
    run = trained.probabilities

    answer = command("--root", trained.root, "evaluate", run.id)

    lines = answer.output.splitlines()
    assert (answer.status, answer.errors) == (0, "")
    accuracy, loss = 100 * run.result.test_accuracy, run.result.test_loss
    assert lines[0] == f"Test accuracy {accuracy:.2f} %, test loss {loss:.4f} on 360 rows."
    assert lines[1] == "Rows: true class. Columns: predicted class."
    assert [line.split() for line in lines[3:13]] == [
        [str(name), *map(str, row)] for name, row in enumerate(run.result.confusion_matrix)
    ]
    assert lines[13].split() == ["class", "precision", "recall", "F1", "rows"]
    for line, one in zip(lines[14:24], run.result.classes, strict=True):
        shares = [f"{100 * one[name]:.2f}" for name in ("precision", "recall", "f1")]
        assert line.split() == [one["name"], *(word for share in shares for word in (share, "%")), str(one["rows"])]
    error = run.result.calibration["expected_calibration_error"]
    assert lines[24:] == [f"Expected calibration error {100 * error:.2f} %"]


def test_a_diverged_run_is_evaluated_without_a_loss(command: Command, trained: Any) -> None:
    document = command("evaluate", trained.diverged.id, "--root", trained.root, "--json").document

    assert document["test_loss"] is None
    assert document["test_accuracy"] is None
    assert document["rows_without_answer"] == document["test_rows"]
    assert command("evaluate", trained.diverged.id, "--root", trained.root).status == 0


@pytest.mark.parametrize("arguments", [["evaluate"], ["predict", "--index", "0"]], ids=" ".join)
def test_a_run_that_has_not_ended_has_nothing_to_show(command: Command, tmp_path: Path, arguments: list[str]) -> None:
    run = create_run(tmp_path, ExperimentConfig(dataset="digits"), asked_by="a test")

    answer = command(*arguments, run.id, "--root", tmp_path)

    assert answer == (
        2,
        "",
        f"The run {run.id} has no saved model: it is queued. Choose one that has ended.\n",
    )


def test_a_damaged_model_is_answered_with_one_line(command: Command, tmp_path: Path) -> None:
    run = create_run(tmp_path, ExperimentConfig(dataset="digits"), asked_by="a test")
    run.model_path.write_text("Dear all")

    answer = command("evaluate", run.id, "--root", tmp_path)

    assert answer == (
        2,
        "",
        f"{run.model_path} is damaged or not a Keras model. Expected a file that save_model wrote.\n",
    )
