"""Data sets of one's own arrays, and how a data set, a config and a history print."""

from typing import Any

import numpy as np
import pytest

from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.datasets import Dataset
from toolkit.errors import DataError
from toolkit.training.history import History

RANDOM = np.random.default_rng(3)
PIXELS = RANDOM.integers(0, 256, (60, 4, 4))
LABELS = np.arange(60) % 3


def test_arrays_become_a_data_set_with_the_parts_that_were_given() -> None:
    data = Dataset.from_arrays(PIXELS[:40], LABELS[:40], PIXELS[40:], LABELS[40:], ("ant", "bee", "cat"))

    np.testing.assert_array_equal(data.x_train, PIXELS[:40])
    np.testing.assert_array_equal(data.y_test, LABELS[40:])
    assert (data.x_train.dtype, data.class_names) == (np.uint8, ("ant", "bee", "cat"))


def test_without_a_test_part_a_fifth_is_kept_and_the_note_says_so() -> None:
    data = Dataset.from_arrays(PIXELS.tolist(), LABELS.tolist(), name="mine")

    assert (len(data.x_train), len(data.x_test), data.class_names) == (48, 12, ("0", "1", "2"))
    assert "mine has no test part: 12 of 60 rows" in data.notes[0]


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"x_test": PIXELS}, "x_test and y_test belong together. Received: one of them."),
        ({"class_names": ("ant", "bee")}, "class_names must name the labels 0 to 1, all of which have training rows"),
        ({"y_train": LABELS[:7]}, "must hold the same number of rows, at least one. Received: 60 and 7."),
        ({"x_train": np.full((60, 4), np.nan)}, "must hold finite numbers"),
        ({"x_train": np.array(["a"] * 60)}, "must hold numbers"),
    ],
    ids=["a half test part", "too few names", "rows of two lengths", "NaN", "words"],
)
def test_arrays_that_can_not_be_used_are_refused_in_a_sentence(arrays: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        Dataset.from_arrays(**{"x_train": PIXELS, "y_train": LABELS, **arrays})

    assert sentence in str(caught.value)


def test_a_data_set_prints_as_two_lines() -> None:
    data = Dataset.from_arrays(PIXELS, LABELS, class_names=("ant", "bee", "cat"), name="insects")

    lines = repr(data).splitlines()

    assert lines[0].startswith("insects: 48 training rows and 12 test rows of 4 × 4, uint8 in ")
    assert lines[1:] == ["3 classes: ant, bee, cat"]


def test_a_config_prints_as_it_would_be_written_without_its_defaults() -> None:
    config = ExperimentConfig(layers=[Dense(units=8, activation="tanh")], epochs=3)

    assert str(config) == repr(config) == "ExperimentConfig(layers=(Dense(activation='tanh', units=8),), epochs=3)"
    assert repr(ExperimentConfig()) == "ExperimentConfig()"
    assert eval(str(config), {"ExperimentConfig": ExperimentConfig, "Dense": Dense}) == config


def test_a_history_prints_how_it_ended_and_its_last_figures() -> None:
    record = {"epoch": 2, "step": 20, "loss": 0.51234, "val_loss": None, "learning_rate": 0.001, "seconds": 1.5}

    history = History(records=(record,), epochs=2, step=20, notes=("A note.",))

    assert repr(history) == "History: finished after 2 epochs, 20 steps\nloss 0.5123\nA note."
