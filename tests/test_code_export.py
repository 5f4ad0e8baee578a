"""The exported script against `train()`: the same history, to the last bit, with nothing but plain Keras."""

import math
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.code_export import export_code
from toolkit.config import ExperimentConfig
from toolkit.datasets import Dataset
from toolkit.models import build_model
from toolkit.presets import PRESETS, preset
from toolkit.training import train

COMPARED = ("loss", "accuracy", "val_loss", "val_accuracy")

Figures = dict[str, list[float | None]]


def write_data(data: Dataset, path: Path) -> Path:
    np.savez(path, x_train=data.x_train, y_train=data.y_train, x_test=data.x_test, y_test=data.y_test)
    return path


@pytest.fixture
def run_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Runs an exported script on a data set, in this process, and returns its variables."""

    def run(code: str, data: Dataset) -> dict[str, Any]:
        script = tmp_path / "script.py"
        script.write_text(code, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", [str(script), str(write_data(data, tmp_path / "data.npz"))])
        return runpy.run_path(str(script), run_name="__main__")

    return run


def figures_of_script(variables: dict[str, Any]) -> Figures:
    """Keras's history; like the toolkit, None for what is no number."""
    history = variables["history"].history
    return {name: [value if math.isfinite(value) else None for value in values] for name, values in history.items()}


def figures_of_toolkit(config: ExperimentConfig, data: Dataset) -> Figures:
    records = train(build_model(config, data), data, config).records[1:]
    validated = config.validation_split is not None or config.validation_rows is not None
    return {name: [record[name] for record in records] for name in COMPARED if validated or "val_" not in name}


def shortened(config: ExperimentConfig, measurements: int = 2, steps: int = 2) -> ExperimentConfig:
    """A few epochs, or a few steps a measurement; nothing else is changed."""
    if config.epochs:
        return config.replace(epochs=measurements)
    return config.replace(steps=steps * measurements, log_every=steps)


def narrowed(config: ExperimentConfig) -> ExperimentConfig:
    """The same layers with few units and filters, for few rows."""
    small = {"units": 8, "filters": 4}
    layers = [
        {**layer.model_dump(), **{name: small[name] for name in small if hasattr(layer, name)}}
        for layer in config.layers
    ]
    return config.replace(layers=layers, **({"validation_rows": 50} if config.validation_rows else {}))


@pytest.fixture(scope="module")
def pictures(make_toy: Callable[..., Dataset]) -> Dataset:
    """As MNIST is made: 28 × 28 in ten classes; 160 rows leave a ragged last batch with every preset."""
    return make_toy(row_shape=(28, 28), num_classes=10, train_rows=160, test_rows=20)


@pytest.mark.parametrize("name", PRESETS)
def test_the_script_of_a_preset_gives_the_same_history_to_the_last_bit(
    name: str, pictures: Dataset, run_script: Callable[..., dict[str, Any]]
) -> None:
    config = shortened(narrowed(preset(name)))

    script = figures_of_script(run_script(export_code(config), pictures))

    assert script == figures_of_toolkit(config, pictures)
