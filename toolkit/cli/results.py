"""`evaluate`: how good a trained run is on its test rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from ..formatting import percent
from ..runs import open_run
from ..runs.artifacts import load_data, open_model
from ..training.engine_choice import evaluation_batch_size
from .options import json_option, root_option
from .output import print_json, print_table

if TYPE_CHECKING:
    from ..analysis.metrics import ClassMetrics

_WIDEST_MATRIX, _SHORT_NAME = 25, 5


@click.command()
@click.argument("run_id", metavar="RUN")
@root_option
@json_option
def evaluate(run_id: str, root: Path, as_json: bool) -> None:
    """Measure a run's saved model on the test rows of its data set."""
    run = open_run(root, run_id)
    data = load_data(run)
    model = open_model(run)
    from ..analysis.evaluation import evaluate as evaluate_model

    batch_size = evaluation_batch_size(run.config, run.config.batch_size)
    evaluation = evaluate_model(model, data, batch_size=batch_size)
    if as_json:
        print_json({"run_id": run.id, **evaluation.as_dict(), "class_names": list(data.class_names)})
        return
    print(evaluation)
    _print_confusion(evaluation.confusion_matrix, data.class_names)
    print_table([_class_line(one) for one in evaluation.classes])
    if evaluation.calibration:
        print(f"Expected calibration error {percent(evaluation.calibration.expected_calibration_error)}")


def _print_confusion(matrix: np.ndarray, names: Sequence[str]) -> None:
    """Print the matrix; numbers replace long names in its header, where narrow columns would break them."""
    if len(names) > _WIDEST_MATRIX:
        print("The confusion matrix is too wide for this page; --json prints it.")
        return
    long = max(map(len, names)) > _SHORT_NAME
    heads = [str(number) for number in range(len(names))] if long else names
    print(f"Rows: true class. Columns: predicted class{', by its number' if long else ''}.")
    print_table(
        [
            {"": f"{head} {name}" if long else name, **dict(zip(heads, row, strict=True))}
            for head, name, row in zip(heads, names, matrix.tolist(), strict=True)
        ]
    )


def _class_line(metrics: "ClassMetrics") -> dict[str, Any]:
    shares = {"precision": metrics.precision, "recall": metrics.recall, "F1": metrics.f1}
    return {"class": metrics.name, **{name: percent(share) for name, share in shares.items()}, "rows": metrics.rows}
