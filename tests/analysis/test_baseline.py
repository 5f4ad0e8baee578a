"""Networks that learn nothing: real trainings on small digits, judged against scikit-learn's dummy classifier."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from toolkit.analysis.baseline import guessing_sentence, is_clearly_better
from toolkit.analysis.evaluation import evaluate
from toolkit.analysis.overfitting import find_overfitting
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.datasets import Dataset
from toolkit.datasets.preprocessing import split_row_numbers
from toolkit.models.build import build_model
from toolkit.training.history import COLUMNS, Baseline, History
from toolkit.training.trainer import train

HALF = Baseline("cat", 0.5, 100, "validation")


def trained(data: Dataset, **settings: Any) -> tuple[History, ExperimentConfig]:
    config = ExperimentConfig(**{"layers": [Dense(units=16)], "epochs": 4, "batch_size": 32, **settings})
    return train(build_model(config, data), data, config), config


def history(accuracies: list[float], *, baseline: Baseline = HALF, steps: int = 100, **figures: list[float]) -> History:
    """As a training of `steps` steps an epoch leaves it."""
    records = [{**dict.fromkeys(COLUMNS), "epoch": 0, "step": 0, "honest_loss": 0.7, "val_loss": 0.7}]
    for index, accuracy in enumerate(accuracies):
        measured = {name: values[index] for name, values in figures.items()}
        records.append(
            {
                **dict.fromkeys(COLUMNS),
                "epoch": index + 1,
                "step": (index + 1) * steps,
                "honest_loss": 0.69,
                "val_loss": 0.69,
                "val_accuracy": accuracy,
                **measured,
            }
        )
    return History(records=tuple(records), baseline=baseline)


def test_a_training_notes_what_scikit_learns_dummy_classifier_scores_on_the_validation_rows(digits: Dataset) -> None:
    found, config = trained(digits, epochs=1)

    held = split_row_numbers(digits, config).rows.x_val
    dummy = DummyClassifier(strategy="most_frequent").fit(digits.x_train[held], digits.y_train[held])
    assert found.baseline is not None
    assert found.baseline.accuracy == pytest.approx(dummy.score(digits.x_train[held], digits.y_train[held]))
    assert found.baseline.label == str(dummy.predict(digits.x_train[held][:1])[0])
    assert (found.baseline.rows, found.baseline.measured_on) == (len(held), "validation")


def test_without_validation_rows_the_training_rows_are_judged(digits: Dataset) -> None:
    found, config = trained(digits, validation_split=None, kernel_initializer="zeros")

    assert found.baseline is not None
    assert found.baseline.measured_on == "training"
    assert find_overfitting(found, config).state == "guessing"


def test_a_network_that_learns_is_never_said_to_guess(digits: Dataset) -> None:
    found, config = trained(digits)

    assert guessing_sentence(found, config) == ""
    assert find_overfitting(found, config).state == "still_learning"


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        ({"kernel_initializer": "zeros"}, "All weights of the layer dense start equal (zeros)"),
        ({"layers": [Dense(units=16, kernel_initializer="constant(0)")]}, "start equal (constant(0))"),
        (
            {"kernel_initializer": "random_normal(9)", "layers": [Dense(units=16, activation="sigmoid")] * 4},
            "far apart",
        ),
        ({"learning_rate": 1e-7}, "With the learning rate 1e-07, the loss has hardly moved. Try 0.001"),
        ({"learning_rate": 10, "optimizer": "sgd"}, "The learning rate 10 is far too large"),
        ({"layers": [Dense(units=8, activation="sigmoid")] * 8}, "8 layers of sigmoid in a row pass on almost nothing"),
        ({"epochs": 1, "batch_size": 10_000}, "The network has only taken 1 step."),
    ],
    ids=["zeros", "constant", "saturated", "tiny rate", "huge rate", "deep sigmoid", "one step"],
)
def test_the_verdict_names_the_likely_cause(digits: Dataset, settings: dict[str, Any], cause: str) -> None:
    found, config = trained(digits, **settings)

    verdict = find_overfitting(found, config)

    assert verdict.state == "guessing"
    assert "No better than guessing" in verdict.sentence or "Training has not helped" in verdict.sentence
    assert cause in verdict.sentence
    assert "larger network" not in verdict.sentence


def test_shuffled_labels_are_told_by_training_rows_that_are_learned_by_heart(digits: Dataset) -> None:
    shuffled = replace(digits, y_train=np.random.default_rng(3).permutation(digits.y_train))

    found, config = trained(shuffled, layers=[Dense(units=512)], epochs=25)

    assert "Check that each label belongs to its row" in find_overfitting(found, config).sentence


def test_an_answer_that_a_rare_class_makes_look_good_is_named_with_the_class_that_is_never_found() -> None:
    random = np.random.default_rng(1)
    labels = (np.arange(1200) % 120 == 0).astype(np.int64)
    rows = random.normal(size=(1200, 3)).astype(np.float32)
    data = Dataset("payments", rows[:960], labels[:960], rows[960:], labels[960:], ("fine", "fraud"))

    found, config = trained(data, epochs=8)
    verdict = find_overfitting(found, config)
    model = build_model(config.replace(kernel_initializer="zeros"), data)
    model.layers[-1].bias.assign([5.0, 0.0])
    tested = evaluate(model, data)

    assert verdict.state == "guessing"
    assert "It answers fine to every row." in verdict.sentence
    assert "Bring more rows of the other classes" in verdict.sentence
    assert tested.caution == (
        "Always answering fine, the commonest class, gives 99.17 %, so this accuracy is no better than guessing. "
        "It never finds fraud (2 rows)."
    )
    assert tested.caution in str(tested)


def test_chance_decides_what_is_clearly_better() -> None:
    """Two standard errors of 100 rows at 50 % are 10 points, of 10,000 rows one point."""
    assert not is_clearly_better(0.59, HALF)
    assert is_clearly_better(0.61, HALF)
    assert is_clearly_better(0.52, replace(HALF, rows=10_000))


def test_a_network_that_forgot_what_it_knew_is_told_apart() -> None:
    sentence = guessing_sentence(history([0.7, 0.9, 0.5, 0.5, 0.5]))

    assert sentence.startswith(
        "No better than guessing any more: 50.00 % of the validation rows are right, after 90.00 %"
    )


def test_a_running_training_is_judged_only_after_a_hundred_steps() -> None:
    early, late = history([0.5] * 3, steps=10), history([0.5] * 3, steps=50)

    assert guessing_sentence(replace(early, state="running")) == ""
    assert guessing_sentence(replace(late, state="running")) != ""
    assert "has only taken 30 steps" in guessing_sentence(early)


def test_a_training_that_only_raised_the_loss_has_not_helped() -> None:
    found = history([0.65] * 6, val_loss=[0.8, 0.9, 1.0, 1.1, 1.2, 1.3], honest_loss=[0.68] * 6)

    verdict = find_overfitting(found)

    assert verdict.state == "guessing"
    assert verdict.sentence.startswith("Training has not helped: validation loss was lowest before it, with 0.7000")


@pytest.mark.parametrize("forget", [lambda one: replace(one, baseline=None), lambda one: replace(one, records=())])
def test_without_a_baseline_or_measurements_nothing_is_said(forget: Callable[[History], History]) -> None:
    assert guessing_sentence(forget(history([0.5] * 5))) == ""
