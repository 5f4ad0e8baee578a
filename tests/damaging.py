"""Ways in which the files of a run get damaged, for tests on what still works beside and with such a run."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.config import ExperimentConfig
from toolkit.runs import RunFolder, RunWriter, create_run

#: The files of a run that a list or a page reads, and those that are only there or not.
_READ = ("config.json", "events.jsonl", "result.json", "worker.lock", "samples.npz", "model.keras")
_SEEN = ("checkpoint/state.npz", "model.weights.h5", "stop", "worker.log")


def _as_folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def _as_link(target: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.unlink(missing_ok=True)
        path.symlink_to(target.format(name=path.name))

    return damage


def _as(content: str | bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content if isinstance(content, bytes) else content.encode())


#: What can happen to any file.
DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(missing_ok=True),
    "empty": _as(b""),
    "first half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "all but the last byte": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "binary": _as(bytes(range(256)) * 20),
    "zeros": _as(bytes(5000)),
    "UTF-16": _as("{}".encode("utf-16")),
    "a list": _as("[1, 2]\n"),
    "a number": _as("7\n"),
    "a number that is none": _as("NaN\n"),
    "a number of 5,000 digits": _as("9" * 5000 + "\n"),
    "null": _as("null\n"),
    "a text": _as('"running"\n'),
    "an empty object": _as("{}\n"),
    "deeply nested lists": _as("[" * 100_000 + "]" * 100_000 + "\n"),
    "deeply nested objects": _as('{"layers": ' + '{"a": ' * 900 + "1" + "}" * 900 + "}\n"),
    "a folder": _as_folder,
    "a link to itself": _as_link("{name}"),
    "a link to nowhere": _as_link("nowhere"),
}


def _continued(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(path.read_bytes() + content)


def _changed(**changes: Any) -> Callable[[Path], object]:
    """One JSON object with some values put in."""
    return lambda path: path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def _added(line: Any) -> Callable[[Path], object]:
    """A line between the lines of events.jsonl."""

    def damage(path: Path) -> None:
        first, *rest = path.read_text().splitlines(keepends=True)
        path.write_text("".join([first, f"{line if isinstance(line, str) else json.dumps(line)}\n", *rest]))

    return damage


_BASELINE = {"event": "baseline", "label": "1", "accuracy": 0.1, "rows": 9, "measured_on": "validation"}
_EPOCH = {"event": "epoch", "epoch": 1, "step": 8, "loss": 0.5, "seconds": 0.1}
_VERDICT = {"state": "flat", "sentence": "Flat."}

#: What can happen inside a file whose form is right: (file, what) -> the damage.
INSIDE: dict[tuple[str, str], Callable[[Path], object]] = {
    **{
        ("config.json", what): _changed(**changes)
        for what, changes in {
            "a number as a name": {"name": 7},
            "no layers": {"layers": None},
            "a layer that is none": {"layers": [[]]},
            "a layer of an unknown kind": {"layers": [{"kind": ["dense"]}]},
            "an unknown field": {"colour": "red"},
            "epochs and steps": {"epochs": 3, "steps": 3},
            "a list of optimizers": {"optimizer": ["adam"]},
            "an object as a learning rate": {"learning_rate": {"a": 1}},
            "a very large seed": {"seed": 10**400},
            "a data set that is not here": {"dataset": "/somewhere/else.csv"},
            "a list about the run": {"run": [1]},
            "a number as the time of creation": {"run": {"created": 7, "weights_from": 3, "tensorboard": "x"}},
            "a time of creation far off": {"run": {"created": "9999-12-31T23:59:59-23:59"}},
            "half a letter as a name": {"name": "\ud83d"},
        }.items()
    },
    **{
        ("result.json", what): _changed(**changes)
        for what, changes in {
            "an unknown state": {"state": "splendid"},
            "a list of states": {"state": ["finished"]},
            "no state": {"state": None},
            "a text as epochs": {"epochs": "five"},
            "no epochs": {"epochs": None, "steps": None, "seconds": None, "test_rows": None},
            "negative epochs": {"epochs": -5},
            "a text as an accuracy": {"test_accuracy": "high"},
            "a list as seconds": {"seconds": [1]},
            "a text as the verdict": {"overfitting": "yes"},
            "an empty verdict": {"overfitting": {}},
            "a verdict of an unknown state": {"overfitting": {**_VERDICT, "state": "perhaps"}},
            "a verdict with a text as an epoch": {"overfitting": {**_VERDICT, "best_epoch": "x"}},
            "a number as the message": {"message": 7},
            "a number as a hash": {"model_sha256": 7},
        }.items()
    },
    **{
        ("events.jsonl", what): _added(line)
        for what, line in {
            "a text as the epoch": {**_EPOCH, "epoch": "x"},
            "no epoch": {"event": "epoch"},
            "a negative step": {**_EPOCH, "step": -8},
            "an epoch of 400 digits": {**_EPOCH, "epoch": 10**400},
            "a text as a loss": {**_EPOCH, "loss": "low"},
            "a list as a loss": {**_EPOCH, "val_loss": [1]},
            "a loss that is no number": '{"event": "epoch", "epoch": 1, "step": 8, "loss": NaN}',
            "a loss beyond all numbers": '{"event": "epoch", "epoch": 1, "step": 8, "loss": 1e999}',
            "a missing loss": {"event": "epoch", "epoch": 1, "step": 8},
            "a list as the event": {"event": [], "epoch": 1},
            "an unknown event": {"event": "party", "guests": 7},
            "a note without a sentence": {"event": "note"},
            "a number as a note": {"event": "note", "sentence": 7},
            "a baseline of no rows": {**_BASELINE, "rows": 0},
            "a baseline above 1": {**_BASELINE, "accuracy": 7},
            "a baseline measured on nothing known": {**_BASELINE, "measured_on": "the moon"},
            "samples without labels": {"event": "samples"},
            "samples of unknown classes": {"event": "samples", "labels": [99] * 10, "probabilities": [[0.1] * 10] * 10},
            "a text as probabilities": {"event": "samples", "labels": [1], "probabilities": "high"},
            "an empty line": "",
        }.items()
    },
    ("events.jsonl", "50 MB of binary"): _continued(bytes(range(1, 256)) * 200_000),
    ("events.jsonl", "50 MB of empty lines"): _continued(b"\n" * 50_000_000),
    ("worker.lock", "a negative number"): _as("-1"),
    ("worker.lock", "a number in other digits"): _as("²"),
}

CASES: dict[str, tuple[str, Callable[[Path], object]]] = {
    **{f"{name}: {what}": (name, damage) for name in _READ for what, damage in DAMAGES.items()},
    **{
        f"{name}: {what}": (name, DAMAGES[what])
        for name in _SEEN
        for what in ("missing", "a folder", "a link to itself")
    },
    **{f"{name}: {what}": (name, damage) for (name, what), damage in INSIDE.items()},
}

#: Those of these cases whose words a newer version of the toolkit may know -> what is said of them.
NEWER_WORDS = {
    "config.json: an unknown field": "config.json has the unknown field colour.",
    "result.json: an unknown state": "result.json has the unknown state splendid.",
}


def make_whole_run(root: Path) -> RunFolder:
    """A finished run on digits with every file that a run can have; the network in it is none."""
    run = create_run(root, ExperimentConfig(name="a run", dataset="digits"), asked_by="a test")
    writer = RunWriter.claim(run)
    assert writer is not None
    writer.append({"event": "state", "state": "running"})
    for epoch, val_loss in enumerate((2.3, 0.6, 0.4, 0.5, 0.6, 0.7, 0.8)):
        figures = {"val_loss": val_loss, "val_accuracy": 0.9, "honest_loss": 2.3 / (1 + epoch), "honest_accuracy": 0.95}
        where = {"epoch": epoch, "step": 8 * epoch}
        writer.append({"event": "epoch", **where, **figures, "learning_rate": 0.001, "seconds": 0.25})
        writer.append({"event": "samples", **where, "labels": [1] * 10, "probabilities": [[0.1] * 10] * 10})
    for path, content in ((run.model_path, b"a network"), (run.weights_path, b"its weights")):
        path.write_bytes(content)
    names = np.array(list("0123456789"))
    np.savez(run.samples_path, x=np.zeros((10, 8, 8), np.uint8), y=np.arange(10), class_names=names)
    np.savez(run.checkpoint_path, epoch=6, step=48)
    run.log_path.write_text("nothing to tell\n")
    run.request_stop()
    verdict = {"state": "flat", "sentence": "Flat.", "best_epoch": 2, "since_epoch": 3}
    contents = {"model_sha256": b"a network", "weights_sha256": b"its weights"}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    figures = {"epochs": 6, "steps": 48, "seconds": 2.5, "test_loss": 0.25, "test_accuracy": 0.95, "test_rows": 360}
    writer.finish({"run_id": run.id, "state": "finished", **figures, "overfitting": verdict, **hashes})
    writer.close()
    return run


def copy_of(run: RunFolder, path: Path) -> RunFolder:
    """The same run in another folder."""
    return RunFolder(Path(shutil.copytree(run.path, path)))


def damaged_copy(run: RunFolder, path: Path, case: str) -> RunFolder:
    """A copy with one of the damages of `CASES`."""
    name, damage = CASES[case]
    damaged = copy_of(run, path)
    damage(damaged.path / name)
    return damaged
