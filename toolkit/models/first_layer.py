"""The weights of a network's first layer, from a model or from a saved file."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..config import ExperimentConfig
from ..errors import ModelFileError

if TYPE_CHECKING:
    import keras


def first_weights(model: "keras.Model") -> np.ndarray | None:
    """The kernel of the first layer that has one; None if no layer has one.

    Returns shape (inputs, units) for a dense layer, (height, width, channels, filters) for a convolution.
    """
    kernels = (layer.kernel for layer in model.layers if getattr(layer, "kernel", None) is not None)
    kernel = next(kernels, None)
    return None if kernel is None else np.asarray(kernel)


def first_saved_weights(path: Path, config: ExperimentConfig) -> np.ndarray:
    """The same from a run's weights file, without importing TensorFlow, so that a page may call it.

    path: a file that `save_weights` wrote. config: tells which kind of layer comes first.
    Raises `ModelFileError` if the file is missing, damaged, or lacks that layer.
    """
    import h5py

    # Keras numbers the layers of a kind in order: the first dense one is "dense", the next "dense_1".
    first = next((layer.kind for layer in config.layers if layer.has_kernel), "dense")
    try:
        with h5py.File(path) as file:
            return np.asarray(file[f"layers/{first}/vars/0"])
    except (OSError, KeyError, RuntimeError) as error:
        raise ModelFileError(f"The weights can't be read from {path} ({error}). Train the run again.") from error
