"""Campaign 1: workers are killed at random moments, and their runs are resumed until they finish.

    python -m benchmarks.reliability.killed_workers [--cheap 180] [--real 20] [--epochs 200]

A cheap kill hits a process that trains a stand-in (stand_in.py), a real one a worker that trains a Keras network under
a supervisor. Faults are lines that existed before a kill but not after it, duplicate measurements, unreadable runs, and
histories that differ from those of an uninterrupted run.
"""

import argparse
import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.reliability import Outcome, story, tell, until
from toolkit.config import ExperimentConfig
from toolkit.config.layers import BatchNormalization, Dense, Dropout
from toolkit.jobs import release_workers, resubmit, submit
from toolkit.runs import RunFolder, create_run

_CHEAP = ExperimentConfig(name="cheap", dataset="iris", layers=[Dense(units=8)], epochs=40)
_REAL = ExperimentConfig(
    name="real", dataset="digits", layers=[Dense(units=32), BatchNormalization(), Dropout(rate=0.3)]
)
#: Starts or resumes a run; returns the process that trains it, or None if the run has ended already.
Start = Callable[[RunFolder], int | None]


def kill_and_resume(run: RunFolder, start: Start, unbroken: RunFolder, *, longest: float) -> Outcome:
    """Kill the training process after up to `longest` seconds, repeatedly, until the run has finished."""
    kills, faults = 0, []
    while run.state not in ("finished", "failed"):
        worker = start(run)
        time.sleep(random.uniform(0, longest))
        before = run.events()
        was_killed = _kill(worker)
        until(lambda: run.state != "running", f"{run.id} without its worker")
        kills += was_killed
        if run.events()[: len(before)] != before:
            faults.append(f"{run.id}: lines that were there before kill {kills} are gone")
        faults += _unreadable(run)
    twice = [key for key, times in Counter((e["event"], e.get("step")) for e in story(run)).items() if times > 1]
    faults += [f"{run.id}: duplicate: {key}" for key in twice]
    if run.state != "finished" or story(run) != story(unbroken):
        faults.append(f"{run.id} ({run.state}: {run.message}) differs from a run that nobody killed")
    elif run.result.test_loss != unbroken.result.test_loss:
        faults.append(f"{run.id}: another test loss than that of a run that nobody killed")
    return Outcome({"kills": kills}, faults)


def _kill(worker: int | None) -> bool:
    """Kill a process; returns whether it still existed."""
    try:
        if worker is not None:
            os.kill(worker, signal.SIGKILL)
        return worker is not None
    except ProcessLookupError:
        return False


def _unreadable(run: RunFolder) -> list[str]:
    try:
        _ = run.config, run.history().frame, run.size()
    except Exception as error:  # Any error would break a page.
        return [f"{run.id} can't be read: {error!r}"]
    return [] if run.state in ("queued", "interrupted", "finished") else [f"{run.id} is {run.state}"]


def kill_cheap(root: Path, kills: int) -> Outcome:
    """Kill forks of this process, which must not have imported Keras."""
    from benchmarks.reliability import stand_in  # noqa: F401 (it replaces Keras)
    from toolkit.datasets import load_dataset
    from toolkit.experiment import run_experiment

    load_dataset(_CHEAP.dataset)
    unbroken = create_run(root, _CHEAP, asked_by="campaign")
    run_experiment(unbroken)

    def start(run: RunFolder) -> int:
        while children and children[-1].exitcode is not None:
            children.pop().close()
        children.append(fork.Process(target=run_experiment, args=(run,), kwargs={"resume": run.has_broken_off}))
        children[-1].start()
        return children[-1].pid

    fork, children = multiprocessing.get_context("fork"), []
    return _repeat(
        lambda: kill_and_resume(create_run(root, _CHEAP, asked_by="campaign"), start, unbroken, longest=0.6), kills
    )


def kill_real(root: Path, kills: int, epochs: int) -> Outcome:
    """Kill real workers under a real supervisor."""
    config = _REAL.replace(epochs=epochs)
    unbroken = submit(root, config, asked_by="campaign")
    until(lambda: unbroken.state == "finished", "an unbroken run")

    def start(run: RunFolder) -> int | None:
        if run.has_broken_off:
            resubmit(root, run)
        until(lambda: run.worker_pid or run.state == "finished", f"a worker for {run.id}")
        return run.worker_pid

    outcome = _repeat(
        lambda: kill_and_resume(submit(root, config, asked_by="campaign"), start, unbroken, longest=2), kills
    )
    release_workers(root)
    return outcome


def _repeat(campaign: Callable[[], Outcome], kills: int) -> Outcome:
    done, runs, faults = 0, 0, []
    while done < kills:
        outcome = campaign()
        done, runs, faults = done + int(outcome.done["kills"]), runs + 1, faults + outcome.faults
    return Outcome({"kills": done, "runs": runs}, faults)


def main() -> None:
    """Run both kinds, the cheap ones first, since they need a process that has not imported Keras."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cheap", type=int, default=180)
    parser.add_argument("--real", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=200, help="epochs of each real run: more epochs allow more kills")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done, faults = {}, []
        for name, campaign in (("cheap", kill_cheap), ("real", partial(kill_real, epochs=asked.epochs))):
            if times := getattr(asked, name):
                outcome = campaign(Path(folder) / name, times)
                done |= {f"{name} {what}": number for what, number in outcome.done.items()}
                faults += outcome.faults
    tell(Outcome(done, faults))


if __name__ == "__main__":
    main()
