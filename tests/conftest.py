"""What the tests share: a quiet TensorFlow, and small data to learn from."""

import fcntl
import os
from collections.abc import Callable
from functools import cache
from typing import Any

# Read once, when TensorFlow and Keras are first imported: so set before any test module is.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import pytest

from toolkit.config.presets import preset
from toolkit.datasets import Dataset, load_dataset
from toolkit.experiment import run_experiment
from toolkit.runs import RunFolder, create_run, list_runs


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `-n` alone, neighbours run in the same process as far as possible: what a module shares is made once."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.getvalue("dist") == "load" else None


def _toy(
    row_shape: tuple[int, ...] = (6, 6), num_classes: int = 3, train_rows: int = 70, test_rows: int = 20
) -> Dataset:
    """Noisy pictures of a class's own pattern: easy to learn, and no two rows alike."""
    random = np.random.default_rng(3)
    patterns = random.integers(40, 200, (num_classes, *row_shape))

    def rows(count: int) -> tuple[np.ndarray, np.ndarray]:
        labels = np.arange(count) % num_classes
        pixels = patterns[labels] + random.integers(-40, 56, (count, *row_shape))
        return pixels.astype(np.uint8), labels.astype(np.uint8)

    names = tuple(f"class {label}" for label in range(num_classes))
    return Dataset("toy", *rows(train_rows), *rows(test_rows), names)


@pytest.fixture(scope="session")
def make_toy() -> Callable[..., Dataset]:
    """Makes toy data of any row shape, number of classes and number of rows."""
    return _toy


@pytest.fixture(scope="session")
def toy() -> Dataset:
    """70 training pictures of 6 × 6 in 3 classes: with a batch of 16 the last one is ragged."""
    return _toy()


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """scikit-learn's digits: real data that trains in a second."""
    return load_dataset("digits")


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """The full MNIST, loaded once."""
    return load_dataset("mnist")


@pytest.fixture(scope="session")
def trained_preset(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], RunFolder]:
    """The run of a published experiment at full length, trained when it is first asked for; minutes.

    With `-n` the processes share the trainings: the one that is asked first trains.
    """
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "presets"
    root.mkdir(exist_ok=True)

    @cache
    def train(name: str) -> RunFolder:
        with (root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if trained := list_runs(root / name):
                return trained[0]
            run = create_run(root / name, preset(name), asked_by="a test")
            run_experiment(run)
        return run

    return train
