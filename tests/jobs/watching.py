"""Waiting for what other processes do, and finding them."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from toolkit.config import ExperimentConfig
from toolkit.config.layers import BatchNormalization, Dense, Dropout
from toolkit.runs import RunFolder

#: Far more than anything here takes: TensorFlow's import is slow on a machine that is busy.
DEADLINE = 60

SMALL = ExperimentConfig(
    name="small",
    dataset="digits",
    layers=[Dense(units=16), BatchNormalization(), Dropout(rate=0.3)],
    epochs=3,
)
#: Long enough to be stopped or killed on the way, whatever the machine.
LONG = SMALL.replace(name="long", epochs=1000)


def until(condition: Callable[[], Any], expected: str) -> Any:
    """What the condition gives once it holds; fails with what was expected when the deadline has passed."""
    deadline = time.monotonic() + DEADLINE
    while not (value := condition()):
        assert time.monotonic() < deadline, f"expected within {DEADLINE} s: {expected}"
        time.sleep(0.02)
    return value


def until_state(run: RunFolder, *states: str) -> None:
    """Wait until the run is in one of these states."""
    until(lambda: run.state in states, f"{run.id} {' or '.join(states)}; it is {run.state}")


def until_measured(run: RunFolder) -> None:
    """Wait until the run has its first figures: it then trains."""
    until(lambda: any(event.event == "epoch" for event in run.events()), f"figures of {run.id}")


def processes(root: Path, module: str = "") -> list[int]:
    """The living processes that were started for a runs folder, by the module that they run.

    One that was forked a moment ago still bears its parent's command: it counts when it has one of its own.
    """
    columns = ["ps", "-axww", "-o", "pid=,ppid=,stat=,args="]
    table = subprocess.run(columns, capture_output=True, text=True, check=True).stdout
    lines = [line.split(maxsplit=3) for line in table.splitlines()]
    commands = {pid: command for pid, _, state, command in lines if state[0] != "Z"}
    wanted = [f"toolkit.jobs.{module}", str(root)]
    return [
        int(pid)
        for pid, parent, _, command in lines
        if pid in commands and commands.get(parent) != command and all(part in command for part in wanted)
    ]


def until_alone(root: Path) -> None:
    """Wait until no process of the folder is left."""
    until(lambda: not processes(root), f"no process for {root}; there are {processes(root)}")


def figures(run: RunFolder) -> list[dict[str, Any]]:
    """What a run measured and predicted, without clock times: equal runs give equal figures."""
    clocks = ("time", "seconds")
    return [{key: value for key, value in event.as_dict().items() if key not in clocks} for event in run.events()]
