"""Measures how fast a long list of runs and a run with many measurements are shown.

    python -m benchmarks.lists [--runs 2000] [--steps 10000] [--turns 5]

One small run is trained and copied with different ids, titles and dates; another gets the requested number of
measurements, each with sample predictions, like a training with `--log-every 1`. Measured in turn: the list from Python
and on the command line, as whole processes including Python's start; and in Chromium (Debian: apt install chromium),
from a click on a page's name, or for Train from opening its URL, until the page is complete.
"""

import argparse
import json
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.pages import CHROMIUM, PROJECT, served

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: A script that prints the seconds of `list_runs` alone, without the imports.
_LIST = """
import sys, time
from pathlib import Path
from toolkit import list_runs
start = time.perf_counter()
runs = list_runs(Path(sys.argv[1]))
described = [(run.config.name, run.state, run.result and run.result.test_accuracy) for run in runs]
print(time.perf_counter() - start)
"""
#: Elements that appear only on a complete page.
_WHOLE = {
    "Models": "[data-testid=stDataFrame]",
    "Compare": ".js-plotly-plot .scatterlayer path",
    "Results": ".js-plotly-plot .heatmaplayer image",
    "Train": ".live-chart .scatterlayer path.js-line",
}


def toolkit(*arguments: str) -> str:
    """The output of a toolkit command."""
    command = [sys.executable, "-m", "toolkit", *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout


def train_one(root: Path, *flags: str) -> Path:
    """Train a small run; returns its folder."""
    toolkit("train", "--preset", "table", "--name", "made", "--root", str(root), "--json", *flags)
    (made,) = (path for path in root.iterdir() if not path.name.startswith("."))
    return made


def copy_many(made: Path, root: Path, count: int) -> None:
    """Copies of the run, each with its own id, title and date."""
    config = json.loads((made / "config.json").read_text())
    for number in range(count):
        copy = shutil.copytree(made, root / f"run-{number:06x}")
        config["name"] = f"run {number}"
        config["run"]["created"] = f"2026-11-{1 + number % 28:02}T{number % 24:02}:{number % 60:02}:00.000+00:00"
        (copy / "config.json").write_text(json.dumps(config, indent=2))


def lengthen(run: Path, steps: int) -> None:
    """Give a run one measurement per step: a noisy validation loss that falls, then rises."""
    dice = random.Random(0)
    lines = [json.dumps({"event": "state", "state": "running", "time": 0.0})]
    for step in range(steps + 1):
        where = {"epoch": step // 300, "step": step, "time": 0.01 * step}
        loss = 2.3 / (1 + step / 200)
        figures = {
            **{"loss": loss, "accuracy": 0.9, "honest_loss": loss, "honest_accuracy": 0.95},
            **{"val_loss": loss + 2e-5 * step + abs(dice.gauss(0, 0.02)), "val_accuracy": 0.9 + dice.random() / 100},
        }
        lines.append(json.dumps({"event": "epoch", **where, **figures, "learning_rate": 0.001, "seconds": 0.01}))
        answers = [[round(dice.random(), 4) for _ in range(2)] for _ in range(10)]
        lines.append(json.dumps({"event": "samples", "labels": [0] * 10, "probabilities": answers, **where}))
    (run / "events.jsonl").write_text("".join(f"{line}\n" for line in lines))


def median_of(turns: int, measure: Callable[[], float]) -> str:
    """The median, lowest and highest of several turns, and the CPU time of their child processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = [measure() for _ in range(turns)]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / turns
    times = f", {processor:.2f} s of CPU time" if processor > 0.01 else ""
    return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f}{times})"


def timed(work: Callable[[], object]) -> float:
    """The seconds that some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@contextmanager
def opened(root: Path) -> Iterator[tuple["Page", str]]:
    """A page in a browser that has opened the dashboard of a runs folder, and the dashboard's URL."""
    from playwright.sync_api import sync_playwright

    with served(PROJECT / "dashboard" / "app.py", root) as (_, port), sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]).new_page()
        page.set_default_timeout(120_000)
        address = f"http://127.0.0.1:{port}/"
        page.goto(address)
        page.get_by_test_id("stMain").get_by_role("heading").first.wait_for()
        settle(page)
        yield page, address


def settle(page: "Page") -> None:
    """Wait until the page is no longer being redrawn."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def show(page: "Page", title: str) -> None:
    """Open a page by its name, and wait until it is complete."""
    page.get_by_role("link", name=title, exact=True).first.click()
    page.locator(_WHOLE[title]).first.wait_for()
    settle(page)


def open_run(page: "Page", address: str) -> None:
    """Open a run on Train by its URL, which reloads the whole dashboard."""
    page.goto(address)
    page.locator(_WHOLE["Train"]).first.wait_for()
    settle(page)


def time_list(root: Path, turns: int) -> None:
    """Print how long the list takes in Python, on the command line and on the pages."""
    alone = [sys.executable, "-c", _LIST, str(root)]
    print("list_runs, title, state and accuracy:", end=" ")
    print(median_of(turns, lambda: float(subprocess.check_output(alone, cwd=PROJECT))))
    for flags in ((), ("--json",)):
        print(" ".join(("python -m toolkit runs", *flags)), end=": ")
        print(median_of(turns, lambda flags=flags: timed(lambda: toolkit("runs", "--root", str(root), *flags))))
    with opened(root) as (page, _):
        for title in ("Models", "Compare"):
            first = timed(lambda title=title: show(page, title))
            again = []
            for _ in range(turns):
                page.get_by_role("link", name="Data", exact=True).first.click()
                settle(page)
                again.append(timed(lambda title=title: show(page, title)))
            print(f"{title}: first {first:.2f} s, then {statistics.median(again):.2f} s")


def time_long_run(run: Path, short: Path, turns: int) -> None:
    """Print how long a run with many measurements takes on its pages and as a report, beside a short run."""
    report = run.parent / "report.html"
    for one in (run, short):
        command = ("show", one.name, "--root", str(run.parent), "--output", str(report), "--overwrite")
        times = median_of(turns, lambda command=command: timed(lambda: toolkit(*command)))
        print(f"python -m toolkit show {one.name}: {times}, {report.stat().st_size / 1e6:.1f} MB")
    with opened(run.parent) as (page, address):
        for one in (short, run):
            seconds = timed(lambda one=one: open_run(page, f"{address}?run={one.name}"))
            print(f"Train with {one.name}, the first time: {seconds:.2f} s")
        for one in (short, run):
            times = median_of(turns, lambda one=one: timed(lambda: open_run(page, f"{address}?run={one.name}")))
            print(f"Train with {one.name}: {times}")
        seconds = timed(lambda: show(page, "Results"))
        print(f"Results with {run.name}: {seconds:.2f} s")


def main() -> None:
    """Create both folders, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        many, long = Path(folder) / "many", Path(folder) / "long"
        many.mkdir()
        made = train_one(long, "--epochs", "5")
        copy_many(made, many, arguments.runs)
        short = Path(shutil.copytree(made, long / "short"))
        lengthen(made := made.rename(long / "long"), arguments.steps)
        print(f"{arguments.runs:,} runs")
        time_list(many, arguments.turns)
        print(f"a run of {arguments.steps:,} logged steps")
        time_long_run(made, short, arguments.turns)


if __name__ == "__main__":
    main()
