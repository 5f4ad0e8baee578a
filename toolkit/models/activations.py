"""What each layer of a network makes of one row."""

from dataclasses import dataclass

import keras
import numpy as np

from .prediction import inputs_of


@dataclass(frozen=True, eq=False)
class LayerOutput:
    """What one layer gives for one row.

    name: the layer's own name, "conv2d_1". kind: its class in Keras, "Conv2D". values: float32 of the layer's
    output shape without the batch: (units,) or (height, width, channels).
    """

    name: str
    kind: str
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Activations:
    """A row's way through a network.

    layers: one a layer, in their order; the last one's values are the network's outputs. scores: float32 of shape
    (classes,), what the last layer adds up before its activation: the logits that softmax makes probabilities of;
    the outputs themselves where the last layer has no weights.
    """

    layers: tuple[LayerOutput, ...]
    scores: np.ndarray


def layer_outputs(model: keras.Model, row: np.ndarray) -> Activations:
    """Show one row to a network and keep what every layer gives; dropout and the like are off.

    model: one whose layers follow each other, as those of `build_model` do.
    row: uint8 in [0, 255] or scaled floats, with as many values as the model takes; it is prepared as
    in `predict`.
    Raises `DataError` where the row doesn't have the size that the model takes.
    """
    values = arriving = inputs_of(model, row[None])
    found = []
    # Layer by layer: a second network that gives all outputs takes several times as long for one row.
    for layer in model.layers:
        arriving, values = values, layer(values, training=False)
        found.append(LayerOutput(layer.name, type(layer).__name__, np.asarray(values)[0]))
    return Activations(tuple(found), _scores(model.layers[-1], arriving, found[-1].values))


def _scores(last: keras.layers.Layer, arriving: keras.KerasTensor, values: np.ndarray) -> np.ndarray:
    if not isinstance(last, keras.layers.Dense):
        return values
    scores = keras.ops.matmul(arriving, last.kernel)
    return np.asarray(scores + last.bias if last.use_bias else scores)[0]
