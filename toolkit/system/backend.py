"""What the toolkit stands on: TensorFlow's import without chatter, versions and threads."""

import os
import sys
import tempfile
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any


def choose_backend() -> None:
    """Make Keras use TensorFlow, whatever the user's ~/.keras/keras.json says. Costs nothing."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # Errors of the native code come back as exceptions; at "2" it also calls its own compiled programs strange.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def import_tensorflow() -> None:
    """Import TensorFlow and Keras (3–6 s the first time).

    TensorFlow's native code writes start-up notes straight to file descriptor 2, before any setting can
    silence them: it is pointed elsewhere meanwhile, and what was written is shown only if the import fails.
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
            # The first operation makes TensorFlow write its notes on the processor.
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
    """What else a history depends on: versions, and the threads that this process may use."""
    packages = {name: _version(name) for name in ("keras", "numpy", "scikit-learn")}
    return {
        "threads": cores(),
        "versions": {"python": python_version(), "tensorflow": tensorflow_version(), **packages},
    }


def tensorflow_version() -> str | None:
    """TensorFlow's version, found without importing it; None where it is not installed."""
    return _version("tensorflow") or _version("tensorflow-cpu")  # the same, packed for other processors


def keras_home() -> Path:
    """Where Keras keeps what belongs to a user: `~/.keras`, or the folder that KERAS_HOME names."""
    home = os.environ.get("KERAS_HOME")
    return Path(home) if home else Path.home() / ".keras"


def _version(package: str) -> str | None:
    """A package's version without importing it, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
