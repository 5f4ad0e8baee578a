"""The weights through which a network looks at its data, from a model or from a saved file."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..config import ExperimentConfig
from ..errors import ModelFileError

if TYPE_CHECKING:
    import keras


def first_weights(model: "keras.Model") -> np.ndarray | None:
    """The kernel of the first layer that has one; None for a network without.

    Returns shape (inputs, units) for a dense layer, (height, width, channels, filters) for a convolution.
    """
    kernels = (layer.kernel for layer in model.layers if getattr(layer, "kernel", None) is not None)
    kernel = next(kernels, None)
    return None if kernel is None else np.asarray(kernel)


def first_saved_weights(path: Path, config: ExperimentConfig) -> np.ndarray:
    """The same from the weights file of a run, without TensorFlow: a page may call it.

    path: what `save_weights` wrote. config: tells which kind of layer comes first.
    Raises `ModelFileError` where the file is missing, damaged, or holds no such layer.
    """
    import h5py

    # Keras numbers layers of a kind in their order: the first dense one is "dense", the next "dense_1".
    first = next((layer.kind for layer in config.layers if layer.has_kernel), "dense")
    try:
        with h5py.File(path) as file:
            return np.asarray(file[f"layers/{first}/vars/0"])
    except (OSError, KeyError, RuntimeError) as error:
        raise ModelFileError(f"The weights can't be read from {path} ({error}). Train the run again.") from error
