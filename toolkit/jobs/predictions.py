"""What saved networks say of test rows, asked of a process of its own: it holds TensorFlow, this one does not."""

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from .. import errors
from ..errors import RunError, ToolkitError
from .processes import jobs_folder, start_module

#: The first answer takes TensorFlow's import, about 4 s; longer than this means that the process is stuck.
_TIMEOUT = 60.0


class Predictor:
    """A process that loads saved networks and predicts with them; started by the first question.

    Threads may share it. It ends with this process, however this process ends.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._child: _Child | None = None

    def ask(self, run_id: str, rows: Sequence[int]) -> list[dict[str, Any]]:
        """What the saved network of a run says of rows of its data set's test part.

        Returns one dict a row, in the order given: `row`; `true_label` and `label`, class names;
        `probabilities`, one a class, None where the network's weights are no numbers.
        Raises `RunError` where the run has no saved model or the process fails, `DataError` for a row that
        is not there, `ModelFileError` for a damaged file.
        """
        with self._lock:
            answer = self._answer({"run_id": run_id, "rows": [int(row) for row in rows]})
        if "error" in answer:
            raise _error(answer["error"])(answer["message"])
        predictions: list[dict[str, Any]] = answer["predictions"]
        return predictions

    def close(self) -> None:
        """End the process; the next question starts another."""
        with self._lock:
            self._drop()

    def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """A process that has died since the last question, or dies over this one, is replaced once."""
        for _ in range(2):
            try:
                self._child = self._child or _Child(self._root)
                return self._child.ask(question)
            except TimeoutError:
                self._drop()
                raise RunError(f"The prediction took longer than {_TIMEOUT:.0f} s. Try fewer rows.") from None
            except OSError:
                self._drop()
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
        self._answers: SimpleQueue[bytes] = SimpleQueue()
        threading.Thread(target=self._collect, daemon=True).start()

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Raises `TimeoutError`, or another `OSError` where the process is gone."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        try:
            line = self._answers.get(timeout=_TIMEOUT)
        except Empty:
            raise TimeoutError from None
        if not line:
            raise BrokenPipeError
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        """End the process at once: it has nothing to lose."""
        self._process.kill()
        self._process.wait()

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
