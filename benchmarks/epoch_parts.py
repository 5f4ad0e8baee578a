"""Splits an epoch's time into its steps and the toolkit's work around them.

    python -m benchmarks.epoch_parts [--presets keras-mlp,softmax,mlp] [--epochs 12]

A full run with everything enabled, under Python's profiler and without the first epochs; the profiler sees a compiled
program as a single call, so it does not slow it down. "Matrix products" is the lower bound: the time that the steps'
matrix products would take at the speed of one large product. Prints one line per preset, in milliseconds per epoch.
"""

import argparse
import cProfile
import pstats
import tempfile
import time
from math import prod
from pathlib import Path
from typing import Any

from toolkit import load_dataset, preset
from toolkit.config import ExperimentConfig
from toolkit.config.shapes import trace_shapes
from toolkit.experiment import run_experiment
from toolkit.runs import create_run
from toolkit.training.batches import prepare

WARM_UP = 3
#: The name of a part -> the function that does it, as the profiler names it.
PARTS = {
    "steps": ("engine.py", "train"),
    "validation, honest curve": ("engine.py", "evaluate"),
    "ten samples": ("prediction.py", "predict"),
    "checkpoint": ("checkpoints.py", "save_checkpoint"),
    "lines": ("run_writer.py", "append"),
}


def profile(config: ExperimentConfig) -> dict[str, float]:
    """Milliseconds per epoch of each part, and in all."""
    profiler, times = cProfile.Profile(), []

    def note(event: dict[str, Any]) -> None:
        if event["event"] != "samples":  # the last line of an epoch
            return
        times.append(time.perf_counter())
        if event["epoch"] == WARM_UP:
            profiler.enable()
        elif event["epoch"] == config.epochs:
            profiler.disable()

    with tempfile.TemporaryDirectory() as root:
        run_experiment(create_run(Path(root), config, asked_by="benchmark"), report=note)
    epochs = (config.epochs or 0) - WARM_UP
    spent = {
        (Path(file).name, name): cumulative
        for (file, _, name), (_, _, _, cumulative, _) in pstats.Stats(profiler).stats.items()  # type: ignore[attr-defined]
        if "toolkit" in Path(file).parts
    }
    parts = {part: 1000 * spent[place] / epochs for part, place in PARTS.items()}
    return {**parts, "all": 1000 * (times[-1] - times[WARM_UP]) / epochs}


def products(config: ExperimentConfig) -> float:
    """The floating-point operations of an epoch's steps in the products of dense and convolutional layers.

    These are the forward pass and the gradients of weights and inputs; the first layer needs no input gradient.
    """
    data = load_dataset(config.dataset)
    shapes = [shape for shape in trace_shapes(config, data.row_shape, data.num_classes) if shape.weights]
    each = [2 * prod(shape.weights[0]) * prod(shape.output_shape[:-1]) for shape in shapes]
    return prepare(data, config).training.num_rows * (3.0 * sum(each) - each[0])


def operations_a_second() -> float:
    """Floating-point operations a second in one large product, the best of several."""
    import tensorflow as tf

    size, best = 2048, 0.0
    values = tf.random.normal([size, size])
    for _ in range(8):
        started = time.perf_counter()
        tf.matmul(values, values).numpy()
        best = max(best, 2 * size**3 / (time.perf_counter() - started))
    return best


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", default="keras-mlp,softmax,mlp")
    parser.add_argument("--epochs", type=int, default=12)
    arguments = parser.parse_args()
    speed = operations_a_second()
    print(f"A large product: {speed / 1e9:.0f} GFLOP/s\n")
    print(f"| preset | an epoch | matrix products | {' | '.join(PARTS)} | rest |\n|{'---|' * (len(PARTS) + 4)}")
    for name in arguments.presets.split(","):
        config = preset(name).replace(epochs=arguments.epochs, log_every=None)
        taken = profile(config)
        epoch = taken.pop("all")
        values = [epoch, 1000 * products(config) / speed, *taken.values(), epoch - sum(taken.values())]
        print(f"| `{name}` | {' | '.join(f'{value:.1f}' for value in values)} |", flush=True)


if __name__ == "__main__":
    main()
