"""How much each step of `prepare_digit` contributes, on synthetic pages made from existing digits.

    python -m toolkit train --preset mlp
    python -m toolkit train --preset cnn
    python -m benchmarks.handwriting RUN [RUN…] [--root saved_models] [--rows 2000]
    python -m benchmarks.handwriting RUN --stray-marks [--rows 300]

The networks were trained on MNIST. There are three kinds of pages, the same in each call: all 1,797 of scikit-learn's
small digits and MNIST's test digits (the first --rows of them), both black on noisy grey paper, and MNIST's again, in
red with pens of different widths on dusty paper under a shadow. Prints the accuracy with all steps, with each step left
out, and with the steps up to each.

With --stray-marks: on each kind of page of `benchmarks/stray_marks.py`, how many digits the first run reads rightly,
how many wrongly but with a warning, and how many wrongly without a word; of those, how many it reads rightly as MNIST
has them. And how many it reads rightly, but with a warning.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

from benchmarks.stray_marks import KINDS
from toolkit import load_dataset, open_run, predict, prepare_digit
from toolkit.handwriting import STEPS
from toolkit.runs.artifacts import open_model

SEED = 2026


def small_digits_page(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """One of scikit-learn's digits (uint8, 8 × 8) enlarged to 96 × 96: black on evenly lit, noisy grey paper.

    The paper is 160 × 160 with a level of 150 to 220, the ink 5 to 33 % of that, the noise Gaussian with a
    standard deviation of 8 levels; the position is random. Returns uint8 of shape (160, 160).
    """
    paper = np.full((160, 160), random.uniform(150, 220))
    return _drawn(_enlarged(digit, 96), paper, random.uniform(10, 60) / 180, random)


def mnist_page(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """One of MNIST's digits (uint8, 28 × 28) enlarged 3 to 5 times: black on unevenly lit, noisy grey paper.

    The paper is 200 × 200 with a level of 150 to 230 on its bright side; from there the light falls off in some
    direction to between 50 % and 100 %. The ink reflects 10 to 30 % of what the paper does; noise as above.
    Returns uint8 of shape (200, 200).
    """
    ink = _enlarged(digit, int(random.integers(84, 141)))
    rows, columns = np.indices((200, 200)) / 199 - 0.5
    angle = random.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * rows + np.sin(angle) * columns
    slope = (slope - slope.min()) / np.ptp(slope)
    paper = random.uniform(150, 230) * (1 - random.uniform(0, 0.5) * slope)
    return _drawn(ink, paper, random.uniform(0.1, 0.3), random)


def rough_page(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """One of MNIST's digits enlarged 4 times, in red, with a pen that is up to 4 pixels thinner or 14 wider.

    A shadow with an edge anywhere takes 40 % of the light from one side; eight grains of dust, black, of 1 to 4
    pixels; noise as above. Returns uint8 of shape (200, 200, 3), RGB.
    """
    radius = int(random.integers(-2, 8))
    pen = np.hypot(*np.indices((2 * abs(radius) + 1,) * 2) - abs(radius)) <= abs(radius)
    widen = ndimage.grey_dilation if radius > 0 else ndimage.grey_erosion
    ink = widen(_enlarged(digit, 112), footprint=pen)
    page = _drawn(ink / max(float(ink.max()), 0.1), np.full((200, 200), 220.0), 0.15, random)
    for _ in range(8):
        (top, left), side = random.integers(0, 196, 2), int(random.integers(1, 5))
        page[top : top + side, left : left + side] = 20
    light = np.where(np.arange(200) < random.integers(40, 160), 1.0, 0.6)
    light = light if random.random() < 0.5 else light[:, None]
    red = 220 - 0.1 * (220 - page.astype(float))  # Red ink reflects nearly all red light.
    return (np.stack([red, page, page], axis=-1) * np.broadcast_to(light, (200, 200))[..., None]).astype(np.uint8)


def pages(
    digits: np.ndarray, page: Callable[[np.ndarray, np.random.Generator], np.ndarray], seed: int = SEED
) -> list[np.ndarray]:
    """A page for each digit, the same ones for the same seed."""
    random = np.random.default_rng(seed)
    return [page(digit, random) for digit in digits]


def small_digits() -> tuple[np.ndarray, np.ndarray]:
    """All 1,797 of scikit-learn's digits as uint8 (rows, 8, 8), and their labels."""
    data = load_dataset("digits")
    return np.concatenate([data.x_train, data.x_test]), np.concatenate([data.y_train, data.y_test])


