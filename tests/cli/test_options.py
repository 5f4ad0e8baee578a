"""Flags in Keras's words, anywhere on the line; mistakes are answered with one line."""

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from toolkit.cli import main, toolkit
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Conv2D, Dense, Dropout, Flatten
from toolkit.config.optimizers import OPTIMIZERS
from toolkit.config.presets import PRESETS, preset
from toolkit.datasets import DATASETS
from toolkit.errors import listed
from toolkit.runs import DEFAULT_ROOT, RunFolder, create_run, list_runs
from toolkit.runs.schema import RunResult, Verdict

ROOT = Path(__file__).resolve().parents[2]
Command = Callable[..., Any]


def _flags(command: click.Command) -> set[str]:
    return {flag for option in command.params if isinstance(option, click.Option) for flag in option.opts}


@pytest.fixture
def trained_with(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., RunFolder]:
    """Runs `train` up to the training itself; returns the run that was asked for."""
    verdict = Verdict(state="flat", sentence="Flat.")
    canned = RunResult(
        state="finished", epochs=1, steps=8, test_loss=0.5, test_accuracy=0.9, seconds=1.0, overfitting=verdict
    )
    module = importlib.import_module("toolkit.cli.train")
    monkeypatch.setattr(module, "run_experiment", lambda run, **settings: canned)

    def train(*arguments: object) -> RunFolder:
        answer = command("train", "--root", tmp_path, *arguments)
        assert (answer.status, answer.errors) == (0, "")
        return list_runs(tmp_path)[0]

    return train


def test_every_field_of_the_config_has_its_flag() -> None:
    flags = _flags(toolkit.commands["train"])

    assert {f"--{name.replace('_', '-')}" for name in ExperimentConfig.model_fields} <= flags
    assert {"--preset", "--config", "--weights-from", "--tensorboard", "--root", "--json"} <= flags


def test_every_flag_explains_itself_in_the_words_of_the_config() -> None:
    options = {option.name: option for option in toolkit.commands["train"].params}

    for name, field in ExperimentConfig.model_fields.items():
        assert options[name].help.startswith(field.description)
    assert all(option.help for option in options.values())


@pytest.mark.parametrize("name", ["train", "evaluate", "predict", "runs", "compare", "rename", "delete", "reproduce"])
def test_commands_that_touch_runs_take_the_folder_of_the_runs(name: str) -> None:
    root = next(option for option in toolkit.commands[name].params if option.name == "root")

    assert root.default == DEFAULT_ROOT == Path("saved_models")


