"""Why no worker takes a waiting run: none can start, a process does not answer, or the disk is full."""

import shutil
from contextlib import suppress
from pathlib import Path

from .processes import jobs_folder, max_workers
from .submission import training_runs
from .supervisor_client import silence, supervisor_silence

#: Free bytes that a run needs to start.
_ROOM = 1 << 20


def trouble(root: Path) -> str:
    """Why no worker takes a waiting run, in a sentence; empty if all is well."""
    with suppress(OSError):
        if shutil.disk_usage(root).free < _ROOM:
            return "The disk is full, so no run can begin. Free some space; what waits then starts by itself."
    if seconds := supervisor_silence(root):
        return (
            f"The process that looks after the workers has not answered for {seconds:.0f} seconds. Another one takes "
            "its place by itself."
        )
    if sentence := _silent_trainings(root):
        return sentence
    try:
        return _note(root).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def _silent_trainings(root: Path) -> str:
    """The sentence if all places are taken, one of them by a run that does not answer; else empty."""
    training = training_runs(root)
    silent = [(run, seconds) for run in training if (seconds := silence(root, run))]
    if not silent or len(training) < max_workers():
        return ""
    run, seconds = silent[0]
    return (
        f"The run {run.id} holds a place and has not answered for {seconds:.0f} seconds. Open it on Train, with "
        f"?run={run.id} in the address, and press Stop; what was measured is kept."
    )


def note_failed_start(root: Path, how: str) -> None:
    """Record that and how a worker ended before it was ready, until another one is ready."""
    log = jobs_folder(root) / "supervisor.log"
    sentence = f"No worker can start: the last one {how}. {log} says why; another try follows by itself."
    with suppress(OSError):
        _note(root).write_text(sentence, encoding="utf-8")


def forget_failed_start(root: Path) -> None:
    """Remove that record: a worker is ready."""
    with suppress(OSError):
        _note(root).unlink(missing_ok=True)


def _note(root: Path) -> Path:
    return jobs_folder(root) / "trouble"
