"""Model files as Keras writes them, and in every way that it does not, made without Keras."""

import copy
import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Change = Callable[[dict[str, Any]], object]


def keras_object(module: str, name: str, config: Any = None, registered: str | None = None) -> dict[str, Any]:
    """An object as Keras writes it into JSON."""
    config = {} if config is None else config
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


def layer(name: str, **config: Any) -> dict[str, Any]:
    """A layer of Keras."""
    dtype = keras_object("keras", "DTypePolicy", {"name": "float32"})
    return keras_object("keras.layers", name, {"name": name.lower(), "trainable": True, "dtype": dtype, **config})


def sequential(*layers: dict[str, Any], shape: tuple[int | None, ...] = (None, 4)) -> dict[str, Any]:
    """A Sequential model of layers behind an input."""
    first = keras_object(
        "keras.layers", "InputLayer", {"batch_shape": list(shape), "dtype": "float32", "name": "input"}
    )
    return keras_object("keras", "Sequential", {"name": "sequential", "layers": [first, *layers]})


DENSE = layer("Dense", units=3, activation="softmax", use_bias=True)
KERNEL, BIAS = np.arange(12, dtype=np.float32).reshape(4, 3), np.ones(3, np.float32)


def weights_file(write: Callable[[h5py.File], object], **options: Any) -> bytes:
    """An HDF5 file."""
    content = BytesIO()
    with h5py.File(content, "w", **options) as file:
        write(file)
    return content.getvalue()


def plain_weights(file: h5py.File) -> None:
    """What belongs to `DENSE` in a .keras file."""
    file["layers/dense/vars/0"], file["layers/dense/vars/1"] = KERNEL, BIAS


def write_keras(
    path: Path,
    config: Any = None,
    *,
    weights: bytes | None = None,
    metadata: Any = None,
    pack: Callable[[zipfile.ZipFile, Mapping[str, bytes]], object] | None = None,
    compression: int = zipfile.ZIP_STORED,
) -> Path:
    """A .keras file. config, metadata: as JSON, or bytes as they are; pack: puts the members in."""
    members = {
        "metadata.json": _bytes({"keras_version": "3.15.1"} if metadata is None else metadata),
        "config.json": _bytes(sequential(DENSE) if config is None else config),
        "model.weights.h5": weights_file(plain_weights) if weights is None else weights,
    }
    with zipfile.ZipFile(path, "w", compression) as archive:
        (pack or _pack)(archive, members)
    return path


def write_h5(path: Path, config: Any = None, *, write: Callable[[h5py.File], object] = lambda file: None) -> Path:
    """An .h5 file of the same model; write: adds to it."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = "3.15.1", "tensorflow"
        file.attrs["model_config"] = _bytes(sequential(DENSE) if config is None else config).decode("utf-8", "replace")
        group = file.create_group("model_weights/dense/sequential/dense")
        group["kernel"], group["bias"] = KERNEL, BIAS
        write(file)
    return path


def changed(model: dict[str, Any], change: Change) -> dict[str, Any]:
    """A copy with something changed in its last layer."""
    model = copy.deepcopy(model)
    change(model["config"]["layers"][-1])
    return model


def dense_with(**config: Any) -> dict[str, Any]:
    """The model with other settings in its only layer."""
    return changed(sequential(DENSE), lambda one: one["config"].update(config))


def _pack(archive: zipfile.ZipFile, members: Mapping[str, bytes]) -> None:
    for name, content in members.items():
        archive.writestr(name, content)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    """JSON that is nothing but deep."""
    return (opening * depth + "1" + closing * depth).encode()


def patched(path: Path, *, find: bytes, put: bytes, last: bool = False) -> Path:
    """A file with some bytes replaced in place, first or last."""
    content = path.read_bytes()
    place = content.rfind(find) if last else content.find(find)
    assert place >= 0
    path.write_bytes(content[:place] + put + content[place + len(put) :])
    return path


def central_size(path: Path, member: str, size: int) -> Path:
    """A zip whose directory lies about how large a member is."""
    content = bytearray(path.read_bytes())
    place = content.rfind(member.encode()) - 46
    content[place + 24 : place + 28] = struct.pack("<I", size)
    path.write_bytes(bytes(content))
    return path
