"""Predicts with saved networks: `python -m toolkit.jobs.prediction_worker ROOT`, started by `Predictor`.

Each line of standard input is a question, each line of standard output its answer, both JSON. It ends
where its input ends, and so with the process that asks, even when that one is killed.
"""

import gc
import json
import os
import sys
import traceback
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from ..backend import import_tensorflow
from ..datasets import Dataset, is_own, load_dataset
from ..errors import DataError, ToolkitError
from ..runs import RunFolder, open_run
from ..saved_runs import load_data, open_model

if TYPE_CHECKING:
    import keras

_MODELS_KEPT = 4


class _Models:
    """The saved networks that were asked last; a file that has changed is loaded again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], keras.Model] = OrderedDict()

    def of(self, run: RunFolder) -> "keras.Model":
        """The run's network. Raises `RunError` where it has saved none."""
        changed = run.model_path.stat().st_mtime_ns if run.model_path.exists() else 0
        key = (run.id, changed)
        if key not in self._kept:
            self._kept[key] = open_model(run)
        self._kept.move_to_end(key)
        if len(self._kept) > _MODELS_KEPT:
            self._kept.popitem(last=False)
            # A network is made of cycles: left to Python's own pace, a megabyte a network stays behind.
            gc.collect()
        return self._kept[key]


def main(root: Path) -> None:
    """Answer until the input ends."""
    answers = _private_output()
    import_tensorflow()
    models = _Models()
    for line in sys.stdin:
        answers.write(json.dumps(_answer(root, models, json.loads(line)), allow_nan=False) + "\n")
        answers.flush()


def _answer(root: Path, models: _Models, question: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"predictions": _predictions(open_run(root, question["run_id"]), models, question["rows"])}
    except ToolkitError as error:
        return {"error": type(error).__name__, "message": str(error)}
    except Exception:  # The process goes on whatever happens; its log, where standard error goes, keeps the rest.
        traceback.print_exc()
        message = "The prediction broke off through a fault in the program. .jobs/predictor.log says more."
        return {"error": "RunError", "message": message}


def _predictions(run: RunFolder, models: _Models, rows: list[int]) -> list[dict[str, Any]]:
    from ..prediction import predict

    model, data = models.of(run), _data(run)
    count = len(data.x_test)
    for row in rows:
        if not 0 <= row < count:
            raise DataError(f"The row must be from 0 to {count - 1}, a test row of {data.name}. Received: {row}.")
    labels, probabilities = predict(model, data.x_test[rows])
    return [
        {
            "row": row,
            "true_label": data.class_names[data.y_test[row]],
            "label": data.class_names[label],
            "probabilities": [float(one) if np.isfinite(one) else None for one in of_row],
        }
        for row, label, of_row in zip(rows, labels, probabilities, strict=True)
    ]


def _data(run: RunFolder) -> Dataset:
    """Data of one's own are looked at anew each time: they may have changed."""
    return load_data(run) if is_own(run.config.dataset) else _dataset(run.config.dataset)


@lru_cache(maxsize=2)
def _dataset(name: str) -> Dataset:
    return load_dataset(name)


def _private_output() -> TextIO:
    """Standard output as it was; whatever is printed from now on, TensorFlow's notes too, goes to the log."""
    private = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return private


if __name__ == "__main__":
    main(Path(sys.argv[1]))
