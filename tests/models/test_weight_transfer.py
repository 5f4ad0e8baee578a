"""Weights laid beside a network, against what happens when they are really loaded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.config import ExperimentConfig
from toolkit.config.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
)
from toolkit.datasets import DATASETS, Dataset
from toolkit.errors import ModelFileError
from toolkit.models.build import build_model
from toolkit.models.storage import load_weights, save_weights
from toolkit.models.weight_transfer import fit_weights, remedy

ARRIVING = "Give that layer an input of {}: use the data, padding and pooling of the other network."


def network(*layers: Any, **changes: Any) -> ExperimentConfig:
    return ExperimentConfig(**{"dataset": "digits", "layers": list(layers), **changes})


#: What takes the weights, what gives them, and what to change in the one that takes them; empty where they fit.
PAIRS = {
    "the same": (network(Dense(units=7)), network(Dense(units=7)), ""),
    "another activation": (network(Dense(units=7)), network(Dense(units=7, activation="tanh")), ""),
    "dropout between": (network(Dense(units=7), Dropout()), network(Dropout(), Dense(units=7)), ""),
    "fewer units": (network(Dense(units=5)), network(Dense(units=7)), "Give that layer 7 units."),
    "another kind": (
        network(Conv2D(filters=2), Flatten()),
        network(Dense(units=7)),
        "Make that layer a dense layer.",
    ),
    "a layer more": (
        network(Dense(units=7), Dense(units=7)),
        network(Dense(units=7)),
        "Use 2 layers with weights instead of 3.",
    ),
    "a layer less": (network(), network(Dense(units=7)), "Use 2 layers with weights instead of 1."),
    "other data": (network(dataset="iris"), network(), ARRIVING.format("64 values")),
    "pictures of another size": (
        network(Conv2D(filters=2), GlobalAveragePooling2D()),
        network(Conv2D(filters=2), GlobalAveragePooling2D(), dataset="mnist"),
        "",
    ),
    "no biases": (
        network(Dense(units=7)),
        network(Dense(units=7), use_bias=False),
        "Switch that layer's biases off.",
    ),
    "biases": (network(Dense(units=7, use_bias=False)), network(Dense(units=7)), "Switch that layer's biases on."),
    "fewer filters": (
        network(Conv2D(filters=2), Flatten()),
        network(Conv2D(filters=3), Flatten()),
        "Give that layer 3 filters.",
    ),
    "a larger kernel": (
        network(Conv2D(filters=2, kernel_size=5, padding="same"), Flatten()),
        network(Conv2D(filters=2, kernel_size=3, padding="same"), Flatten()),
        "Give that layer the kernel size 3.",
    ),
    "colours": (
        network(Conv2D(filters=2), GlobalAveragePooling2D()),
        network(Conv2D(filters=2), GlobalAveragePooling2D(), dataset="cifar10"),
        ARRIVING.format("3 channels"),
    ),
    "pooling": (
        network(Conv2D(filters=2, padding="same"), MaxPooling2D(), Flatten()),
        network(Conv2D(filters=2, padding="same"), Flatten()),
        ARRIVING.format("128 values"),
    ),
    "padding that nothing depends on": (
        network(Conv2D(filters=2, padding="same"), GlobalAveragePooling2D()),
        network(Conv2D(filters=2, padding="valid"), GlobalAveragePooling2D()),
        "",
    ),
    "figures of other data": (
        network(BatchNormalization(), Dense(units=7), dataset="iris"),
        network(BatchNormalization(), Dense(units=7)),
        ARRIVING.format("64 values"),
    ),
}


@pytest.mark.parametrize(("target", "source", "advice"), PAIRS.values(), ids=list(PAIRS))
def test_weights_fit_where_they_can_be_loaded_and_what_to_change_is_told_where_not(
    target: ExperimentConfig,
    source: ExperimentConfig,
    advice: str,
    make_toy: Callable[..., Dataset],
    tmp_path: Path,
) -> None:
    def build(config: ExperimentConfig) -> Any:
        info = DATASETS[config.dataset]
        return build_model(config, make_toy(info.row_shape, info.num_classes, train_rows=10, test_rows=10))

    saved = save_weights(build(source), tmp_path / "source.weights.h5")
    fits = fit_weights(target, source)

    if all(fit.fits for fit in fits):
        assert advice == ""
        load_weights(build(target), saved)
    else:
        assert remedy(fits) == advice
        with pytest.raises(ModelFileError, match=r"does not fit at layer|holds layers that the network lacks"):
            load_weights(build(target), saved)


def test_other_classes_are_a_matter_of_the_data(tmp_path: Path) -> None:
    rows = np.arange(3 * 20 * 64).reshape(60, 8, 8)
    np.savez(tmp_path / "three.npz", x=rows, y=np.arange(60) % 3)
    three = network(dataset=str(tmp_path / "three.npz"))
    assert remedy(fit_weights(network(), three)) == "Choose data with 3 classes."
    assert remedy(fit_weights(three, network())) == "Choose data with 10 classes."


def test_every_layer_is_told_with_what_it_needs_and_what_is_stored() -> None:
    fits = fit_weights(network(Dense(units=5)), network(Dense(units=7), Dropout()))
    told = [(fit.number, fit.needed.weights, fit.stored.weights) for fit in fits if fit.needed and fit.stored]
    assert told == [(1, ((64, 5), (5,)), ((64, 7), (7,))), (2, ((5, 10), (10,)), ((7, 10), (10,)))]
    assert [fit.fits for fit in fits] == [False, False]
