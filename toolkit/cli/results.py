"""`evaluate`: how good a trained run is on its test rows."""

from pathlib import Path

import click

from ..datasets import load_dataset
from ..experiment import open_model
from ..runs import open_run
from .options import json_option, root_option
from .output import print_json, print_table


@click.command()
@click.argument("run_id", metavar="RUN")
@root_option
@json_option
def evaluate(run_id: str, root: Path, as_json: bool) -> None:
    """Measure a run's saved model on the test rows of its data set."""
    run = open_run(root, run_id)
    model, data = open_model(run), load_dataset(run.config.dataset)
    from ..evaluation import evaluate as evaluate_model

    evaluation = evaluate_model(model, data, batch_size=run.config.batch_size)
    if as_json:
        print_json({"run_id": run.id, **evaluation.as_dict(), "class_names": list(data.class_names)})
        return
    print(evaluation)
    print("Rows: true class. Columns: predicted class.")
    matrix = evaluation.confusion_matrix.tolist()
    print_table(
        [
            {"": name, **dict(zip(data.class_names, row, strict=True))}
            for name, row in zip(data.class_names, matrix, strict=True)
        ]
    )
