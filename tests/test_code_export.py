"""The exported script against `train()`: the same history, to the last bit, with nothing but plain Keras."""

import ast
import json
import math
import py_compile
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from toolkit.code_export import export_code
from toolkit.config import ExperimentConfig
from toolkit.config.layers import INITIALIZERS, LAYER_KINDS
from toolkit.config.losses import LOSSES
from toolkit.config.optimizers import OPTIMIZERS
from toolkit.config.presets import PRESETS, preset
from toolkit.datasets import Dataset, dataset_info, load_dataset
from toolkit.datasets.mnist import MNIST_FILE
from toolkit.errors import ConfigError
from toolkit.models.build import build_model
from toolkit.models.storage import load_weights, save_weights
from toolkit.training.trainer import train

Run = Callable[..., dict[str, Any]]
Figures = dict[str, list[float | None]]

COMPARED = ("loss", "accuracy", "val_loss", "val_accuracy")


def _of_optimizer(name: str) -> ExperimentConfig:
    return ExperimentConfig(
        layers=[{"kind": "dense", "units": 5}],
        optimizer=name,
        learning_rate=OPTIMIZERS[name].usual_learning_rate,
        batch_size=20,
        epochs=2,
    )


#: Settings that no preset has, put together so that each is met once.
CASES = {
    "sparse, stratified, measured at uneven steps, random biases": ExperimentConfig(
        layers=[
            {"kind": "conv2d", "filters": 4, "strides": 2, "padding": "valid", "activation": "elu"},
            {"kind": "average_pooling2d", "pool_size": 3, "strides": 1, "padding": "same"},
            {"kind": "global_average_pooling2d"},
            {"kind": "batch_normalization", "momentum": 0.9},
            {"kind": "dense", "units": 5, "activation": "linear", "use_bias": False},
            {"kind": "activation", "activation": "tanh"},
        ],
        bias_initializer="random_normal(0.2)",
        loss="sparse_categorical_crossentropy",
        optimizer="rmsprop",
        momentum=0.5,
        stratify=True,
        batch_size=20,
        epochs=2,
        log_every=4,
    ),
    **{f"{name} at its usual rate": _of_optimizer(name) for name in ("lion", "nadam", "adagrad")},
    "no validation, steps that end within an epoch, logits": ExperimentConfig(
        layers=[{"kind": "dense", "units": 6, "kernel_initializer": "he_normal"}, {"kind": "dropout", "rate": 0.4}],
        bias_initializer="random_normal",
        from_logits=True,
        validation_split=None,
        optimizer="sgd",
        momentum=0.9,
        nesterov=True,
        batch_size=48,
        steps=7,
    ),
    "more validation rows than training rows, fewer of these than a batch": ExperimentConfig(
        layers=[], validation_split=0.6, optimizer="adamw", learning_rate=0.01, batch_size=100, epochs=2
    ),
    "the tutorials' loss as a mean, until it is no number": ExperimentConfig(
        layers=[], loss="unclipped_crossentropy_mean", optimizer="sgd", learning_rate=10, batch_size=20, epochs=3
    ),
}


