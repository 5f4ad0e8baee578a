"""Assigns a file's arrays to the layers: each layer gets all of its own, and none is left over."""

from collections.abc import Collection

import numpy as np

from .architecture import Architecture, KnownLayer
from .flows import Shape
from .hdf5 import CheckedFile
from .refusals import refusal

#: Whole numbers that are not weights: how many rows a Normalization was adapted to.
_COUNT = "count"
#: The states of random generators; predictions don't need them.
_RANDOM = ("seed_generator/vars/0", "generator/vars/0")

Weights = dict[str, np.ndarray]


def weights_of_keras(network: Architecture, file: CheckedFile) -> list[Weights]:
    """The weights of each layer by name, from a `.keras` file, where they are numbered in the layer's group."""
    used: set[str] = {path for path in file.numbers if path.startswith("optimizer/")}
    found = []
    for layer in network.layers:
        paths = {name: f"{layer.group}/vars/{number}" for number, name in enumerate(layer.flow.weights)}
        found.append(_read(layer, paths, file))
        used |= {*paths.values(), *(f"{layer.group}/{state}" for state in _RANDOM)}
    _check_leftovers(file.numbers.keys() - used)
    return found


def weights_of_h5(network: Architecture, file: CheckedFile) -> list[Weights]:
    """The weights of each layer by name, from an `.h5` file: `model_weights/<layer>/…/<layer>/kernel`."""
    used: set[str] = {path for path in file.numbers if path.startswith("optimizer_weights/")}
    found = []
    for layer in network.layers:
        paths = {name: _path_in_h5(layer, name, file) for name in layer.flow.weights}
        found.append(_read(layer, paths, file))
        used |= set(paths.values())
    _check_leftovers(file.numbers.keys() - used)
    return found


def _path_in_h5(layer: KnownLayer, weight: str, file: CheckedFile) -> str:
    top, end = f"model_weights/{layer.place[0]}/", f"/{layer.place[-1]}/{weight}"
    paths = [path for path in file.numbers if path.startswith(top) and path.endswith(end)]
    if len(paths) != 1:
        raise _missing(layer, weight, f"{len(paths)} of them")
    return paths[0]


def _read(layer: KnownLayer, paths: dict[str, str], file: CheckedFile) -> Weights:
    found = {}
    for name, path in paths.items():
        if path not in file.numbers:
            raise _missing(layer, name, "none")
        if name != _COUNT:
            shape: Shape = layer.flow.weights[name]
            found[name] = file.read(path, shape, f"The {name} of the layer {layer.place[-1]} ({layer.class_name})")
    return found


def _missing(layer: KnownLayer, weight: str, received: str) -> Exception:
    return refusal(f"The {weight} of the layer {layer.place[-1]} ({layer.class_name})", "in the file once", received)


def _check_leftovers(paths: Collection[str]) -> None:
    if paths:
        raise refusal("The weights", "those of the model's layers", f"{min(paths)} too")
