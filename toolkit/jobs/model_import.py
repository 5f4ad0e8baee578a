"""A model file from a stranger -> a run in state "imported", or a sentence on why it is refused.

This process copies the file and checks its name and size; everything else happens in `import_worker.py`.
"""

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ..config import ExperimentConfig
from ..config.schema_version import SCHEMA, SCHEMA_KEY
from ..errors import ConfigError, ModelFileError, RunError, ToolkitError
from ..model_import.guard import MOST_BYTES, check_suffix, harmless, too_large
from ..runs import RunFolder, create_run
from ..system.files import sha256_of, write_json
from ..training.history import IMPORTED
from .endings import how_it_ended
from .heartbeat import Watch, beat, forget
from .processes import end_process, jobs_folder, start_module

#: The file with the worker's answer.
ANSWER = "answer.json"
#: Seconds for the test of an accepted network, and for each step before it, even on a very busy machine.
TEST_SECONDS, PATIENCE = 60, 120
#: Bytes that an import takes besides the model and its weights: its answer, the test's predictions and samples.
_BESIDE_MODEL = 500_000
#: Seconds after which the worker counts as stuck; its own limits come first.
_LONGEST_WAIT = 3 * PATIENCE + 2 * TEST_SECONDS
#: Seconds between two looks at its progress.
_PAUSE = 0.5
_LONGEST_TITLE = 80
_BLOCK = 1 << 20
_PREFIX, _STALE_SECONDS = ".importing-", 3600
_MOST_ANSWER = 50_000_000
#: The files that the worker leaves for the run; the last two only if it was tested.
_KEPT = ("model.keras", "model.weights.h5", "predictions.npz", "samples.npz")

# Each import takes as much memory as TensorFlow does.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class ModelFile:
    """A file as the user brought it. name: its name there, never used as a path. content: open for reading."""

    name: str
    content: BinaryIO