@pytest.fixture
def eager() -> Iterator[None]:
    """Operations are called one by one, not compiled into graphs: the same figures, in half of the time."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def run_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs an exported script with a data set or a data file, in this process, and returns its variables."""

    def run(code: str, data: Dataset | Path) -> dict[str, Any]:
        script = tmp_path / "script.py"
        script.write_text(code, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        path = data if isinstance(data, Path) else write_data(data, tmp_path / "data.npz")
        monkeypatch.setattr(sys, "argv", [str(script), str(path)])
        return runpy.run_path(str(script), run_name="__main__")

    return run


def write_data(data: Dataset, path: Path) -> Path:
    np.savez(path, x_train=data.x_train, y_train=data.y_train, x_test=data.x_test, y_test=data.y_test)
    return path


def figures_of_script(variables: dict[str, Any]) -> Figures:
    """Keras's history; as in the toolkit's, None is what is no number."""
    history = variables["history"].history
    return {name: [value if math.isfinite(value) else None for value in values] for name, values in history.items()}


def figures_of_toolkit(config: ExperimentConfig, data: Dataset) -> Figures:
    records = train(build_model(config, data), data, config).records[1:]
    validated = config.validation_split is not None or config.validation_rows is not None
    return {name: [record[name] for record in records] for name in COMPARED if validated or "val_" not in name}


def small_data(config: ExperimentConfig, make_toy: Callable[..., Dataset]) -> Dataset:
    """Made as the preset's data are, tables of floats; 160 rows leave a ragged last batch with every preset."""
    info = dataset_info(config.dataset)
    data = make_toy(row_shape=info.row_shape, num_classes=info.num_classes, train_rows=160, test_rows=20)
    return data if data.is_pictures else in_floats(data)


def in_floats(data: Dataset) -> Dataset:
    """The same values as float32, which are not divided by 255."""
    return replace(data, x_train=data.x_train.astype(np.float32), x_test=data.x_test.astype(np.float32))


def shortened(config: ExperimentConfig, steps: int) -> ExperimentConfig:
    """Two measurements, an epoch or some steps each; nothing else is changed."""
    return config.replace(epochs=2) if config.epochs else config.replace(steps=2 * steps, log_every=steps)


def narrowed(config: ExperimentConfig) -> ExperimentConfig:
    """The same layers with few units and filters, for few rows."""
    small = {"units": 8, "filters": 4}
    layers = [
        {**layer.model_dump(), **{name: value for name, value in small.items() if hasattr(layer, name)}}
        for layer in config.layers
    ]
    held = {"validation_rows": 50} if config.validation_rows else {"validation_split": 0.3}
    return config.replace(layers=layers, **held)


@pytest.mark.usefixtures("eager")
def test_the_script_of_an_encoded_table_gives_the_same_history_and_says_what_was_encoded(
    tmp_path: Path, run_script: Run
) -> None:
    text = "".join(f"{n},{'red' if n % 3 else ''},{n / 7 if n % 5 else 'NA'},{'xy'[n % 2]}\n" for n in range(80))
    (tmp_path / "mine.csv").write_text("Id,colour,size,kind\n" + text)
    config = preset("table").replace(dataset=str(tmp_path / "mine.csv"), leave_out=("Id",), epochs=2)
    data = load_dataset(config.dataset, **config.reading)
    code = export_code(config)
    assert "texts one-hot encoded, gaps filled" in " ".join(code.split())
    assert figures_of_script(run_script(code, data)) == figures_of_toolkit(config, data)


#: What differs most between the presets: convolution with dropout, a table, batch normalisation.
_TYPICAL = ("keras-mlp", "cnn", "table", "batchnorm")


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in _TYPICAL else pytest.mark.slow) for name in PRESETS]
)
def test_the_script_of_a_preset_gives_the_same_history_to_the_last_bit(
    name: str, make_toy: Callable[..., Dataset], run_script: Run
) -> None:
    config = shortened(narrowed(preset(name)), steps=2)
    data = small_data(config, make_toy)

    variables = run_script(export_code(config), data)

    assert figures_of_script(variables) == figures_of_toolkit(config, data)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("case", CASES)
def test_so_do_settings_that_no_preset_has(case: str, make_toy: Callable[..., Dataset], run_script: Run) -> None:
    data = make_toy(row_shape=(8, 8), num_classes=4, train_rows=150)

    variables = run_script(export_code(CASES[case], data=data), data)

    expected = figures_of_toolkit(CASES[case], data)
    assert figures_of_script(variables) == expected
    assert len(expected["loss"]) > 1 or None in expected["loss"]


