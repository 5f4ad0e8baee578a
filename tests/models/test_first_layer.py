"""The first layer's weights: from a network and from its file they are the same."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from toolkit.config import ExperimentConfig
from toolkit.config.layers import BatchNormalization, Conv2D, Dense, Flatten, MaxPooling2D
from toolkit.errors import ModelFileError
from toolkit.models.build import build_model
from toolkit.models.first_layer import first_saved_weights, first_weights
from toolkit.models.storage import save_weights

_NETWORKS: dict[str, tuple[list[Any], tuple[int, ...]]] = {
    "linear": ([], (36, 3)),
    "dense": ([Dense(units=5), Dense(units=4)], (36, 5)),
    "normalised first": ([BatchNormalization(), Dense(units=5)], (36, 5)),
    "convolution": ([Conv2D(filters=2), Conv2D(filters=4), Flatten(), Dense(units=5)], (3, 3, 1, 2)),
    "pooled first": ([MaxPooling2D(), Flatten(), Dense(units=5)], (9, 5)),
}


@pytest.mark.parametrize("network", _NETWORKS)
def test_the_first_kernel_is_found_in_the_network_and_in_its_file(network: str, toy: Any, tmp_path: Path) -> None:
    layers, shape = _NETWORKS[network]
    config = ExperimentConfig(layers=layers)
    model = build_model(config, toy)
    path = save_weights(model, tmp_path / "network.weights.h5")
    expected = next(weights for weights in model.weights if weights.path.endswith("kernel")).numpy()

    assert expected.shape == shape
    np.testing.assert_array_equal(first_weights(model), expected)
    np.testing.assert_array_equal(first_saved_weights(path, config), expected)


def test_a_network_without_weights_has_none() -> None:
    assert first_weights(keras.Sequential([keras.Input((4,)), keras.layers.Activation("relu")])) is None


@pytest.mark.parametrize("content", [None, b"no file of weights"])
def test_a_file_that_is_missing_or_damaged_is_said_to_be(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "network.weights.h5"
    if content:
        path.write_bytes(content)

    with pytest.raises(ModelFileError, match=r"^The weights can't be read from .*\. Train the run again\.$"):
        first_saved_weights(path, ExperimentConfig())
