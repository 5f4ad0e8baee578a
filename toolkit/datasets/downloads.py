"""Downloads of Keras's data sets: once, into Keras's own folder, where Keras finds them too."""

import sys
from collections.abc import Iterable
from pathlib import Path

from ..errors import DataError
from ..system.backend import keras_home
from ..system.files import sha256_of, write_atomically

_EMBEDDED = "mnist, digits, iris, wine and breast_cancer"
_TIMEOUT = 20.0


def cache_folder() -> Path:
    """Where Keras keeps its data sets: `~/.keras/datasets`, or `datasets` in the folder that KERAS_HOME names."""
    return keras_home() / "datasets"


def first_existing(folder: Path, names: Iterable[str]) -> Path | None:
    """The first of these files or folders that exists."""
    return next((folder / name for name in names if (folder / name).exists()), None)


def fetch_first(name: str) -> str:
    """The message for a data set that must be fetched before it can be used."""
    return f"{name} is not on this machine yet. Fetch it once, with a connection: python -m toolkit data {name}"


def fetch(name: str, url: str, path: Path, *, sha256: str | None = None) -> None:
    """Download a file, with a progress bar on standard error, and move it into place once it is complete.

    Raises `DataError` if there is no connection, the download is not the published file, or the folder can't be
    written.
    """

    from urllib.error import URLError

    def download(temporary: Path) -> None:
        _download(url, temporary)
        if sha256 and sha256_of(temporary) != sha256:
            raise ConnectionError("the download is not the published file: its SHA-256 differs")

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, download)
    except (URLError, TimeoutError, ConnectionError) as error:
        by_hand = path.with_name(url.rpartition("/")[2])
        raise DataError(
            f"{name} is not on this machine and can't be fetched ({getattr(error, 'reason', error)}). {_EMBEDDED} "
            f"need no connection. Or get {url} elsewhere and put it at {by_hand}; or name a file of your own: "
            "--dataset FILE."
        ) from None
    except OSError as error:
        raise DataError(
            f"{name} can't be kept in {path.parent} ({error.strerror or error}). "
            "Free some space, or name another folder in KERAS_HOME."
        ) from None


def _download(url: str, path: Path) -> None:
    from urllib.request import urlopen

    from rich.console import Console
    from rich.progress import Progress

    with (
        urlopen(url, timeout=_TIMEOUT) as response,
        Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress,
        path.open("wb") as file,
    ):
        total = int(response.headers.get("Content-Length") or 0)
        task = progress.add_task(url.rpartition("/")[2], total=total or None)
        while block := response.read(1 << 16):
            file.write(block)
            progress.advance(task, len(block))
        if file.tell() < total:
            raise ConnectionError(f"the connection broke after {file.tell():,} of {total:,} bytes")
