"""Campaign 8: runs that use up all memory, never end or crash, each beside a healthy run that trains at the same time.

    python -m benchmarks.reliability.bad_neighbours [--minutes 2] [--epochs 1000] [BAD…]

Two workers under one supervisor. Each bad run must end with a sentence that says why; the healthy run must have the
same history as a run alone; the supervisor must survive, and no process may be left in the end. The last bad run is a
network that anyone can configure, whose batch does not fit into memory.
"""

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

from benchmarks.reliability import Outcome, story, tell, until
from toolkit.config import ExperimentConfig
from toolkit.config.layers import BatchNormalization, Conv2D, Dense, Flatten
from toolkit.jobs import release_workers, submit
from toolkit.runs import RunFolder
from toolkit.system.locks import is_locked

_HEALTHY = ExperimentConfig(name="healthy", dataset="digits", layers=[Dense(units=64), BatchNormalization()])
_HUGE = ExperimentConfig(
    name="does not fit", dataset="mnist", layers=[Conv2D(filters=512, padding="same"), Flatten()], batch_size=60_000
)
#: Title of a bad run -> the state in which it ends, and words of its message.
_ENDS = {
    "crashes": ("interrupted", "It crashed in native code"),
    "takes all memory": ("failed", "needs more memory"),
    "raises": ("failed", "a fault in the program"),
    "never ends": ("interrupted", "It took longer than"),
    "does not fit": ("", "memory"),
}


def train_beside(root: Path, bad: list[str], epochs: int) -> Outcome:
    """Train the bad runs one after another, each beside a healthy run of `epochs` epochs that starts before it."""
    config = _HEALTHY.replace(epochs=epochs)
    alone = submit(root, config, asked_by="campaign")
    until(lambda: alone.state == "finished", "a run that is alone")
    supervisor = _supervisor(root)
    faults, together = [], 0.0
    for name in bad:
        healthy = submit(root, config, asked_by="campaign")
        other = submit(root, _HUGE if name == _HUGE.name else config.replace(name=name), asked_by="campaign")
        until(lambda one=other: one.message, f"an end of the run that {name}; it is {other.state}")
        until(lambda one=healthy: one.state not in ("queued", "running"), f"an end beside the run that {name}")
        state, words = _ENDS[name]
        if words not in other.message or (state and other.state != state):
            faults.append(f"the run that {name} is {other.state}: {other.message!r}")
        if healthy.state != "finished" or story(healthy) != story(alone):
            faults.append(f"beside the run that {name}, the healthy one ({healthy.state}) differs from one alone")
        together += max(0.0, min(_span(healthy)[1], _span(other)[1]) - max(_span(healthy)[0], _span(other)[0]))
    if _supervisor(root) != supervisor:
        faults.append("the supervisor is another one")
    release_workers(root)
    until(lambda: not _processes(root), f"no process for {root}")
    return Outcome({"bad runs": len(bad), "seconds side by side": round(together)}, faults)


def _span(run: RunFolder) -> tuple[float, float]:
    """The times when its first and its last file were written."""
    return run.events()[0].time, max(path.stat().st_mtime for path in run.path.iterdir())


def _supervisor(root: Path) -> str:
    lock = root / ".jobs" / "supervisor.lock"
    return lock.read_text() if is_locked(lock) else "none"


def _processes(root: Path) -> list[str]:
    table = subprocess.run(["ps", "-axww", "-o", "stat=,args="], capture_output=True, text=True, check=True).stdout
    return [line for line in table.splitlines() if line[0] != "Z" and "toolkit.jobs." in line and str(root) in line]


def main() -> None:
    """Parse the arguments and run the campaign."""
    parser = argparse.ArgumentParser()
    parser.add_argument("bad", nargs="*", help=f"some of: {', '.join(_ENDS)}; by default all")
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--epochs", type=int, default=1000)
    asked = parser.parse_args()
    manners = str(Path(__file__).with_name("bad_manners"))
    os.environ |= {
        "TOOLKIT_WORKERS": "2",
        "TOOLKIT_IDLE_SECONDS": "1",
        "TOOLKIT_MAX_MINUTES": str(asked.minutes),
        "PYTHONPATH": os.pathsep.join(filter(None, [manners, os.environ.get("PYTHONPATH")])),
    }
    with tempfile.TemporaryDirectory() as folder:
        tell(train_beside(Path(folder).resolve(), asked.bad or list(_ENDS), asked.epochs))


if __name__ == "__main__":
    main()
