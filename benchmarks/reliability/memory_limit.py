"""Campaign 12: a network that hits a run's memory limit ends with a sentence, and the next run trains.

    python -m benchmarks.reliability.memory_limit [--gigabytes 3] [--rounds 3]

Real workers with TOOLKIT_MAX_MEMORY_GB. In each round, a network whose batch does not fit is queued before a small one:
the first must end and name memory as the reason, and the second must finish, under the same supervisor.
"""

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks.reliability import Outcome, tell, until
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Conv2D, Dense, Flatten
from toolkit.jobs import release_workers, submit
from toolkit.system.locks import is_locked

_SMALL = ExperimentConfig(name="small", dataset="digits", layers=[Dense(units=16)], epochs=3)
_LARGE = ExperimentConfig(
    name="large", dataset="mnist", layers=[Conv2D(filters=512, padding="same"), Flatten()], batch_size=60_000
)


def train_in_turn(root: Path, rounds: int) -> Outcome:
    """In each round, train a network that does not fit, then one that does."""
    faults, ends = [], {}
    for number in range(1, rounds + 1):
        large, small = (submit(root, config, asked_by="campaign") for config in (_LARGE, _SMALL))
        until(lambda run=large: run.state not in ("queued", "running"), "an end of the large network")
        supervisor = _supervisor(root)
        ends[large.state] = ends.get(large.state, 0) + 1
        if large.state not in ("failed", "interrupted") or "memory" not in large.message:
            faults.append(f"round {number}: the large network is {large.state}: {large.message!r}")
        until(lambda run=small: run.state not in ("queued", "running"), "an end of the small network")
        if small.state != "finished":
            faults.append(f"round {number}: the small network is {small.state}: {small.message!r}")
        if _supervisor(root) != supervisor:
            faults.append(f"round {number}: the supervisor is another one")
    release_workers(root)
    until(lambda: not is_locked(root / ".jobs" / "supervisor.lock"), "an end of the supervisor")
    counts = {f"large networks that ended {state}": number for state, number in ends.items()}
    return Outcome({"rounds": rounds} | counts, faults)


def _supervisor(root: Path) -> str:
    lock = root / ".jobs" / "supervisor.lock"
    return lock.read_text() if is_locked(lock) else "none"


def main() -> None:
    """Parse the arguments and run the campaign."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--gigabytes", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    os.environ |= {
        "TOOLKIT_MAX_MEMORY_GB": str(asked.gigabytes),
        "TOOLKIT_WORKERS": "1",
        "TOOLKIT_IDLE_SECONDS": "1",
    }
    with tempfile.TemporaryDirectory() as folder:
        tell(train_in_turn(Path(folder).resolve(), asked.rounds))


if __name__ == "__main__":
    main()
