"""A session on the dashboard without a browser, in a runs folder of its own, where nothing is started."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from session import Session
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import app_test

from toolkit.analysis.overfitting import find_overfitting
from toolkit.config import ExperimentConfig
from toolkit.config.presets import preset
from toolkit.datasets import Dataset, load_dataset
from toolkit.runs import RunFolder, RunWriter, create_run

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_keras_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit resets Keras after every run of a page, 0.2 s, where Keras is loaded: by other tests, here.

    The dashboard never loads it (test_dashboard_process.py).
    """
    monkeypatch.setattr("streamlit.runtime.scriptrunner.script_runner._clean_problem_modules", lambda: None)


@pytest.fixture(scope="session", autouse=True)
def done_once_as_by_a_server() -> Iterator[None]:
    """AppTest looks for components in all installed packages in every session, and compiles the pages in every run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        patch.setattr(app_test, "ScriptCache", cache(app_test.ScriptCache))
        yield


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The runs folder of the test; no worker looks into it, and no process is started to predict."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("TOOLKIT_ROOT", str(folder))
    from dashboard.shared import state

    monkeypatch.setattr(state, "ROOT", folder)
    for name in ("toolkit.jobs.keep_workers", "toolkit.jobs.submission.keep_workers"):
        monkeypatch.setattr(name, lambda root: None)
    monkeypatch.setattr("toolkit.jobs.predictor", lambda root: SimpleNamespace(warm=lambda: None))
    return folder


@pytest.fixture
def submitted(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[ExperimentConfig, str | None]]:
    """What was submitted: config and run to take weights from. The runs wait for ever."""
    asked: list[tuple[ExperimentConfig, str | None]] = []

    def submit(
        folder: Path, config: ExperimentConfig, *, asked_by: str, session: str, weights_from: str | None = None
    ) -> RunFolder:
        assert (folder, asked_by) == (root, "dashboard")
        asked.append((config, weights_from))
        return create_run(folder, config, asked_by=asked_by, weights_from=weights_from, queued=True, session=session)

    monkeypatch.setattr("toolkit.jobs.submit", submit)
    return asked


@pytest.fixture
def visit(root: Path, submitted: list[Any]) -> Callable[..., Session]:
    """Opens the dashboard: `visit()`, or `visit(run="…")` with a run in the page's address."""

    def opened(**query: str) -> Session:
        session = Session(PROJECT / "dashboard" / "main.py", query)
        session.reload()
        return session

    return opened


@pytest.fixture
def train_page(visit: Callable[..., Session]) -> Session:
    """A first visit."""
    return visit()


@pytest.fixture
def make_run(root: Path) -> Iterator[Callable[..., RunFolder]]:
    """Makes a run in any state without training it: `make_run("stopped")`."""
    with _making(root) as made:
        yield made


@pytest.fixture(scope="session")
def making_runs() -> Callable[[Path], AbstractContextManager[Callable[..., RunFolder]]]:
    """The same for any runs folder: `with making_runs(folder) as make_run`. What runs does so until the block ends."""
    return _making


@contextmanager
def _making(root: Path) -> Iterator[Callable[..., RunFolder]]:
    running: list[RunWriter] = []

    def made(
        state: str = "finished", config: ExperimentConfig | None = None, steps_an_epoch: int = 8, **result: Any
    ) -> RunFolder:
        config = config or preset("keras-mlp").replace(dataset="digits", epochs=6, name="my run")
        if state == "imported":
            return _import(root, config, **result)
        run = create_run(root, config, asked_by="dashboard", weights_from=None, queued=True)
        if state == "queued":
            return run
        writer = RunWriter.claim(run)
        assert writer is not None
        for event in _events(config, steps_an_epoch, diverges=state == "diverged"):
            writer.append(event)
        _keep_samples(run)
        if state == "running":
            # The lock is what makes it run: held until the test is over.
            running.append(writer)
            return run
        if state in ("finished", "stopped", "diverged"):
            run.model_path.write_bytes(b"a model")
            run.weights_path.write_bytes(b"its weights")
            writer.finish({**_result(run, state), **result})
        elif state == "failed":
            writer.finish({"run_id": run.id, "state": "failed", "message": "Something must be mended.", "seconds": 1.0})
        writer.close()
        if state == "newer":
            (run.path / "result.json").write_text('{"state": "finished", "schema": 9}')
        return run

    yield made
    for writer in running:
        writer.close()


