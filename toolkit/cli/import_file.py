"""`import`: turns a model file from elsewhere into a run."""

from pathlib import Path

import click

from ..formatting import count, percent
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
@root_option
@json_option
def import_file(
    file: Path, name: str | None, dataset: str | None, label: str | None, root: Path, as_json: bool
) -> None:
    """Make a run from a model that Keras saved, .keras or .h5, wherever it comes from.

    No code in the file is run: it is checked word by word, and the network is rebuilt from what it says.
    """
    from ..jobs import import_model, open_model_file

    with open_model_file(file) as opened:
        run = import_model(root, opened, asked_by="command line", name=name, dataset=dataset, label=label)
    print_json(_described(run)) if as_json else _print(run)


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
