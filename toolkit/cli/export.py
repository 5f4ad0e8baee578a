"""`export`: a run or a preset as a plain Keras script."""

import shlex
from pathlib import Path
from typing import Any

import click
import numpy as np

from ..config import ExperimentConfig
from ..config.presets import PRESETS
from ..datasets import DATASETS, Dataset, load_dataset
from ..datasets.mnist import MNIST_FILE
from ..errors import RunError, ToolkitError, nearest
from ..formatting import percent
from ..runs import RunFolder, find_run_folder, list_runs, open_run, told_command
from ..runs.artifacts import check_data
from ..runs.schema import Outcome
from .options import json_option, root_option
from .output import check_new_file, print_json, write_file


@click.command()
@click.argument("name", metavar="RUN|PRESET")
@click.option("--output", metavar="FILE.py", type=click.Path(path_type=Path), help="Write the script there.")
@click.option(
    "--data", "data_file", metavar="FILE.npz", type=click.Path(path_type=Path), help="Write its data set there too."
)
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@root_option
@json_option
def export(name: str, output: Path | None, data_file: Path | None, overwrite: bool, root: Path, as_json: bool) -> None:
    """Write a plain Keras script that gives the same history as the run or the preset.

    It needs keras, numpy, scikit-learn and a data file. Without --output it is printed.
    """
    from ..code_export import export_code

    what, config, details = _find(name, root)
    data = load_dataset(config.dataset, **config.reading) if data_file or config.dataset not in DATASETS else None
    script = export_code(config, data=data, data_file=str(data_file) if data_file else None, **details)
    for path, suffix in ((output, ".py"), (data_file, ".npz")):
        if path:
            check_new_file(path, suffix, overwrite=overwrite)
    if data_file and data:
        _write_data(data, data_file)
    if output:
        write_file(output, lambda path: path.write_text(script, encoding="utf-8"))
    if as_json:
        made = {"output": str(output) if output else None, "data": str(data_file) if data_file else None}
        print_json({**what, **({} if output else {"script": script}), **made})
    elif output:
        print(f"Wrote {output}. {_what_next(config, output, data_file)}")
    else:
        print(script, end="")


def _find(name: str, root: Path) -> tuple[dict[str, str], ExperimentConfig, dict[str, Any]]:
    """What the name refers to, its config, and further arguments for `export_code`."""
    if name in PRESETS:
        return {"preset": name}, PRESETS[name].config, {}
    try:
        find_run_folder(root, name)
    except RunError:
        remedy = nearest(name, [*PRESETS, *(run.id for run in list_runs(root))])
        if not remedy.startswith("Did you mean"):
            listing = told_command("runs", root=root)
            remedy = f"List them with: python -m toolkit presets, and: {listing}"
        raise ToolkitError(f"There is no run or preset {name}. {remedy}") from None
    run = open_run(root, name)
    if run.imported:
        takes = ", which takes pixels from 0 to 1" if run.imported.get("pixels") else ""
        raise ToolkitError(
            f"The run {run.id} was imported, so it is not known how it was trained. Take its model{takes}: "
            f"{run.model_path}"
        )
    check_data(run)
    source = run.about.get("weights_from")
    weights_file = str(RunFolder(root / str(source)).weights_path) if source else None
    return {"run_id": run.id}, run.config, {"weights_file": weights_file, "about": _about(run)}


def _about(run: RunFolder) -> str:
    accuracy = (run.result or Outcome()).test_accuracy
    tested = "" if accuracy is None else f": its test accuracy was {percent(accuracy)}"
    return f"Run {run.id}, {run.state}{tested}."


def _what_next(config: ExperimentConfig, output: Path, data_file: Path | None) -> str:
    """How to run the script, or how to get its data if they are missing."""
    from ..code_export import data_file_name

    if data_file is None and config.dataset != "mnist":
        name = data_file_name(config)
        return f"It reads its data from {name}, which --data {shlex.quote(name)} writes."
    shipped = [str(MNIST_FILE)] if data_file is None else []
    return f"Run it with: {shlex.join(['python', str(output), *shipped])}"


def _write_data(data: Dataset, path: Path) -> None:
    """Write the data set under Keras's four keys."""
    write_file(
        path,
        lambda temporary: np.savez_compressed(
            temporary, x_train=data.x_train, y_train=data.y_train, x_test=data.x_test, y_test=data.y_test
        ),
    )
