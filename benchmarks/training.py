"""Seconds an epoch: `toolkit.train` with everything on, and plain Keras `fit` as the tutorials write it.

    python benchmarks/training.py [--preset keras-mlp] [--turns 5] [--epochs 4]

Both train the same network on the same rows with the same validation rows; the toolkit also measures its
honest curve. They run in turn in one process; the first epoch of each, which builds the graph, is left out.
Prints medians and the ratio.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from toolkit import build_model, evaluate, load_dataset, preset, split_validation, train
from toolkit.config import ExperimentConfig
from toolkit.datasets import Dataset


def plain_fit(config: ExperimentConfig, data: Dataset) -> tuple[list[float], float]:
    """Seconds of each warm epoch, and the test accuracy, of `model.fit` on float64 arrays."""
    import keras

    class Clock(keras.callbacks.Callback):
        """Notes when each epoch ends."""

        def __init__(self) -> None:
            super().__init__()
            self.ends: list[float] = []

        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            self.ends.append(time.perf_counter())

    model, clock = build_model(config, data), Clock()
    split = split_validation(
        data.x_train,
        data.y_train,
        validation_split=config.validation_split,
        validation_rows=config.validation_rows,
        seed=config.seed,
    )
    shape = (-1, *model.input_shape[1:])
    x_train, x_val = (x.reshape(shape) / 255.0 for x in (split.x_train, split.x_val))
    y_train, y_val = (np.eye(data.num_classes)[y] for y in (split.y_train, split.y_val))
    model.fit(
        x_train,
        y_train,
        epochs=config.epochs,
        batch_size=config.batch_size,
        validation_data=(x_val, y_val),
        callbacks=[clock],
        verbose=0,
    )
    return np.diff(clock.ends).tolist(), evaluate(model, data).test_accuracy


def toolkit_train(config: ExperimentConfig, data: Dataset) -> tuple[list[float], float]:
    """Seconds of each warm epoch, and the test accuracy, of `toolkit.train`."""
    model = build_model(config, data)
    history = train(model, data, config)
    return history.frame["seconds"].tolist()[2:], evaluate(model, data).test_accuracy


def main() -> None:
    """Run both in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="keras-mlp")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=4)
    arguments = parser.parse_args()
    config, data = preset(arguments.preset).replace(epochs=arguments.epochs), load_dataset("mnist")
    contestants = {"plain fit": plain_fit, "toolkit.train": toolkit_train}
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    accuracies: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(arguments.turns):
        for name, run in contestants.items():
            epochs, accuracy = run(config.replace(seed=config.seed + turn), data)
            seconds[name] += epochs
            accuracies[name].append(accuracy)
    plain = statistics.median(seconds["plain fit"])
    print(f"{arguments.preset}, {arguments.turns} turns of {arguments.epochs} epochs")
    for name, times in seconds.items():
        median, accuracy = statistics.median(times), statistics.mean(accuracies[name])
        spread = f"{min(times):.2f}–{max(times):.2f}"
        print(f"{name:14} {median:6.3f} s an epoch ({spread})  × {plain / median:4.2f}  test accuracy {accuracy:.4f}")


if __name__ == "__main__":
    main()
