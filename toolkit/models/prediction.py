"""A network's predictions for rows: classes, probabilities, raw outputs."""

import math

import keras
import numpy as np

from ..config.shapes import Shape
from ..datasets.preprocessing import to_inputs
from .classes import most_probable

#: Few enough rows to save memory, enough to keep the processor busy; fewer if a layer's output is very large, as in
#: some imported networks.
_BATCH, _MOST_NUMBERS = 1000, 1 << 27
#: A smaller scale is meant for values from 0 to 255: it would make values from 0 to 1 vanish.
_DIVIDES = 1 / 16


def inputs_of(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Rows as a network's input: as `to_inputs` makes them, but raw pixels if the network scales them itself.

    x: as in `raw_outputs`. Returns float32 of the model's input shape.
    Raises `DataError` if the rows don't fit the model's input.
    """
    if np.asarray(x).dtype == np.uint8 and divides_pixels(model):
        x = np.asarray(x, np.float32)
    rows = np.asarray(x)
    return to_inputs(rows, input_shape_of(model, rows.shape[1:]))


def input_shape_of(model: keras.Model, row_shape: Shape) -> Shape:
    """The shape of one row as the model takes it; row_shape: of the data, if the model takes rows of any shape."""
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or None in shape[1:] or not all(isinstance(size, int) for size in shape[1:]):
        return row_shape
    return shape[1:]


def divides_pixels(model: keras.Model) -> bool:
    """Whether the network begins with a Rescaling of pixels, possibly after layers without weights."""
    rescaling = keras.layers.Rescaling
    first = next((layer for layer in model.layers if layer.weights or isinstance(layer, rescaling)), None)
    return isinstance(first, rescaling) and abs(first.scale) < _DIVIDES


def rows_at_once(model: keras.Model) -> int:
    """The batch size for prediction, so that the outputs of all layers fit into memory."""
    outputs = [getattr(layer, "output", None) for layer in model.layers]
    largest = max((math.prod(one.shape[1:]) for one in outputs if isinstance(one, keras.KerasTensor)), default=1)
    return max(1, min(_BATCH, _MOST_NUMBERS // largest))


def raw_outputs(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """The output of the last layer: logits if the model ends in logits, else probabilities.

    x: shape (rows, …), uint8 in [0, 255] or floats that are already scaled; they are scaled and reshaped
    to the model's input. Returns float32 of shape (rows, classes).
    Raises `DataError` if the rows don't fit the model's input.
    """
    inputs, rows = inputs_of(model, x), rows_at_once(model)
    batches = [inputs[start : start + rows] for start in range(0, len(inputs), rows)]
    if not batches:
        return np.empty((0, model.output_shape[-1]), np.float32)
    # `predict` takes 170 ms per call to set up; this is one call of a compiled function per batch.
    return np.concatenate([model.predict_on_batch(batch) for batch in batches])


def predict(model: keras.Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The most probable class of each row, and the probabilities of all classes.

    x: as in `raw_outputs`. Returns labels, int64 of shape (rows,), and probabilities, float32 of shape
    (rows, classes), each row summing to 1. If the output for a row is NaN or infinite, as when weights are NaN or too
    large, its label is -1: no class is predicted.
    Raises `DataError` if the rows don't fit the model's input.
    """
    probabilities = probabilities_of(model, raw_outputs(model, x))
    return most_probable(probabilities), probabilities


def probabilities_of(model: keras.Model, outputs: np.ndarray) -> np.ndarray:
    """The probabilities of all classes, from the model's raw outputs.

    outputs: float32 of shape (rows, classes), or (rows, 1) from a single unit, which answers with the probability of
    the second of two classes. Returns float32 of shape (rows, classes).
    """
    are_logits = ends_in_logits(model)
    if outputs.shape[-1] > 1:
        return softmax(outputs) if are_logits else outputs
    if are_logits:
        with np.errstate(over="ignore"):
            outputs = 1 / (1 + np.exp(-outputs))
    return np.hstack([1 - outputs, outputs])


def ends_in_logits(model: keras.Model) -> bool:
    """Whether the last layer outputs logits rather than probabilities."""
    if getattr(model, "inputs", None) is None:
        # The last layer that a subclassed model defines need not be the one that answers.
        return bool(getattr(getattr(model, "loss", None), "from_logits", False))
    last = model.layers[-1] if model.layers else None
    if isinstance(last, keras.layers.Softmax):
        return False
    return getattr(last, "activation", keras.activations.linear) is keras.activations.linear


def softmax(logits: np.ndarray) -> np.ndarray:
    """Logits as probabilities, row by row; NaN for a row in which a logit is NaN or +infinity."""
    with np.errstate(invalid="ignore", over="ignore"):
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)
