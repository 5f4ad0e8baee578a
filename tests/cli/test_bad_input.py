"""Bad input: one line that says where, what was expected, what was received and what to do; nothing is touched."""

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from damaging import copy_of, make_whole_run

from toolkit.cli import toolkit
from toolkit.config import ExperimentConfig
from toolkit.config.optimizers import OPTIMIZERS
from toolkit.errors import listed
from toolkit.runs import create_run, list_runs

Command = Callable[..., Any]


class Wrong(NamedTuple):
    """One mistake and the four things that its sentence says."""

    line: str
    place: str
    expected: str
    received: str
    remedy: str

    @property
    def sentence(self) -> str:
        return f"{self.place} must be {self.expected}. Received: {self.received}. {self.remedy}"


_RATE = ("learning_rate", "a number above 0 and at most 10")
_RATE_REMEDY = "Try 0.001, the usual start for Adam."
_EPOCHS = ("epochs", "a whole number from 1 to 1,000")
_SPLIT = ("validation_split", "a number above 0 and below 1")
_SPLIT_REMEDY = "Try 0.3, which holds back 30 %."
_UNITS = "a whole number from 1 to 4,096"
_STATES = "Known: queued, running, finished, stopped, diverged, failed, imported, interrupted, newer."

_SETTINGS = [
    Wrong("train --preset keras-mpl", "preset", "the name of a preset", "keras-mpl", "Did you mean keras-mlp?"),
    Wrong("reproduce keras-mpl", "preset", "the name of a preset", "keras-mpl", "Did you mean keras-mlp?"),
    Wrong("train --config {tmp}/field.json", "epoch", "a field of the config", "epoch", "Did you mean epochs?"),
    Wrong(
        """train --layers '[{"kind": "dense", "unit": 8}]'""",
        "layer 1: unit",
        "a field of a dense layer",
        "unit",
        "Did you mean units?",
    ),
    Wrong(
        """train --layers '[{"kind": "dense"}, {"kind": "dens"}]'""",
        "layer 2",
        "a known kind of layer",
        "dens",
        "Did you mean dense?",
    ),
    Wrong("train --layers 64,wide", "layer 2: units", _UNITS, "wide", "Try 64."),
    Wrong("train --layers 0", "layer 1: units", _UNITS, "0", "Try 64."),
    Wrong("train --layers 64.5", "layer 1: units", _UNITS, "64.5", "Try 64."),
    Wrong(
        "train --optimizer adan",
        "optimizer",
        listed(OPTIMIZERS),
        "adan",
        "Did you mean adam?",
    ),
    *(
        Wrong(f"train --learning-rate {text}", *_RATE, text, _RATE_REMEDY)
        for text in ("0", "-1", "nan", "inf", "11", "fast", "0,1", "none")
    ),
    Wrong("train --learning-rate ''", *_RATE, "an empty text", _RATE_REMEDY),
    *(Wrong(f"train --epochs {text}", *_EPOCHS, text, "Try 30.") for text in ("0", "-3", "ten", "2.5", "1001")),
    *(
        Wrong(f"train --validation-split {text}", *_SPLIT, text, _SPLIT_REMEDY)
        for text in ("0", "1", "-0.1", "30%", "half")
    ),
    Wrong("train --seed -1", "seed", "a whole number from 0 to 4,294,967,295", "-1", "Try 777."),
    Wrong("train --name ''", "name", "a text of 1 to 80 characters", "an empty text", "Try my experiment."),
    Wrong("rename {run} ''", "name", "a text of 1 to 80 characters", "an empty text", "Try my experiment."),
    Wrong(f"rename {{run}} {'x' * 81}", "name", "a text of 1 to 80 characters", "x" * 59 + "…", "Try my experiment."),
    Wrong("runs --state finishd", "state", "the state of a run", "finishd", "Did you mean finished?"),
    Wrong("runs --state ''", "state", "the state of a run", "an empty text", _STATES),
    Wrong("runs --sort size", "sort", "an order of runs", "size", "Known: created, test_accuracy, name."),
    Wrong("runs --limit 0", "limit", "a whole number of at least 1", "0", "Try 10."),
]

_NO_RUN = "There is no run no-such-run in {root}. Known: {run}."

#: Mistakes with runs and their files -> the sentence.
_RUNS = {
    "evaluate no-such-run": _NO_RUN,
    "predict no-such-run --index 0": _NO_RUN,
    "train --weights-from no-such-run": _NO_RUN,
    "compare {run} no-such-run": _NO_RUN,
    "rename no-such-run x": _NO_RUN,
    "delete no-such-run --yes": _NO_RUN,
    "delete {run} no-such-run --yes": _NO_RUN,
    "evaluate ../{run}": "There is no run ../{run} in {root}. Did you mean {run}?",
    "delete {run}/ --yes": "There is no run {run}/ in {root}. Did you mean {run}?",
    "delete .. --yes": "There is no run .. in {root}. Known: {run}.",
    "delete . --yes": "There is no run . in {root}. Known: {run}.",
    "delete '' --yes": "There is no run without a name in {root}. Known: {run}.",
    "compare {run}": ("It takes two runs or more to compare. Received: {run}. List them with: python -m toolkit runs"),
    "compare": "It takes two runs or more to compare. Received: none. List them with: python -m toolkit runs",
    "compare {run} {run}": "Each run must be named once. Received: {run} 2 times. Name another.",
    "rename {run}": "Missing argument 'TITLE'. See: python -m toolkit rename --help",
    "delete": "Missing argument 'RUN...'. See: python -m toolkit delete --help",
    "delete {run}": "delete asks before it deletes, and there is no terminal to ask on. To go ahead, add --yes.",
    "runs --limit ten": "Invalid value for '--limit': 'ten' is not a valid integer. See: python -m toolkit runs --help",
    "runs --root {tmp}/field.json": (
        "Invalid value for '--root': Directory '{tmp}/field.json' is a file. See: python -m toolkit runs --help"
    ),
    "--root {root} ''": "There is no command without a name. Known: {commands}.",
}


