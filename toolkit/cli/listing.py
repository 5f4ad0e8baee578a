"""`runs` and `presets`: what there is."""

from pathlib import Path
from typing import Any

import click

from ..presets import PRESETS
from ..runs import RunFolder, list_runs
from .options import json_option, root_option
from .output import percent, print_json, print_table


@click.command()
@root_option
@json_option
def runs(root: Path, as_json: bool) -> None:
    """List the runs, newest first."""
    described = [_describe_run(run) for run in list_runs(root)]
    if as_json:
        print_json(described)
    elif described:
        print_table([{**one, "test_accuracy": percent(one["test_accuracy"])} for one in described])
    else:
        print(f"There are no runs in {root} yet. Train one: python -m toolkit train --preset keras-mlp")


def _describe_run(run: RunFolder) -> dict[str, Any]:
    result = run.result or {}
    return {
        "run_id": run.id,
        "name": run.config.name,
        "state": run.state,
        "dataset": run.config.dataset,
        "epochs": result.get("epochs"),
        "test_accuracy": result.get("test_accuracy"),
        "overfitting": (result.get("overfitting") or {}).get("state"),
        "seconds": result.get("seconds"),
        "created": run.created,
    }


@click.command()
@json_option
def presets(as_json: bool) -> None:
    """List the published experiments and what each teaches."""
    if as_json:
        print_json(
            [
                {
                    "preset": one.name,
                    "teaches": one.teaches,
                    "claimed": one.claim,
                    "config": one.config.model_dump(mode="json"),
                }
                for one in PRESETS.values()
            ]
        )
        return
    print_table(
        [
            {
                "preset": one.name,
                "length": f"{one.config.steps:,} steps" if one.config.steps else f"{one.config.epochs} epochs",
                "claimed": percent(one.claim),
                "teaches": one.teaches,
            }
            for one in PRESETS.values()
        ]
    )
