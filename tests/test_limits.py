"""What one run may take: read from the environment, checked before it starts, explained where it is hit."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from toolkit import limits
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.config.optimizers import OPTIMIZERS, optimizers_that_take
from toolkit.config.presets import PRESETS
from toolkit.config.shapes import count_parameters
from toolkit.datasets import load_dataset
from toolkit.errors import ConfigError, RunError, ToolkitError
from toolkit.models.build import build_model
from toolkit.models.storage import save_model, save_weights
from toolkit.preflight import check_experiment
from toolkit.runs.disk_space import check_room, checkpoint_bytes
from toolkit.training.checkpoints import save_checkpoint
from toolkit.training.history import COLUMNS

_CONFIG = ExperimentConfig(dataset="digits", layers=[Dense(units=200)], epochs=2)
_PARAMETERS = 64 * 200 + 200 + 200 * 10 + 10


def test_a_limit_is_the_usual_one_unless_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits.MINUTES.value == 720
    monkeypatch.setenv("TOOLKIT_MAX_MINUTES", "0.5")
    assert limits.MINUTES.value == 0.5
    monkeypatch.setenv("TOOLKIT_MAX_MINUTES", "")
    assert limits.MINUTES.value == 720


@pytest.mark.parametrize("text", ["0", "-1", "ten", "nan", "inf"])
def test_a_limit_that_makes_no_sense_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TOOLKIT_MAX_FILE_MB", text)
    with pytest.raises(ToolkitError) as caught:
        limits.check_limits()
    assert str(caught.value) == f"TOOLKIT_MAX_FILE_MB must be a number from 1. Received: {text}. Try 1,000."


@pytest.mark.parametrize("name", PRESETS)
def test_the_published_experiments_are_within_the_limits_by_far(name: str) -> None:
    rows = {"cifar10": (32, 32, 3)}
    config = PRESETS[name].config
    parameters = count_parameters(config, rows.get(config.dataset, (28, 28)), 10)
    assert 5 * parameters < limits.PARAMETERS.value


def test_a_network_with_too_many_parameters_is_refused_with_their_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLKIT_MAX_PARAMETERS", str(_PARAMETERS))
    check_experiment(_CONFIG, tmp_path)

    monkeypatch.setenv("TOOLKIT_MAX_PARAMETERS", str(_PARAMETERS - 1))
    with pytest.raises(ConfigError) as caught:
        check_experiment(_CONFIG, tmp_path)

    assert str(caught.value) == (
        "layers must be a network of at most 15,009 parameters (TOOLKIT_MAX_PARAMETERS limits it). Received: one of "
        "15,010. Choose fewer units or filters, or pool before the dense layers."
    )


def test_a_network_whose_checkpoint_would_be_too_large_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLKIT_MAX_FILE_MB", "1")
    check_experiment(_CONFIG, tmp_path)
    large = _CONFIG.replace(layers=[Dense(units=1000)])
    with pytest.raises(ConfigError, match=r"at most 62,500 parameters \(TOOLKIT_MAX_FILE_MB limits it\)\. Received: o"):
        check_experiment(large, tmp_path)


def _disk_with(free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=free))


def test_a_run_that_the_disk_has_no_room_for_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "not made yet"
    _disk_with(20_000_000, monkeypatch)
    check_room(_CONFIG, root)

    _disk_with(5_000_000, monkeypatch)
    with pytest.raises(RunError) as caught:
        check_room(_CONFIG, root)

    assert str(caught.value) == (
        f"The run needs 11 MB in {root}, where 5 MB are free. Free some space, choose smaller layers, or choose "
        "another folder."
    )


#: Every optimizer, and those that heed a momentum with one.
_OPTIMIZERS = [
    *({"optimizer": name} for name in OPTIMIZERS),
    *({"optimizer": name, "momentum": 0.9} for name in optimizers_that_take("momentum")),
]


@pytest.mark.parametrize("optimizer", _OPTIMIZERS, ids=lambda one: " with momentum ".join(map(str, one.values())))
def test_a_run_takes_no_more_room_than_was_asked_for(
    optimizer: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Optimizers keep up to two slots, and early stopping the best weights: more than these files a run never holds."""
    layers = [Dense(units=1000), Dense(units=700)]
    config = _CONFIG.replace(layers=layers, patience=2, restore_best_weights=True, **optimizer)
    model = build_model(config, load_dataset("digits"))
    records, best = [dict.fromkeys(COLUMNS, 0.5)], model.get_weights()
    checkpoint = tmp_path / "state.npz"
    save_checkpoint(model, checkpoint, config, records=records, engine="graph", best_weights=best)
    model_size = save_model(model, tmp_path / "model.keras").stat().st_size
    weights_size = save_weights(model, tmp_path / "model.weights.h5").stat().st_size
    parameters = count_parameters(config, (8, 8), 10)

    expected = checkpoint_bytes(config) * parameters
    assert expected <= checkpoint.stat().st_size <= 1.01 * expected
    # While the last of them is written over, it is there twice.
    _disk_with(2 * checkpoint.stat().st_size + model_size + 2 * weights_size, monkeypatch)
    with pytest.raises(RunError, match="choose smaller layers"):
        check_room(config, tmp_path)
    assert model_size <= 3.1 * 4 * parameters
