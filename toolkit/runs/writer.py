"""The one process that may write into a run folder."""

import errno
import json
import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self

from ..config.schema_version import SCHEMA, SCHEMA_KEY
from ..system.files import unfinished_files, write_atomically, write_json
from ..system.locks import FileLock
from .folder import RunFolder
from .schema import cut_to_valid

#: Bytes reserved on the disk for the result: one with a confusion matrix takes 20,000.
_ROOM = 1 << 16


class RunWriter:
    """The one process that may write into a run folder: it holds worker.lock while it lives."""

    def __init__(self, run: RunFolder, lock: FileLock) -> None:
        self.run = run
        self._lock = lock
        run.checkpoint_path.parent.mkdir(exist_ok=True)
        self._room = run.path / ".room"
        # Before the first line, which starts the run: without even this room, the run stays queued.
        self._room.write_bytes(bytes(_ROOM))
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._events = os.open(run.path / "events.jsonl", flags, 0o644)
        # The first line of each writer states the schema version of the lines from there on.
        self._signature = {SCHEMA_KEY: SCHEMA}

    @classmethod
    def claim(cls, run: RunFolder, *, resume: bool = False) -> Self | None:
        """Become the writer of a run that has not started, or with `resume`, of one that was stopped or interrupted.

        Returns None if the run is in another state, another process holds it, or only a newer version of the toolkit
        can read it. Raises `OSError` if the folder can't be written; the run then waits as before.
        """
        if run.newer:
            return None
        lock = FileLock.claim(run.path / "worker.lock")
        if lock is None:
            return None
        if run.newer or not (run.has_broken_off if resume else run.result is None and not run.has_broken_off):
            lock.release()
            return None
        try:
            _sweep(run)
            lock.write(str(os.getpid()))
            if resume:
                _make_unfinished(run)
            return cls(run, lock)
        except BaseException:
            lock.release()
            raise

    def append(self, event: Mapping[str, Any]) -> None:
        """Add one line to events.jsonl: one write, made durable before this returns.

        Raises `OSError` if the disk is full; the file then stays as it was.
        """
        event = {**event, **self._signature, "time": round(time.time(), 3)}
        line = json.dumps(event, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        before = os.fstat(self._events).st_size
        if os.write(self._events, line) < len(line):
            os.ftruncate(self._events, before)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._signature = {}
        os.fsync(self._events)

    def finish(self, result: Mapping[str, Any]) -> None:
        """Write result.json, which ends the run; if it was interrupted, only the reason, so that it can be resumed.

        On a full disk, the reserved room is used. Raises `OSError` if that is not enough.
        """
        try:
            self._write_end(result)
        except OSError:
            self._room.unlink(missing_ok=True)
            self._write_end(result)

    def close(self) -> None:
        """Release the run."""
        os.close(self._events)
        with suppress(OSError):
            self._room.unlink(missing_ok=True)
        self._lock.release()

    def _write_end(self, result: Mapping[str, Any]) -> None:
        message = result.get("message", "")
        self.append({"event": "state", "state": result["state"], "message": message})
        if result["state"] == "interrupted":
            note_interruption(self.run, message)
        else:
            write_json(self.run.path / "result.json", {SCHEMA_KEY: SCHEMA, **result})


def note_interruption(run: RunFolder, sentence: str) -> None:
    """Store why a run was interrupted, for its `message`. Raises `OSError` if it can't be written."""
    write_atomically(run.path / "interrupted", lambda path: path.write_text(f"{sentence}\n", encoding="utf-8"))


def _sweep(run: RunFolder) -> None:
    """Remove the files that the run's last process was writing when it was killed."""
    for folder in (run.path, run.checkpoint_path.parent):
        for left in unfinished_files(folder, run.last_worker_pid):
            shutil.rmtree(left, ignore_errors=True)


def _make_unfinished(run: RunFolder) -> None:
    """Remove the files that mark the run as ended, and a torn last line, which would spoil the next one."""
    # A stop requested after the resume still counts; an earlier one is gone already.
    former = () if run.resume_requested else ("stop",)
    for name in (*former, "result.json", "interrupted"):
        (run.path / name).unlink(missing_ok=True)
    cut_to_valid(run.path / "events.jsonl")
    # Last: if this process is killed earlier, the request stands.
    (run.path / "resume").unlink(missing_ok=True)
