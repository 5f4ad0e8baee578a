"""Rebuilds a network from what was found in a stranger's file; Keras never gets the file itself."""

from typing import Any

import keras
import numpy as np

from ..errors import ModelFileError
from .guard.architecture import KnownLayer
from .guard.model import FoundModel
from .guard.weights import Weights


def rebuild(found: FoundModel) -> keras.Sequential:
    """Our own layers with the file's settings and weights; nested models are flattened into one chain.

    Raises `ModelFileError` if Keras can't build them, or if the network answers a row of zeros with NaN or infinity.
    """
    network = found.network
    try:
        layers = [_built(layer, weights) for layer, weights in zip(network.layers, found.weights, strict=True)]
        model = keras.Sequential([keras.Input(network.input_shape), *layers])
        for layer, known, weights in zip(model.layers, network.layers, found.weights, strict=True):
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


def _built(layer: KnownLayer, weights: Weights) -> keras.layers.Layer:
    settings: dict[str, Any] = layer.settings
    if layer.class_name == "Normalization" and weights:  # Adapted values become settings.
        settings |= weights
    return getattr(keras.layers, layer.class_name)(**settings)
