"""Rebuilds a network from what was found in a stranger's file; Keras never gets the file itself."""

from typing import Any

import keras
import numpy as np

from ..config import ExperimentConfig
from ..config.losses import LOSSES
from ..errors import ModelFileError
from .guard.architecture import Architecture, KnownLayer
from .guard.model import FoundModel
from .guard.weights import Weights

#: Losses that can't be measured with logits unless the network was compiled so, which is not looked up.
_NEEDS_PROBABILITIES = {
    *("binary_crossentropy", "binary_focal_crossentropy", "categorical_focal_crossentropy"),
    *("kl_divergence", "poisson", "mean_squared_logarithmic_error"),
}


def rebuild(found: FoundModel, before: keras.layers.Layer | None = None) -> keras.Model:
    """Our own layers with the file's settings and weights; nested models are flattened into one.

    before: a layer to put before the network's own.
    Returns a `keras.Sequential` if each layer takes the output of the one before it, else a functional model.
    Raises `ModelFileError` if Keras can't build them, or if the network answers a row of zeros with NaN or infinity.
    """
    network = found.network
    try:
        layers = [_built(layer, weights) for layer, weights in zip(network.layers, found.weights, strict=True)]
        model = _connected(network, layers, before)
        for layer, known, weights in zip(layers, network.layers, found.weights, strict=True):
            if known.class_name != "Normalization":
                layer.set_weights(list(weights.values()))
        answer = np.asarray(model(np.zeros((1, *network.input_shape), np.float32), training=False))
    except Exception as error:  # Keras and TensorFlow raise many kinds of errors.
        raise ModelFileError(
            "Keras can't build the network from what the file says. Save the model again with a newer Keras."
        ) from error
    if answer.shape != (1, *network.output_shape) or not np.isfinite(answer).all():
        raise ModelFileError(
            "The network must answer a row of zeros with numbers. Received: NaN or infinity. Train the model again."
        )
    return model


def compile_rebuilt(model: keras.Model, config: ExperimentConfig, loss: str | None) -> str:
    """Compile a rebuilt network with its own loss, if no config can name that and its outputs can be measured with it.

    loss: Keras's name of its own. Returns the name of the loss that it is measured with: the config's, if it stays
    uncompiled.
    """
    if loss is None or loss in LOSSES or (config.from_logits and loss in _NEEDS_PROBABILITIES):
        return config.loss
    # An optimizer without variables of its own: its state is none of the file's.
    model.compile(optimizer="sgd", loss=loss, metrics=["accuracy"])
    return loss


def _connected(
    network: Architecture, layers: list[keras.layers.Layer], before: keras.layers.Layer | None
) -> keras.Model:
    arriving = keras.Input(network.input_shape)
    if network.is_chain:
        return keras.Sequential([arriving, *([before] if before else []), *layers])
    prepared = before(arriving) if before else arriving
    outputs: list[keras.KerasTensor] = []
    for layer, known in zip(layers, network.layers, strict=True):
        inputs = [prepared if number < 0 else outputs[number] for number in known.takes]
        outputs.append(layer(inputs if len(inputs) > 1 else inputs[0]))
    return keras.Model(arriving, outputs[-1])


def _built(layer: KnownLayer, weights: Weights) -> keras.layers.Layer:
    settings: dict[str, Any] = layer.settings
    if layer.class_name == "Normalization" and weights:  # Adapted values become settings.
        settings |= {name: values if values.ndim else values.item() for name, values in weights.items()}
    return getattr(keras.layers, layer.class_name)(**settings, dtype="float32")
