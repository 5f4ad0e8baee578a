"""The output of each layer of a network for one row."""

from dataclasses import dataclass

import keras
import numpy as np

from .prediction import inputs_of


@dataclass(frozen=True, eq=False)
class LayerOutput:
    """The output of one layer for one row.

    name: the layer's name, such as "conv2d_1". kind: its class in Keras, such as "Conv2D". values: float32 of the
    layer's output shape without the batch axis: (units,) or (height, width, channels).
    """

    name: str
    kind: str
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Activations:
    """All activations of a network for one row.

    layers: one entry per layer, in order; the last one's values are the network's output. scores: float32 of shape
    (classes,), the last layer's pre-activations: the logits that softmax turns into probabilities; the output itself
    if the last layer has no weights.
    """

    layers: tuple[LayerOutput, ...]
    scores: np.ndarray


def layer_outputs(model: keras.Model, row: np.ndarray) -> Activations:
    """Run a network on one row, in inference mode, and keep the output of every layer.

    model: a sequence of layers, as `build_model` makes it, or layers that branch, as in some imported networks.
    row: uint8 in [0, 255] or scaled floats, with as many values as the model takes; it is prepared as
    in `predict`.
    Raises `DataError` if the row doesn't fit the model's input.
    """
    inputs = inputs_of(model, row[None])
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    if isinstance(model, keras.Sequential):
        arriving, outputs = _one_by_one(layers, inputs)
    else:
        wanted = [layers[-1].input, *(layer.output for layer in layers)]
        arriving, *outputs = keras.Model(model.inputs, wanted)([inputs], training=False)
    found = [
        LayerOutput(layer.name, type(layer).__name__, np.asarray(values)[0])
        for layer, values in zip(layers, outputs, strict=True)
    ]
    return Activations(tuple(found), _scores(layers[-1], arriving, found[-1].values))


def _one_by_one(
    layers: list[keras.layers.Layer], values: keras.KerasTensor
) -> tuple[keras.KerasTensor, list[keras.KerasTensor]]:
    """What arrives at the last layer, and the output of each. A network of all outputs takes several times as long."""
    arriving, outputs = values, []
    for layer in layers:
        arriving, values = values, layer(values, training=False)
        outputs.append(values)
    return arriving, outputs


def _scores(last: keras.layers.Layer, arriving: keras.KerasTensor, values: np.ndarray) -> np.ndarray:
    if not isinstance(last, keras.layers.Dense):
        return values
    scores = keras.ops.matmul(arriving, last.kernel)
    return np.asarray(scores + last.bias if last.use_bias else scores)[0]
