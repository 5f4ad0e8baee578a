"""A network built anew from what was found in a stranger's file; the file itself is never given to Keras."""

from typing import Any

import keras
import numpy as np

from ..errors import ModelFileError
from .guard.architecture import KnownLayer
from .guard.model import FoundModel
from .guard.weights import Weights


def rebuild(found: FoundModel) -> keras.Sequential:
    """Our own layers with the file's settings and weights: models within the model are laid out in one row.

    Raises `ModelFileError` if Keras can't build them, or where the network has no answer to a row of zeros.
    """
    network = found.network
    try:
        layers = [_built(layer, weights) for layer, weights in zip(network.layers, found.weights, strict=True)]
        model = keras.Sequential([keras.Input(network.input_shape), *layers])
        for layer, known, weights in zip(model.layers, network.layers, found.weights, strict=True):
            if known.class_name != "Normalization":
                layer.set_weights(list(weights.values()))
        answer = np.asarray(model(np.zeros((1, *network.input_shape), np.float32), training=False))
    except Exception as error:  # Keras and TensorFlow raise many kinds.
        raise ModelFileError(
            "Keras can't build the network from what the file says. Save the model again with a newer Keras."
        ) from error
    if answer.shape != (1, *network.output_shape) or not np.isfinite(answer).all():
        raise ModelFileError(
            "The network must answer a row of zeros with numbers. Received: NaN or infinity. Train the model again."
        )
    return model


def _built(layer: KnownLayer, weights: Weights) -> keras.layers.Layer:
    settings: dict[str, Any] = layer.settings
    if layer.class_name == "Normalization" and weights:  # What was adapted becomes a part of the settings.
        settings |= weights
    return getattr(keras.layers, layer.class_name)(**settings)
