"""What a network says of rows: classes, probabilities, raw outputs."""

import math

import keras
import numpy as np

from ..datasets.preprocessing import to_inputs
from .classes import most_probable

#: Few enough rows to keep memory small, and enough to keep the processor busy; fewer where a layer gives very many
#: numbers for each, as in imported networks.
_BATCH, _MOST_NUMBERS = 1000, 1 << 27
#: Multiplied by less than this, values from 0 to 255 are meant: those from 0 to 1 would all but vanish.
_DIVIDES = 1 / 16


def inputs_of(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Rows as a network takes them: those of `to_inputs`, but pixels as they are where it divides them itself.

    x: as in `raw_outputs`. Returns float32 of the model's input shape.
    Raises `DataError` where the rows don't have the size that the model takes.
    """
    if np.asarray(x).dtype == np.uint8 and divides_pixels(model):
        x = np.asarray(x, np.float32)
    return to_inputs(x, model.input_shape[1:])


def divides_pixels(model: keras.Model) -> bool:
    """Whether the network begins with a Rescaling for pixels, behind layers that only move them at most."""
    rescaling = keras.layers.Rescaling
    first = next((layer for layer in model.layers if layer.weights or isinstance(layer, rescaling)), None)
    return isinstance(first, rescaling) and abs(first.scale) < _DIVIDES


def rows_at_once(model: keras.Model) -> int:
    """How many rows to ask a network about in one call, so that what its layers give fits the memory."""
    outputs = [getattr(layer, "output", None) for layer in model.layers]
    largest = max((math.prod(one.shape[1:]) for one in outputs if isinstance(one, keras.KerasTensor)), default=1)
    return max(1, min(_BATCH, _MOST_NUMBERS // largest))


def raw_outputs(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """What the last layer gives, as it is: logits where the model ends in logits, else probabilities.

    x: rows of shape (rows, …), uint8 in [0, 255] or already scaled floats; they are scaled and reshaped
    to the model's input. Returns float32 of shape (rows, classes).
    Raises `DataError` where the rows don't have the size that the model takes.
    """
    inputs, rows = inputs_of(model, x), rows_at_once(model)
    batches = [inputs[start : start + rows] for start in range(0, len(inputs), rows)]
    if not batches:
        return np.empty((0, model.output_shape[-1]), np.float32)
    # `predict` costs 170 ms a call for its set-up; this is one call into a compiled function a batch.
    return np.concatenate([model.predict_on_batch(batch) for batch in batches])


def predict(model: keras.Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The most probable class of each row, and the probabilities of all classes.

    x: as in `raw_outputs`. Returns labels, int64 of shape (rows,), and probabilities, float32 of shape
    (rows, classes), each row adding up to 1. Where the network gives NaN or infinity for a row, as with weights that
    are no numbers or grow too large, no class is told: its label is -1.
    Raises `DataError` where the rows don't have the size that the model takes.
    """
    outputs = raw_outputs(model, x)
    probabilities = softmax(outputs) if ends_in_logits(model) else outputs
    return most_probable(probabilities), probabilities


def ends_in_logits(model: keras.Model) -> bool:
    """Whether the last layer gives raw scores, rather than probabilities."""
    last = model.layers[-1]
    if isinstance(last, keras.layers.Softmax):
        return False
    return getattr(last, "activation", keras.activations.linear) is keras.activations.linear


def softmax(logits: np.ndarray) -> np.ndarray:
    """Raw scores as probabilities, row by row; NaN for a row in which a score is NaN or infinitely high."""
    with np.errstate(invalid="ignore", over="ignore"):
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)
