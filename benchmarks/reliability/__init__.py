"""Campaigns that break things on purpose, to check that nothing is lost. RELIABILITY.md has the results.

Each module is a campaign: `python -m benchmarks.reliability.NAME`. It prints what it did and every fault that it found;
its exit status is 1 if there is one.
"""

import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from toolkit.runs import RunFolder

#: Seconds: far more than anything here takes.
DEADLINE = 600.0


class Outcome(NamedTuple):
    """The number of times that a campaign did each thing, and its faults, one sentence each."""

    done: dict[str, int | float]
    faults: list[str]


def tell(outcome: Outcome) -> None:
    """Print an outcome, and exit with its status."""
    for what, number in outcome.done.items():
        print(f"{number:>8,g}  {what}")
    print(f"{len(outcome.faults):>8}  faults")
    print(*outcome.faults, sep="\n")
    sys.exit(1 if outcome.faults else 0)


def until(condition: Callable[[], Any], expected: str, deadline: float = DEADLINE) -> Any:
    """Wait until the condition is true, and return its value; raises `TimeoutError` that says what was expected."""
    end = time.monotonic() + deadline
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"expected within {deadline:g} s: {expected}")
        time.sleep(0.01)
    return value


def story(run: RunFolder) -> list[dict[str, Any]]:
    """A run's events without clock times and changes of state: equal trainings have equal stories."""
    events = [event for event in run.events() if event.event != "state"]
    return [
        {name: value for name, value in event.as_dict().items() if name not in ("time", "seconds")} for event in events
    ]
