"""Training speed: the toolkit compared with its alternatives.

    python -m venv peers && peers/bin/pip install -r benchmarks/requirements.txt
    peers/bin/python -m benchmarks.peers [--presets keras-mlp,softmax,mlp] [--turns 5] [--epochs 6] [--rows N]

All contestants train the same network on the same rows with the same validation rows, in turn, each in a process of its
own. The first two epochs, which compile and warm up, are left out. Prints one table per preset: medians, their spread,
the ratio to plain `fit`, and test accuracies, which must agree. Also writes JSON beside this file.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contestants import CONTESTANTS, ExperimentConfig, load_dataset
from toolkit import preset

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "peers.json"
PLAIN, WARM_UP = "plain fit", 2
#: If test accuracies differ by more, the networks did not learn the same: the median of five seeds varies by less.
TOLERANCE = 0.02


def takes_part(name: str, config: ExperimentConfig) -> bool:
    """Whether a contestant can train this network: scikit-learn needs dense layers, and takes no others."""
    return name != "scikit-learn" or {layer.kind for layer in config.layers} == {"dense"}


def first_rows(config: ExperimentConfig, rows: int | None, folder: Path) -> ExperimentConfig:
    """The same experiment on only the first rows, with the same share for validation."""
    if rows is None:
        return config
    data, path = load_dataset(config.dataset), folder / "rows.npz"
    np.savez(path, x_train=data.x_train[:rows], y_train=data.y_train[:rows], x_test=data.x_test, y_test=data.y_test)
    held = {"validation_rows": rows // 10} if config.validation_rows else {}
    return config.replace(dataset=str(path), **held)


def ask(name: str, config: ExperimentConfig, folder: Path) -> dict[str, Any]:
    """Train one contestant in a process of its own."""
    path = folder / "config.json"
    path.write_text(config.to_json(), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.contestants", name, str(path)]
    done = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def compare(config: ExperimentConfig, chosen: list[str], turns: int, folder: Path) -> dict[str, dict[str, Any]]:
    """The results of every contestant; each turn runs all contestants with a new seed."""
    names = [name for name in chosen if takes_part(name, config)]
    answers: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for turn in range(turns):
        for name in names:
            answers[name].append(ask(name, config.replace(seed=config.seed + turn), folder))
            print(".", end="", flush=True, file=sys.stderr)
    print(file=sys.stderr)
    seconds = {name: [one for each in answers[name] for one in each["seconds"][WARM_UP:]] for name in names}
    plain = statistics.median(seconds[PLAIN])
    return {
        name: {
            "seconds": statistics.median(seconds[name]),
            "fastest": min(seconds[name]),
            "slowest": max(seconds[name]),
            "ratio": plain / statistics.median(seconds[name]),
            "test_accuracy": statistics.median(each["test_accuracy"] for each in answers[name]),
        }
        for name in names
    }


def main() -> None:
    """Compare, print and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", default="keras-mlp,softmax,mlp")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rows", type=int, help="use only the first rows of the training data, for a slow network")
    parser.add_argument("--contestants", default="; ".join(CONTESTANTS), help="some of them, separated by semicolons")
    arguments = parser.parse_args()
    contestants = [name.strip() for name in arguments.contestants.split(";")]
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory() as name:
        for chosen in arguments.presets.split(","):
            config = preset(chosen).replace(epochs=arguments.epochs, log_every=None)
            figures = compare(first_rows(config, arguments.rows, Path(name)), contestants, arguments.turns, Path(name))
            results[chosen] = {"turns": arguments.turns, "epochs": arguments.epochs, "rows": arguments.rows, **figures}
            RESULTS.write_text(json.dumps(results, indent=1) + "\n")
            print_table(chosen, figures)


def print_table(name: str, figures: dict[str, dict[str, Any]]) -> None:
    """Print a Markdown table, fastest first."""
    print(f"\n| `{name}` | seconds an epoch (spread) | × plain `fit` | test accuracy |\n|---|---|---|---|")
    for contestant, one in sorted(figures.items(), key=lambda item: item[1]["seconds"]):
        spread = f"{one['seconds']:.3f} ({one['fastest']:.3f}–{one['slowest']:.3f})"
        print(f"| {contestant} | {spread} | {one['ratio']:.1f} | {one['test_accuracy']:.4f} |")
    accuracies = [one["test_accuracy"] for one in figures.values()]
    if max(accuracies) - min(accuracies) > TOLERANCE:
        print(f"Not the same work: test accuracies differ by {max(accuracies) - min(accuracies):.3f}.")


if __name__ == "__main__":
    main()