def test_a_compiled_script_ends_early_as_the_toolkit_does_and_keeps_the_same_best_weights(
    toy: Dataset, run_script: Run
) -> None:
    config = ExperimentConfig(
        layers=[{"kind": "dense", "units": 8}, {"kind": "dropout", "rate": 0.5}],
        learning_rate=0.3,
        batch_size=16,
        epochs=40,
        patience=2,
        restore_best_weights=True,
    )
    model = build_model(config, toy)
    history = train(model, toy, config)

    variables = run_script(export_code(config, data=toy), toy)

    assert figures_of_script(variables) == {name: [one[name] for one in history.records[1:]] for name in COMPARED}
    assert 3 <= history.epochs < 40
    for ours, theirs in zip(model.get_weights(), variables["model"].get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_script_of_what_xla_trains_compiles_by_xla_and_gives_the_same_history_but_for_rounding(
    toy: Dataset, run_script: Run
) -> None:
    layers = [{"kind": "dense", "units": 8}, {"kind": "dropout", "rate": 0.5}, {"kind": "batch_normalization"}]
    config = ExperimentConfig(layers=layers, batch_size=16, epochs=2, engine="xla")

    code = export_code(config, data=toy)

    assert "jit_compile=True" in code
    assert "the history is the toolkit's but for rounding." in " ".join(code.split())
    found, expected = figures_of_script(run_script(code, toy)), figures_of_toolkit(config, toy)
    assert {name: found[name] for name in COMPARED} == {
        name: pytest.approx(expected[name], abs=1e-6) for name in COMPARED
    }


@pytest.mark.usefixtures("eager")
def test_a_script_goes_on_from_another_runs_weights(toy: Dataset, run_script: Run, tmp_path: Path) -> None:
    config = ExperimentConfig(layers=[{"kind": "dense", "units": 8}], batch_size=16, epochs=1)
    weights = save_weights(build_model(config.replace(seed=1), toy), tmp_path / "first.weights.h5")
    model = build_model(config, toy)
    load_weights(model, weights)
    expected = train(model, toy, config).records[-1]

    variables = run_script(export_code(config, data=toy, weights_file=str(weights)), toy)

    assert figures_of_script(variables) == {name: [expected[name]] for name in COMPARED}


@pytest.mark.usefixtures("eager")
def test_the_script_prints_shapes_and_results_and_saves_the_model(
    toy: Dataset, run_script: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ExperimentConfig(name="My 1st net!", layers=[], batch_size=16, epochs=2, monitor="val_accuracy")

    variables = run_script(export_code(config, data=toy), toy)

    printed = capsys.readouterr().out
    val_loss = variables["history"].history["val_loss"]
    accuracy = np.mean(np.argmax(variables["model"].predict(variables["x_test"], verbose=0), axis=1) == toy.y_test)
    assert "x_train: (70, 6, 6) uint8 y_train: (70,)\nx_test: (20, 6, 6) uint8 y_test: (20,)\n" in printed
    assert f"\nLowest validation loss {min(val_loss):.4f} at epoch {val_loss.index(min(val_loss)) + 1}\n" in printed
    assert f"\nTest accuracy {accuracy:.2%}, test loss " in printed
    assert (tmp_path / "my-1st-net.keras").is_file()


@pytest.mark.usefixtures("eager")
def test_a_tables_columns_are_standardised_with_the_training_rows_alone(run_script: Run) -> None:
    random = np.random.default_rng(5)
    x = (random.normal(size=(90, 3)) * [1, 100, 0.01] + [5, -300, 0]).astype(np.float32)
    table = Dataset("table", x[:70], np.arange(70) % 2, x[70:], np.arange(20) % 2, ("no", "yes"))
    config = ExperimentConfig(layers=[], batch_size=16, epochs=1)

    variables = run_script(export_code(config, data=table), table)

    standardised = np.asarray(variables["model"].layers[0](variables["x_train"]))
    assert len(standardised) == 49
    np.testing.assert_allclose(standardised.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(standardised.std(axis=0), 1, atol=1e-5)


@pytest.mark.usefixtures("eager")
def test_pictures_of_floats_are_taken_as_they_are(toy: Dataset, run_script: Run) -> None:
    data = in_floats(toy)
    config = ExperimentConfig(layers=[], batch_size=16, epochs=1)

    variables = run_script(export_code(config, data=data), data)

    np.testing.assert_array_equal(variables["x_test"], data.x_test.reshape(20, 36))
    assert figures_of_script(variables) == figures_of_toolkit(config, data)


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory, toy: Dataset) -> Path:
    """A folder with the script of every preset and every case, and of every layer and initializer."""
    folder = tmp_path_factory.mktemp("scripts")
    configs = {**{name: preset(name) for name in PRESETS}, **CASES}
    for number, initializer in enumerate(INITIALIZERS):
        configs[f"initializer {number}"] = ExperimentConfig(kernel_initializer=initializer, restore_best_weights=True)
    for name, config in configs.items():
        code = export_code(config, weights_file="first-1a2b3c/model.weights.h5", about="Some words on it. " * 9)
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
    return folder


@pytest.mark.parametrize("width", [88, 120])
def test_formatters_leave_the_scripts_as_they_are(scripts: Path, width: int) -> None:
    ruff = [sys.executable, "-m", "ruff", "format", "--no-cache", "--isolated", "--diff", f"--line-length={width}", "."]

    done = subprocess.run(ruff, cwd=scripts, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_a_linter_finds_nothing_in_the_scripts(scripts: Path) -> None:
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--isolated", "--select=E,F,I,N,UP,B,SIM,C4", "."]

    done = subprocess.run(ruff, cwd=scripts, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_the_scripts_compile_and_import_keras_numpy_and_scikit_learn_alone(scripts: Path) -> None:
    for script in scripts.glob("*.py"):
        py_compile.compile(str(script), doraise=True, cfile=str(scripts.parent / "compiled"))
        nodes = list(ast.walk(ast.parse(script.read_text(encoding="utf-8"))))
        imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
        assert {name.split(".")[0] for name in imported} <= {"itertools", "math", "sys", "keras", "numpy", "sklearn"}


def test_every_optimizer_and_loss_is_run_from_a_script_above() -> None:
    """By a preset or a case: the history is the same to the last bit."""
    configs = [*CASES.values(), *(one.config for one in PRESETS.values())]

    assert {config.optimizer for config in configs} == set(OPTIMIZERS)
    assert {config.loss for config in configs} == set(LOSSES)


def test_every_kind_of_layer_can_be_exported() -> None:
    """`CASES` and the presets use them all, which the scripts above are made of."""
    configs = [*CASES.values(), *(one.config for one in PRESETS.values())]

    assert {layer.kind for config in configs for layer in config.layers} == set(LAYER_KINDS)


def test_the_script_has_no_line_that_its_config_does_not_need() -> None:
    code = export_code(preset("keras-mlp").replace(engine="graph"))

    absent = ("stratify", "itertools", "initializers", "Unclipped", "WEIGHTS", "STEPS", "EarlyStopping", "nan_to")
    for word in (*absent, "jit_compile"):
        assert word not in code
    assert 'layers.Dense(64, activation="relu"),\n' in code
    assert 'model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])\n' in code
    assert code.startswith('"""keras-mlp.\n')
    assert "validation_batch_size=1000" in code


def test_a_presets_script_says_what_it_teaches_and_claims_and_is_compiled_where_that_is_faster() -> None:
    code = export_code(preset("keras-mlp"))

    assert code.startswith('"""keras-mlp: the overfitting point: validation loss turns while training loss keeps')
    assert "The published test accuracy is 97.08 %." in code
    assert 'loss="categorical_crossentropy", metrics=["accuracy"], jit_compile=True' in " ".join(code.split())
    assert "jit_compile" not in export_code(preset("cnn"))


def test_a_changed_preset_makes_no_claim() -> None:
    code = export_code(preset("keras-mlp").replace(epochs=3))

    assert code.startswith('"""keras-mlp.\n')
    assert "97.08" not in code


@pytest.mark.parametrize(
    "name", ['"""; raise SystemExit', "\\", "ends with \\", 'in "quotes"', "null \0, line\nbreak", " \t"]
)
def test_a_title_is_data_and_never_code(name: str) -> None:
    tree = ast.parse(export_code(ExperimentConfig(name=name)))

    assert ast.get_docstring(tree)
    assert not any(isinstance(node, ast.Raise) for node in ast.walk(tree))


@pytest.mark.parametrize("path", ["data.npz", 'my "own" data.npz', "it's.npz", "C:\\new\\data.npz"])
def test_paths_stand_in_the_script_as_they_are(path: str) -> None:
    tree = ast.parse(export_code(preset("mlp"), data_file=path, weights_file=path))

    named = {ast.unparse(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)}
    assert ast.literal_eval(named["DATA"]) == path
    assert ast.literal_eval(named["WEIGHTS"]) == path


def test_what_no_network_can_be_made_of_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"^dataset must be the name of a data set.*\. Received: mnits\. Did you mean mnist\?$"
    ):
        export_code(ExperimentConfig(dataset="mnits"))
    with pytest.raises(
        ConfigError, match=r"^layer 1 must be a layer that takes height × width × channels\. Received: dense "
    ):
        export_code(ExperimentConfig(layers=[{"kind": "dense"}, {"kind": "flatten"}]))


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_the_compiled_script_of_a_preset_gives_the_same_history_on_its_whole_data_set(
    name: str, make_toy: Callable[..., Dataset], run_script: Run
) -> None:
    config = shortened(preset(name), steps=10)
    # What would have to be downloaded is stood in for.
    data = make_toy((32, 32, 3), 10, 600, 50) if name == "cifar10" else load_dataset(config.dataset)

    code = export_code(config)
    found = figures_of_script(run_script(code, MNIST_FILE if config.dataset == "mnist" else data))

    expected = figures_of_toolkit(config, data)
    if "jit_compile=True" in code:  # Rounded otherwise on some processors; 1,100 steps make more of it.
        assert found == {name: pytest.approx(values, abs=1e-3) for name, values in expected.items()}
    else:
        assert found == expected


@pytest.mark.slow
def test_the_script_runs_where_there_is_no_toolkit(tmp_path: Path) -> None:
    """In an empty folder, in a process that can't find the project."""
    config = ExperimentConfig(dataset="digits", layers=[{"kind": "dense", "units": 16}], epochs=2)
    data = load_dataset("digits")
    write_data(data, tmp_path / "digits.npz")
    (tmp_path / "script.py").write_text(export_code(config), encoding="utf-8")
    ask = (
        "import json, runpy, sys\n"
        "history = runpy.run_path('script.py')['history'].history\n"
        "print('\\n' + json.dumps([history, 'toolkit' in sys.modules]))"
    )

    done = subprocess.run([sys.executable, "-I", "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [figures_of_toolkit(config, data), False]
