"""A model file from a stranger -> its layers and weights."""

import re
from dataclasses import dataclass
from pathlib import Path

from .architecture import Architecture, read_architecture
from .archive import unpack
from .compiled import check_compiled
from .hdf5 import open_hdf5
from .json_text import parse_json
from .limits import MOST_BYTES
from .refusals import harmless, refusal
from .suffixes import check_suffix, too_large
from .weights import Weights, weights_of_h5, weights_of_keras

_VERSION = re.compile(r"3(\.\d{1,4}){0,3}[\w.+-]{0,20}")


@dataclass(frozen=True, eq=False)
class FoundModel:
    """The content of a file. weights: per layer, by name, in Keras's order; finite float32 of the layer's shapes."""

    network: Architecture
    weights: list[Weights]


def read_model(path: Path, folder: Path) -> FoundModel:
    """Read a file, which must not change meanwhile. folder: an empty one to unpack into.

    Raises `ModelFileError` for everything that `model.save` of plain Keras 3 does not write, for unknown layers, and
    for a file that is too large or damaged.
    """
    suffix, size = check_suffix(path.name), path.stat().st_size
    if size == 0:
        raise refusal("A model file", "one that holds a model", "an empty file")
    if size > MOST_BYTES:
        raise too_large(f"{size:,} bytes")
    try:
        return _from_keras(path, folder) if suffix == ".keras" else _from_h5(path)
    except RecursionError:
        raise refusal("The file", "one of plain layers", "a deeply nested one") from None


def _from_keras(path: Path, folder: Path) -> FoundModel:
    unpacked = unpack(path, folder)
    metadata = parse_json(unpacked.metadata, "metadata.json")
    _check_version(metadata.get("keras_version"))
    network = read_architecture(parse_json(unpacked.config, "config.json"))
    with open_hdf5(unpacked.weights, "model.weights.h5") as file:
        return FoundModel(network, weights_of_keras(network, file))


def _from_h5(path: Path) -> FoundModel:
    with open_hdf5(path, "The .h5 file") as file:
        described, version = file.text("model_config"), file.text("keras_version")
        if described is None:
            raise refusal("An .h5 file", "a whole model with its model_config", "weights alone", "Use model.save.")
        _check_version(version.decode("utf-8", "replace") if version else version)
        if compiled := file.text("training_config"):
            check_compiled(parse_json(compiled, "training_config"), legacy=True)
        network = read_architecture(parse_json(described, "model_config"), legacy=True)
        return FoundModel(network, weights_of_h5(network, file))


def _check_version(version: object) -> None:
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        received = harmless(version) if isinstance(version, str) else "no version"
        raise refusal("The file", "saved by Keras 3", received, "Open it with Keras 3 and save it again.")
