"""Time from the click on "Start training" to the points on the screen, with a warm worker.

    python -m benchmarks.first_epoch [--turns 5]

Uses the real server and Chromium (Debian: apt install chromium), and the default Train page with `keras-mlp`. In each
turn a worker is ready; the page is opened, the button is pressed, and the seconds are counted until the measurement
before training and that of the first epoch are drawn. The first turn compiles; the others load the programs from the
cache.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.pages import CHROMIUM, DEADLINE, PROJECT, processor_seconds, served
from dashboard import texts
from toolkit.runs import list_runs

#: JavaScript: the number of points in the longest trace of the loss.
POINTS = """Math.max(0, ...[...document.querySelectorAll('.js-plotly-plot[aria-label^="loss over"]')]
    .flatMap(plot => plot.data.map(trace => trace.x.length)))"""


def workers_are_ready(root: Path) -> bool:
    """Whether a worker has imported everything and is idle, as seen by its CPU time."""
    spent = sum(map(processor_seconds, worker_pids(root)))
    time.sleep(1)
    return bool(worker_pids(root)) and sum(map(processor_seconds, worker_pids(root))) - spent < 0.1


def worker_pids(root: Path) -> list[int]:
    """The worker processes of a runs folder."""
    return [int(pid) for pid, command in _commands() if "toolkit.jobs.worker" in command and str(root) in command]


def _commands() -> Iterator[tuple[str, str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield folder.name, (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue


def main() -> None:
    """Print one line per turn, and the medians."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=5)
    arguments = parser.parse_args()
    os.environ["KERAS_HOME"] = tempfile.mkdtemp()
    seconds: list[tuple[float, ...]] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder).resolve() / "runs"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with served(PROJECT / "dashboard" / "app.py", root) as (_, port):
            for turn in range(arguments.turns):
                page = browser.new_context().new_page()
                page.goto(f"http://127.0.0.1:{port}/")
                start = page.get_by_test_id("stMain").get_by_role("button", name=texts.train.START)
                start.wait_for(timeout=1000 * DEADLINE)
                while not workers_are_ready(root):
                    pass
                start.click()
                clicked, taken = time.perf_counter(), []
                for points in (1, 2):
                    page.wait_for_function(f"{POINTS} >= {points}", polling=50, timeout=1000 * DEADLINE)
                    taken.append(time.perf_counter() - clicked)
                seconds.append(tuple(taken))
                print(f"turn {turn + 1}: before training {taken[0]:.2f} s, first epoch {taken[1]:.2f} s", flush=True)
                for run in list_runs(root):
                    run.request_stop()
                    while run.state in ("queued", "running"):
                        time.sleep(0.1)
                page.context.close()
        browser.close()
    untrained, first = (statistics.median(times) for times in zip(*seconds[1:] or seconds, strict=True))
    print(f"medians of the later turns: before training {untrained:.2f} s, first epoch {first:.2f} s")


if __name__ == "__main__":
    main()
