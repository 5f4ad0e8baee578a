"""A model file from a stranger -> its layers and weights."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .architecture import Architecture, read_architecture
from .archive import unpack
from .compiled import check_compiled, loss_of
from .hdf5 import open_hdf5
from .json_text import parse_json
from .keras2 import in_keras_3
from .limits import MOST_BYTES
from .refusals import WHOLE_MODEL, harmless, refusal
from .suffixes import check_suffix, too_large
from .weights import Weights, weights_of_h5, weights_of_keras

#: The version of Keras whose words the checks speak.
_KERAS_3 = 3
_VERSION = re.compile(r"([23])(\.\d{1,4}){0,3}[\w.+-]{0,20}")


@dataclass(frozen=True, eq=False)
class FoundModel:
    """The content of a file. weights: per layer, by name, in Keras's order; finite float32 of the layer's shapes.

    loss: Keras's name of the loss that it was compiled with; None if the file names none that is known here.
    """

    network: Architecture
    weights: list[Weights]
    loss: str | None


def read_model(path: Path, folder: Path) -> FoundModel:
    """Read a file, which must not change meanwhile. folder: an empty one to unpack into.

    Raises `ModelFileError` for everything that `model.save` of plain Keras 2 or 3 does not write, for unknown layers,
    and for a file that is too large or damaged.
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
    version = _main_version(metadata.get("keras_version"))
    described = _in_keras_3(parse_json(unpacked.config, "config.json"), version)
    network = read_architecture(described, legacy=version < _KERAS_3)
    with open_hdf5(unpacked.weights, "model.weights.h5") as file:
        return FoundModel(network, weights_of_keras(network, file), loss_of(described.get("compile_config")))


def _from_h5(path: Path) -> FoundModel:
    with open_hdf5(path, "The .h5 file") as file:
        described, noted = file.text("model_config"), file.text("keras_version")
        if described is None:
            raise refusal("An .h5 file", "a whole model with its model_config", "weights alone", WHOLE_MODEL)
        version = _main_version(noted.decode("utf-8", "replace") if noted else noted)
        compiled = parse_json(file.text("training_config") or b"{}", "training_config")
        check_compiled(compiled, legacy=True)
        model = _in_keras_3(parse_json(described, "model_config"), version)
        network = read_architecture(model, legacy=True)
        return FoundModel(network, weights_of_h5(network, file), loss_of(compiled))


def _in_keras_3(model: dict[str, Any], version: int) -> dict[str, Any]:
    return model if version == _KERAS_3 else in_keras_3(model)


def _main_version(version: object) -> int:
    """2 or 3. Raises `ModelFileError` for a file of another program, or an older one."""
    if not isinstance(version, str) or not (found := _VERSION.fullmatch(version)):
        received = harmless(version) if isinstance(version, str) else "no version"
        remedy = "Build the network anew in Keras 3, give it the weights with set_weights, and save it."
        raise refusal("The file", "saved by Keras 2 or 3", received, remedy)
    return int(found[1])
