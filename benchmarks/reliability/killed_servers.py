"""Campaign 2: the dashboard and the supervisor are killed while one run trains and another waits.

    python -m benchmarks.reliability.killed_servers [--kills 50] [--soon 5]

The training must continue in the same process. The dashboard is restarted each time: Chromium (Debian: apt install
chromium) must show the run's state and its newest epoch within 5 s. The supervisor is not restarted: the page of the
waiting run must start another within 5 s. In the end both runs are stopped on their pages, and no process may be left.
"""

import argparse
import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.reliability import Outcome, tell, until
from dashboard import texts
from tests.browser.driving import ARGUMENTS, DESKTOP, Dashboard, Visitor, chromium
from toolkit import preset
from toolkit.jobs import release_workers, submit
from toolkit.runs import RunFolder
from toolkit.system.locks import is_locked

#: Seconds within which the page must be correct again.
_SOON = 5.0
#: More epochs than can be trained during the campaign.
_LONG = preset("keras-mlp").replace(name="long", epochs=1000, batch_size=16)


def kill_dashboards(server: Dashboard, visitor: Visitor, run: RunFolder, *, kills: int, soon: float) -> Outcome:
    """Kill the dashboard and restart it; the page of the run must show its progress."""
    answered, shown, faults = [], [], []
    for kill in range(kills):
        time.sleep(random.uniform(0, 1))
        server.kill()
        worker, epoch = run.worker_pid, run.events()[-1].epoch
        began = time.monotonic()
        server.start()
        answered.append(time.monotonic() - began)
        visitor.page.goto(f"{server.url}?run={run.id}")
        visitor.wait_for_state("running")
        until(lambda: visitor.epoch >= epoch, f"epoch {epoch} on the page")  # noqa: B023 (called at once)
        shown.append(time.monotonic() - began - answered[-1])
        if shown[-1] > soon:
            faults.append(f"dashboard, kill {kill + 1}: the truth was shown after {shown[-1]:.1f} s")
        faults += _training_faults(run, worker, epoch, f"dashboard, kill {kill + 1}")
    times = _times("until it answered again", answered) | _times("from then until the truth was shown", shown)
    return Outcome({"kills of the dashboard": kills} | times, faults)


def kill_supervisors(
    root: Path, visitor: Visitor, runs: tuple[RunFolder, RunFolder], *, kills: int, soon: float
) -> Outcome:
    """Kill the supervisor; the page of the waiting run must start another."""
    training, waiting = runs
    visitor.page.goto(f"{visitor.dashboard.url}?run={waiting.id}")
    visitor.wait_for_state("queued")
    took, faults = [], []
    for kill in range(kills):
        former = until(lambda: _supervisor(root), "a supervisor")
        time.sleep(random.uniform(0, 1))
        worker, epoch = training.worker_pid, training.events()[-1].epoch
        os.kill(former, signal.SIGKILL)
        began = time.monotonic()
        until(lambda: _supervisor(root) not in (None, former), "another supervisor")  # noqa: B023 (called at once)
        took.append(time.monotonic() - began)
        if took[-1] > soon:
            faults.append(f"supervisor, kill {kill + 1}: another one after {took[-1]:.1f} s")
        faults += _training_faults(training, worker, epoch, f"supervisor, kill {kill + 1}")
        if waiting.state != "queued":
            faults.append(f"supervisor, kill {kill + 1}: the waiting run is {waiting.state}")
    return Outcome({"kills of the supervisor": kills} | _times("until another was at work", took), faults)


def _times(what: str, seconds: list[float]) -> dict[str, int | float]:
    return {f"s {what}, median": round(median(seconds), 1), f"s {what}, at most": round(max(seconds), 1)}


def _training_faults(run: RunFolder, worker: int | None, epoch: int, where: str) -> Iterator[str]:
    if worker is None or run.worker_pid != worker or run.state != "running":
        yield f"{where}: the training did not go on in process {worker}; it is {run.state}"
    else:
        until(lambda: getattr(run.events()[-1], "epoch", 0) > epoch, f"more epochs than {epoch}")


def _supervisor(root: Path) -> int | None:
    lock = root / ".jobs" / "supervisor.lock"
    text = lock.read_text() if is_locked(lock) else ""
    return int(text) if text else None


def _end(visitor: Visitor, runs: tuple[RunFolder, RunFolder]) -> list[str]:
    """Cancel the waiting run and stop the training one, on their pages."""
    training, waiting = runs
    for run, label in ((waiting, texts.train.CANCEL), (training, texts.train.STOP)):
        visitor.page.goto(f"{visitor.dashboard.url}?run={run.id}")
        visitor.button(label).click()
        visitor.wait_for_state("stopped")
    return [f"{run.id} is {run.state} in the end: {run.message}" for run in runs if run.state != "stopped"]


@contextmanager
def _visitor(server: Dashboard) -> Iterator[Visitor]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        visitor = Visitor(browser.new_page(**DESKTOP), server)
        visitor.open()
        yield visitor
        browser.close()


def main() -> None:
    """Parse the arguments and run the campaign."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--soon", type=float, default=_SOON, help="seconds within which the page must be correct")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Dashboard(Path(folder).resolve() / "runs")
        server.start()
        try:
            outcomes = _campaign(server, arguments.kills, arguments.soon)
        finally:
            server.stop()  # fails if any process is left
    done: dict[str, Any] = {}
    for outcome in outcomes:
        done |= outcome.done
    tell(Outcome(done, [fault for outcome in outcomes for fault in outcome.faults]))


def _campaign(server: Dashboard, kills: int, soon: float) -> list[Outcome]:
    os.environ["TOOLKIT_WORKERS"] = "1"
    with _visitor(server) as visitor:
        runs = tuple(submit(server.root, _LONG, asked_by="campaign") for _ in range(2))
        release_workers(server.root)  # From now on, only the dashboard keeps workers alive.
        until(lambda: any(event.event == "epoch" for event in runs[0].events()), "a training")
        dashboards = kill_dashboards(server, visitor, runs[0], kills=kills, soon=soon)
        supervisors = kill_supervisors(server.root, visitor, runs, kills=kills, soon=soon)
        return [dashboards, supervisors, Outcome({}, _end(visitor, runs))]


if __name__ == "__main__":
    main()
