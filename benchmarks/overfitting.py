"""How often the overfitting criterion is right on synthetic curves.

    python -m benchmarks.overfitting [--curves 500]

Draws validation losses with a known shape and Gaussian noise (relative to the loss), 30 epochs each, with a
training loss that keeps falling, and counts the verdicts.
"""

import argparse
from collections import Counter
from collections.abc import Callable

import numpy as np

from toolkit import find_overfitting

EPOCHS = np.arange(1, 31)
SHAPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "plateau (no overfitting)": lambda epoch: 0.3 + np.exp(-epoch / 2),
    "still falling": lambda epoch: 0.3 + np.exp(-epoch / 15),
    "rises 10 % from epoch 10": lambda epoch: 0.3 + np.exp(-epoch / 2) + 0.0015 * np.clip(epoch - 10, 0, None),
    "rises 40 % from epoch 10": lambda epoch: 0.3 + np.exp(-epoch / 2) + 0.006 * np.clip(epoch - 10, 0, None),
}


def main() -> None:
    """Print a table: shape, noise, share of each verdict."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--curves", type=int, default=500)
    count = parser.parse_args().curves
    states = ("still_learning", "flat", "possible", "confirmed")
    print("| shape | noise | " + " | ".join(states) + " |\n|" + "---|" * (2 + len(states)))
    for name, shape in SHAPES.items():
        for noise in (0.005, 0.01, 0.02, 0.05):
            random = np.random.default_rng(0)
            verdicts: Counter[str] = Counter()
            for _ in range(count):
                validation = shape(EPOCHS) * (1 + noise * random.standard_normal(len(EPOCHS)))
                verdicts[find_overfitting({"loss": np.exp(-EPOCHS / 5), "val_loss": validation}).state] += 1
            shares = " | ".join(f"{100 * verdicts[state] / count:.0f} %" for state in states)
            print(f"| {name} | {100 * noise:g} % | {shares} |")


if __name__ == "__main__":
    main()
