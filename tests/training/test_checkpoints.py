"""A training that broke off goes on from its checkpoint as if it had not: the same figures to the last bit."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest

from toolkit.config import ExperimentConfig
from toolkit.config.layers import BatchNormalization, Dense, Dropout
from toolkit.config.optimizers import OPTIMIZERS
from toolkit.datasets import Dataset
from toolkit.errors import ModelFileError
from toolkit.models.build import build_model
from toolkit.training.checkpoints import load_checkpoint, save_checkpoint
from toolkit.training.history import COLUMNS, History
from toolkit.training.trainer import train

#: With everything that has a state of its own: Adam's moments, dropout's seeds, batch normalisation's means.
_CONFIG = ExperimentConfig(
    layers=[Dense(units=8), Dropout(rate=0.3), BatchNormalization()], batch_size=16, epochs=5, learning_rate=0.01
)
_RECORDS = [
    {**dict.fromkeys(COLUMNS), "epoch": 0, "step": 0, "honest_loss": 2.302585092994046, "seconds": 0.25},
    {**dict.fromkeys(COLUMNS, 0.1), "epoch": 1, "step": 4, "val_loss": None},
]


#: Shown by every test run; the others at length.
_ONE_FAST = ("adam", "lion")


class _Trained(NamedTuple):
    """A training from its start to its end, and what its checkpoint held as each measurement was reported."""

    model: keras.Sequential
    history: History
    checkpoints: list[bytes]


Unbroken = Callable[[ExperimentConfig], _Trained]


@pytest.fixture(scope="module")
def unbroken(toy: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Unbroken:
    """Trains on the toy, once for all tests that ask for the same config. Not to be trained further."""

    @cache
    def train_once(config: ExperimentConfig) -> _Trained:
        path, model = tmp_path_factory.mktemp("unbroken") / "state.npz", build_model(config, toy)
        checkpoints: list[bytes] = []

        def report(event: dict[str, Any]) -> None:
            if event["event"] == "epoch":
                checkpoints.append(path.read_bytes() if event["step"] else b"")

        return _Trained(model, train(model, toy, config, report=report, checkpoint=path), checkpoints)

    return train_once


def _without_seconds(history: History) -> list[dict[str, Any]]:
    return [{name: value for name, value in record.items() if name != "seconds"} for record in history.records]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        pytest.param({"optimizer": "sgd", "momentum": 0.9, "nesterov": True}, marks=pytest.mark.slow),
        pytest.param({"optimizer": "nadam", "loss": "sparse_categorical_crossentropy"}, marks=pytest.mark.slow),
        {"optimizer": "lion"},
        *(pytest.param({"optimizer": name}, marks=pytest.mark.slow) for name in OPTIMIZERS if name not in _ONE_FAST),
        {"steps": 23, "log_every": 5},  # epochs of 4 steps: a measurement in the middle of one
        {"validation_split": None},
    ],
    ids=lambda changes: " ".join(map(str, changes.values())),
)
def test_a_training_goes_on_to_the_last_bit(
    toy: Dataset, tmp_path: Path, unbroken: Unbroken, changes: dict[str, Any]
) -> None:
    config = _CONFIG.replace(**changes)
    uninterrupted, expected, checkpoints = unbroken(config)
    # What a power cut leaves before the line of the third measurement is written.
    (tmp_path / "state.npz").write_bytes(checkpoints[3])

    # In a model that has seen nothing: other weights, other seeds, no optimizer state.
    model, reported = build_model(config.replace(seed=1), toy), []
    history = train(model, toy, config, report=reported.append, checkpoint=tmp_path / "state.npz")

    assert _without_seconds(history) == _without_seconds(expected)
    assert (history.state, history.step, history.epochs) == ("finished", expected.step, expected.epochs)
    assert [event["step"] for event in reported] == [record["step"] for record in expected.records]
    for ours, theirs in zip(model.get_weights(), uninterrupted.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("after", [2, 4])
def test_early_stopping_remembers_what_it_has_counted_and_the_best_weights(
    toy: Dataset, tmp_path: Path, unbroken: Unbroken, after: int
) -> None:
    """Here the validation loss is lowest after the second epoch, and patience ends after the fourth."""
    layers, stopping = [Dense(units=8), Dropout(rate=0.3)], {"patience": 2, "restore_best_weights": True}
    config = _CONFIG.replace(layers=layers, learning_rate=0.02, seed=1, epochs=9, **stopping)
    uninterrupted, expected, checkpoints = unbroken(config)
    losses = [record["val_loss"] for record in expected.records[1:]]
    assert (len(losses), int(np.argmin(losses))) == (4, 1), "the example no longer shows what it should"
    (tmp_path / "state.npz").write_bytes(checkpoints[after])

    model = build_model(config, toy)
    history = train(model, toy, config, checkpoint=tmp_path / "state.npz")

    assert _without_seconds(history) == _without_seconds(expected)
    assert history.message == expected.message == "Early stopping: val_loss no longer improved."
    for ours, theirs in zip(model.get_weights(), uninterrupted.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_training_that_was_stopped_in_the_middle_of_an_epoch_begins_that_epoch_again(
    toy: Dataset, tmp_path: Path, unbroken: Unbroken
) -> None:
    calls: Iterator[int] = count()
    expected = unbroken(_CONFIG).history
    model = build_model(_CONFIG, toy)
    stopped = train(
        model, toy, _CONFIG, should_stop=lambda: next(calls) > 10, checkpoint=(path := tmp_path / "state.npz")
    )
    assert (stopped.state, 0 < stopped.step < expected.step) == ("stopped", True)

    history = train(model, toy, _CONFIG, checkpoint=path)

    assert _without_seconds(history) == _without_seconds(expected)


def test_a_finished_training_can_be_made_longer(toy: Dataset, tmp_path: Path, unbroken: Unbroken) -> None:
    longer, path = _CONFIG.replace(epochs=7), tmp_path / "state.npz"
    path.write_bytes(unbroken(_CONFIG).checkpoints[-1])

    history = train(build_model(longer, toy), toy, longer, checkpoint=path)

    kept_none = train(build_model(longer, toy), toy, longer)
    assert _without_seconds(history) == _without_seconds(kept_none), "keeping checkpoints must change nothing either"


def test_what_was_measured_is_kept_to_the_last_bit(toy: Dataset, tmp_path: Path) -> None:
    model, path = build_model(_CONFIG, toy), tmp_path / "state.npz"

    save_checkpoint(model, path, _CONFIG, records=_RECORDS, engine="xla")

    assert load_checkpoint(model, path, _CONFIG) == (tuple(_RECORDS), None, "xla")


@pytest.mark.parametrize(
    ("change", "fields"),
    [({"seed": 1}, "seed"), ({"optimizer": "sgd", "learning_rate": 0.1}, "optimizer, learning_rate")],
)
def test_a_checkpoint_of_another_experiment_is_refused_and_changes_nothing(
    toy: Dataset, tmp_path: Path, change: dict[str, Any], fields: str
) -> None:
    path, other = tmp_path / "state.npz", _CONFIG.replace(**change)
    save_checkpoint(build_model(_CONFIG, toy), path, _CONFIG, records=_RECORDS, engine="graph")
    model = build_model(other, toy)
    before = model.get_weights()

    with pytest.raises(ModelFileError) as caught:
        load_checkpoint(model, path, other)

    assert str(caught.value) == (
        f"The checkpoint {path} belongs to another experiment: {fields} differ. "
        "Train with the same settings, or name another file."
    )
    assert all(np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True))


def test_a_checkpoint_of_other_data_is_refused(make_toy: Callable[..., Dataset], toy: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "state.npz"
    save_checkpoint(build_model(_CONFIG, toy), path, _CONFIG, records=_RECORDS, engine="graph")

    with pytest.raises(ModelFileError) as caught:
        load_checkpoint(build_model(_CONFIG, make_toy((5, 5))), path, _CONFIG)

    assert str(caught.value) == f"The checkpoint {path} belongs to another network. Train again from the start."


@pytest.mark.parametrize("damage", ["missing", "nothing", "text", "first bytes", "all but the end", "one array"])
def test_a_damaged_checkpoint_is_refused_and_changes_nothing(toy: Dataset, tmp_path: Path, damage: str) -> None:
    path, model = tmp_path / "state.npz", build_model(_CONFIG, toy)
    save_checkpoint(model, path, _CONFIG, records=_RECORDS, engine="graph")
    whole, before = path.read_bytes(), model.get_weights()
    match damage:
        case "missing":
            path.unlink()
        case "one array":
            with path.open("wb") as file:
                np.save(file, np.zeros(3))
        case _:
            contents = {"nothing": b"", "text": b"a letter", "first bytes": whole[:500], "all but the end": whole[:-30]}
            path.write_bytes(contents[damage])

    with pytest.raises(
        ModelFileError, match=r"^The checkpoint .*state\.npz is damaged .*Train again from the start\.$"
    ):
        load_checkpoint(model, path, _CONFIG)

    assert all(np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True))


def test_a_checkpoint_holds_the_optimizer_too(toy: Dataset, tmp_path: Path, unbroken: Unbroken) -> None:
    model, _, checkpoints = unbroken(_CONFIG)
    (path := tmp_path / "state.npz").write_bytes(checkpoints[-1])
    fresh: keras.Sequential = build_model(_CONFIG, toy)

    load_checkpoint(fresh, path, _CONFIG)

    assert int(fresh.optimizer.iterations) == 20
    for kept, restored in zip(model.optimizer.variables, fresh.optimizer.variables, strict=True):
        np.testing.assert_array_equal(kept, restored)
