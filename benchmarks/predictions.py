"""Milliseconds until the predictor process answers a page's question about a saved network.

    python -m benchmarks.predictions [--questions 50]

First trains `keras-mlp` and `cnn` for 20 steps in a temporary folder. Then asks each kind of question about a network
that is not loaded yet, and repeats it: on an idle machine, and while a worker trains `keras-mlp`. Prints the median and
the slowest of the repetitions. Finally predicts 10,000 pictures with `toolkit.predict` and with Keras's `model.predict`
at its defaults, in turn in this process.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from toolkit import load_dataset, preset
from toolkit.config import ExperimentConfig
from toolkit.jobs import Predictor, release_workers, submit
from toolkit.jobs.supervisor_client import supervisor_lock
from toolkit.runs import ENDED, RunFolder
from toolkit.system.locks import is_locked

_SHORT = {"epochs": None, "steps": 20, "log_every": None}
Question = Callable[[Predictor, str], Any]


def questions() -> dict[str, Question]:
    """The questions of Results and Try it, by their name in the table."""
    x = load_dataset("mnist").x_test
    return {
        "one row": lambda predictor, run_id: predictor.predict(run_id, x[:1]),
        "40 rows": lambda predictor, run_id: predictor.predict(run_id, x[:40]),
        "activations": lambda predictor, run_id: predictor.activations(run_id, x[0]),
        "first weights": lambda predictor, run_id: predictor.first_weights(run_id),
    }


def trained(root: Path, config: ExperimentConfig) -> RunFolder:
    """Let a worker train an experiment; returns its run."""
    run = submit(root, config, asked_by="benchmark")
    while run.state not in ENDED:
        time.sleep(0.05)
    return run


@contextmanager
def training(root: Path) -> Iterator[None]:
    """Let a worker train `keras-mlp` during the block."""
    run = submit(root, preset("keras-mlp").replace(epochs=1000), asked_by="benchmark")
    while len(run.events()) < 5:
        time.sleep(0.05)
    yield
    assert run.state == "running", f"the training ended too early: {run.state}"
    run.request_stop()
    while run.state not in ENDED:
        time.sleep(0.05)


def measure(root: Path, runs: list[RunFolder], repeats: int) -> None:
    """Ask a fresh process all questions, and print one line each."""
    predictor = Predictor(root)
    try:
        # The first answer, about a network that is not measured, includes the start of the process.
        print(f"the first question of all: {_milliseconds(predictor.first_weights, runs[0].id):,.0f} ms")
        for run in runs[1:]:
            for number, (name, ask) in enumerate(questions().items()):
                first = _milliseconds(ask, predictor, run.id)
                again = [_milliseconds(ask, predictor, run.id) for _ in range(repeats)]
                times = f"median {statistics.median(again):6.1f}   slowest {max(again):6.1f}"
                print(f"{run.config.name:10} {name:14} {times}   first {first:6.1f}{'' if number else ' (loads it)'}")
    finally:
        predictor.close()


def beside_keras(run: RunFolder, turns: int) -> None:
    """Print how long both take for all test pictures: medians and their ratio."""
    from toolkit.datasets.preprocessing import to_inputs
    from toolkit.models.prediction import predict
    from toolkit.runs.artifacts import open_model

    model, x = open_model(run), load_dataset("mnist").x_test
    inputs = to_inputs(x, model.input_shape[1:])
    contestants: dict[str, Callable[[], np.ndarray]] = {
        "toolkit.predict": lambda: predict(model, x)[0],
        "model.predict": lambda: model.predict(inputs, verbose=0).argmax(axis=1),
    }
    labels = [ask() for ask in contestants.values()]  # The first call builds their graphs.
    assert np.array_equal(*labels), "they predict other classes"
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(turns):
        for name, ask in contestants.items():
            times[name].append(_milliseconds(ask))
    ours, theirs = (statistics.median(taken) for taken in times.values())
    print(f"{run.config.name:10} 10,000 pictures: {ours:.0f} ms, model.predict {theirs:.0f} ms: {ours / theirs:.2f}")


def _milliseconds(ask: Callable[..., Any], *arguments: Any) -> float:
    start = time.perf_counter()
    ask(*arguments)
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    """Train, then ask on an idle machine and during a training."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=50)
    arguments = parser.parse_args()
    os.environ["TOOLKIT_IDLE_SECONDS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        names = ("softmax", "keras-mlp", "cnn")
        runs = [trained(root, preset(name).replace(**_SHORT)) for name in names]
        print("idle")
        measure(root, runs, arguments.questions)
        print("while a worker trains keras-mlp")
        with training(root):
            measure(root, runs, arguments.questions)
        print("beside Keras's own predict")
        for run in runs:
            beside_keras(run, turns=5)
        release_workers(root)
        while is_locked(supervisor_lock(root)):
            time.sleep(0.1)


if __name__ == "__main__":
    main()
