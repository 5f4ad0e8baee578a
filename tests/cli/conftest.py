"""What the command line's tests share: a command that answers, and runs that were trained once."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from toolkit.cli import main
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.experiment import run_experiment
from toolkit.runs import RunFolder, create_run

ROOT = Path(__file__).resolve().parents[2]


class Answer(NamedTuple):
    """What a command gave back."""

    status: int
    output: str
    errors: str

    @property
    def document(self) -> Any:
        """Standard output as the one JSON document that it must be, without NaN."""
        return json.loads(self.output, parse_constant=pytest.fail)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Runs `python -m toolkit` with these arguments in this process."""

    def run(*arguments: object) -> Answer:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        return Answer(status, *capsys.readouterr())

    return run


def start(*arguments: object, **settings: Any) -> subprocess.Popen[str]:
    """`python -m toolkit` in a process of its own, with nothing set that would keep TensorFlow quiet."""
    ours = ("TF_CPP_MIN_LOG_LEVEL", "KERAS_BACKEND")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.Popen(
        [sys.executable, "-m", "toolkit", *map(str, arguments)],
        cwd=ROOT,
        **{
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "env": {**environment, **settings.pop("env", {})},
            **settings,
        },
    )


@pytest.fixture(name="start")
def start_fixture() -> Callable[..., subprocess.Popen[str]]:
    return start


class Trained(NamedTuple):
    """A folder of runs that were trained once for all tests; they must not be changed."""

    root: Path
    probabilities: RunFolder
    logits: RunFolder
    diverged: RunFolder


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    root = tmp_path_factory.mktemp("trained")
    base = ExperimentConfig(dataset="digits", layers=[Dense(units=32)], learning_rate=0.01, epochs=3)
    diverging = {"layers": [], "optimizer": "sgd", "learning_rate": 0.5, "loss": "unclipped_crossentropy_sum"}
    runs = []
    for config in (
        base.replace(name="ends in probabilities"),
        base.replace(name="ends in logits", from_logits=True),
        base.replace(name="diverges", **diverging),
    ):
        runs.append(create_run(root, config, asked_by="a test"))
        run_experiment(runs[-1])
    assert [run.state for run in runs] == ["finished", "finished", "diverged"]
    return Trained(root, *runs)
