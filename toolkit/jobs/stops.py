"""Stops runs: a waiting one at once, a training one by request, and finally by force."""

import signal
import time
from collections.abc import Callable, Sequence
from contextlib import closing

from ..errors import RunError
from ..runs import RunFolder, RunWriter
from .processes import end_process

#: Seconds after the request. A training that obeys still evaluates and saves its network: 3 s for a CNN on two
#: idle cores, 21 s were measured on busy ones. Force would lose what was learned.
ASK_AFTER, FORCE_AFTER = 30.0, 90.0

CANCELLED = "Cancelled while it waited: nothing was trained."


def stop(run: RunFolder) -> None:
    """Ask a training to stop, or take a waiting run out of the queue. Raises `RunError` on a full disk."""
    if run.state == "queued" and cancel(run):
        return
    try:
        run.request_stop()
    except OSError as error:
        raise RunError(f"The run {run.id} can't be asked to stop ({error.strerror or error}).") from error


def cancel(run: RunFolder) -> bool:
    """Take a waiting run out of the queue; False if a worker has it already.

    A run that was to be resumed is stopped or interrupted again. One that had not started ends in state "stopped"; it
    too can be resumed.
    Raises `RunError` if the folder can't be written.
    """
    if run.resume_requested:
        return run.withdraw_resume()
    try:
        writer = RunWriter.claim(run)
        if writer is None:
            return False
        with closing(writer):
            writer.finish(
                {"run_id": run.id, "state": "stopped", "message": CANCELLED, "epochs": 0, "steps": 0, "seconds": 0.0}
            )
        return True
    except OSError as error:
        raise RunError(f"The run {run.id} can't be cancelled ({error.strerror or error}).") from error


class Stops:
    """The pending requests to stop.

    silence: for how many seconds a process has not answered. One that does not answer is ended at once: it is
    suspended or stuck, and obeys no request.
    """

    def __init__(
        self,
        log: Callable[[str], None],
        *,
        ask_after: float = ASK_AFTER,
        force_after: float = FORCE_AFTER,
        silence: Callable[[int], float] = lambda pid: 0.0,
    ) -> None:
        self._log, self._ask_after, self._force_after, self._silence = log, ask_after, force_after, silence
        #: The processes that were ended because they did not answer, and for how many seconds they had not.
        self.hung: dict[int, float] = {}
        self._since: dict[str, float] = {}
        self._sent: dict[str, signal.Signals] = {}

    def look(self, training: Sequence[RunFolder]) -> None:
        """Send due signals to the runs that still train although they were asked to stop."""
        now = time.monotonic()
        # Watched from the beginning, so that a stop request to a hung process takes effect at once.
        silent = {run.id: self._silence(pid) for run in training if (pid := run.worker_pid)}
        stopping = [run for run in training if run.stop_requested]
        self._since = {run.id: self._since.get(run.id, now) for run in stopping}
        # A run that was resumed is a new training.
        self._sent = {name: which for name, which in self._sent.items() if name in self._since}
        for run in stopping:
            waited = now - self._since[run.id]
            if seconds := silent.get(run.id, 0.0):
                self._end_hung(run, seconds)
            elif waited >= self._force_after:
                self._send(run, signal.SIGKILL)
            elif waited >= self._ask_after:
                self._send(run, signal.SIGTERM)

    def _end_hung(self, run: RunFolder, seconds: float) -> None:
        pid = run.worker_pid
        if pid is not None:
            self.hung[pid] = seconds
            self._send(run, signal.SIGKILL)

    def _send(self, run: RunFolder, which: signal.Signals) -> None:
        pid = run.worker_pid
        if pid is None or self._sent.get(run.id) == which:
            return
        self._sent[run.id] = which
        self._log(f"run {run.id} does not heed its stop request: {which.name} to worker {pid}")
        end_process(pid, which)
