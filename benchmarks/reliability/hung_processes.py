"""Campaign 9: processes are suspended (SIGSTOP) as if they hung: workers, the supervisor, the predictor.

    python -m benchmarks.reliability.hung_processes [--rounds 5] [--hogs 8]

Chromium (Debian: apt install chromium) watches. The page of a hung training must say so within 10 s, its Stop button
must end the run within 15 s, and Resume must continue it. A hung supervisor must be replaced while its training
continues in the same process, and so must a waiting worker. A hung predictor must be replaced on the next question.
Beside other programs that keep all cores busy, no live process may be treated as hung.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Error

from benchmarks.reliability import Outcome, tell, until
from benchmarks.reliability.killed_servers import (
    _LONG,
    Dashboard,
    Visitor,
    _supervisor,
    _times,
    _training_faults,
    _visitor,
)
from dashboard import texts
from toolkit.jobs import Predictor, release_workers, submit
from toolkit.jobs.heartbeat import beating
from toolkit.jobs.processes import exists, runs_module
from toolkit.runs import RunFolder

#: Seconds within which the page must report a hung training, and within which Stop must end it.
_SAID, _ENDED = 10.0, 15.0
#: Seconds within which a hung process must be replaced, without the new one's import of TensorFlow.
_REPLACED = 15.0
_BUSY_SECONDS = 60.0
_BUSY = [sys.executable, "-c", "while True: pass"]


def hang_trainings(visitor: Visitor, run: RunFolder, rounds: int) -> Outcome:
    """Suspend the worker of the run on the page; press Stop, then Resume."""
    said, ended, faults = [], [], []
    words = texts.train.NO_ANSWER.partition("{")[0]
    visitor.page.goto(f"{visitor.dashboard.url}?run={run.id}")
    for number in range(1, rounds + 1):
        until(lambda: run.state == "running" and run.worker_pid, "a training")
        lines = len(run.events())
        until(lambda: len(run.events()) > lines + 2, "measurements")  # noqa: B023 (called at once)
        visitor.wait_for_state("running")
        began = _stop_process(run.worker_pid)
        visitor.wait_for_words(words)
        said.append(time.monotonic() - began)
        lines, began = len(run.events()), time.monotonic()
        until(lambda: _press_stop(visitor, run), "Stop to be pressed")
        visitor.wait_for_state("interrupted")
        ended.append(time.monotonic() - began)
        visitor.wait_for_words("had not answered for")
        if said[-1] > _SAID or ended[-1] > _ENDED:
            faults.append(f"training {number}: said after {said[-1]:.1f} s, ended {ended[-1]:.1f} s after Stop")
        if len(run.events()) < lines:
            faults.append(f"training {number}: lines that were there before are gone")
        visitor.button(texts.train.RESUME).click()
    until(lambda: run.state == "running", "the resumed training")
    times = _times("until the page said it", said) | _times("from Stop until the page showed the end", ended)
    return Outcome({"hung trainings": rounds} | times, faults)


def hang_supervisors(root: Path, visitor: Visitor, runs: tuple[RunFolder, RunFolder], rounds: int) -> Outcome:
    """Suspend the supervisor while a page shows the waiting run."""
    training, waiting = runs
    visitor.page.goto(f"{visitor.dashboard.url}?run={waiting.id}")
    visitor.wait_for_state("queued")
    took, faults = [], []
    for number in range(1, rounds + 1):
        former = until(lambda: _supervisor(root), "a supervisor")
        until(lambda: former in beating(root), "its beats")  # noqa: B023 (called at once)
        epoch = until(lambda: getattr(training.events()[-1], "epoch", 0), "an epoch")
        worker = training.worker_pid
        began = _stop_process(former)
        until(lambda: _supervisor(root) not in (None, former), "another supervisor")  # noqa: B023
        took.append(time.monotonic() - began)
        if took[-1] > _REPLACED:
            faults.append(f"supervisor {number}: another one after {took[-1]:.1f} s")
        faults += _training_faults(training, worker, epoch, f"supervisor {number}")
    return Outcome({"hung supervisors": rounds} | _times("until another supervisor was at work", took), faults)


def hang_spares(root: Path, training: RunFolder, rounds: int) -> Outcome:
    """Suspend the worker that waits for the next run."""
    took: list[float] = []

    def spare(but: int = 0) -> int | None:
        found = [pid for pid in beating(root) if exists(pid) and runs_module(pid, "toolkit.jobs.worker", root)]
        return next((pid for pid in found if pid not in (but, training.worker_pid)), None)

    for _ in range(rounds):
        hung = until(spare, "a worker that waits")
        began = _stop_process(hung)
        until(lambda: not exists(hung) and spare(hung), "another one")  # noqa: B023 (called at once)
        took.append(time.monotonic() - began)
    faults = [f"a worker that waits was replaced after {one:.1f} s" for one in took if one > _REPLACED]
    return Outcome({"hung workers that wait": rounds} | _times("until another one was started", took), faults)


def hang_predictors(root: Path, run: RunFolder, rounds: int) -> Outcome:
    """Suspend the predictor, and ask it a question that is larger than a pipe's buffer."""
    predictor, took, faults = Predictor(root), [], []
    rows = np.zeros((1000, 28, 28), np.uint8)
    for number in range(1, rounds + 1):
        before = predictor.predict(run.id, rows)
        child = next(pid for pid in beating(root) if runs_module(pid, "toolkit.jobs.prediction_worker", root))
        began = _stop_process(child)
        if not np.array_equal(predictor.predict(run.id, rows), before):
            faults.append(f"predictor {number}: another answer than before")
        took.append(time.monotonic() - began)
    predictor.close()
    return Outcome({"hung predictors": rounds} | _times("until the answer was there all the same", took), faults)


