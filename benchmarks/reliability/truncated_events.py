"""Campaign 3: events.jsonl is truncated after each of its bytes, as after a kill or a power failure.

    python -m benchmarks.reliability.truncated_events [--epochs 12]

Each time, exactly the complete lines must be read, the run must be interrupted and readable, and a worker that resumes
it must write its line after the last complete one.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.reliability import Outcome, tell
from toolkit.config import ExperimentConfig
from toolkit.runs import RunFolder, RunWriter, create_run

_NOTE = {"event": "note", "sentence": "Written after the cut: ✓."}


def cut_everywhere(root: Path, epochs: int) -> Outcome:
    """Write a run of `epochs` epochs, and try every length of its file."""
    run = _written(root, epochs)
    path = run.path / "events.jsonl"
    whole = path.read_bytes()
    faults = []
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        lines = [json.loads(line) for line in whole[:length].split(b"\n")[:-1]]
        faults += [f"cut after byte {length}: {fault}" for fault in _faults(run, lines)]
    return Outcome({"points": len(whole) + 1, "lines": whole.count(b"\n")}, faults)


def _faults(run: RunFolder, lines: list[dict[str, Any]]) -> Iterator[str]:
    if [event.as_dict() for event in run.events()] != lines:
        yield "other lines are read than stand there whole"
    if run.state != "interrupted":
        yield f"the run is {run.state}"
    if len(run.history().records) != sum(line["event"] == "epoch" for line in lines):
        yield "the history has different measurements"
    writer = RunWriter.claim(run, resume=True)
    if writer is None:
        yield "it can't be resumed"
        return
    with closing(writer):
        writer.append(_NOTE)
    resumed = [event.as_dict() for event in run.events()]
    if resumed[:-1] != lines or resumed[-1]["sentence"] != _NOTE["sentence"]:
        yield "the line written after it was resumed is not behind the last whole one"


def _written(root: Path, epochs: int) -> RunFolder:
    run = create_run(root, ExperimentConfig(name="größer – 숫자", dataset="digits"), asked_by="campaign")
    with closing(RunWriter.claim(run)) as writer:
        writer.append({"event": "state", "state": "running"})
        writer.append({"event": "note", "sentence": "Ein Satz mit ß, 숫자 und ✗."})
        for epoch in range(epochs + 1):
            where = {"epoch": epoch, "step": 8 * epoch}
            figures = {"loss": 0.123456789 / (epoch + 1), "val_loss": 0.25, "honest_loss": 1e-7, "accuracy": 1.0}
            writer.append({"event": "epoch", **where, **figures, "learning_rate": 0.001, "seconds": 0.25})
            writer.append({"event": "samples", **where, "labels": [1, 2], "probabilities": [[0.5, 0.5], [None, None]]})
    return run


def main() -> None:
    """Parse the arguments and run the campaign."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=12)
    with tempfile.TemporaryDirectory() as folder:
        tell(cut_everywhere(Path(folder), parser.parse_args().epochs))


if __name__ == "__main__":
    main()
