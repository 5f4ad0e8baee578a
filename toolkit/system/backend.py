"""The machine learning backend: TensorFlow's import without its log messages, versions and threads."""

import os
import sys
import tempfile
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any


def choose_backend() -> None:
    """Make Keras use TensorFlow, whatever the user's ~/.keras/keras.json says. Imports nothing."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # Native errors come back as exceptions; "2" would also log warnings about TensorFlow's own compiled programs.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def import_tensorflow() -> None:
    """Import TensorFlow and Keras (3–6 s the first time).

    TensorFlow's native code logs to file descriptor 2 before any setting can silence it: the descriptor is
    redirected during the import, and the log is shown only if the import fails.
    """
    if "tensorflow" in sys.modules and "keras" in sys.modules:
        return
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