@pytest.mark.parametrize("variable", ["TOOLKIT_RUNS", "TOOLKIT_ROOT"])
def test_a_variable_names_the_folder_of_the_runs(
    variable: str, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(tmp_path / "elsewhere", preset("softmax"), asked_by="a test")
    monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
    monkeypatch.chdir(tmp_path)
    assert [one["run_id"] for one in command("runs", "--json").document] == [run.id]
    assert command("runs", "--json", "--root", tmp_path / "empty").document == []


# `dashboard` ends with nothing to print.
@pytest.mark.parametrize("name", [name for name in toolkit.commands if name != "dashboard"])
def test_every_command_prints_json_where_that_is_asked_for(name: str) -> None:
    option = next(option for option in toolkit.commands[name].params if "--json" in option.opts)

    assert option.is_flag


def test_without_flags_the_first_preset_is_trained(trained_with: Callable[..., RunFolder]) -> None:
    assert trained_with().config == preset("keras-mlp")


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_trained_by_name(
    trained_with: Callable[..., RunFolder], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Some data are not on this machine yet.
    monkeypatch.setattr(importlib.import_module("toolkit.cli.train"), "load_dataset", lambda name: None)
    assert trained_with("--preset", name).config == preset(name)


_FLAGS: list[tuple[list[str], dict[str, Any]]] = [
    (["--dataset", "digits"], {"dataset": "digits"}),
    (["--epochs", "5"], {"epochs": 5}),
    (["--batch-size=64"], {"batch_size": 64}),
    (
        ["--optimizer", "sgd", "--momentum", "0.9", "--nesterov"],
        {"optimizer": "sgd", "momentum": 0.9, "nesterov": True},
    ),
    (["--learning-rate", "1e-4"], {"learning_rate": 0.0001}),
    (["--validation-split", "0.25", "--stratify"], {"validation_split": 0.25, "stratify": True}),
    (["--validation-rows", "5000"], {"validation_rows": 5000, "validation_split": None}),
    (["--validation-split", "none"], {"validation_split": None}),
    (["--seed", "0"], {"seed": 0}),
    (["--name", "첫 실험"], {"name": "첫 실험"}),
    (["--log-every", "100"], {"log_every": 100}),
    (["--patience", "3", "--monitor", "val_accuracy"], {"patience": 3, "monitor": "val_accuracy"}),
    (["--restore-best-weights"], {"restore_best_weights": True}),
    (["--no-use-bias"], {"use_bias": False}),
    (["--loss", "sparse_categorical_crossentropy"], {"loss": "sparse_categorical_crossentropy"}),
    (["--from-logits"], {"from_logits": True}),
    (["--kernel-initializer", "random_normal(0.01)"], {"kernel_initializer": "random_normal(0.01)"}),
    (["--bias-initializer", "constant(0.1)"], {"bias_initializer": "constant(0.1)"}),
    (["--layers", "128, 64"], {"layers": (Dense(units=128), Dense(units=64))}),
    (["--layers", "32"], {"layers": (Dense(units=32),)}),
    (["--layers", ""], {"layers": ()}),
    (
        ["--layers", '[{"kind": "conv2d", "filters": 4}, {"kind": "flatten"}, {"kind": "dropout", "rate": 0.5}]'],
        {"layers": (Conv2D(filters=4), Flatten(), Dropout(rate=0.5))},
    ),
]


@pytest.mark.parametrize(("flags", "changes"), _FLAGS, ids=[" ".join(flags) for flags, _ in _FLAGS])
def test_a_flag_changes_its_field_and_no_other(
    trained_with: Callable[..., RunFolder], flags: list[str], changes: dict[str, Any]
) -> None:
    config = trained_with(*flags).config

    assert {name: getattr(config, name) for name in changes} == changes
    expected = {name: value for name, value in dict(preset("keras-mlp")).items() if name not in changes}
    assert {name: getattr(config, name) for name in expected} == expected


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_without_a_rate_starts_at_its_own(trained_with: Callable[..., RunFolder], name: str) -> None:
    assert trained_with("--optimizer", name).config.learning_rate == OPTIMIZERS[name].learning_rate
    assert trained_with("--optimizer", name, "--learning-rate", "0.02").config.learning_rate == 0.02


def test_a_run_may_be_called_none(trained_with: Callable[..., RunFolder]) -> None:
    """`none` switches a field off; a name can't be switched off, so there it is a name."""
    assert trained_with("--name", "None").config.name == "None"


def test_steps_take_the_place_of_epochs(trained_with: Callable[..., RunFolder]) -> None:
    config = trained_with("--preset", "mlp", "--steps", "50").config

    assert (config.steps, config.epochs) == (50, None)


def test_epochs_take_the_place_of_steps_and_of_the_log_that_went_with_them(
    trained_with: Callable[..., RunFolder],
) -> None:
    config = trained_with("--preset", "cnn", "--epochs", "3").config

    assert (config.epochs, config.steps, config.log_every) == (3, None, None)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--root", "{root}", "--json", "train", "--preset", "mlp", "--epochs", "2"],
        ["train", "--json", "--root", "{root}", "--preset", "mlp", "--epochs", "2"],
        ["--epochs", "2", "train", "--preset=mlp", "--json", "--root={root}"],
        ["--json", "--preset", "mlp", "--root={root}", "--epochs=2", "train"],
        ["--no-nesterov", "--json", "train", "--root", "{root}", "--epochs", "2", "--preset", "mlp"],
    ],
    ids=" ".join,
)
def test_options_stand_anywhere(
    command: Command,
    trained_with: Callable[..., RunFolder],
    tmp_path: Path,
    arguments: list[str],
) -> None:
    root = tmp_path / "elsewhere"

    answer = command(*(argument.format(root=root) for argument in arguments))

    assert (answer.status, answer.errors) == (0, "")
    (run,) = list_runs(root)
    assert answer.document["run_id"] == run.id
    assert run.config == preset("mlp").replace(epochs=2)


