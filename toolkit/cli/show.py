"""`show`: writes an HTML report on a run."""

from pathlib import Path

import click

from ..runs import open_run
from .options import json_option, root_option
from .output import print_json


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option("--output", type=click.Path(path_type=Path), help="The HTML file.  [default: RUN.html]")
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
@root_option
@json_option
def show(run_id: str, output: Path | None, overwrite: bool, root: Path, as_json: bool) -> None:
    """Write one HTML report on a run: verdict, curves, test metrics, mistakes. It opens offline."""
    run = open_run(root, run_id)
    from ..report import write_report

    path = write_report(run, output or Path(f"{run.id}.html"), overwrite=overwrite)
    print_json({"run_id": run.id, "report": str(path)}) if as_json else print(f"The report is in {path.resolve()}")
