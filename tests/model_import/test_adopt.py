"""What is said of an imported network whose answers overflow."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from toolkit.config import ExperimentConfig
from toolkit.model_import.adopt import FittingData, evaluate_imported
from toolkit.runs import RunFolder
from toolkit.runs.artifacts import read_probabilities

DIGITS = FittingData("digits", None, guessed=False)


def _network(value: float, activation: str | None) -> keras.Sequential:
    """Two layers whose weights are all the same, of either sign a class."""
    model = keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten(), keras.layers.Dense(10, activation)])
    signs = np.resize(np.array([1, -1], np.float32), (64, 10))
    signs[::2] *= -1
    model.set_weights([signs * np.float32(value), np.zeros(10, np.float32)])
    return model


@pytest.mark.parametrize("activation", ["softmax", None, "relu"])
def test_a_network_that_overflows_is_said_to_give_no_numbers_rather_than_to_be_right_by_chance(
    activation: str | None, tmp_path: Path
) -> None:
    config = ExperimentConfig(dataset="digits", layers=(), from_logits=activation is None)

    facts = evaluate_imported(_network(3.4e38, activation), config, DIGITS, tmp_path, seconds=1000)

    json.dumps(facts, allow_nan=False)
    unanswered = facts["rows_without_answer"]
    assert facts["message"].startswith(
        f"The network's answers are not numbers (NaN) for {unanswered:,} of 360 test rows"
    )
    probabilities = read_probabilities(RunFolder(tmp_path))
    assert probabilities is not None
    assert unanswered == np.count_nonzero(~np.isfinite(probabilities).all(axis=1)) > 0
    if unanswered == 360:
        assert facts["test_accuracy"] is None
    else:
        assert facts["test_accuracy"] <= 1 - unanswered / 360


def test_a_network_that_gives_numbers_has_an_accuracy_and_no_complaint(tmp_path: Path) -> None:
    config = ExperimentConfig(dataset="digits", layers=())

    facts = evaluate_imported(_network(0.1, "softmax"), config, DIGITS, tmp_path, seconds=1000)

    assert facts["message"] == ""
    assert 0 <= facts["test_accuracy"] <= 1
    assert "rows_without_answer" not in facts
