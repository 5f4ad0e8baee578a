"""Assigns a file's arrays to the layers: each layer gets all of its own, and none is left over."""

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np

from .architecture import Architecture, KnownLayer
from .hdf5 import CheckedFile
from .objects import stored_as
from .refusals import refusal

#: Whole numbers that are not weights: how many rows a Normalization was adapted to.
_COUNT = "count"
#: The states of random generators; predictions don't need them.
_RANDOM = ("seed_generator/vars/0", "generator/vars/0")
#: What else a training leaves.
_BESIDE = ("optimizer/", "metrics/", "optimizer_weights/")
#: Keras 2 numbers the tensors of an operation, and calls a depthwise kernel so.
_TENSOR, _KEPT_AS = ":0", {"DepthwiseConv2D": {"depthwise_kernel": "kernel"}}

Weights = dict[str, np.ndarray]


def weights_of_keras(network: Architecture, file: CheckedFile) -> list[Weights]:
    """The weights of each layer by name, from a `.keras` file, where they are numbered in the layer's group."""
    used, found = set(_beside(file)), []
    for layer in network.layers:
        paths = {name: f"{layer.group}/vars/{number}" for number, name in enumerate(layer.flow.weights)}
        found.append(_read(layer, paths, file))
        used |= {*paths.values(), *(f"{layer.group}/{state}" for state in _RANDOM)}
    _check_leftovers(file.numbers.keys() - used)
    return found


def weights_of_h5(network: Architecture, file: CheckedFile) -> list[Weights]:
    """The weights of each layer by name, from an `.h5` file: `model_weights/<layer>/…/<layer>/kernel`."""
    stored = [_stored(path) for path in file.numbers if path.startswith("model_weights/")]
    _check_names(network, file, stored)
    used, found = set(_beside(file)), []
    for layer in network.layers:
        own = _own(layer, [one for one in stored if one.top == layer.place[0]]) if layer.flow.weights else {}
        paths = {name: own[name] for name in layer.flow.weights if name in own}
        found.append(_read(layer, paths, file))
        used |= set(paths.values())
    _check_leftovers(file.numbers.keys() - used)
    return found


class _Stored(NamedTuple):
    """An array of an `.h5` file. top: the outermost layer's name; folder: where in its group; name: the weight's."""

    path: str
    top: str
    folder: str
    name: str


def _stored(path: str) -> _Stored:
    _, top, *folders, name = path.split("/") if path.count("/") > 1 else (*path.split("/"), "")
    return _Stored(path, top, "/".join(folders), name.removesuffix(_TENSOR))


def _own(layer: KnownLayer, stored: Collection[_Stored]) -> dict[str, str]:
    """The paths of a layer's weights by name. Raises `ModelFileError` if it is not clear which are its own."""
    name, folders = layer.place[-1], {one.folder for one in stored}
    if len(layer.place) > 1:  # Its model has other layers; Keras 2 may number the folder of one that was built twice.
        ends = [re.compile(rf"(.*/)?{re.escape(name)}{number}") for number in ("", r"_\d{1,4}")]
        candidates = [[folder for folder in folders if end.fullmatch(folder)] for end in ends]
        folders = set(candidates[0] or candidates[1] or {""} & folders)
    if len(folders) != 1:
        raise refusal(f"The weights of the layer {name} ({layer.class_name})", "in the file once", f"{len(folders)}")
    names = _KEPT_AS.get(layer.class_name, {})
    return {names.get(one.name, one.name): one.path for one in stored if one.folder in folders}


def _check_names(network: Architecture, file: CheckedFile, stored: Iterable[_Stored]) -> None:
    """Refuse an `.h5` file whose lists of names, by which Keras finds the arrays, name other ones."""
    listed = file.names("model_weights", "layer_names")
    if listed is None:
        return
    known = {layer.place[0] for layer in network.layers if layer.flow.weights}
    if len(set(listed)) != len(listed) or {one.top for one in stored} - set(listed) or known - set(listed):
        raise refusal("The layers that layer_names lists", "those of the model, each once", ", ".join(listed[:4]))
    for name in known:
        here = f"model_weights/{name}"
        weights = file.names(here, "weight_names") or []
        if len(set(weights)) != len(weights) or {f"{here}/{one}" for one in weights} != {
            one.path for one in stored if one.top == name
        }:
            raise refusal(f"The arrays that weight_names of {name} lists", "its own, each once", ", ".join(weights[:2]))


def _beside(file: CheckedFile) -> list[str]:
    return [path for path in file.numbers if path.startswith(_BESIDE)]


def _read(layer: KnownLayer, paths: dict[str, str], file: CheckedFile) -> Weights:
    found = {}
    for name, shape in layer.flow.weights.items():
        where = f"The {name} of the layer {layer.place[-1]} ({layer.class_name})"
        if paths.get(name) not in file.numbers:
            raise refusal(where, "in the file once", "none")
        if name != _COUNT:
            found[name] = file.read(paths[name], shape, where, kind=stored_as(layer.precision))
    return found


def _check_leftovers(paths: Collection[str]) -> None:
    if paths:
        raise refusal("The weights", "those of the model's layers", f"{min(paths)} too")
