"""The one process that may write into a run folder."""

import json
import os
import time
from collections.abc import Mapping
from typing import Any, Self

from .files import write_json
from .locks import FileLock
from .run_files import cut_to_valid
from .run_folder import RunFolder


class RunWriter:
    """The one process that may write into a run folder: it holds worker.lock while it lives."""

    def __init__(self, run: RunFolder, lock: FileLock) -> None:
        self.run = run
        self._lock = lock
        run.checkpoint_path.parent.mkdir(exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._events = os.open(run.path / "events.jsonl", flags, 0o644)

    @classmethod
    def claim(cls, run: RunFolder, *, resume: bool = False) -> Self | None:
        """Become the writer of a run that has not begun, or with `resume` of one that was stopped or interrupted.

        Returns None where the run is in another state, or another process is at it.
        """
        lock = FileLock.claim(run.path / "worker.lock")
        if lock is None:
            return None
        if not (run.has_broken_off if resume else run.result is None and not run.has_broken_off):
            lock.release()
            return None
        try:
            lock.write(str(os.getpid()))
            if resume:
                _make_unfinished(run)
            return cls(run, lock)
        except BaseException:
            lock.release()
            raise

    def append(self, event: Mapping[str, Any]) -> None:
        """Add one line to events.jsonl: one write, made durable before this returns."""
        line = json.dumps({**event, "time": round(time.time(), 3)}, ensure_ascii=False, allow_nan=False)
        os.write(self._events, line.encode() + b"\n")
        os.fsync(self._events)

    def finish(self, result: Mapping[str, Any]) -> None:
        """Write result.json, which ends the run."""
        self.append({"event": "state", "state": result["state"], "message": result.get("message", "")})
        write_json(self.run.path / "result.json", result)

    def close(self) -> None:
        """Let go of the run."""
        os.close(self._events)
        self._lock.release()


def _make_unfinished(run: RunFolder) -> None:
    """Take back what says that the run has ended, and a torn last line, which would spoil the next one."""
    # A stop that came after the request to resume is meant; the one before is gone already.
    former = () if run.resume_requested else ("stop",)
    for name in (*former, "result.json"):
        (run.path / name).unlink(missing_ok=True)
    cut_to_valid(run.path / "events.jsonl")
    # Last: where this process is killed before, the request stands.
    (run.path / "resume").unlink(missing_ok=True)
