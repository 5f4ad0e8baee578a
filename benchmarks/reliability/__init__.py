"""Nothing lost, whatever breaks: campaigns that break things on purpose. RELIABILITY.md has their figures.

Each module is a campaign: `python -m benchmarks.reliability.NAME`. It prints what was done and every fault that it
found; its exit status is 1 where there is one.
"""

import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from toolkit.runs import RunFolder

#: Seconds; far more than anything here takes.
DEADLINE = 600.0


class Outcome(NamedTuple):
    """What a campaign did, how often, and what went wrong, a sentence each."""

    done: dict[str, int | float]
    faults: list[str]


def tell(outcome: Outcome) -> None:
    """Print an outcome and end the process with its status."""
    for what, number in outcome.done.items():
        print(f"{number:>8,g}  {what}")
    print(f"{len(outcome.faults):>8}  faults")
    print(*outcome.faults, sep="\n")
    sys.exit(1 if outcome.faults else 0)


def until(condition: Callable[[], Any], expected: str, deadline: float = DEADLINE) -> Any:
    """What the condition gives once it holds; raises `TimeoutError` with what was expected."""
    end = time.monotonic() + deadline
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"expected within {deadline:g} s: {expected}")
        time.sleep(0.01)
    return value


def story(run: RunFolder) -> list[dict[str, Any]]:
    """What a run's lines say, clock times and changes of state apart: equal trainings give equal stories."""
    events = [event for event in run.events() if event.event != "state"]
    return [
        {name: value for name, value in event.as_dict().items() if name not in ("time", "seconds")} for event in events
    ]