def keep_busy(root: Path, training: RunFolder, hogs: int) -> Outcome:
    """Let the processes run beside others that leave them hardly any CPU time."""
    log = root / ".jobs" / "supervisor.log"
    before, worker = log.read_text().count("not answered"), training.worker_pid
    busy = [subprocess.Popen(_BUSY) for _ in range(hogs)]
    time.sleep(_BUSY_SECONDS)
    for process in busy:
        process.kill()
        process.wait()
    faults = [] if training.worker_pid == worker else [f"beside {hogs} busy programs: the training lost its process"]
    wrongly = log.read_text().count("not answered") - before
    if wrongly:
        faults.append(f"beside {hogs} busy programs: {wrongly} living processes were ended")
    return Outcome({"busy programs beside it for 60 s": hogs, "living processes ended": wrongly}, faults)


def _press_stop(visitor: Visitor, run: RunFolder) -> bool:
    """Press Stop; returns whether the request arrived. A busy page may be redrawn under the pointer."""
    with suppress(Error):
        visitor.button(texts.train.STOP).click(timeout=5000)
    return run.stop_requested or run.state == "interrupted"


def _stop_process(pid: int | None) -> float:
    """Suspend a process; returns the time."""
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    return time.monotonic()


def main() -> None:
    """Parse the arguments and run the campaign."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each kind")
    parser.add_argument("--hogs", type=int, default=8, help="programs that keep all cores busy; 0: none")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Dashboard(Path(folder).resolve() / "runs")
        server.start()
        try:
            outcomes = _campaign(server, arguments.rounds, arguments.hogs)
        finally:
            server.stop()  # fails if any process is left
    done: dict[str, Any] = {}
    for outcome in outcomes:
        done |= outcome.done
    tell(Outcome(done, [fault for outcome in outcomes for fault in outcome.faults]))


def _campaign(server: Dashboard, rounds: int, hogs: int) -> list[Outcome]:
    os.environ["TOOLKIT_WORKERS"] = "1"
    root = server.root
    with _visitor(server) as visitor:
        saved = submit(root, _LONG.replace(name="saved", epochs=1, batch_size=1000), asked_by="campaign")
        until(lambda: saved.state == "finished", "a network that can be asked")
        training = submit(root, _LONG, asked_by="campaign")
        until(lambda: len(training.events()) > 3, "a training")
        release_workers(root)  # From now on, only the dashboard keeps workers alive.
        outcomes = [hang_trainings(visitor, training, rounds)]
        waiting = submit(root, _LONG, asked_by="campaign")
        release_workers(root)
        kinds: list[Callable[[], Outcome]] = [
            lambda: hang_supervisors(root, visitor, (training, waiting), rounds),
            lambda: hang_spares(root, training, rounds),
            lambda: hang_predictors(root, saved, rounds),
        ]
        if hogs:
            kinds.append(lambda: keep_busy(root, training, hogs))
        outcomes += [kind() for kind in kinds]
        for run in (waiting, training):
            run.request_stop()
        until(lambda: "running" not in (waiting.state, training.state), "the end of both")
        return outcomes


if __name__ == "__main__":
    main()
