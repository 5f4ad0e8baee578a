"""From a data set to the tensors for training, and the order of the rows."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from ..config import ExperimentConfig
from ..config.losses import LOSSES
from ..config.shapes import input_shape
from ..datasets import Dataset
from ..datasets.preprocessing import RowSplit, one_hot, split_row_numbers, to_inputs
from ..models.prediction import divides_pixels
from .history import Baseline
from .loops import Rows
from .model_interface import ModelInterface, Targets, interface_of

#: The honest curve is measured on this many training rows, which gives accuracy to about 0.2 points.
HONEST_ROWS = 5000


@dataclass(frozen=True)
class Prepared:
    """The rows for one training.

    training: the training rows. measured: the rows to evaluate on, in two ranges: `validation`, the rows held back
    (possibly none), and `honest`, copies of training rows, the sample for the honest curve.
    notes: a sentence for each adaptation to the data. baseline: as `Baseline.of` gives it.
    """

    training: Rows
    measured: Rows
    validation: range
    honest: range
    batch_size: int
    notes: tuple[str, ...]
    baseline: Baseline


def prepare(
    data: Dataset, config: ExperimentConfig, split: RowSplit | None = None, *, model: keras.Model | None = None
) -> Prepared:
    """Split, scale, flatten and encode the training rows as configured.

    split: the result of `split_row_numbers` for the same data and config, if it is known already. model: the rows are
    for its input, and the labels for its loss; without one, for those that the config describes.
    Raises `DataError` if the model can't be trained on these data.
    """
    rows, split_notes = split or split_row_numbers(data, config)
    notes, train, validation = [*data.notes, *split_notes], rows.x_train, rows.x_val
    batch_size = min(config.batch_size, len(train))
    if batch_size < config.batch_size:
        notes.append(
            f"The batch of {config.batch_size:,} is larger than the {batch_size:,} training rows: "
            "each epoch is one full batch."
        )
    drawn = np.random.default_rng(config.seed).choice(len(train), min(HONEST_ROWS, len(train)), replace=False)
    measured = np.concatenate([validation, train[np.sort(drawn)]])
    inputs, targets = _tensors(data, _as_configured(data, config) if model is None else interface_of(model, data))
    scales_itself = model is not None and divides_pixels(model)
    return Prepared(
        _rows(inputs, targets, train, raw=scales_itself),
        _rows(inputs, targets, measured, raw=scales_itself),
        range(len(validation)),
        range(len(validation), len(measured)),
        batch_size,
        tuple(notes),
        Baseline.of(data, rows),
    )


def encode_labels(labels: np.ndarray, num_classes: int, targets: Targets) -> np.ndarray:
    """Labels as the model's loss takes them.

    Returns int64 of shape (rows,) for "numbers", float32 of shape (rows, classes) for "one_hot", and of shape (rows, 1)
    for "one_unit". Raises `DataError` for a label out of range.
    """
    encoded = one_hot(labels, num_classes=num_classes)
    if targets == "numbers":
        return labels.astype(np.int64)
    return encoded[:, 1:] if targets == "one_unit" else encoded


def row_order(seed: int, epoch: int, num_rows: int) -> np.ndarray:
    """The order of the training rows in an epoch (counted from 1), int64 of shape (num_rows,).

    With a global seed, Keras repeats one order in every epoch, which costs about 0.35 points of test accuracy on
    MNIST; so each epoch draws its own.
    """
    return np.random.default_rng([seed, epoch]).permutation(num_rows)


def _as_configured(data: Dataset, config: ExperimentConfig) -> ModelInterface:
    targets: Targets = "numbers" if LOSSES[config.loss].takes_labels else "one_hot"
    return ModelInterface(input_shape(config, data.row_shape), targets)


def _tensors(data: Dataset, interface: ModelInterface) -> tuple[tf.Tensor, tf.Tensor]:
    """Inputs and targets of all training rows; inputs are float32, but pixels stay uint8, a quarter of the size."""
    shape = interface.input_shape
    pixels = data.x_train.dtype == np.uint8
    inputs = data.x_train.reshape(-1, *shape) if pixels else to_inputs(data.x_train, shape)
    return tf.constant(inputs), tf.constant(encode_labels(data.y_train, data.num_classes, interface.targets))


def _rows(inputs: tf.Tensor, targets: tf.Tensor, numbers: np.ndarray, *, raw: bool) -> Rows:
    """The rows with these numbers, in this order, scaled as by `to_inputs`; raw: pixels are not divided."""
    x, y = tf.gather(inputs, numbers), tf.gather(targets, numbers)
    if raw and x.dtype == tf.uint8:
        return Rows(tf.cast(x, tf.float32), y)
    return Rows(_divided(x, tf.constant(255.0)) if x.dtype == tf.uint8 else x, y)


@tf.function(autograph=False, input_signature=[tf.TensorSpec(None, tf.uint8), tf.TensorSpec([], tf.float32)])
def _divided(pixels: tf.Tensor, by: tf.Tensor) -> tf.Tensor:
    # The divisor is an argument: TensorFlow would turn a constant into a factor, which rounds differently.
    return tf.cast(pixels, tf.float32) / by