def test_a_config_file_may_leave_fields_out(trained_with: Callable[..., RunFolder], tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text('{"dataset": "digits", "layers": [{"kind": "dense", "units": 8}]}')

    config = trained_with("--config", tmp_path / "mine.json", "--epochs", "4").config

    assert config == ExperimentConfig(dataset="digits", layers=[Dense(units=8)], epochs=4)


def test_a_runs_own_config_json_trains_the_same_again(trained_with: Callable[..., RunFolder]) -> None:
    first = trained_with("--preset", "softmax", "--seed", "5", "--name", "one")

    second = trained_with("--config", first.path / "config.json", "--name", "two")

    assert second.config == first.config.replace(name="two")
    assert second.id != first.id


_DATASET = "dataset must be the name of a data set, or the path of your own data."
_BAD_INPUT: dict[str, str] = {
    "trian": "There is no command trian. Did you mean train?",
    "xyzzy": f"There is no command xyzzy. Known: {', '.join(toolkit.commands)}.",
    "--json": "No such option '--json'. See: python -m toolkit --help",
    "train --epochz 3": "No such option '--epochz'. Did you mean '--epochs'? See: python -m toolkit train --help",
    "train --preset keras-mpl": "preset must be the name of a preset. Received: keras-mpl. Did you mean keras-mlp?",
    "train --preset mlp --config x.json": "Give --preset or --config, not both. Received: mlp and x.json.",
    "train --epochs 0": "epochs must be a whole number from 1 to 1,000. Received: 0. Try 30.",
    "train --epochs": "Option '--epochs' requires an argument.",
    "train --epochs 3 --steps 5": "steps must be left out if epochs is given. Received: 5. Give one of the two.",
    "train --epochs none": "epochs must be given if steps is not. Received: neither. Try 10 epochs.",
    "train --learning-rate fast": (
        "learning_rate must be a number above 0 and at most 10. Received: fast. Try 0.001, the usual start for Adam."
    ),
    "train --learning-rate nan": (
        "learning_rate must be a number above 0 and at most 10. Received: nan. Try 0.001, the usual start for Adam."
    ),
    "train --learning-rate -1": (
        "learning_rate must be a number above 0 and at most 10. Received: -1. Try 0.001, the usual start for Adam."
    ),
    "train --epochs 0 --batch-size x --optimizer adan": (
        f"optimizer must be {listed(OPTIMIZERS)}. Received: adan. Did you mean adam? "
        "batch_size must be a whole number from 1 to 100,000. Received: x. Try 128. "
        "epochs must be a whole number from 1 to 1,000. Received: 0. Try 30."
    ),
    "train --optimizer adam --momentum 0.9": (
        "momentum must be 0, or used with sgd or rmsprop. Received: 0.9 with adam. Set momentum to 0."
    ),
    "train --dataset mnits": f"{_DATASET} Received: mnits. Did you mean mnist?",
    "train --dataset zzz": f"{_DATASET} Received: zzz. Known: {', '.join(DATASETS)}.",
    "train --dataset my/flowers.csv": f"{_DATASET} Received: my/flowers.csv. There is no such file or folder.",
    "train --dataset iris --label species": (
        "label must be left out: only the columns of a CSV file have names. Received: species with iris."
    ),
    "train --preset cnn --dataset iris": (
        "layer 1 must be a layer that takes a row of numbers. Received: conv2d with an input of 4. Move it before "
        "flatten and dense layers, and use data made of pictures."
    ),
    "train --dataset iris --validation-split 0.01": (
        "validation_split 0.01 holds back 2 of 120 rows, which leaves class setosa without a validation row. "
        "Choose another share, such as 0.3, or set stratify."
    ),
    "train --layers 64,wide": "layer 2: units must be a whole number from 1 to 4,096. Received: wide. Try 64.",
    "train --layers [64": (
        "layers must be a JSON list (Expecting ',' delimiter: line 1 column 4 (char 3)). Received: [64. "
        'Try [{"kind": "dense", "units": 64}].'
    ),
    'train --layers [{"kind":"conv2d"},{"kind":"dense"}]': (
        "layer 2 must be a layer that takes height × width × channels. "
        "Received: dense with an input of 28 × 28 × 32. Add a flatten layer before it."
    ),
    "train --config {tmp}/none.json": (
        "The config file {tmp}/none.json can't be read "
        "([Errno 2] No such file or directory: '{tmp}/none.json'). Name a JSON file."
    ),
    "train --config {tmp}": (
        "The config file {tmp} can't be read ([Errno 21] Is a directory: '{tmp}'). Name a JSON file."
    ),
    "train --config {tmp}/letter.json": (
        "The config is not valid JSON (Expecting value: line 1 column 1 (char 0)). Expected an object of fields."
    ),
    "train --config {tmp}/list.json": "The config must be a JSON object of fields. Received: list.",
    "train --config {tmp}/unknown.json": (
        "learning_rat must be a field of the config. Received: learning_rat. Did you mean learning_rate?"
    ),
    "train --config {tmp}/picture.json": (
        "The config file {tmp}/picture.json can't be read "
        "('utf-8' codec can't decode byte 0x89 in position 0: invalid start byte). Name a JSON file."
    ),
    "train --weights-from no-such-run --root {tmp}/runs": (
        "There is no run no-such-run in {tmp}/runs. List them with: python -m toolkit runs --root {tmp}/runs"
    ),
    "train --json=yes": "Option '--json' does not take a value.",
    "train something": "Got unexpected extra argument (something). See: python -m toolkit train --help",
    "train --root {tmp}/letter.json": (
        "Invalid value for '--root': Directory '{tmp}/letter.json' is a file. See: python -m toolkit train --help"
    ),
    "evaluate": "Missing argument 'RUN'. See: python -m toolkit evaluate --help",
    "evaluate no-such-run --root {tmp}/runs": (
        "There is no run no-such-run in {tmp}/runs. List them with: python -m toolkit runs --root {tmp}/runs"
    ),
    "evaluate ../../etc --root {tmp}/runs": (
        "There is no run ../../etc in {tmp}/runs. List them with: python -m toolkit runs --root {tmp}/runs"
    ),
    "predict": "Missing argument 'RUN'. See: python -m toolkit predict --help",
    "predict no-such-run --index 0 --root {tmp}/runs": (
        "There is no run no-such-run in {tmp}/runs. List them with: python -m toolkit runs --root {tmp}/runs"
    ),
    "predict no-such-run --random 0": (
        "Invalid value for '--random': 0 is not in the range 1<=x<=10000. See: python -m toolkit predict --help"
    ),
    "data": "Missing argument 'NAME'. See: python -m toolkit data --help",
    "data ": f"{_DATASET} Received: an empty text. Known: {', '.join(DATASETS)}.",
    "data mnits": f"{_DATASET} Received: mnits. Did you mean mnist?",
    "data iris --label species --no-figure": (
        "label must be left out: only the columns of a CSV file have names. Received: species with iris."
    ),
    "data iris --figure iris.png": "The figure's name must end in .html. Received: iris.png. Try iris.html.",
    "data iris --figure {tmp}/nowhere/iris.html": (
        "The figure can't be written to {tmp}/nowhere/iris.html (No such file or directory). Name another file with "
        "--figure, or leave it out with --no-figure."
    ),
    "reproduce keras-mpl": "preset must be the name of a preset. Received: keras-mpl. Did you mean keras-mlp?",
    "reproduce --seed -1": (
        "Invalid value for '--seed': -1 is not in the range 0<=x<=4294967295. See: python -m toolkit reproduce --help"
    ),
    "presets mlp": "Got unexpected extra argument (mlp). See: python -m toolkit presets --help",
}


@pytest.fixture
def bad_files(tmp_path: Path) -> Path:
    (tmp_path / "letter.json").write_text("Dear all")
    (tmp_path / "list.json").write_text("[1, 2]")
    (tmp_path / "unknown.json").write_text('{"learning_rat": 0.1}')
    (tmp_path / "picture.json").write_bytes(b"\x89PNG")
    (tmp_path / "self.json").write_text('{"self": 1}')
    return tmp_path


@pytest.mark.parametrize("line", _BAD_INPUT)
def test_bad_input_is_answered_with_one_sentence(command: Command, bad_files: Path, line: str) -> None:
    arguments = line.replace("{tmp}", str(bad_files)).split(" ") if line else []

    answer = command(*arguments)

    assert answer.errors == _BAD_INPUT[line].replace("{tmp}", str(bad_files)) + "\n"
    assert (answer.status, answer.output) == (2, "")
    assert not (bad_files / "runs").exists()


def test_a_field_named_self_is_an_unknown_field(command: Command, bad_files: Path) -> None:
    answer = command("train", "--config", bad_files / "self.json")

    assert answer.status == 2
    assert answer.errors.startswith("self must be a field of the config. Received: self. ")


@pytest.mark.parametrize("name", ["runs", "evaluate some-run", "predict some-run", "train"])
def test_a_folder_below_a_file_is_answered_with_one_line(command: Command, bad_files: Path, name: str) -> None:
    answer = command(*name.split(), "--root", bad_files / "letter.json" / "runs")

    assert (answer.status, answer.output) == (2, "")
    assert len(answer.errors.splitlines()) == 1
    assert str(bad_files / "letter.json") in answer.errors


def test_bad_input_is_found_before_tensorflow_is_imported(bad_files: Path) -> None:
    lines = [line.replace("{tmp}", str(bad_files)).split(" ") for line in _BAD_INPUT]
    code = (
        "import json, sys\n"
        "from toolkit.cli import main\n"
        "statuses = [main(line) for line in json.loads(sys.argv[1])]\n"
        "print(set(statuses), [name for name in ('tensorflow', 'keras') if name in sys.modules])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(lines)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )

    assert done.stdout == "{2} []\n"
    assert len(done.stderr.splitlines()) == len(lines)


def test_help_needs_no_tensorflow_and_no_tables() -> None:
    code = (
        "import sys\n"
        "from toolkit.cli import main\n"
        "statuses = [main(line.split()) for line in sys.argv[1:]]\n"
        "heavy = ('tensorflow', 'keras', 'sklearn', 'pandas', 'scipy')\n"
        "print(set(statuses), [name for name in heavy if name in sys.modules], file=sys.stderr)\n"
    )
    lines = ["", "--help", "-h", *(f"{name} --help" for name in toolkit.commands), "--help train", "presets", "runs"]

    done = subprocess.run([sys.executable, "-c", code, *lines], cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert done.stderr == "{0} []\n"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]], ids=" ".join)
def test_help_names_every_command_with_what_it_does(command: Command, arguments: list[str]) -> None:
    answer = command(*arguments)

    assert (answer.status, answer.errors) == (0, "")
    assert answer.output.startswith("Usage: python -m toolkit ")
    for name in toolkit.commands:
        assert f"\n  {name} " in answer.output


@pytest.mark.parametrize("name", list(toolkit.commands))
def test_every_command_has_help_before_and_after_its_name(command: Command, name: str) -> None:
    after, before = command(name, "--help"), command("--help", name)

    assert after == before
    assert after.output.startswith(f"Usage: python -m toolkit {name} ")
    assert toolkit.commands[name].help.splitlines()[0] in " ".join(after.output.split())


def test_the_exit_status_is_that_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "toolkit", "trian"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == main(["trian"]) == 2
    assert done.stderr == "There is no command trian. Did you mean train?\n"
    assert done.stdout == ""
