"""Predictions of saved networks, made in a separate process: that one imports TensorFlow, this one does not."""

import os
import select
import threading
import time
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from .. import errors
from ..errors import RunError, ToolkitError
from .heartbeat import Watch, beat, forget
from .messages import decode, encode
from .processes import jobs_folder, start_module

if TYPE_CHECKING:
    import numpy as np

#: The first answer includes TensorFlow's import, about 4 s; beyond this many seconds, the process is stuck.
_TIMEOUT = 60.0
#: Seconds between two looks at the process's progress while waiting for an answer.
_PAUSE = 0.5


class Predictor:
    """A process that loads saved networks and predicts with them; started by `warm` or by the first question.

    Threads may share it. It ends with this process, however this process ends. A bounded number of the most
    recently used networks stays loaded.

    Every question raises `RunError` if the run has no saved model or the process can't be kept running,
    `ModelFileError` for a damaged file, `DataError` for rows that the network can't take.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._child: _Child | None = None
        #: How often the process had died when it was needed, and was restarted.
        self.comebacks = 0

    def predict(self, run_id: str, x: "np.ndarray") -> "np.ndarray":
        """The probabilities that a run's network gives rows: float32 of shape (rows, classes).

        x: rows as in a `Dataset`: uint8 in [0, 255] or scaled floats, with as many values as the network takes.
        NaN weights give NaN.
        """
        return self._ask("predict", run_id, x=x)["probabilities"]

    def predict_test(self, run_id: str) -> None:
        """Predict all test rows of a run's data and store the probabilities for `read_probabilities`.

        Also raises `DataError` if the run's data are missing or have changed.
        """
        self._ask("predict_test", run_id)

    def activations(self, run_id: str, row: "np.ndarray") -> dict[str, Any]:
        """The output of each layer for one row: the fields of an `Activations`, its layers as dicts.

        row: one row as for `predict`. Returns `layers`, a list of {"name", "kind", "values"}, and `scores`.
        """
        return self._ask("activations", run_id, row=row)

    def first_weights(self, run_id: str) -> "np.ndarray | None":
        """The kernel of the network's first layer with weights, as `weights.first_weights` returns it."""
        return self._ask("first_weights", run_id)["weights"]

    def warm(self) -> None:
        """Start the process if it is not running, so that it is ready for the first question. Does not wait.

        If it can't be started, that question raises the error.
        """
        # Whoever holds the lock is asking, sometimes for seconds: the process is running or starting.
        if self._lock.acquire(blocking=False):
            try:
                with suppress(OSError):
                    self._child = self._child or _Child(self._root)
            finally:
                self._lock.release()

    def close(self) -> None:
        """End the process; the next question starts another."""
        with self._lock:
            self._drop()

    def _ask(self, about: str, run_id: str, **details: Any) -> dict[str, Any]:
        with self._lock:
            answer = self._answer({"about": about, "run_id": run_id, **details})
        if "error" in answer:
            raise _error(answer["error"])(answer["message"])
        return answer

    def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Ask the process; if it has died since the last question, or dies over this one, replace it once."""
        for _ in range(2):
            try:
                self._child = self._child or _Child(self._root)
                return self._child.ask(question)
            except TimeoutError:
                self._drop()
                raise RunError(f"The prediction took longer than {_TIMEOUT:.0f} s. Try fewer rows.") from None
            except OSError:
                self._drop()
                self.comebacks += 1
        log = jobs_folder(self._root) / "predictor.log"
        raise RunError(f"The process that predicts can't be kept running. {log} says why; then try again.")

    def _drop(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


class _Child:
    """The process, its input, and a thread that collects its answers."""

    def __init__(self, root: Path) -> None:
        folder = jobs_folder(root)
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "predictor.log"
        self._process = start_module("toolkit.jobs.prediction_worker", str(root), log=log, talks=True)
        assert self._process.stdin is not None
        self._input = self._process.stdin.fileno()
        os.set_blocking(self._input, False)
        beat(root, self._process.pid)  # Watched from now on, though it has no heartbeat of its own yet.
        self._root, self._watch = root, Watch(root)
        self._answers: SimpleQueue[bytes] = SimpleQueue()
        threading.Thread(target=self._collect, daemon=True).start()

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Raises `TimeoutError`, or another `OSError` if the process has ended or no longer answers."""
        deadline = time.monotonic() + _TIMEOUT
        self._send(encode(question), deadline)
        while True:
            with suppress(Empty):
                line = self._answers.get(timeout=_PAUSE)
                break
            self._check(deadline)
        if not line:
            raise BrokenPipeError
        return decode(line)

    def _send(self, message: bytes, deadline: float) -> None:
        """Write in parts: a pipe holds 64 kB, so a longer question would block if the other side never reads."""
        rest, free = memoryview(message), select.poll()
        free.register(self._input, select.POLLOUT)
        while rest:
            if free.poll(1000 * _PAUSE):
                rest = rest[os.write(self._input, rest) :]
            else:
                self._check(deadline)

    def _check(self, deadline: float) -> None:
        if self._watch.silence(self._process.pid):
            raise BrokenPipeError
        if time.monotonic() > deadline:
            raise TimeoutError

    def end(self) -> None:
        """End the process at once: it has nothing to lose."""
        self._process.kill()
        self._process.wait()
        forget(self._root, self._process.pid)

    def _collect(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._answers.put(line)
        self._answers.put(b"")


def _error(name: str) -> type[ToolkitError]:
    kinds = {"RunError": errors.RunError, "DataError": errors.DataError, "ModelFileError": errors.ModelFileError}
    return kinds.get(name, ToolkitError)


_predictors: dict[Path, Predictor] = {}
_predictors_lock = threading.Lock()


def predictor(root: Path) -> Predictor:
    """The one predictor of this process for that runs folder."""
    with _predictors_lock:
        return _predictors.setdefault(root.resolve(), Predictor(root.resolve()))