def _enlarged(digit: np.ndarray, side: int) -> np.ndarray:
    """An enlarged digit as ink from 0 to 1."""
    return np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC), np.float64) / 255


def _drawn(ink: np.ndarray, paper: np.ndarray, reflected: float, random: np.random.Generator) -> np.ndarray:
    """Put ink on paper at a random position; the ink reflects a fraction of the paper's light."""
    top, left = (int(random.integers(0, paper.shape[axis] - ink.shape[axis] + 1)) for axis in (0, 1))
    page = paper.copy()
    page[top : top + ink.shape[0], left : left + ink.shape[1]] *= 1 - (1 - reflected) * ink
    return np.clip(page + random.normal(0, 8, page.shape), 0, 255).round().astype(np.uint8)


def _accuracies(models: list[Any], x: list[np.ndarray], labels: np.ndarray) -> str:
    return " | ".join(f"{(predict(model, np.stack(x))[0] == labels).mean():.4f}" for model in models)


def measure(title: str, papers: list[np.ndarray], labels: np.ndarray, models: list[Any]) -> None:
    """Print the table of one kind of pages."""
    start = time.process_time()
    prepared = [prepare_digit(page) for page in papers]
    seconds = time.process_time() - start
    print(f"\n{title}: {len(papers):,} pages, {1000 * seconds / len(papers):.1f} ms of processor time each")
    print("warnings:", dict(Counter(key for one in prepared for key in one.warnings)))
    print("all steps |", _accuracies(models, [one.pixels for one in prepared], labels))
    print("only resized |", _accuracies(models, [prepare_digit(page, skip=STEPS).pixels for page in papers], labels))
    for number, key in enumerate(STEPS):
        without = [prepare_digit(page, skip={key}).pixels for page in papers]
        up_to = [one.steps[number].pixels for one in prepared]
        print(f"{key} | {_accuracies(models, without, labels)} | {_accuracies(models, up_to, labels)}", flush=True)


def measure_stray_marks(digits: np.ndarray, labels: np.ndarray, model: Any) -> None:
    """Print a line for each kind of page with stray marks."""
    own = predict(model, digits)[0] == labels
    print("page | right | wrong, warned | wrong, silent | the page's fault | right, warned | ms")
    for title, page in KINDS.items():
        papers = pages(digits, page)
        start = time.process_time()
        prepared = [prepare_digit(paper) for paper in papers]
        milliseconds = 1000 * (time.process_time() - start) / len(papers)
        right = predict(model, np.stack([one.pixels for one in prepared]))[0] == labels
        warned = np.array([bool(one.warnings) for one in prepared])
        shares = (right, ~right & warned, ~right & ~warned, ~right & ~warned & own, right & warned)
        figures = " | ".join(f"{100 * share.mean():.1f}" for share in shares)
        counts = dict(Counter(key for one in prepared for key in one.warnings))
        print(f"{title} | {figures} | {milliseconds:.0f} | {counts}", flush=True)


def main() -> None:
    """Measure the runs on all kinds of pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--root", type=Path, default=Path("saved_models"))
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--stray-marks", action="store_true")
    arguments = parser.parse_args()
    models = [open_model(open_run(arguments.root, run)) for run in arguments.runs]
    mnist = load_dataset("mnist")
    rows = slice(arguments.rows)
    if arguments.stray_marks:
        measure_stray_marks(mnist.x_test[rows], mnist.y_test[rows], models[0])
        return
    print("step | left out:", ", ".join(arguments.runs), "| steps up to it:", ", ".join(arguments.runs))
    digits, labels = small_digits()
    measure("scikit-learn's digits", pages(digits, small_digits_page), labels, models)
    measure("MNIST's test digits", pages(mnist.x_test[rows], mnist_page), mnist.y_test[rows], models)
    measure("MNIST's test digits, rough", pages(mnist.x_test[rows], rough_page), mnist.y_test[rows], models)


if __name__ == "__main__":
    main()
