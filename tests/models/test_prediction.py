"""Classes, probabilities and raw outputs are those of plain Keras."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from scipy.special import softmax as scipy_softmax

from toolkit.config import ExperimentConfig
from toolkit.config.layers import Conv2D, Dense, Dropout, Flatten
from toolkit.datasets import Dataset
from toolkit.errors import DataError
from toolkit.models.build import build_model
from toolkit.models.prediction import ends_in_logits, predict, raw_outputs, softmax


def _model(data: Dataset, **changes: Any) -> keras.Sequential:
    config = {"layers": [Dense(units=16), Dropout(rate=0.5)], "kernel_initializer": "random_normal(0.5)", **changes}
    return build_model(ExperimentConfig(**config), data)


def _inputs(data: Dataset, shape: tuple[int, ...]) -> np.ndarray:
    return (data.x_test / np.float32(255)).reshape(-1, *shape)


def test_probabilities_are_those_of_plain_predict(digits: Dataset) -> None:
    model = _model(digits)

    labels, probabilities = predict(model, digits.x_test)

    expected = model.predict(_inputs(digits, (64,)), verbose=0)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(labels, expected.argmax(axis=1))
    assert (labels.dtype, probabilities.dtype) == (np.int64, np.float32)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_logits_are_given_raw_and_as_probabilities(digits: Dataset) -> None:
    model = _model(digits, from_logits=True)
    expected = model.predict(_inputs(digits, (64,)), verbose=0)

    labels, probabilities = predict(model, digits.x_test)

    np.testing.assert_allclose(raw_outputs(model, digits.x_test), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(probabilities, scipy_softmax(expected, axis=1), rtol=1e-4, atol=1e-7)
    np.testing.assert_array_equal(labels, expected.argmax(axis=1))


def test_raw_outputs_of_a_network_that_ends_in_softmax_are_its_probabilities(digits: Dataset) -> None:
    model = _model(digits)

    np.testing.assert_array_equal(raw_outputs(model, digits.x_test), predict(model, digits.x_test)[1])


def test_pictures_reach_a_convolution_with_a_channel_axis(digits: Dataset) -> None:
    model = _model(digits, layers=[Conv2D(filters=3), Flatten()])

    _, probabilities = predict(model, digits.x_test)

    expected = model.predict(_inputs(digits, (8, 8, 1)), verbose=0)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("rows", [1, 999, 1000, 1001, 2345])
def test_every_row_is_answered_however_many_there_are(digits: Dataset, rows: int) -> None:
    model = _model(digits)
    x = digits.x_test[np.arange(rows) % len(digits.x_test)]

    labels, probabilities = predict(model, x)

    np.testing.assert_allclose(
        probabilities, predict(model, digits.x_test)[1][np.arange(rows) % len(digits.x_test)], rtol=1e-4, atol=1e-6
    )
    assert labels.shape == (rows,)


def test_pixels_and_scaled_floats_give_the_same(digits: Dataset) -> None:
    model = _model(digits)
    _, from_pixels = predict(model, digits.x_test)

    for scaled in (
        digits.x_test.astype(np.float32) / np.float32(255),
        digits.x_test / 255,
        (digits.x_test / 255).reshape(-1, 64),
        (digits.x_test / 255)[..., None],
    ):
        np.testing.assert_allclose(predict(model, scaled)[1], from_pixels, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("from_logits", [False, True])
def test_no_rows_give_no_answers(digits: Dataset, from_logits: bool) -> None:
    model = _model(digits, from_logits=from_logits)

    labels, probabilities = predict(model, digits.x_test[:0])

    assert labels.shape == (0,)
    assert probabilities.shape == (0, 10)
    assert raw_outputs(model, digits.x_test[:0]).shape == (0, 10)


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ((5, 28, 28), "The network takes rows of shape (64,). Received: an array of shape (5, 28, 28)."),
        ((64,), "The network takes rows of shape (64,). Received: an array of shape (64,)."),
        ((8, 8), "The network takes rows of shape (64,). Received: an array of shape (8, 8)."),
        ((0, 5), "The network takes rows of shape (64,). Received: an array of shape (0, 5)."),
    ],
)
def test_rows_of_another_size_are_refused_with_both_shapes(
    digits: Dataset, shape: tuple[int, ...], sentence: str
) -> None:
    with pytest.raises(DataError) as caught:
        predict(_model(digits), np.zeros(shape, np.uint8))
    assert str(caught.value) == f"{sentence} One picture alone needs a first axis: x[None]."


def test_weights_that_are_no_numbers_name_no_class(digits: Dataset) -> None:
    model = _model(digits)
    model.set_weights([np.full_like(weights, np.nan) for weights in model.get_weights()])

    labels, probabilities = predict(model, digits.x_test[:5])

    assert labels.tolist() == [-1] * 5
    assert np.isnan(probabilities).all()


def test_very_large_scores_stay_probabilities() -> None:
    logits = np.array([[1000.0, 0.0, -1000.0], [-5000.0, -5000.0, -5001.0]], np.float32)

    np.testing.assert_allclose(softmax(logits), scipy_softmax(logits, axis=1), rtol=1e-6)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([keras.layers.Dense(3)], True),
        ([keras.layers.Dense(3, activation="softmax")], False),
        ([keras.layers.Dense(3), keras.layers.Activation("softmax")], False),
        ([keras.layers.Dense(3), keras.layers.Softmax()], False),
    ],
    ids=["linear", "softmax", "softmax as an activation", "softmax as a layer"],
)
def test_a_network_ends_in_logits_where_nothing_turns_them_into_probabilities(
    tmp_path: Path, layers: list[keras.layers.Layer], expected: bool
) -> None:
    model = keras.Sequential([keras.Input((4,)), *layers])
    model.save(tmp_path / "model.keras")

    assert ends_in_logits(model) is expected
    assert ends_in_logits(keras.models.load_model(tmp_path / "model.keras")) is expected
