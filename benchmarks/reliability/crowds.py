"""Campaign 7: many processes create runs in one folder at once, and compete for one run.

    python -m benchmarks.reliability.crowds [--makers 30] [--runs 10] [--rivals 8] [--rounds 100]

No two makers may get the same folder, and every run must be complete; only one of the rivals may become the writer of
a new or resumed run, and the run may contain only its lines.
"""

import argparse
import multiprocessing
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.reliability import Outcome, tell
from toolkit.config import ExperimentConfig
from toolkit.runs import RunFolder, RunWriter, create_run, list_runs

_CONFIG = ExperimentConfig(name="the same title", dataset="digits")
_PATIENCE = 60.0
# Forks of a process without threads, which all start at the same moment.
_fork = multiprocessing.get_context("fork")


def make_at_once(root: Path, makers: int, runs: int) -> Outcome:
    """Let each maker create this many runs."""

    def make(number: int) -> list[str]:
        return [create_run(root, _CONFIG, asked_by=f"maker {number}").id for _ in range(runs)]

    made = [run_id for ids in _at_once(make, makers) for run_id in ids]
    faults = [f"{run_id} was given {times} times" for run_id, times in Counter(made).items() if times > 1]
    read = {run.id: run.about["asked_by"] for run in list_runs(root) if run.state == "queued"}
    if sorted(read) != sorted(made):
        faults.append(f"{len(made)} runs were made, {len(read)} can be read")
    faults += [f"{maker} has {n} runs" for maker, n in Counter(read.values()).items() if n != runs]
    faults += [f"{path.name} was left behind" for path in root.iterdir() if path.name not in read]
    return Outcome({"runs made at once": len(made), "makers": makers}, faults)


def compete(root: Path, rivals: int, rounds: int) -> Outcome:
    """In each round, let all rivals try to become the writer of one run, first to start it, then to resume it."""
    faults = []
    for _ in range(rounds):
        run = create_run(root, _CONFIG, asked_by="campaign")
        for resume in (False, True):
            faults += _one_round(run, rivals, resume)
    return Outcome({"rounds": 2 * rounds, "rivals": rivals}, faults)


def _one_round(run: RunFolder, rivals: int, resume: bool) -> list[str]:
    def claim(number: int) -> bool:
        writer = RunWriter.claim(run, resume=resume)
        if writer is None:
            return False
        with closing(writer):
            writer.append({"event": "state", "state": "running", "by": number, "resumed": resume})
            barrier.wait(_PATIENCE)  # Keep the run locked until all have tried.
        return True

    def compete(number: int) -> bool:
        won = claim(number)
        if not won:
            barrier.wait(_PATIENCE)
        return won

    barrier = _fork.Barrier(rivals)
    winners = [number for number, won in enumerate(_at_once(compete, rivals)) if won]
    writers = [event.by for event in run.events() if event.resumed == resume]
    if len(winners) == 1 and writers == winners and run.state == "interrupted":
        return []
    return [f"{run.id}: winners {winners}, lines by {writers}, {run.state}"]


def _at_once(work: Callable[[int], Any], processes: int) -> list[Any]:
    """The results of the work in each of several forks, which start together."""

    def body(number: int, pipe: Any) -> None:
        start.wait(_PATIENCE)
        pipe.send(work(number))

    start, pipes = _fork.Barrier(processes), [_fork.Pipe(duplex=False) for _ in range(processes)]
    children = [_fork.Process(target=body, args=(number, into)) for number, (_, into) in enumerate(pipes)]
    for child, (_, into) in zip(children, pipes, strict=True):
        child.start()
        into.close()  # so that the pipe ends if the child crashes, and nobody waits for its answer
    found = [out.recv() for out, _ in pipes]
    for child in children:
        child.join()
    return found


def main() -> None:
    """Parse the arguments and run the campaign."""
    parser = argparse.ArgumentParser()
    for name, usual in (("makers", 30), ("runs", 10), ("rivals", 8), ("rounds", 100)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = make_at_once(Path(folder) / "made", asked.makers, asked.runs)
        won = compete(Path(folder) / "won", asked.rivals, asked.rounds)
    tell(Outcome(made.done | won.done, made.faults + won.faults))


if __name__ == "__main__":
    main()
