"""`reproduce`: claimed beside obtained. The full lengths are in tests/test_reproduction.py; these are short."""

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from toolkit.config.presets import PRESETS
from toolkit.runs import RunFolder, RunWriter, list_runs, open_run
from toolkit.runs.schema import Outcome

Command = Callable[..., Any]

_SHORT = ("softmax", "softmax-diverges", "mlp", "dropout", "batchnorm")
_KEYS = {"preset", "claimed", "test_accuracy", "state", "seconds"}


@pytest.fixture(autouse=True)
def short_presets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five of the presets, on small digits, one epoch long (`dropout`: two, to tell its length from `mlp`'s)."""
    for name in list(PRESETS):
        if name not in _SHORT:
            monkeypatch.delitem(PRESETS, name)
            continue
        changes: dict[str, Any] = {"dataset": "digits", "epochs": 2 if name == "dropout" else 1}
        if name == "softmax-diverges":
            changes["learning_rate"] = 0.5
        monkeypatch.setitem(PRESETS, name, replace(PRESETS[name], config=PRESETS[name].config.replace(**changes)))


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs end at once with a test accuracy of 91.25 %: for what is said of them, rather than in them."""

    def end(run: RunFolder, **settings: Any) -> Outcome:
        writer = RunWriter.claim(run)
        assert writer is not None
        writer.finish({"run_id": run.id, "state": "finished", "test_accuracy": 0.9125, "seconds": 2.5})
        writer.close()
        return run.result or Outcome()

    monkeypatch.setattr(importlib.import_module("toolkit.cli.reproduce"), "run_experiment", end)


def test_without_names_all_that_claim_a_figure_are_trained(command: Command, tmp_path: Path) -> None:
    answer = command("reproduce", "--root", tmp_path, "--json")

    rows = answer.document
    assert (answer.status, answer.errors) == (0, "")
    assert [row["preset"] for row in rows] == ["softmax", "softmax-diverges", "mlp", "dropout"]
    assert all(set(row) >= _KEYS for row in rows)
    assert [row["claimed"] for row in rows] == pytest.approx([0.8901, 0.098, 0.9799, 0.982725])
    assert [row["state"] for row in rows] == ["finished", "diverged", "finished", "finished"]
    assert len(list_runs(tmp_path)) == 4
    for row in rows:
        run = open_run(tmp_path, row["run_id"])
        assert run.config == PRESETS[row["preset"]].config
        assert row["test_accuracy"] == run.result.test_accuracy
        assert row["difference"] == pytest.approx(row["test_accuracy"] - row["claimed"])
        assert row["seconds"] == run.result.seconds


@pytest.mark.usefixtures("untrained")
def test_dropout_by_name_has_mlp_beside_it_for_as_many_epochs(command: Command, tmp_path: Path) -> None:
    rows = command("reproduce", "dropout", "--root", tmp_path, "--json").document

    assert [row["preset"] for row in rows] == ["dropout", "mlp"]
    assert rows[1]["claimed"] is None
    configs = [open_run(tmp_path, row["run_id"]).config for row in rows]
    assert [config.epochs for config in configs] == [2, 2]
    assert configs[1] == PRESETS["mlp"].config.replace(epochs=2)


@pytest.mark.usefixtures("untrained")
def test_a_preset_without_a_claim_can_be_asked_for(command: Command, tmp_path: Path) -> None:
    answer = command("reproduce", "batchnorm", "--seed", 5, "--root", tmp_path, "--json")

    (row,) = answer.document
    assert (row["preset"], row["claimed"], row["state"], row["seed"]) == ("batchnorm", None, "finished", 5)
    assert open_run(tmp_path, row["run_id"]).config.seed == 5


@pytest.mark.usefixtures("untrained")
def test_people_get_claimed_beside_obtained(command: Command, tmp_path: Path) -> None:
    answer = command("reproduce", "softmax", "--root", tmp_path)

    head, line = answer.output.splitlines()
    assert head.split()[:3] == ["preset", "claimed", "test_accuracy"]
    assert line.split()[:5] == ["softmax", "89.01", "%", "91.25", "%"]


def test_a_stop_ends_the_rest_too(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("toolkit.cli.reproduce")
    train = module.run_experiment

    def stopped(run: Any, **settings: Any) -> dict[str, Any]:
        run.request_stop()
        return train(run, **settings)

    monkeypatch.setattr(module, "run_experiment", stopped)

    answer = command("reproduce", "softmax", "mlp", "--root", tmp_path, "--json")

    assert answer.status == 0
    assert [(row["preset"], row["state"]) for row in answer.document] == [("softmax", "stopped")]


def test_a_failed_run_gives_status_1_and_the_others_are_trained(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import toolkit.training.trainer

    train = toolkit.training.trainer.train

    def fail_once(model: Any, data: Any, config: Any, **settings: Any) -> Any:
        if config.name == "softmax":
            raise MemoryError
        return train(model, data, config, **settings)

    monkeypatch.setattr(toolkit.training.trainer, "train", fail_once)

    answer = command("reproduce", "softmax", "mlp", "--root", tmp_path, "--json")

    assert answer.status == 1
    rows = answer.document
    assert [(row["preset"], row["state"]) for row in rows] == [("softmax", "failed"), ("mlp", "finished")]
    assert (rows[0]["test_accuracy"], rows[0]["difference"]) == (None, None)
