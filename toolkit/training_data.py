"""From a data set to the tensors that a training works on, and the order of its rows."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from .config import ExperimentConfig
from .datasets import Dataset
from .engine import Rows
from .preparation import one_hot, split_rows, to_inputs
from .shapes import input_shape

#: The honest curve is measured on this many training rows: accuracy is then known to about 0.2 points.
HONEST_ROWS = 5000


@dataclass(frozen=True)
class Prepared:
    """What a training works on. `notes` say in a sentence each what was adapted to the data."""

    train: Rows
    validation: Rows | None
    honest: Rows
    batch_size: int
    notes: tuple[str, ...]


def prepare(data: Dataset, config: ExperimentConfig) -> Prepared:
    """Split, scale, flatten and encode the training rows as the config says."""
    split, split_notes = split_rows(data, config)
    notes = [*data.notes, *split_notes]
    batch_size = min(config.batch_size, len(split.x_train))
    if batch_size < config.batch_size:
        notes.append(
            f"The batch of {config.batch_size:,} is larger than the {batch_size:,} training rows: "
            "each epoch is one full batch."
        )
    train_rows = _rows(split.x_train, split.y_train, data, config)
    validation = _rows(split.x_val, split.y_val, data, config) if len(split.x_val) else None
    return Prepared(train_rows, validation, _honest_sample(train_rows, config.seed), batch_size, tuple(notes))


def encode_labels(labels: np.ndarray, num_classes: int, *, sparse: bool) -> np.ndarray:
    """Labels as the loss takes them: whole numbers for a sparse loss, one-hot rows otherwise."""
    targets = one_hot(labels, num_classes=num_classes)
    return labels.astype(np.int64) if sparse else targets


def row_order(seed: int, epoch: int, num_rows: int) -> np.ndarray:
    """The order of the training rows in an epoch (counted from 1).

    Keras repeats one order in every epoch once a global seed is set, which costs about 0.35 points of
    test accuracy on MNIST; so each epoch draws its own.
    """
    return np.random.default_rng([seed, epoch]).permutation(num_rows)


def _rows(x: np.ndarray, y: np.ndarray, data: Dataset, config: ExperimentConfig) -> Rows:
    inputs = to_inputs(x, input_shape(config, data.row_shape))
    sparse = config.loss == "sparse_categorical_crossentropy"
    return Rows(tf.constant(inputs), tf.constant(encode_labels(y, data.num_classes, sparse=sparse)))


def _honest_sample(rows: Rows, seed: int) -> Rows:
    count = min(HONEST_ROWS, rows.num_rows)
    chosen = np.sort(np.random.default_rng(seed).choice(rows.num_rows, count, replace=False))
    return Rows(tf.gather(rows.x, chosen), tf.gather(rows.y, chosen))
