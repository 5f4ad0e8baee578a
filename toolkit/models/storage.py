"""Models and weights on disk: the suffix says which, and nothing is overwritten unless asked."""

from collections.abc import Callable
from pathlib import Path
from zipfile import is_zipfile

import h5py
import keras

from ..config.layers import snake_case
from ..config.shapes import shown
from ..errors import ModelFileError, listed
from ..system.backend import settle_keras
from ..system.files import write_atomically
from .build import UnclippedCrossentropy

MODEL_SUFFIXES = (".keras", ".h5")
WEIGHTS_SUFFIX = ".weights.h5"

#: An upper bound on what HDF5 needs for a layer's names and groups, in bytes.
_HDF5_ROOM = 1 << 15


def save_model(model: keras.Model, path: str | Path, *, overwrite: bool = False) -> Path:
    """Save a whole model: architecture, weights and compile settings.

    path: ends in `.keras` (Keras 3's format, which includes the optimizer's state) or `.h5` (the older one,
    which doesn't). Plain Keras opens both. A model compiled with the tutorials' unclipped loss is saved without its
    compile settings, since plain Keras has no such loss; its predictions are the same.

    Returns the path. Raises `ModelFileError` for another suffix, if the file exists and `overwrite` is not set, or
    if writing fails (a full disk): an existing file is then untouched.
    """
    path = _checked_target(path, MODEL_SUFFIXES, overwrite)
    saved = _without_compile(model) if isinstance(model.loss, UnclippedCrossentropy) else model
    if path.suffix == ".h5" and saved.compiled:
        saved = _compiled_copy(model)
    return _write(saved, path, saved.save)


def load_model(path: str | Path, *, compile: bool = True) -> keras.Model:
    """Open a model that `save_model` or plain Keras saved.

    compile: whether loss and optimizer are restored too; predictions need neither, and loading is faster without.
    Raises `ModelFileError` if the file is missing, damaged, or not a whole model.
    """
    path = _checked_source(path, MODEL_SUFFIXES, "load_model")
    readable = is_zipfile(path) if path.suffix == ".keras" else h5py.is_hdf5(path)
    if not readable:
        raise ModelFileError(f"{path} is damaged or not a Keras model. Expected a file that save_model wrote.")
    settle_keras()
    try:
        return keras.models.load_model(path, compile=compile)
    except Exception as error:  # Keras raises many types of exceptions for an unreadable file.
        raise ModelFileError(f"{path} can't be opened as a Keras model: {_first_line(error)}") from error


def save_weights(model: keras.Model, path: str | Path, *, overwrite: bool = False) -> Path:
    """Save only the weights, to be loaded by `load_weights` into the same architecture.

    path: ends in `.weights.h5`. Returns it. Raises `ModelFileError` as `save_model` does.
    """
    path = _checked_target(path, (WEIGHTS_SUFFIX,), overwrite)
    # Without the optimizer's state: a rebuilt model may be compiled with another optimizer, or not at all.
    bare = _without_compile(model)
    return _write(bare, path, bare.save_weights)


def load_weights(model: keras.Model, path: str | Path) -> None:
    """Put saved weights into a model of the same architecture.

    Raises `ModelFileError` if the file is missing or damaged, or if a layer does not fit: which layer, what the
    file holds, what the model needs. The model's weights are then unchanged.
    """
    path = _checked_source(path, (WEIGHTS_SUFFIX,), "load_weights")
    try:
        stored = _stored_shapes(path)
    except Exception as error:  # HDF5 raises many types of exceptions for an unreadable file.
        raise ModelFileError(f"{path} is damaged or holds no weights. Save them again.") from error
    needed = _needed_shapes(model)
    for number, (name, shapes) in enumerate(needed.items(), 1):
        if stored.get(name, []) != shapes:
            raise ModelFileError(
                f"{path} does not fit at layer {number} ({name}): it holds {_listing(stored.get(name, []))}, the "
                f"network needs {_listing(shapes)}. Build the network that the weights were saved from."
            )
    if extra := [name for name in stored if name not in needed and stored[name]]:
        raise ModelFileError(
            f"{path} holds layers that the network lacks: {', '.join(extra)}. Add them, or use others."
        )
    before = model.get_weights()
    try:
        _without_compile(model).load_weights(path)
    except Exception as error:
        model.set_weights(before)
        raise ModelFileError(f"{path} can't be loaded as weights: {_first_line(error)}") from error


