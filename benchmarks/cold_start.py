"""Time from a cold start to a saved and evaluated network: `python -m toolkit train` and the tutorial's script.

    python -m benchmarks.cold_start [--epochs 2,30] [--turns 5]

Both run in turn, each in a process of its own. The toolkit compiles the first time, which is reported separately; later
trainings of the same network load the compiled programs from the cache. Prints median wall-clock seconds, median peak
memory, and the ratios.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent


class Cost(NamedTuple):
    """A process's wall-clock seconds and peak memory in MB."""

    seconds: float
    memory: float


def run(command: list[str], keras_home: Path) -> Cost:
    """Run a command to its end and measure it."""
    started = time.perf_counter()
    # Don't use programs that this user has compiled before.
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=HERE.parent,
        env={**os.environ, "KERAS_HOME": str(keras_home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed.")
    return Cost(time.perf_counter() - started, usage.ru_maxrss / 1024)


def compare(epochs: int, turns: int) -> None:
    """Run both in turn, and print one line each."""
    costs: dict[str, list[Cost]] = {"the tutorial's script": [], "toolkit, compiled before": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train = ["-m", "toolkit", "train", "--preset", "keras-mlp", "--epochs", str(epochs), "--root", f"{folder}/runs"]
        costs["toolkit, the first time"] = [run(train, folder)]
        for _ in range(turns):
            costs["the tutorial's script"].append(run([str(HERE / "tutorial.py"), str(epochs), name], folder))
            costs["toolkit, compiled before"].append(run(train, folder))
    tutorial = [statistics.median(part) for part in zip(*costs["the tutorial's script"], strict=True)]
    for contestant, taken in costs.items():
        seconds, memory = (statistics.median(part) for part in zip(*taken, strict=True))
        print(
            f"| {epochs} | {contestant} | {seconds:.1f} | {seconds / tutorial[0]:.2f} "
            f"| {memory:.0f} | {memory / tutorial[1]:.2f} |",
            flush=True,
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", default="2,30")
    parser.add_argument("--turns", type=int, default=5)
    arguments = parser.parse_args()
    print("| epochs | | seconds | × the tutorial's | MB | × the tutorial's |\n|---|---|---|---|---|---|")
    for epochs in arguments.epochs.split(","):
        compare(int(epochs), arguments.turns)


if __name__ == "__main__":
    main()
