"""Campaign 4: the disk becomes full while each kind of file is written, and while a run trains.

    python -m benchmarks.reliability.full_disk [--without-keras] [--runs 20]

Each file overwrites an older one, with space for 20 different fractions of it: each attempt must raise an error of a
known kind, leave the older file unchanged, and leave no other file. For the runs, the process mounts a small disk of
its own (Linux, in a namespace, which needs no privileges) with 20 different amounts of free space: each run must wait
or end with a sentence, its lines must be complete, and once there is space it must finish like a run that always had
enough. A model file is imported there in the same way.
"""

import argparse
import errno
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.reliability import Outcome, story, tell
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.errors import RunError, ToolkitError
from toolkit.runs import RunFolder, RunWriter, create_run, note_interruption
from toolkit.runs.artifacts import keep_probabilities
from toolkit.system.backend import import_tensorflow
from toolkit.system.files import sha256_of, write_json

_SIZES = 20
_CONFIG = ExperimentConfig(name="full", dataset="digits", layers=[Dense(units=64), Dense(units=64)], epochs=6)
#: Bytes of the small disk, much more than a run needs.
_DISK = 8 << 20


def fill_up(root: Path, kinds: dict[str, tuple[str, Callable[[], object]]]) -> Outcome:
    """Write each kind of file, by its name in `root`, with space for only a part of it."""
    faults, tried = [], 0
    for kind, (name, write) in kinds.items():
        path = root / name
        write()
        whole = path.stat().st_size
        # A file that is appended to has space for itself and a part of the addition.
        kept = whole if kind == "events.jsonl" else 0
        for part in range(_SIZES):
            before, beside = sha256_of(path), _files(path.parent)
            room = kept + whole * part // _SIZES
            tried += 1
            found = _refused(write, room)
            if sha256_of(path) != before:
                found.append("the older file has changed")
            if _files(path.parent) != beside:
                found.append("something else lies there")
            faults += [f"{kind}, room for {room} of {whole} bytes: {fault}" for fault in found]
    return Outcome({"kinds of files": len(kinds), "files cut short": tried}, faults)


def _files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _refused(write: Callable[[], object], room: int) -> list[str]:
    try:
        with files_of_at_most(room):
            write()
    except OSError as error:
        return [] if error.errno in (errno.EFBIG, errno.ENOSPC) else [f"{error!r}"]
    except ToolkitError as error:
        return [] if str(error).endswith(".") else [f"no sentence: {error}"]
    except Exception as error:
        return [f"{error!r}"]
    return ["nothing was said"]


