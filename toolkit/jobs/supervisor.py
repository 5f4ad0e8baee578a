"""One small process per runs folder: `python -m toolkit.jobs.supervisor ROOT`, started by `keep_workers`.

It keeps one worker ready, enforces stops, records why a worker died, and exits when nobody needs it. It neither
trains nor assigns runs, so nothing is lost if it dies: training workers finish, idle ones exit, and the next
page starts another supervisor.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from .. import limits
from ..errors import RunError
from ..runs import RunFolder, note_interruption, sweep
from ..runs.trash import empty_trash_quietly
from ..system.locks import FileLock, is_locked
from .endings import did_not_answer, how_it_ended, why_interrupted
from .heartbeat import Watch, beat, beating, forget, keep_beating
from .processes import end_process, exists, idle_seconds, jobs_folder, runs_module, start_module
from .queue import Queue
from .queue_health import note_failed_start
from .stops import Stops, cancel
from .supervisor_client import supervisor_lock, wanted_lock
from .turns import Turns

_TICK = 0.1
_WORKER = "toolkit.jobs.worker"
#: Seconds between two looks for hung workers.
_HUNG_TICK = 1.0
#: If workers fail before they train (TensorFlow can't be imported), the pause between starts grows up to this.
_LONGEST_PAUSE = 60.0
#: A new training has the cores to itself for this many seconds: another worker's imports would keep them busy
#: for longer than it needs to reach its first epoch.
_HEAD_START = 4.0


class Supervisor:
    """The workers that this process started, and the open runs of the folder."""

    def __init__(self, root: Path, watch: Watch | None = None) -> None:
        self._root = root
        self._queue, self._turns = Queue(root), Turns(root)
        self._watch = watch or Watch(root)
        self._stops = Stops(log, silence=self._watch.silence)
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._codes: dict[int, int] = {}
        #: Processes that were ended here because they did not answer, and for how many seconds they had not.
        self._hung: dict[int, float] = self._stops.hung
        self._looked_for_hung = 0.0
        self._fallen: list[RunFolder] = []
        #: The processes that train, and their start times.
        self._training: dict[int, float] = {}
        self._has_runs = self._has_waiting = False
        self._failures, self._not_before = 0, 0.0
        # The first look lists runs that were interrupted before this process started; it ignores them.
        self._queue.look()

    def serve(self, idle_seconds: float) -> None:
        """Work until nobody has needed it for that long, or its folder is deleted."""
        place, last_needed = _identity(supervisor_lock(self._root)), time.monotonic()
        while place is not None and _identity(supervisor_lock(self._root)) == place:
            self.look()
            if self.is_needed:
                last_needed = time.monotonic()
                self.keep_spare()
            elif time.monotonic() - last_needed >= idle_seconds:
                return
            time.sleep(_TICK)

    @property
    def is_needed(self) -> bool:
        """Whether a run was waiting or training at the last look, or a process wants workers to be ready."""
        return self._has_runs or is_locked(wanted_lock(self._root), shared=True)

    def look(self) -> None:
        """Look for changes, and handle runs that are to stop or have lost their worker."""
        # Before the states are read, so that the exit code of every interrupted run's worker is known.
        dead = self._reap()
        seen = self._queue.look()
        self._judge_starts(dead, {run.last_worker_pid for run, _ in seen})
        training = [run for run, state in seen if state == "running"]
        now = time.monotonic()
        self._training = {pid: self._training.get(pid, now) for run in training if (pid := run.worker_pid)}
        self._let_others_begin(training, [run for run, state in seen if state == "queued"])
        self._stops.look(training)
        self._end_hung_spares()
        self._cancel([run for run, state in seen if state == "queued" and run.stop_requested])
        self._fallen += [run for run, state in seen if state == "interrupted"]
        self._tell_why()
        self._has_waiting = any(state == "queued" for _, state in seen)
        self._has_runs = self._has_waiting or bool(training)

    def dismiss_spare(self) -> None:
        """Dismiss the idle worker; one that has just begun to train carries on."""
        for pid in self._children.keys() - self._training.keys():
            end_process(pid, signal.SIGHUP)

    def keep_spare(self) -> None:
        """Start a worker that waits for the next run, unless there is one or it is too early for another."""
        now = time.monotonic()
        if self._children.keys() - self._training.keys() or now < self._not_before:
            return
        if not self._has_waiting and any(now - since < _HEAD_START for since in self._training.values()):
            return
        log_path = jobs_folder(self._root) / "supervisor.log"
        worker = start_module(_WORKER, str(self._root), str(os.getpid()), log=log_path)
        beat(self._root, worker.pid)  # Watched from now on, though it has no heartbeat of its own yet.
        self._children[worker.pid] = worker
        self._hung.pop(worker.pid, None)  # Process numbers are reused.
        log(f"worker {worker.pid} started")

    def _let_others_begin(self, training: list[RunFolder], waiting: list[RunFolder]) -> None:
        for run in self._turns.to_make_way(training, waiting):
            with suppress(OSError):
                run.request_stop(limits.made_way())
                log(f"run {run.id} makes way for those that wait")

    def _end_hung_spares(self) -> None:
        """End hung workers without a run, even those of former supervisors, so that others take their place."""
        now = time.monotonic()
        if now - self._looked_for_hung < _HUNG_TICK:
            return
        self._looked_for_hung = now
        for pid in beating(self._root):
            seconds = self._watch.silence(pid)
            if not exists(pid) and pid not in self._children:
                forget(self._root, pid)
            elif seconds and pid not in self._training and runs_module(pid, _WORKER, self._root):
                self._hung[pid] = seconds
                log(f"worker {pid} has not answered for {seconds:.0f} s: SIGKILL")
                end_process(pid, signal.SIGKILL)

    def _how_it_ended(self, pid: int, code: int) -> str:
        return f"had not answered for {self._hung[pid]:.0f} s" if pid in self._hung else how_it_ended(code)

    def _reap(self) -> dict[int, int]:
        """The workers that have ended since the last look, and their exit codes."""
        dead = {pid: code for pid, child in self._children.items() if (code := child.poll()) is not None}
        for pid, code in dead.items():
            del self._children[pid]
            forget(self._root, pid)
            log(f"worker {pid} {self._how_it_ended(pid, code)}")
        self._codes |= dead
        return dead

    def _judge_starts(self, dead: dict[int, int], had_a_run: set[int | None]) -> None:
        """Delay the next start if workers end before they have a run; a worker that its run killed does not count."""
        for pid, code in dead.items():
            if code == 0 or pid in had_a_run or pid in self._training:
                self._failures = 0
                continue
            self._failures += 1
            self._not_before = time.monotonic() + min(_LONGEST_PAUSE, 2**self._failures)
            note_failed_start(self._root, self._how_it_ended(pid, code))

    def _cancel(self, waiting: list[RunFolder]) -> None:
        for run in waiting:
            try:
                cancel(run)
            except RunError as error:
                log(str(error))

    def _tell_why(self) -> None:
        """Write into interrupted runs' logs and messages how their workers died, once that is known."""
        waiting = [run for run in self._fallen if run.last_worker_pid in self._children]
        for run in self._fallen:
            if run not in waiting:
                self._tell_why_of(run)
        self._fallen = waiting

    def _tell_why_of(self, run: RunFolder) -> None:
        pid = run.last_worker_pid
        code = self._codes.get(pid) if pid is not None else None
        seconds = self._hung.get(pid) if pid is not None else None
        how = how_it_ended(code) if code is not None else "is gone; how it ended is not known"
        if seconds:
            how = f"had not answered for {seconds:.0f} s and was ended"
        log(f"run {run.id} interrupted: worker {pid} {how}")
        with suppress(OSError), run.log_path.open("a") as file:
            file.write(f"{_now()} The run was interrupted: its worker process {pid} {how}.\n")
        # A worker that recorded the reason itself, on a full disk, ended normally.
        if seconds or code:
            why = did_not_answer(seconds) if seconds else why_interrupted(code or 0, asked_to_stop=run.stop_requested)
            with suppress(OSError):
                note_interruption(run, why)


def main(root: Path) -> None:
    """Supervise that folder, unless another process does."""
    keep_beating(root)
    sweep(root)
    empty_trash_quietly(root)
    supervisor = Supervisor(root)
    while lock := _claim(supervisor_lock(root)):
        with lock:
            lock.write(str(os.getpid()))
            log(f"supervisor {os.getpid()} at work")
            supervisor.serve(idle_seconds())
        # Whoever just submitted a run may have relied on this process while it still held the lock.
        supervisor.look()
        if not supervisor.is_needed:
            supervisor.dismiss_spare()
            log(f"supervisor {os.getpid()} leaves")
            return


def log(sentence: str) -> None:
    """Write a line to supervisor.log, which is standard output; a full disk must not end the supervisor."""
    with suppress(OSError):
        print(_now(), sentence, flush=True)


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")


def _claim(path: Path) -> FileLock | None:
    try:
        return FileLock.claim(path)
    except FileNotFoundError:
        return None


def _identity(path: Path) -> int | None:
    """The inode of a file: it differs after the folder was deleted and created again."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    main(Path(sys.argv[1]))
