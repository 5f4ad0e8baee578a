"""Models of anybody's making train on a data set as with plain `fit`; what can't is refused in a sentence."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from toolkit.analysis.evaluation import evaluate
from toolkit.config import ExperimentConfig
from toolkit.datasets import Dataset, load_dataset
from toolkit.datasets.preprocessing import split_row_numbers
from toolkit.errors import DataError
from toolkit.models.prediction import predict
from toolkit.training.batches import row_order
from toolkit.training.trainer import train

CONFIG = ExperimentConfig(dataset="digits", epochs=3, batch_size=128, engine="graph")
layers = keras.layers


class Subclassed(keras.Model):
    """As tutorials write it: layers in __init__, and no Input."""

    def __init__(self, activation: str | None = "softmax") -> None:
        super().__init__()
        self.flatten, self.hidden = layers.Flatten(), layers.Dense(16, activation="relu")
        self.answer = layers.Dense(10, activation=activation)

    def call(self, rows: Any) -> Any:
        """Raw or softmaxed scores of ten classes."""
        return self.answer(self.hidden(self.flatten(rows)))


def hand_written() -> keras.Model:
    """The most usual model for MNIST."""
    return keras.Sequential(
        [
            keras.Input((8, 8)),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def branched() -> keras.Model:
    """Functional, with two paths."""
    rows = keras.Input((8, 8))
    flat = layers.Flatten()(rows)
    paths = [layers.Dense(8, activation=activation)(flat) for activation in ("relu", "tanh")]
    return keras.Model(rows, layers.Dense(10, activation="softmax")(layers.Concatenate()(paths)))


def unbuilt() -> keras.Model:
    """Without an Input: Keras builds it at the first batch."""
    return keras.Sequential([layers.Flatten(), layers.Dense(10, activation="softmax")])


def scaling_itself() -> keras.Model:
    """Begins by dividing pixels by 255, as many networks in the wild do."""
    return keras.Sequential(
        [keras.Input((8, 8)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(10, activation="softmax")]
    )


def with_logits() -> keras.Model:
    """Subclassed, and ends in raw scores."""
    return Subclassed(activation=None)


def fitted(model: keras.Model, data: Dataset, labels: Callable[[np.ndarray], np.ndarray], raw: bool) -> list[float]:
    """The validation loss after each epoch of plain `fit` on the same rows in the same order."""
    split = split_row_numbers(data, CONFIG).rows
    x = data.x_train.astype(np.float32)
    x = x if raw or data.x_train.dtype != np.uint8 else x / np.float32(255)
    y, losses = labels(data.y_train), []
    for epoch in range(3):
        order = split.x_train[row_order(CONFIG.seed, epoch + 1, len(split.x_train))]
        model.fit(x[order], y[order], batch_size=128, shuffle=False, verbose=0)
        losses.append(model.evaluate(x[split.x_val], y[split.x_val], verbose=0, batch_size=1000)[0])
    return losses


@pytest.mark.parametrize("make", [hand_written, branched, Subclassed, unbuilt, scaling_itself, with_logits])
@pytest.mark.parametrize("sparse", [True, False], ids=["sparse loss", "one-hot labels"])
def test_a_model_of_ones_own_trains_as_with_plain_fit(
    make: Callable[[], keras.Model], sparse: bool, digits: Dataset
) -> None:
    data = _bytes(digits)
    kind = keras.losses.SparseCategoricalCrossentropy if sparse else keras.losses.CategoricalCrossentropy

    def compiled() -> keras.Model:
        keras.utils.set_random_seed(7)
        model = make()
        model.compile("adam", kind(from_logits=make is with_logits), metrics=["accuracy"])
        return model

    model = compiled()
    history = train(model, data, CONFIG)  # a loss that the config does not name as well

    def encode(labels: np.ndarray) -> np.ndarray:
        return labels if sparse else keras.utils.to_categorical(labels, 10)

    plain = fitted(compiled(), data, encode, raw=make is scaling_itself)
    np.testing.assert_allclose(history.history["val_loss"], plain, rtol=2e-5)
    labels, probabilities = predict(model, data.x_test)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert evaluate(model, data).test_accuracy == pytest.approx(float(np.mean(labels == data.y_test)))


def _bytes(digits: Dataset) -> Dataset:
    """Small digits as pixels from 0 to 255."""
    as_bytes = [np.round(x.astype(float) * (255 / x.max())).astype(np.uint8) for x in (digits.x_train, digits.x_test)]
    return Dataset("digits", as_bytes[0], digits.y_train, as_bytes[1], digits.y_test, digits.class_names)


@pytest.mark.parametrize("logits", [True, False], ids=["raw score", "probability"])
def test_a_single_unit_tells_two_classes_apart(logits: bool) -> None:
    data = load_dataset("breast_cancer")
    keras.utils.set_random_seed(7)
    scaling = layers.Normalization(mean=data.x_train.mean(axis=0), variance=data.x_train.var(axis=0))
    model = keras.Sequential([keras.Input((30,)), scaling, layers.Dense(1, activation=None if logits else "sigmoid")])
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=logits), metrics=["accuracy"])

    history = train(model, data, CONFIG.replace(dataset="breast_cancer", epochs=30, batch_size=32))
    tested = evaluate(model, data)

    assert history.history["val_loss"][-1] < history.history["val_loss"][0]
    positive = model.predict(data.x_test, verbose=0)[:, 0] > (0 if logits else 0.5)
    assert tested.test_accuracy == pytest.approx(float(np.mean(positive == data.y_test)))
    assert tested.test_accuracy > 0.9
    assert tested.test_loss == pytest.approx(model.evaluate(data.x_test, data.y_test, verbose=0)[0], rel=1e-4)
    assert tested.confusion_matrix.shape == (2, 2)


def test_metrics_of_ones_own_stay_in_the_history_and_in_a_resumed_one(digits: Dataset, tmp_path: Any) -> None:
    def compiled() -> keras.Model:
        keras.utils.set_random_seed(7)
        model = hand_written()
        top = keras.metrics.SparseTopKCategoricalAccuracy(3, name="top_3")
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy", top])
        return model

    history = train(compiled(), digits, CONFIG)
    train(compiled(), digits, CONFIG.replace(epochs=2), checkpoint=tmp_path / "state.npz")
    resumed = train(compiled(), digits, CONFIG, checkpoint=tmp_path / "state.npz")

    assert {"top_3", "val_top_3", "honest_top_3"} <= set(history.frame)
    assert history.frame["val_top_3"].between(history.frame["val_accuracy"], 1).all()
    assert resumed.history["val_top_3"] == history.history["val_top_3"]


def _two_inputs() -> keras.Model:
    first, second = keras.Input((8, 8)), keras.Input((3,))
    both = layers.Concatenate()([layers.Flatten()(first), second])
    return keras.Model([first, second], layers.Dense(10, activation="softmax")(both))


def _two_outputs() -> keras.Model:
    rows = keras.Input((64,))
    return keras.Model(rows, [layers.Dense(10)(rows), layers.Dense(10)(rows)])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (_two_inputs, "one input, one output and one loss. Received: one with 2 inputs. Train it with model.fit"),
        (_two_outputs, "Received: one with several outputs"),
        (lambda: keras.Sequential([layers.Dense(10), layers.Conv2D(4, 3)]), "The model can't take rows of 8 × 8"),
        (lambda: keras.Sequential([keras.Input((64,)), layers.Dense(1)]), "One unit tells two classes apart, no more."),
        (lambda: keras.Sequential([keras.Input((64,)), layers.Dense(7)]), "rows of 64 and gives 7 numbers"),
        (lambda: keras.Sequential([keras.Input((8, 8)), layers.Dense(10)]), "gives 8 × 10 numbers"),
    ],
    ids=["two inputs", "two outputs", "unfit layers", "one unit", "too few units", "no Flatten"],
)
def test_what_can_not_be_trained_is_refused_in_a_sentence(
    make: Callable[[], keras.Model], sentence: str, digits: Dataset
) -> None:
    model = make()
    model.compile("adam", "sparse_categorical_crossentropy")

    with pytest.raises(DataError) as caught:
        train(model, digits, CONFIG)

    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "rows",
    [
        (np.zeros((4, 8, 8)), np.zeros(4)),
        tf.data.Dataset.from_tensor_slices((np.zeros((4, 8, 8)), np.zeros(4))).batch(2),
        None,
    ],
    ids=["a tuple", "tf.data", "nothing"],
)
def test_anything_but_a_data_set_is_refused_with_what_to_do(rows: Any) -> None:
    model = hand_written()
    model.compile("adam", "sparse_categorical_crossentropy")

    with pytest.raises(DataError, match=r"train takes a data set\. .*Dataset\.from_arrays"):
        train(model, rows, CONFIG)


def test_anything_but_a_model_is_refused(digits: Dataset) -> None:
    with pytest.raises(DataError, match=r"train takes a Keras model\. Received: str"):
        train("a model", digits, CONFIG)  # type: ignore[arg-type]
