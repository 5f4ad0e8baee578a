"""The machine learning backend: TensorFlow's import without its log messages, Keras's settings, versions, threads."""

import os
import sys
import tempfile
import warnings
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any

from ..errors import ToolkitError

#: Keras's settings that change what a network computes, and its defaults.
_SETTINGS = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}


def choose_backend() -> None:
    """Make Keras use TensorFlow, whatever the user's ~/.keras/keras.json says. Imports nothing."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # Native errors come back as exceptions; "2" would also log warnings about TensorFlow's own compiled programs.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def import_tensorflow() -> None:
    """Import TensorFlow and Keras (3–6 s the first time).

    TensorFlow's native code logs to file descriptor 2 before any setting can silence it: the descriptor is
    redirected during the import, and the log is shown only if the import fails.

    Keras then has the settings that the toolkit relies on, whatever the user's ~/.keras/keras.json says.
    Raises `ToolkitError` if Keras was imported before with another backend.
    """
    known = "keras" in sys.modules
    if not (known and "tensorflow" in sys.modules):
        _import_silently()
    settle_keras(aloud=known)


def _import_silently() -> None:
    from .compilation_cache import use_compilation_cache

    choose_backend()
    use_compilation_cache()
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            import_module("keras")
            # The first operation makes TensorFlow log its notes on the processor.
            import_module("tensorflow").constant(0)
        except BaseException:
            notes.seek(0)
            os.write(terminal, notes.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
    import_module("absl.logging").set_verbosity("error")
    import_module("tensorflow").get_logger().setLevel("ERROR")


def settle_keras(*, aloud: bool = True) -> None:
    """Give Keras, which is imported already, the settings that the toolkit relies on: its own defaults.

    aloud: whether to warn if it had others, as in a notebook that has set them.
    Raises `ToolkitError` if it runs on another backend, which can't be changed any more.
    """
    keras = import_module("keras")
    if (backend := keras.config.backend()) != "tensorflow":
        raise ToolkitError(
            f"Keras must use TensorFlow here, and was imported with the backend {backend}. Restart Python, and import "
            "toolkit before keras."
        )
    settings = {name: getattr(keras.config, name)() for name in _SETTINGS}
    changed = {name: value for name, value in settings.items() if value != _SETTINGS[name]}
    for name in changed:
        getattr(keras.config, f"set_{name}")(_SETTINGS[name])
    # Made of floatx when it is first asked for.
    if (policy := keras.config.dtype_policy().name) != _SETTINGS["floatx"]:
        changed["dtype_policy"] = policy
        keras.config.set_dtype_policy(_SETTINGS["floatx"])
    if changed and aloud:
        found = ", ".join(f"{name} {value}" for name, value in changed.items())
        warnings.warn(
            f"Keras had other settings than the toolkit relies on ({found}): they are Keras's defaults now.",
            stacklevel=3,
        )


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment() -> dict[str, Any]:
    """What a history depends on besides the config: versions, and the threads that this process may use."""
    packages = {name: _version(name) for name in ("keras", "numpy", "scikit-learn")}
    return {
        "threads": cores(),
        "versions": {"python": python_version(), "tensorflow": tensorflow_version(), **packages},
    }


def tensorflow_version() -> str | None:
    """TensorFlow's version, found without importing it; None if it is not installed."""
    return _version("tensorflow") or _version("tensorflow-cpu")  # the same library, packaged for other processors


def keras_home() -> Path:
    """Where Keras keeps a user's files: `~/.keras`, or the folder that KERAS_HOME names."""
    home = os.environ.get("KERAS_HOME")
    return Path(home) if home else Path.home() / ".keras"


def _version(package: str) -> str | None:
    """A package's version without importing it, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
