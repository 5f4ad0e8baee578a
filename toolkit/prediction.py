"""What a network says of rows: classes, probabilities, raw outputs."""

import keras
import numpy as np

from .preparation import to_inputs

#: Few enough rows to keep memory small, and enough to keep the processor busy.
_BATCH = 1000


def raw_outputs(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """What the last layer gives, as it is: logits where the model ends in logits, else probabilities.

    x: rows of shape (rows, …), uint8 in [0, 255] or already scaled floats; they are scaled and reshaped
    to the model's input. Returns float32 of shape (rows, classes).
    Raises `DataError` where the rows don't have the size that the model takes.
    """
    inputs = to_inputs(x, model.input_shape[1:])
    batches = [inputs[start : start + _BATCH] for start in range(0, len(inputs), _BATCH)]
    if not batches:
        return np.empty((0, model.output_shape[-1]), np.float32)
    # `predict` costs 170 ms a call for its set-up; this is one call into a compiled function a batch.
    return np.concatenate([model.predict_on_batch(batch) for batch in batches])


def predict(model: keras.Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The most probable class of each row, and the probabilities of all classes.

    x: as in `raw_outputs`. Returns labels, int64 of shape (rows,), and probabilities, float32 of shape
    (rows, classes), each row adding up to 1. Weights that are no numbers give probabilities that are NaN
    and the first class.
    Raises `DataError` where the rows don't have the size that the model takes.
    """
    outputs = raw_outputs(model, x)
    probabilities = softmax(outputs) if ends_in_logits(model) else outputs
    return probabilities.argmax(axis=1), probabilities


def ends_in_logits(model: keras.Model) -> bool:
    """Whether the last layer gives raw scores, rather than probabilities."""
    activation = getattr(model.layers[-1], "activation", None)
    return activation is keras.activations.linear


def softmax(logits: np.ndarray) -> np.ndarray:
    """Raw scores as probabilities, row by row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
