"""`import`: turns a model file from elsewhere into a run."""

from pathlib import Path

import click

from ..errors import DataError
from ..formatting import count, percent
from ..model_import.labels import LABELS_FILE, MOST_LABEL_BYTES, read_labels
from ..runs import RunFolder
from ..runs.schema import Outcome
from .options import json_option, root_option
from .output import print_json, printable


@click.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--name", metavar="TEXT", help="A title for the run.  [default: the file's name]")
@click.option(
    "--dataset", metavar="NAME", help="The data that the network learned.  [default: the first known ones that fit]"
)
@click.option("--label", metavar="COLUMN", help="The column of a CSV file that holds the classes.")
@click.option(
    "--labels",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A text with one class name a line.  [default: labels.txt beside the model, if it fits]",
)
@root_option
@json_option
def import_file(
    file: Path,
    name: str | None,
    dataset: str | None,
    label: str | None,
    labels: Path | None,
    root: Path,
    as_json: bool,
) -> None:
    """Make a run from a model that Keras 2 or 3 saved, .keras or .h5, wherever it comes from.

    No code in the file is run: it is checked word by word, and the network is rebuilt from what it says.
    """
    from ..jobs import import_model, open_model_file

    with open_model_file(file) as opened:
        run = import_model(
            root,
            opened,
            asked_by="command line",
            name=name,
            dataset=dataset,
            label=label,
            labels=_labels(file, labels),
            labels_may_differ=labels is None,
        )
    print_json(_described(run)) if as_json else _print(run)


def _labels(model: Path, named: Path | None) -> tuple[str, ...] | None:
    """The class names in the named file, or in the one beside the model, if there is one."""
    path = named or model.with_name(LABELS_FILE)
    if named is None and not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            content = file.read(MOST_LABEL_BYTES + 1)
    except OSError as error:
        raise DataError(f"{path} can't be read ({error.strerror or error}). Name a text file, or none.") from error
    try:
        return read_labels(content, path.name)
    except DataError:
        if named is None:  # It may belong to something else.
            return None
        raise


def _described(run: RunFolder) -> dict[str, object]:
    result, about = run.result or Outcome(), run.about.get("imported") or {}
    return {
        "run_id": run.id,
        "state": run.state,
        "name": run.config.name,
        "dataset": run.config.dataset,
        "layers": [layer.model_dump(mode="json") for layer in run.config.layers],
        "unnamed_layers": about.get("unnamed_layers"),
        "parameters": result.parameters,
        "test_loss": result.test_loss,
        "test_accuracy": result.test_accuracy,
        "pixels": about.get("pixels"),
        "loss": about.get("loss"),
        "labels": about.get("labels"),
        "message": result.message,
    }


def _print(run: RunFolder) -> None:
    result = run.result or Outcome()
    print(f"{run.id} · {run.state} · {count(result.parameters, 'parameter')}")
    if result.test_accuracy is not None:
        loss = "" if result.test_loss is None else f", test loss {result.test_loss:.4f}"
        print(f"Test accuracy {percent(result.test_accuracy)}{loss}")
    print(printable(result.message))
    print(f"Saved in {run.path}: {run.model_path.name}, {run.weights_path.name}, result.json")
