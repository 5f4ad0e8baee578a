"""Campaign 14: a server that may open 500 files gets more idle connections than that.

    python -m benchmarks.reliability.idle_connections [--files 500] [--rounds 3] [--without-training]

While they are open, the server need not answer anyone else, but the training must continue. Once they are closed, the
same server process must answer again and serve a page, and the supervisor must take a run.
"""

import argparse
import resource
import socket
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "browser"))

from driving import Dashboard

from benchmarks.reliability import Outcome, tell, until
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.jobs import release_workers, submit
from toolkit.runs import RunFolder

_CONFIG = ExperimentConfig(name="beside", dataset="digits", layers=[Dense(units=16)], epochs=1000)
_SECONDS_HELD = 3.0


def crowd_out(server: Dashboard, files: int, rounds: int, training: RunFolder | None) -> Outcome:
    """Open too many connections and close them, in each of several rounds."""
    process, faults, opened, slowest = server.pid, [], 0, 0.0
    for number in range(1, rounds + 1):
        before = len(training.events()) if training else 0
        with ExitStack() as held:
            opened += _fill(server, held, files + 100)
            time.sleep(_SECONDS_HELD)
            if training:
                until(lambda: len(training.events()) > before, "more epochs beside the connections")  # noqa: B023
        began = time.monotonic()
        until(lambda: _serves(server), "a page once the connections are closed")
        slowest = max(slowest, time.monotonic() - began)
        if server.pid != process or not Path(f"/proc/{process}").exists():
            faults.append(f"round {number}: the server is another one")
    done = {"connections held": opened, "s until a page was served again, at most": round(slowest, 1)}
    return Outcome({"rounds": rounds} | done, faults)


def _fill(server: Dashboard, held: ExitStack, most: int) -> int:
    """Open idle connections."""
    for _ in range(most):
        held.enter_context(socket.create_connection((server.host, server.port), timeout=5))
    return most


def _serves(server: Dashboard) -> bool:
    try:
        with urllib.request.urlopen(server.url, timeout=2) as answer:
            return bool(answer.status == 200 and b"<html" in answer.read())
    except OSError:
        return False


@contextmanager
def _files_of_children(most: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(2 * most + 500, hard)), hard))


def main() -> None:
    """Parse the arguments and run the campaign."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-training", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Dashboard(Path(folder).resolve() / "runs")
        training = None
        with _files_of_children(asked.files):
            server.start()
            if not asked.without_training:
                training = submit(server.root, _CONFIG, asked_by="campaign")
        try:
            if training is not None:
                until(lambda: any(event.event == "epoch" for event in training.events()), "a training")
            outcome = crowd_out(server, asked.files, asked.rounds, training)
            if training is not None:
                outcome.faults.extend(_ends(server.root, training))
        finally:
            release_workers(server.root)
            server.stop()
    tell(outcome)


def _ends(root: Path, training: RunFolder) -> list[str]:
    """Stop the run, and let a worker take another."""
    training.request_stop()
    another = submit(root, _CONFIG.replace(epochs=1), asked_by="campaign")
    until(lambda: another.state not in ("queued", "running"), "an end of another run")
    return [
        f"{run.id} is {run.state}" for run, end in ((training, "stopped"), (another, "finished")) if run.state != end
    ]


if __name__ == "__main__":
    main()
