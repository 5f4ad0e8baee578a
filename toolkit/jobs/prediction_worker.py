"""Predicts with saved networks: `python -m toolkit.jobs.prediction_worker ROOT`, started by `Predictor`.

Each line of standard input is a question, each line of standard output its answer (`messages.py`). It ends
when its input ends, and so with the process that asks, even if that one is killed.
"""

import gc
import os
import sys
import traceback
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from ..errors import ToolkitError
from ..runs import RunFolder, open_run
from ..runs.artifacts import keep_probabilities, load_data, open_model
from ..system.backend import import_tensorflow
from .heartbeat import keep_beating
from .messages import decode, encode

if TYPE_CHECKING:
    import keras

_MODELS_KEPT = 8


class _Models:
    """The most recently used saved networks; a file that has changed is loaded again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], keras.Model] = OrderedDict()

    def of(self, run: RunFolder) -> "keras.Model":
        """The run's network. Raises `RunError` if it has saved none."""
        changed = run.model_path.stat().st_mtime_ns if run.model_path.exists() else 0
        key = (run.id, changed)
        if key not in self._kept:
            self._kept[key] = _opened(run)
        self._kept.move_to_end(key)
        if len(self._kept) > _MODELS_KEPT:
            self._kept.popitem(last=False)
            # A network has reference cycles: until Python collects them, each leaves a megabyte behind.
            gc.collect()
        return self._kept[key]


def _opened(run: RunFolder) -> "keras.Model":
    """The run's network, with its graph for any number of rows built ahead, which takes up to 0.3 s."""
    from ..models.prediction import raw_outputs

    model = open_model(run, compile=False)
    model.jit_compile = False  # XLA would compile again for every number of rows
    for rows in (1, 2):  # the second number tells TensorFlow that there will be others
        raw_outputs(model, np.zeros((rows, *model.input_shape[1:]), np.float32))
    return model


def main(root: Path) -> None:
    """Answer until the input ends."""
    keep_beating(root)
    answers = _private_output()
    import_tensorflow()
    models = _Models()
    for line in sys.stdin.buffer:
        answers.write(encode(_answer(root, models, **decode(line))))
        answers.flush()


def _answer(root: Path, models: _Models, *, about: str, run_id: str, **details: Any) -> dict[str, Any]:
    try:
        run = open_run(root, run_id)
        return _QUESTIONS[about](models.of(run), run, **details)
    except ToolkitError as error:
        return {"error": type(error).__name__, "message": str(error)}
    except Exception:  # The process survives any error; its log, which is standard error, keeps the details.
        traceback.print_exc()
        message = "The prediction broke off through a fault in the program. .jobs/predictor.log says more."
        return {"error": "RunError", "message": message}


def _predict(model: "keras.Model", run: RunFolder, x: np.ndarray) -> dict[str, Any]:
    from ..models.prediction import predict

    return {"probabilities": predict(model, x)[1]}


def _predict_test(model: "keras.Model", run: RunFolder) -> dict[str, Any]:
    from ..models.prediction import predict

    keep_probabilities(run, predict(model, load_data(run).x_test)[1])
    return {}


def _activations(model: "keras.Model", run: RunFolder, row: np.ndarray) -> dict[str, Any]:
    from ..models.activations import layer_outputs

    found = layer_outputs(model, row)
    return {"layers": [vars(layer) for layer in found.layers], "scores": found.scores}


def _first_weights(model: "keras.Model", run: RunFolder) -> dict[str, Any]:
    from ..models.first_layer import first_weights

    return {"weights": first_weights(model)}


_QUESTIONS: dict[str, Callable[..., dict[str, Any]]] = {
    "predict": _predict,
    "predict_test": _predict_test,
    "activations": _activations,
    "first_weights": _first_weights,
}


def _private_output() -> BinaryIO:
    """The original standard output; anything printed from now on, even by TensorFlow, goes to the log."""
    private = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return private


if __name__ == "__main__":
    main(Path(sys.argv[1]))
