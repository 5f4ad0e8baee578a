"""Programs that XLA has compiled, kept on disk: the next training of the same network starts two seconds sooner."""

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from platform import machine, processor

from .backend import cores, keras_home, tensorflow_version

#: One network takes about a megabyte.
_MOST_BYTES = 200_000_000

_FLAG = "--tf_xla_persistent_cache_directory="


def use_compilation_cache() -> None:
    """Let TensorFlow cache compiled programs; call this before importing it.

    A folder that TF_XLA_FLAGS already names is kept; without a writable folder there is no cache.
    """
    flags = os.environ.get("TF_XLA_FLAGS", "")
    if _FLAG in flags:
        return
    folder = cache_folder()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        _forget_oldest(folder)
        if os.access(folder, os.W_OK):
            os.environ["TF_XLA_FLAGS"] = f"{flags} {_FLAG}{folder}".strip()


def clear_compilation_cache() -> None:
    """Delete this machine's cache: TensorFlow fails on a damaged cache file instead of compiling again."""
    for file in cache_folder().glob("xla_compile_cache*"):
        with suppress(OSError):
            file.unlink()


def cache_folder() -> Path:
    """One folder per TensorFlow version, processor and number of threads: programs are compiled for these."""
    made_for = f"{machine()} {processor()} {_processor_features()} {cores()}"
    return keras_home() / "xla" / f"{tensorflow_version()}-{sha256(made_for.encode()).hexdigest()[:12]}"


def _processor_features() -> str:
    """What Linux reports of the first core: its model and instruction set; empty on other systems."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        return ""
    # The clock speed is in there too, and differs at every look.
    return " ".join(line for line in lines if line.startswith(("model name", "flags", "Features", "CPU part")))


def _forget_oldest(folder: Path) -> None:
    files = sorted((file.stat().st_mtime, file.stat().st_size, file) for file in folder.iterdir())
    excess = sum(size for _, size, _ in files) - _MOST_BYTES
    for _, size, file in files:
        if excess <= 0:
            return
        file.unlink(missing_ok=True)
        excess -= size