@pytest.fixture(autouse=True)
def _tensorflow_can_not_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every mistake here is found without it."""
    for name in ("tensorflow", "keras"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A config with an unknown field, and a runs folder with one run."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "field.json").write_text('{"epoch": 3}')
    make_whole_run(folder / "runs")
    return folder


def _everything_below(folder: Path) -> dict[str, tuple[int, int]]:
    """Each path with its size and its time of change."""
    return {str(path): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in sorted(folder.rglob("*"))}


def _assert_refused(command: Command, folder: Path, line: str, sentence: str) -> None:
    (run,) = list_runs(folder / "runs")
    words = {"tmp": folder, "root": folder / "runs", "run": run.id, "commands": ", ".join(toolkit.commands)}
    arguments = [_filled(part, words) for part in shlex.split(line)]
    if "--root" not in arguments:
        arguments += ["--root", str(folder / "runs")]
    before = _everything_below(folder)

    answer = command(*arguments)

    assert (answer.status, answer.output, answer.errors) == (2, "", _filled(sentence, words) + "\n")
    assert _everything_below(folder) == before


def _filled(text: str, words: dict[str, Any]) -> str:
    for name, value in words.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


@pytest.mark.parametrize("wrong", _SETTINGS, ids=lambda wrong: wrong.line)
def test_a_wrong_setting_is_answered_with_place_expected_received_and_remedy(
    command: Command, folder: Path, wrong: Wrong
) -> None:
    assert all(wrong)
    _assert_refused(command, folder, wrong.line, wrong.sentence)


@pytest.mark.parametrize("line", _RUNS)
def test_a_wrong_run_is_answered_with_what_to_do(command: Command, folder: Path, line: str) -> None:
    _assert_refused(command, folder, line, _RUNS[line])


@pytest.mark.parametrize(
    "line",
    [
        "evaluate swapped",
        "predict swapped --index 0",
        "train --config {root}/swapped/config.json --weights-from swapped",
    ],
)
@pytest.mark.parametrize("content", [b"", b"another network", bytes(100)], ids=["empty", "swapped", "zeros"])
def test_a_swapped_file_is_answered_with_its_name(
    command: Command, tmp_path: Path, folder: Path, line: str, content: bytes
) -> None:
    (whole,) = list_runs(folder / "runs")
    run = copy_of(whole, tmp_path / "swapped")
    path, kind = (run.weights_path, "weights") if "--weights-from" in line else (run.model_path, "model")
    path.write_bytes(content)
    before = _everything_below(tmp_path)

    answer = command(*_filled(line, {"root": tmp_path}).split(), "--root", tmp_path)

    expected, received = getattr(run.result, f"{kind}_sha256"), sha256(content).hexdigest()
    assert answer == (
        2,
        "",
        f"{path} is not the file that the run saved: expected the SHA-256 {expected[:12]}… of its result.json. "
        f"Received: {received[:12]}…. Put the saved file back, or train the run again.\n",
    )
    assert _everything_below(tmp_path) == before


@pytest.mark.parametrize("line", ["evaluate {run}", "predict {run} --index 0"])
def test_a_run_that_has_saved_no_model_is_told_from_a_missing_one(command: Command, tmp_path: Path, line: str) -> None:
    run = create_run(tmp_path, ExperimentConfig(dataset="digits"), asked_by="a test")

    assert command(*_filled(line, {"run": run.id}).split(), "--root", tmp_path) == (
        2,
        "",
        f"The run {run.id} has no saved model: it is queued. Choose one that has ended.\n",
    )


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "rename {run} another",
            "The run {run} can't be renamed ([Errno 28] No space left on device). Its title is as before. "
            "Free some space, or see that the folder can be written.",
        ),
        (
            "train --epochs 1",
            "The run can't be written into {root} ([Errno 28] No space left on device). "
            "Free some space or choose another folder.",
        ),
    ],
)
def test_a_full_disk_is_answered_in_a_sentence(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, line: str, sentence: str
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    (run,) = list_runs(folder / "runs")
    words = {"run": run.id, "root": folder / "runs"}
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    monkeypatch.setattr(os, "fsync", fail)

    answer = command(*_filled(line, words).split(), "--root", folder / "runs")

    assert answer == (2, "", _filled(sentence, words) + "\n")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == files


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("TOOLKIT_MAX_PARAMETERS", "1000", "at most 1,000 parameters (TOOLKIT_MAX_PARAMETERS limits it). Received: "),
        ("TOOLKIT_MAX_FILE_MB", "many", "TOOLKIT_MAX_FILE_MB must be a number from 1. Received: many. Try 1,000."),
    ],
)
def test_a_network_beyond_the_limit_is_refused_before_a_run_is_made(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    status, output, errors = command("train", "--epochs", 1, "--root", tmp_path)
    assert (status, output, errors.count("\n")) == (2, "", 1)
    assert words in errors
    assert _everything_below(tmp_path) == {}


def test_a_disk_without_room_for_the_run_is_told_before_it_is_made(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=1000))
    status, output, errors = command("train", "--epochs", 1, "--root", tmp_path)
    assert (status, output, errors.count("\n")) == (2, "", 1)
    assert errors.startswith(f"The run needs 13 MB in {tmp_path}, where 0 MB are free. Free some space, ")
    assert _everything_below(tmp_path) == {}
