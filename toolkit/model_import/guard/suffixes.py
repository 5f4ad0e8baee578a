"""Checks of a file's name and size, before it is opened."""

from pathlib import Path

from ...errors import ModelFileError
from .limits import MOST_BYTES
from .refusals import OTHER_PROGRAM, WHOLE_MODEL, refusal

SUFFIXES = (".keras", ".h5")


#: What to do with files that can't be imported, by their suffix.
_REMEDIES = {
    **dict.fromkeys((".pt", ".pth", ".onnx"), OTHER_PROGRAM),
    ".tflite": "It can't be turned back: import the Keras model that it was converted from.",
    ".json": "It holds the layers alone. Build them with model_from_json, load the weights, and save the whole.",
}


def check_suffix(name: str) -> str:
    """The suffix, which decides how the file is read. Raises `ModelFileError` for an unknown one."""
    suffix = Path(name).suffix.lower()
    if name.lower().endswith(".weights.h5"):
        raise refusal("A model file", "a whole model", f"{name}, which by its name holds weights alone", WHOLE_MODEL)
    if suffix == ".hdf5":
        return ".h5"
    if suffix not in SUFFIXES:
        raise refusal(
            "A model file",
            "one that Keras saved, .keras or .h5; other kinds may run code when they are opened",
            name,
            _REMEDIES.get(suffix, "Save the model with Keras: model.save('model.keras')."),
        )
    return suffix


def too_large(received: str) -> ModelFileError:
    """The error for a file above the size limit."""
    return refusal("A model file", f"at most {MOST_BYTES:,} bytes", received, "Save it without the optimizer's state.")