_TOLD = ("unnamed_layers", "holds_all_weights", "labels", "input_shape")


def _import(root: Path, config: ExperimentConfig, **changes: Any) -> RunFolder:
    """A run that was brought as a file."""
    figures = {"parameters": 1285, "test_loss": 0.1234, "test_accuracy": 0.9703, "test_rows": 360}
    about = {"file": "digits.keras", "sha256": "0" * 64, "input_shape": [64], "outputs": 10}
    about |= {name: changes.pop(name) for name in _TOLD if name in changes}

    def fill(folder: Path) -> None:
        result = {"state": "imported", "message": "Imported from digits.keras.", **figures, **changes}
        (folder / "result.json").write_text(json.dumps(result))
        for name in ("model.keras", "model.weights.h5"):
            (folder / name).write_bytes(b"a network")

    about = {"unnamed_layers": [], "holds_all_weights": True, **about}
    return create_run(root, config, asked_by="dashboard", fill=fill, weights_from=None, imported=about)


def _events(config: ExperimentConfig, steps_an_epoch: int, *, diverges: bool) -> Iterator[dict[str, Any]]:
    """Six measurements of a run that overfits after the third, each with what it says of ten pictures."""
    guess = int(_data_of(config).y_test[0])
    yield {"event": "state", "state": "running"}
    yield {"event": "note", "sentence": "A note on the data."}
    for epoch, val_loss in enumerate((2.3, 0.6, 0.4, 0.5, 0.6, 0.7)):
        lost = diverges and epoch == 5
        where = {"epoch": -(-8 * epoch // steps_an_epoch), "step": 8 * epoch}
        figures = {"val_loss": val_loss, "honest_loss": 2.3 / (1 + epoch), "val_accuracy": 0.9, "honest_accuracy": 0.95}
        if epoch:
            figures |= {"loss": 2.4 / (1 + epoch), "accuracy": 0.93}
        yield {
            "event": "epoch",
            **where,
            **(dict.fromkeys(figures) if lost else figures),
            "learning_rate": 0.001,
            "seconds": 0.25,
        }
        probabilities = [[None if lost else 0.91] * 10] * 10
        yield {"event": "samples", "labels": [guess] * 10, "probabilities": probabilities, **where}


def _result(run: RunFolder, state: str) -> dict[str, Any]:
    history = run.history()
    if state == "diverged":
        history = dataclasses.replace(history, state="diverged", message="The loss is no number any more: mend it.")
    return {
        "run_id": run.id,
        "state": state,
        "message": history.message,
        "epochs": 5,
        "steps": 40,
        "test_loss": None if state == "diverged" else 0.1234,
        "test_accuracy": 0.9703,
        "test_rows": 360,
        "overfitting": find_overfitting(history).as_dict(),
        "seconds": 65.0,
    }


def _keep_samples(run: RunFolder) -> None:
    data = _data_of(run.config)
    names = {"class_names": np.array(data.class_names), "feature_names": np.array(data.feature_names, str)}
    np.savez(run.samples_path, x=data.x_test[:10], y=data.y_test[:10], **names)


def _data_of(config: ExperimentConfig) -> Dataset:
    return _mnist() if config.dataset == "mnist" else load_dataset(config.dataset, label=config.label)


@cache
def _mnist() -> Dataset:
    """Read once for all tests: it takes a third of a second."""
    return load_dataset("mnist")
