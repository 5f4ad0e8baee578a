"""Campaign 13: the clock jumps back an hour, and then forward two, while one run trains and others wait.

    python -m benchmarks.reliability.clock_jumps [--hours 1] [--epochs 400]

Only the clock of the supervisor, the workers and this process is changed, not the machine's. Runs must train in the
order in which they were submitted, have the same history as with a steady clock, have no negative duration, and obey
Stop; cleanup must not remove any, and the supervisor must survive.
"""

import argparse
import importlib.util
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.reliability import Outcome, story, tell, until
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.jobs import release_workers, submit
from toolkit.runs import RunFolder, list_runs
from toolkit.system.locks import is_locked

_CONFIG = ExperimentConfig(name="clock", dataset="digits", layers=[Dense(units=16)])
_HOUR = 3600
_SHORT = 3


class _Clock:
    """The shifted clock of all processes of the campaign."""

    def __init__(self, path: Path) -> None:
        self._path, self.seconds = path, 0
        os.environ["RELIABILITY_CLOCK"] = str(path)

    def jump(self, seconds: int) -> None:
        self.seconds += seconds
        fresh = self._path.with_suffix(".new")
        fresh.write_text(str(self.seconds))
        fresh.replace(self._path)

    fromisoformat = staticmethod(datetime.fromisoformat)

    def now(self, zone: Any = UTC) -> datetime:
        """The creation time that a run is given."""
        return datetime.now(zone) + timedelta(seconds=self.seconds)


def train_through_jumps(root: Path, clock: _Clock, *, hours: float, epochs: int) -> Outcome:
    """Submit a long run and short ones before and after each jump, and stop the last long one."""
    steady = submit(root, _CONFIG.replace(epochs=_SHORT), asked_by="campaign")
    until(lambda: steady.state == "finished", "a run with a steady clock")
    supervisor, runs, faults = _supervisor(root), [], []
    for jump in (-hours * _HOUR, 2 * hours * _HOUR):
        training = submit(root, _CONFIG.replace(epochs=epochs), asked_by="campaign")
        runs += [training, submit(root, _CONFIG.replace(epochs=_SHORT), asked_by="campaign")]
        until(lambda run=training: any(event.event == "epoch" for event in run.events()), "an epoch")
        clock.jump(int(jump))
        runs += [submit(root, _CONFIG.replace(epochs=_SHORT), asked_by="campaign") for _ in range(2)]
        until(lambda: _all_finished(runs), f"an end of all runs after a jump of {jump:g} s")  # noqa: B023 (called at once)
    last = submit(root, _CONFIG.replace(epochs=1000), asked_by="campaign")
    until(lambda: last.state == "running", "a run to stop")
    clock.jump(int(-hours * _HOUR))
    last.request_stop()
    until(lambda: last.state == "stopped", "a stop")
    if _supervisor(root) != supervisor:
        faults.append("the supervisor is another one")
    ended = sorted(runs, key=lambda run: (run.path / "result.json").stat().st_mtime_ns)
    if ended != runs:
        faults.append(f"trained in the order {[runs.index(run) for run in ended]}")
    for number, run in enumerate([*runs, last]):
        faults += [f"run {number}: {fault}" for fault in _faults(run, steady)]
    if len(list_runs(root)) != len(runs) + 2:
        faults.append("a run was swept away")
    release_workers(root)
    until(lambda: not is_locked(root / ".jobs" / "supervisor.lock"), "an end of the supervisor")
    return Outcome({"jumps of the clock": 3, "runs beside them": len(runs) + 1}, faults)


def _faults(run: RunFolder, steady: RunFolder) -> list[str]:
    result = run.result.as_dict() if run.result else {}
    lines = [event.as_dict() for event in run.events()]
    durations = [result.get("seconds"), *(line.get("seconds") for line in lines), *result["timings"].values()]
    faults = [f"it took {one} s" for one in durations if one is not None and not 0 <= one < _HOUR / 2]
    if run.config.epochs == _SHORT and story(run) != story(steady):
        faults.append("its history differs from one with a steady clock")
    return faults


def _all_finished(runs: list[RunFolder]) -> bool:
    return all(run.state == "finished" for run in runs)


def _supervisor(root: Path) -> str:
    lock = root / ".jobs" / "supervisor.lock"
    return lock.read_text() if is_locked(lock) else "none"


def main() -> None:
    """Parse the arguments and run the campaign."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--epochs", type=int, default=400)
    asked = parser.parse_args()
    shifted = Path(__file__).with_name("shifted_clock")
    os.environ |= {
        "TOOLKIT_WORKERS": "1",
        "TOOLKIT_IDLE_SECONDS": "5",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(shifted), os.environ.get("PYTHONPATH")])),
    }
    with tempfile.TemporaryDirectory() as folder:
        clock = _Clock(Path(folder).resolve() / "clock")
        _shift_this_process(shifted / "sitecustomize.py")
        with patch("toolkit.runs.store.datetime", clock), patch("toolkit.jobs.submission.datetime", clock):
            outcome = train_through_jumps(
                Path(folder).resolve() / "runs", clock, hours=asked.hours, epochs=asked.epochs
            )
    tell(outcome)


def _shift_this_process(path: Path) -> None:
    specification = importlib.util.spec_from_file_location("shifted_clock", path)
    assert specification is not None
    assert specification.loader is not None
    specification.loader.exec_module(importlib.util.module_from_spec(specification))


if __name__ == "__main__":
    main()
