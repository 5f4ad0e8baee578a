"""Model files as Keras 2 wrote them, made without it: its words for layers, and its layout of an `.h5` file."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

#: By the name of an outermost layer: its weights, as "layer/kernel:0" -> array.
Stored = Mapping[str, Mapping[str, np.ndarray]]


def layer(kind: str, name: str, **config: Any) -> dict[str, Any]:
    """A layer, without the module that Keras 3 adds."""
    return {"class_name": kind, "config": {"name": name, "trainable": True, "dtype": "float32", **config}}


def started(kind: str = "GlorotUniform", **config: Any) -> dict[str, Any]:
    """An initializer."""
    return {"class_name": kind, "config": {"seed": None, **config}}


def arriving(*shape: int | None, name: str = "the_input") -> dict[str, Any]:
    """An input layer."""
    shape_of_batch = {"batch_input_shape": [None, *shape], "dtype": "float32"}
    return {"class_name": "InputLayer", "config": {**shape_of_batch, "sparse": False, "ragged": False, "name": name}}


def sequential(*layers: dict[str, Any], name: str = "sequential") -> dict[str, Any]:
    """A Sequential model."""
    return {"class_name": "Sequential", "config": {"name": name, "layers": list(layers)}}


def linked(member: dict[str, Any], *before: str, **switches: Any) -> dict[str, Any]:
    """A layer of a functional model, with the names of those whose outputs it takes."""
    node = [[name, 0, 0, switches if not number else {}] for number, name in enumerate(before)]
    return {**member, "name": member["config"]["name"], "inbound_nodes": [node] if node else []}


def functional(*members: dict[str, Any], name: str = "model") -> dict[str, Any]:
    """A functional model: `linked` layers, the input first, the output last."""
    ends = [[[members[place]["name"], 0, 0]] for place in (0, -1)]
    config = {"name": name, "layers": list(members), "input_layers": ends[0], "output_layers": ends[1]}
    return {"class_name": "Model", "config": config}


DENSE = layer("Dense", "dense", units=3, activation="softmax", use_bias=True, kernel_initializer=started())
KERNEL, BIAS = np.arange(12, dtype=np.float32).reshape(4, 3) / 12, np.array([0.1, 0.2, 0.3], np.float32)
MODEL, WEIGHTS = sequential(arriving(4), DENSE), {"dense": {"dense/kernel:0": KERNEL, "dense/bias:0": BIAS}}


def write_keras2(
    path: Path,
    model: Any = MODEL,
    weights: Stored = WEIGHTS,
    *,
    version: str = "2.4.0",
    training: Any = None,
    write: Callable[[h5py.File], object] = lambda file: None,
) -> Path:
    """An .h5 file. training: the training_config; write: changes the file in the end."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = version.encode(), b"tensorflow"
        file.attrs["model_config"] = json.dumps(model).encode() if isinstance(model, dict) else model
        if training is not None:
            file.attrs["training_config"] = json.dumps(training).encode()
        top = file.create_group("model_weights")
        top.attrs["layer_names"] = _texts(list(weights))
        for name, arrays in weights.items():
            group = top.create_group(name)
            group.attrs["weight_names"] = _texts(list(arrays))
            for weight, values in arrays.items():
                group[weight] = values
        write(file)
    return path


def _texts(names: Sequence[str]) -> np.ndarray:
    """Keras 2 wrote an empty list as one of numbers."""
    return np.array([name.encode() for name in names]) if names else np.array([], np.float64)
