"""What each layer of a network makes of one row."""

import keras
import numpy as np
import pytest

from toolkit.errors import DataError
from toolkit.models.activations import layer_outputs

ROW = np.random.default_rng(5).integers(0, 256, (8, 8), np.uint8)


@pytest.fixture(scope="module")
def network() -> keras.Sequential:
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(3, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Dropout(0.5),
            keras.layers.Flatten(),
            keras.layers.Dense(4, activation="softmax"),
        ]
    )


def test_every_layer_is_told_in_order_with_its_name_and_kind(network: keras.Sequential) -> None:
    found = layer_outputs(network, ROW).layers
    assert [one.kind for one in found] == ["Conv2D", "MaxPooling2D", "Dropout", "Flatten", "Dense"]
    assert [one.name for one in found] == [layer.name for layer in network.layers]


def test_values_are_those_of_keras_layer_by_layer_with_dropout_off(network: keras.Sequential) -> None:
    value = ROW[None, ..., None] / np.float32(255)
    for layer, found in zip(network.layers, layer_outputs(network, ROW).layers, strict=True):
        value = np.asarray(layer(value, training=False))
        np.testing.assert_allclose(found.values, value[0], atol=1e-6)


def test_scores_are_what_softmax_makes_probabilities_of(network: keras.Sequential) -> None:
    found = layer_outputs(network, ROW)
    kernel, bias = network.layers[-1].get_weights()
    np.testing.assert_allclose(found.scores, found.layers[-2].values @ kernel + bias, atol=1e-6)
    powers = np.exp(found.scores)
    np.testing.assert_allclose(found.layers[-1].values, powers / powers.sum(), atol=1e-6)


def test_a_last_layer_without_weights_gives_its_outputs_as_scores() -> None:
    network = keras.Sequential([keras.Input((64,)), keras.layers.Dense(3, use_bias=False), keras.layers.Softmax()])
    found = layer_outputs(network, ROW)
    np.testing.assert_array_equal(found.scores, found.layers[-1].values)


def test_a_row_of_another_size_is_told(network: keras.Sequential) -> None:
    with pytest.raises(DataError):
        layer_outputs(network, ROW[:4])


def test_a_network_that_branches_tells_every_layer_too() -> None:
    pixels = keras.Input((8, 8, 1))
    one, other = keras.layers.Conv2D(2, 3)(pixels), keras.layers.Conv2D(2, 3)(pixels)
    values = keras.layers.Flatten()(keras.layers.Add()([one, other]))
    network = keras.Model(pixels, keras.layers.Dense(4, activation="softmax")(values))

    found = layer_outputs(network, ROW)

    assert [layer.kind for layer in found.layers] == ["Conv2D", "Conv2D", "Add", "Flatten", "Dense"]
    np.testing.assert_allclose(found.layers[2].values, found.layers[0].values + found.layers[1].values, atol=1e-6)
    kernel, bias = network.layers[-1].get_weights()
    np.testing.assert_allclose(found.scores, found.layers[3].values @ kernel + bias, atol=1e-5)
