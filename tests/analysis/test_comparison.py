"""Runs side by side: only what differs, and what came of each, whatever its state."""

import json
from pathlib import Path
from typing import Any

import pytest

from toolkit.analysis.comparison import FIGURES, compare_runs, describe_layers
from toolkit.analysis.overfitting import find_overfitting
from toolkit.config import ExperimentConfig
from toolkit.config.layers import ActivationLayer, Conv2D, Dense, Dropout, Flatten, Layer, MaxPooling2D
from toolkit.config.presets import PRESETS
from toolkit.errors import RunError
from toolkit.runs import NEWER, STATES, RunFolder, RunWriter, create_run

_VALIDATION = (2.3, 0.6, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_RESULT = {"epochs": 8, "steps": 64, "seconds": 2.5, "test_loss": 0.25, "test_accuracy": 0.95}


def _make(root: Path, state: str = "finished", *, validated: bool = True, **changes: Any) -> RunFolder:
    """A run in that state that overfits after epoch 2; a diverged one loses its last losses."""
    run = create_run(root, ExperimentConfig(**{"name": "a run", "dataset": "digits", **changes}), asked_by="a test")
    if state == "queued":
        return run
    writer = RunWriter.claim(run)
    assert writer is not None
    for epoch, val_loss in enumerate(_VALIDATION):
        figures: dict[str, Any] = {"honest_loss": 2.3 / (1 + epoch), "honest_accuracy": 0.8 + epoch / 100}
        figures |= {"loss": 2.5 / (1 + epoch) if epoch else None, "accuracy": None}
        figures |= {"val_loss": val_loss, "val_accuracy": 0.7 + val_loss / 10} if validated else {}
        lost = state == "diverged" and epoch == len(_VALIDATION) - 1
        writer.append(
            {"event": "epoch", "epoch": epoch, "step": 8 * epoch, **(dict.fromkeys(figures) if lost else figures)}
        )
    if state == "running":
        return run  # the writer's lock is held until this process forgets it
    if state == "failed":
        writer.finish({"run_id": run.id, "state": "failed", "message": "Something must be mended.", "seconds": 1.0})
    elif state != "interrupted":
        figures = {**_RESULT, "test_loss": None} if state == "diverged" else _RESULT
        writer.finish({"run_id": run.id, "state": state, "message": "", **figures})
    writer.close()
    return run


def test_only_settings_that_differ_are_told_in_the_order_of_the_config(tmp_path: Path) -> None:
    first = _make(tmp_path, name="one")
    second = _make(tmp_path, name="two", learning_rate=0.01, layers=[Dense(units=8)], steps=100)

    comparison = compare_runs([second, first])

    assert [run.run_id for run in comparison.runs] == [second.id, first.id]
    assert [run.name for run in comparison.runs] == ["two", "one"]
    assert list(comparison.settings.items()) == [
        ("layers", ("dense 8", "dense 64, dense 32")),
        ("learning_rate", (0.01, 0.001)),
        ("epochs", (None, 10)),
        ("steps", (100, None)),
    ]


def test_runs_with_the_same_settings_differ_in_none(tmp_path: Path) -> None:
    assert compare_runs([_make(tmp_path, name=name) for name in "abc"]).settings == {}


def test_best_and_last_values_are_those_of_the_history(tmp_path: Path) -> None:
    run = _make(tmp_path)
    frame = run.history().frame

    compared = compare_runs([run, _make(tmp_path)]).runs[0]

    assert set(compared.best) == set(compared.last) == set(FIGURES)
    for name in FIGURES:
        values = frame[name].dropna()
        assert compared.best[name] == (values.max() if name.endswith("accuracy") else values.min())
        assert compared.last[name] == values.iloc[-1]
    assert compared.overfitting == find_overfitting(run.history())
    assert (compared.overfitting.state, compared.overfitting.best_epoch, compared.overfitting.since_epoch) == (
        "confirmed",
        2,
        3,
    )
    assert compared.best["val_loss"] == _VALIDATION[2]
    assert {name: getattr(compared, name) for name in _RESULT} == _RESULT


@pytest.mark.parametrize("state", [state for state in STATES if state != NEWER])
def test_a_run_in_any_state_is_compared_without_nan(tmp_path: Path, state: str) -> None:
    compared = compare_runs([_make(tmp_path, state), _make(tmp_path)])

    document = json.loads(json.dumps(compared.as_dict(), allow_nan=False))
    told = document["runs"][0]
    assert told["state"] == state
    assert (told["test_accuracy"] is None) == (state in ("queued", "running", "failed", "interrupted"))
    assert (told["seconds"] is None) == (state in ("queued", "running", "interrupted"))
    assert told["epochs"] == (None if state == "queued" else 8)
    assert told["best"]["val_loss"] == (None if state == "queued" else 0.4)
    assert told["last"]["val_loss"] == (None if state in ("queued", "diverged") else 1.0)
    expected = {"queued": "cannot_tell", "imported": "cannot_tell", "diverged": "diverged"}.get(state, "confirmed")
    assert told["overfitting"]["state"] == expected


def test_a_run_without_validation_is_compared(tmp_path: Path) -> None:
    compared = compare_runs([_make(tmp_path, validated=False, validation_split=None), _make(tmp_path)])

    first = compared.runs[0]
    assert (first.best["val_loss"], first.last["val_accuracy"]) == (None, None)
    assert first.best["honest_loss"] == pytest.approx(2.3 / 9)
    assert (first.overfitting.state, first.overfitting.best_epoch) == ("cannot_tell", None)
    assert compared.settings == {"validation_split": (None, 0.3)}


def test_it_takes_two_runs_and_each_of_them_once(tmp_path: Path) -> None:
    run, other = _make(tmp_path), _make(tmp_path)
    for few, received in (([], "none"), ([run], run.id)):
        with pytest.raises(RunError) as caught:
            compare_runs(few)
        assert str(caught.value) == (
            f"It takes two runs or more to compare. Received: {received}. List them with: python -m toolkit runs"
        )
    with pytest.raises(RunError) as caught:
        compare_runs([run, other, RunFolder(run.path)])
    assert str(caught.value) == f"Each run must be named once. Received: {run.id} 2 times. Name another."


def test_a_damaged_run_is_told_of(tmp_path: Path) -> None:
    run, other = _make(tmp_path), _make(tmp_path)
    (run.path / "config.json").write_text("{")

    with pytest.raises(RunError, match=f"^The run {run.id} is damaged: "):
        compare_runs([other, RunFolder(run.path)])


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([], "none"),
        ([Dense(units=64), Dense(units=32)], "dense 64, dense 32"),
        ([Dense(units=256, activation="sigmoid"), Dropout(rate=0.2)], "dense 256 sigmoid, dropout 0.2"),
        (
            [Conv2D(filters=32, kernel_size=5), MaxPooling2D(), Flatten()],
            "conv2d 32 kernel_size 5, max_pooling2d 2, flatten",
        ),
        (
            [Dense(units=8, use_bias=False), ActivationLayer(activation="relu")],
            "dense 8 use_bias False, activation relu",
        ),
    ],
)
def test_layers_in_words(layers: list[Layer], words: str) -> None:
    assert describe_layers(layers) == words


def test_layers_that_differ_differ_in_words() -> None:
    """The words must not hide a difference: of every published network, and of each layer's every field."""
    networks = {one.config.layers for one in PRESETS.values()}
    assert len({describe_layers(layers) for layers in networks}) == len(networks)
    variants = [
        Dense(),
        Dense(units=65),
        Dense(activation="tanh"),
        Dense(kernel_initializer="zeros"),
        Dense(bias_initializer="zeros"),
    ]
    variants += [Dense(use_bias=False), Dense(use_bias=True)]
    assert len({describe_layers([layer]) for layer in variants}) == len(variants)