def _write(model: keras.Model, path: Path, save: Callable[[Path], object]) -> Path:
    """Write the model's file atomically; `save` writes to the path that it is given."""

    def write(temporary: Path) -> None:
        if path.suffix == ".h5":
            _make_room(temporary, model)
        save(temporary)

    try:
        write_atomically(path, write)
    except OSError as error:
        raise ModelFileError(
            f"{path} can't be written ({error.strerror or error}). An existing file is untouched. "
            "Free some space or choose another folder."
        ) from error
    return path


def _make_room(path: Path, model: keras.Model) -> None:
    """Raise the usual OSError if the disk is too full: HDF5 would crash the whole process."""
    variables = [*model.variables, *(model.optimizer.variables if model.compiled else [])]
    values = sum(variable.value.numpy().nbytes for variable in variables)
    with path.open("wb") as file:
        for _ in range(0, values + _HDF5_ROOM * (len(model.layers) + 2), _HDF5_ROOM):
            file.write(bytes(_HDF5_ROOM))


def _without_compile(model: keras.Model) -> keras.Model:
    """The same layers and weights in a model without loss and optimizer."""
    if isinstance(model, keras.Sequential):
        return keras.Sequential([keras.Input(model.input_shape[1:]), *model.layers], name=model.name)
    return keras.Model(model.inputs, model.outputs, name=model.name)


def _compiled_copy(model: keras.Model) -> keras.Model:
    """The same layers and optimizer: Keras's .h5 writer removes the optimizer from the compile settings for good."""
    copy = _without_compile(model)
    copy.compile_from_config(model.get_compile_config())
    copy.optimizer = model.optimizer
    return copy


def _checked_target(path: str | Path, suffixes: tuple[str, ...], overwrite: bool) -> Path:
    path = _checked_suffix(path, suffixes)
    if path.exists() and not overwrite:
        raise ModelFileError(f"{path} exists already. Choose another name, or pass overwrite=True.")
    if not path.parent.is_dir():
        raise ModelFileError(f"The folder {path.parent} does not exist. Make it first, or choose another.")
    return path


def _checked_source(path: str | Path, suffixes: tuple[str, ...], function: str) -> Path:
    path = _checked_suffix(path, suffixes)
    if not path.is_file():
        raise ModelFileError(f"{function} found no file {path}. Check the folder and the name.")
    return path


def _checked_suffix(path: str | Path, suffixes: tuple[str, ...]) -> Path:
    path = Path(path)
    if WEIGHTS_SUFFIX not in suffixes and path.name.endswith(WEIGHTS_SUFFIX):
        raise ModelFileError(f"{path} is a name for weights only. Use save_weights and load_weights, or {suffixes[0]}.")
    if not path.name.endswith(suffixes):
        raise ModelFileError(f"The name must end in {listed(suffixes)}. Received: {path}.")
    return path


def _needed_shapes(model: keras.Model) -> dict[str, list[tuple[int, ...]]]:
    """Layer -> shapes of its weights, under the names that Keras gives layers in a weights file."""
    needed: dict[str, list[tuple[int, ...]]] = {}
    counts: dict[str, int] = {}
    for layer in model.layers:
        kind = snake_case(type(layer).__name__)
        counts[kind] = counts.get(kind, -1) + 1
        name = f"{kind}_{counts[kind]}" if counts[kind] else kind
        needed[name] = [tuple(weight.shape) for weight in layer.weights]
    return needed


def _stored_shapes(path: Path) -> dict[str, list[tuple[int, ...]]]:
    with h5py.File(path, "r") as file:
        layers = file.get("layers", {})
        return {
            name: [tuple(group["vars"][str(index)].shape) for index in range(len(group.get("vars", ())))]
            for name, group in layers.items()
        }


def _listing(shapes: list[tuple[int, ...]]) -> str:
    return " and ".join(shown(shape) for shape in shapes) or "no weights"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