@contextmanager
def files_of_at_most(num_bytes: int) -> Iterator[None]:
    """Let the kernel refuse to extend any file beyond a size, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def light_kinds(root: Path) -> dict[str, tuple[str, Callable[[], object]]]:
    """The files that are written without Keras: kind -> (name under `root`, function that overwrites it)."""
    run = create_run(root, _CONFIG, asked_by="campaign")
    writer = RunWriter.claim(run)
    matrix = [[n * m for n in range(10)] for m in range(10)]
    result = {"run_id": run.id, "state": "finished", "test_accuracy": 0.5, "confusion_matrix": matrix}
    probabilities = np.random.default_rng(1).random((360, 10)).astype(np.float32)

    def config() -> None:
        run.rename("another title")

    def append() -> None:
        writer.append({"event": "samples", "labels": [1] * 10, "probabilities": [[0.1] * 10] * 10})

    return {
        "config.json": (f"{run.id}/config.json", config),
        "result.json": (f"{run.id}/result.json", lambda: write_json(run.path / "result.json", result)),
        "interrupted": (f"{run.id}/interrupted", lambda: note_interruption(run, "The disk is full. " * 9)),
        "predictions.npz": (f"{run.id}/predictions.npz", lambda: keep_probabilities(run, probabilities)),
        "events.jsonl": (f"{run.id}/events.jsonl", append),
    }


def keras_kinds(root: Path) -> dict[str, tuple[str, Callable[[], object]]]:
    """The files of a network, and the report on its run."""
    import_tensorflow()
    from toolkit.datasets import load_dataset
    from toolkit.experiment import run_experiment
    from toolkit.models.build import build_model
    from toolkit.models.storage import save_model, save_weights
    from toolkit.report import write_report
    from toolkit.training.checkpoints import save_checkpoint
    from toolkit.training.history import COLUMNS

    model = build_model(_CONFIG, load_dataset("digits"))
    state = {"records": [dict.fromkeys(COLUMNS, 0.5)], "engine": "graph"}
    run = create_run(root, _CONFIG, asked_by="campaign")
    run_experiment(run)
    return {
        "checkpoint": (
            "state.npz",
            lambda: save_checkpoint(model, root / "state.npz", _CONFIG, **state),
        ),
        "model.keras": ("model.keras", lambda: save_model(model, root / "model.keras", overwrite=True)),
        "model.h5": ("model.h5", lambda: save_model(model, root / "model.h5", overwrite=True)),
        "weights": ("m.weights.h5", lambda: save_weights(model, root / "m.weights.h5", overwrite=True)),
        "report": ("report.html", lambda: write_report(run, root / "report.html", overwrite=True)),
    }


def fill_up_runs(disk: Path, sizes: int) -> Outcome:
    """Train on a disk with space for up to a whole run; then with enough space, to the end."""
    from toolkit.experiment import run_experiment

    unbroken = create_run(disk, _CONFIG, asked_by="campaign")
    run_experiment(unbroken)
    expected, taken = story(unbroken), unbroken.size()
    shutil.rmtree(unbroken.path)
    faults, ends = [], {}
    for part in range(sizes):
        run = create_run(disk, _CONFIG, asked_by="campaign")
        # Checkpoint, model and weights are written beside the older ones, so a run temporarily needs more space.
        with _filled(disk, leaving=2 * taken * part // sizes):
            end = _trained(run)
        ends[end] = ends.get(end, 0) + 1
        faults += [f"room for {part} parts in {sizes}, {end}: {fault}" for fault in _faults(run, expected)]
        shutil.rmtree(run.path)
    return Outcome({f"runs that {end}": number for end, number in ends.items()}, faults)


def fill_up_imports(disk: Path, sizes: int) -> Outcome:
    """Import a model file with space for up to twice its size; then with enough space."""
    from toolkit.datasets import load_dataset
    from toolkit.jobs import import_model, open_model_file
    from toolkit.models.build import build_model
    from toolkit.models.storage import save_model

    root, path = disk / "imports", disk / "brought.keras"
    root.mkdir()
    save_model(build_model(_CONFIG, load_dataset("digits")), path)
    faults, ends = [], Counter[str]()
    for part in [*range(sizes), 4 * sizes]:
        before = {one.name for one in root.iterdir()} - {".jobs"}
        room = 2 * path.stat().st_size * part // sizes
        try:
            with _filled(disk, leaving=room), open_model_file(path) as file:
                shutil.rmtree(import_model(root, file, asked_by="campaign").path)
            ends["imports that had room enough"] += 1
        except ToolkitError as error:
            ends["imports refused with a sentence"] += 1
            if not any(word in str(error) for word in ("space", "disk", "room")):
                faults.append(f"import, room for {room} bytes: it says {error}")
        except Exception as error:
            faults.append(f"import, room for {room} bytes: {error!r}")
        if left := {one.name for one in root.iterdir()} - before - {".jobs"}:
            faults.append(f"import, room for {room} bytes: left behind: {left}")
    if not ends["imports that had room enough"]:
        faults.append("with room again, nothing can be imported")
    shutil.rmtree(root)
    path.unlink()
    return Outcome(dict(ends), faults)


def _trained(run: RunFolder) -> str:
    from toolkit.experiment import run_experiment

    try:
        run_experiment(run)
    except RunError:
        return "waited"
    return {"interrupted": "were interrupted with a sentence", "finished": "had room enough"}.get(run.state, run.state)


def _faults(run: RunFolder, expected: list[dict[str, object]]) -> Iterator[str]:
    from toolkit.experiment import run_experiment

    begun = story(run)
    if begun != expected[: len(begun)]:
        yield "other lines than those of a run with room enough"
    if run.state not in ("queued", "interrupted", "finished"):
        yield f"{run.state}: {run.message}"
    if run.state == "interrupted" and not run.message.startswith("The disk is full."):
        yield f"it says {run.message!r}"
    if run.state == "finished":
        return
    run_experiment(run, resume=run.has_broken_off)
    if run.state != "finished" or story(run) != expected:
        yield f"with room again it is {run.state}: {run.message}"
    if left := [path.name for path in run.path.rglob(".*")]:
        yield f"left behind: {left}"


@contextmanager
def _filled(disk: Path, *, leaving: int) -> Iterator[None]:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        file.write(bytes(max(0, shutil.disk_usage(disk).free - leaving)))
    try:
        yield
    finally:
        ballast.unlink()


def _on_a_small_disk() -> str | None:
    """The folder of this process's own disk, or None if it has none."""
    return os.environ.get("RELIABILITY_DISK")


def _mount_and_go_on(arguments: list[str]) -> int:
    """Restart this campaign in a namespace of its own, in which a process may mount a disk."""
    with tempfile.TemporaryDirectory() as folder:
        mount = f'mount -t tmpfs -o size={_DISK} tmpfs {folder} && exec "$@"'
        command = ["unshare", "-Urm", "sh", "-c", mount, "sh", sys.executable, "-m", __spec__.name, *arguments]
        return subprocess.run(command, env={**os.environ, "RELIABILITY_DISK": folder}, check=False).returncode


def main() -> None:
    """Parse the arguments and run the campaign."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--without-keras", action="store_true")
    parser.add_argument("--runs", type=int, default=_SIZES)
    asked = parser.parse_args()
    if asked.runs and not asked.without_keras and _on_a_small_disk() is None:
        sys.exit(_mount_and_go_on(sys.argv[1:]))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        outcomes = [fill_up(root, light_kinds(root))]
        if not asked.without_keras:
            outcomes.append(fill_up(root, keras_kinds(root)))
    if disk := _on_a_small_disk():
        outcomes.append(fill_up_runs(Path(disk), asked.runs))
        outcomes.append(fill_up_imports(Path(disk), max(1, asked.runs // 4)))
    done: dict[str, int | float] = {}
    for outcome in outcomes:
        done |= {name: number + done.get(name, 0) for name, number in outcome.done.items()}
    tell(Outcome(done, [fault for outcome in outcomes for fault in outcome.faults]))


if __name__ == "__main__":
    main()