@contextmanager
def open_model_file(path: Path) -> Iterator[ModelFile]:
    """Open a regular file on this machine, and nothing else that a path can name.

    Raises `ModelFileError` if there is none, it can't be read, or it is a folder, a device or a pipe.
    """
    check_suffix(path.name)
    try:
        # Non-blocking: a pipe that nobody writes to would never open.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        why = harmless(getattr(error, "strerror", None) or str(error))
        raise ModelFileError(f"{harmless(str(path))} can't be read ({why}). Name a model file.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ModelFileError(f"{harmless(str(path))} is not a file but a folder, a device or a pipe. Name a file.")
    with os.fdopen(descriptor, "rb") as content:
        yield ModelFile(path.name, content)


def import_model(
    root: Path,
    file: ModelFile,
    *,
    asked_by: str,
    name: str | None = None,
    dataset: str | None = None,
    label: str | None = None,
    labels: tuple[str, ...] | None = None,
    labels_may_differ: bool = False,
) -> RunFolder:
    """Make a run from a file; a refused file leaves nothing behind.

    name: the run's title, by default the file's name. dataset, label: the data that the network learned, as in a
    config; by default the first known ones whose rows and classes fit. labels: the names of the network's classes, in
    the order of its outputs, from `read_labels`. labels_may_differ: whether another number of them is only noted.
    Raises `ModelFileError` for a refused file, `ConfigError` for an invalid title or unknown data, `DataError` for
    data that don't fit, `RunError` if the runs folder can't be written.
    """
    check_suffix(file.name)
    title = ExperimentConfig(name=_title(file.name) if name is None else name).name
    with _one_at_a_time, _private_folder(root) as folder:
        digest = _copy(file, folder / f"file{check_suffix(file.name)}")
        request = {
            "file": f"file{check_suffix(file.name)}",
            "name": title,
            "dataset": dataset,
            "label": label,
            "labels": labels,
            "labels_may_differ": labels_may_differ,
        }
        answer = _ask_worker(root, folder, request)
        if "refused" in answer:
            raise ModelFileError(str(answer["refused"]))
        return _make_run(root, folder, answer, {"file": harmless(file.name), "sha256": digest}, asked_by)


def _title(file_name: str) -> str:
    return harmless(Path(file_name).stem)[:_LONGEST_TITLE].strip() or IMPORTED


@contextmanager
def _private_folder(root: Path) -> Iterator[Path]:
    """A hidden folder beside the runs; removes those that killed imports left."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        jobs_folder(root).mkdir(exist_ok=True)
        for old in root.glob(f"{_PREFIX}*"):
            if time.time() - old.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
        folder = tempfile.TemporaryDirectory(prefix=_PREFIX, dir=root, ignore_cleanup_errors=True)
    except OSError as error:
        raise RunError(
            f"Nothing can be imported into {root} ({error.strerror or error}). Choose a folder that can be written."
        ) from error
    with folder as place:
        yield Path(place)


def _copy(file: ModelFile, path: Path) -> str:
    """Copy the file, so that nobody can change it from now on. Returns its SHA-256."""
    digest, left = hashlib.sha256(), MOST_BYTES
    try:
        with path.open("xb") as target:
            while block := file.content.read(min(_BLOCK, left + 1)):
                left -= len(block)
                if left < 0:
                    raise too_large(f"more than {MOST_BYTES:,} bytes")
                digest.update(block)
                target.write(block)
    except OSError as error:
        raise RunError(f"The file can't be copied ({error.strerror or error}). Free some space.") from error
    return digest.hexdigest()


def _ask_worker(root: Path, folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    """The throwaway process's answer about the file. Raises `ModelFileError` if it dies before it answers,
    `RunError` if the disk has no room for its results.
    """
    log = jobs_folder(root) / "import.log"
    try:
        worker = start_module("toolkit.jobs.import_worker", str(folder), json.dumps(request), log=log)
    except OSError as error:
        raise RunError(f"No process can be started to open the file ({error}). Try again later.") from error
    try:
        code = _wait_for(root, worker)
    finally:
        if worker.poll() is None:
            end_process(worker.pid, signal.SIGKILL)
            worker.wait()
        forget(root, worker.pid)
    path = folder / ANSWER
    if code == 0 and path.is_file() and path.stat().st_size <= _MOST_ANSWER:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    if code in (-signal.SIGALRM, -signal.SIGXCPU):
        raise ModelFileError(
            "The file takes longer to open than any model of its size. Save the model again with plain Keras."
        )
    needed = 2 * (folder / request["file"]).stat().st_size + _BESIDE_MODEL
    if (free := shutil.disk_usage(folder).free) < needed:
        raise RunError(
            f"The disk is full: the import needs {needed / 1e6:,.1f} MB in {root}, where {free / 1e6:,.1f} MB are "
            "free. Free some space and import the file again."
        )
    raise ModelFileError(
        f"The file can't be opened: the process that tried {how_it_ended(code)}. Save the model again with plain "
        f"Keras; {log} may say more."
    )


def _wait_for(root: Path, worker: subprocess.Popen[bytes]) -> int:
    """The worker's exit code, or SIGALRM's if it takes too long. Raises `ModelFileError` if it hangs."""
    # It has no heartbeat of its own, since a thread would need memory: its CPU time counts instead.
    watch, deadline = Watch(root, deaf_after=_LONGEST_WAIT), time.monotonic() + _LONGEST_WAIT
    beat(root, worker.pid)
    while time.monotonic() < deadline:
        with suppress(subprocess.TimeoutExpired):
            return worker.wait(_PAUSE)
        if seconds := watch.silence(worker.pid):
            raise ModelFileError(
                f"The file can't be opened: the process that tried has not answered for {seconds:.0f} seconds, and was "
                "ended. Try again."
            )
    return -signal.SIGALRM


def _make_run(root: Path, folder: Path, facts: dict[str, Any], file: dict[str, str], asked_by: str) -> RunFolder:
    """Put the worker's results into a run."""
    # It imports NumPy, which the supervisor does not need.
    from ..model_import.adopt import describe

    try:
        config = ExperimentConfig(**facts["config"])
        told = {name: facts[name] for name in _TOLD}
        message = describe({**facts, **facts["test"]}, file["file"])
        result = {**facts["test"], "state": IMPORTED, "message": message, "parameters": facts["parameters"]}
    except (KeyError, TypeError, ConfigError) as error:
        raise ModelFileError("The file can't be opened: its reader gave no valid answer. Try another file.") from error

    def fill(building: Path) -> None:
        for name in _KEPT:
            if (folder / name).is_file():
                (folder / name).rename(building / name)
        hashes = {f"{kind}_sha256": sha256_of(building / name) for kind, name in _HASHED.items()}
        write_json(building / "result.json", {SCHEMA_KEY: SCHEMA, **result, **hashes})

    try:
        return create_run(root, config, asked_by=asked_by, fill=fill, weights_from=None, imported={**file, **told})
    except ValueError as error:
        raise ToolkitError(f"The run can't be written ({error}). Try another file.") from error


#: What config.json keeps of the file; see `RunFolder.imported`.
_TOLD = ("input_shape", "outputs", "unnamed_layers", "holds_all_weights", "pixels", "loss", "labels")
_HASHED = {"model": "model.keras", "weights": "model.weights.h5"}
