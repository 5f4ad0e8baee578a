"""From a data set to the tensors of a training: the numbers that plain NumPy gives."""

import numpy as np
import pytest

from toolkit import load_dataset
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Conv2D, Dense, Flatten
from toolkit.training.batches import prepare


@pytest.mark.parametrize(
    ("layers", "shape"), [((Dense(units=4),), (784,)), ((Conv2D(filters=2), Flatten()), (28, 28, 1))]
)
def test_pixels_become_the_numbers_that_numpy_gives_to_the_last_bit(
    layers: tuple[Dense | Conv2D | Flatten, ...], shape: tuple[int, ...]
) -> None:
    data = load_dataset("mnist")

    rows = prepare(data, ExperimentConfig(layers=layers, validation_split=None)).training

    expected = data.x_train.astype(np.float32) / np.float32(255)
    assert len(np.unique(data.x_train)) == 256
    np.testing.assert_array_equal(rows.x.numpy(), expected.reshape(-1, *shape))


def test_measured_values_are_taken_as_they_are() -> None:
    data = load_dataset("iris")

    rows = prepare(data, ExperimentConfig(dataset="iris", validation_split=None)).training

    np.testing.assert_array_equal(rows.x.numpy(), data.x_train.astype(np.float32))
    np.testing.assert_array_equal(rows.y.numpy(), np.eye(3)[data.y_train])
