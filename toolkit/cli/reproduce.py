"""`reproduce`: trains the published experiments at full length; claimed and obtained accuracy side by side."""

from pathlib import Path
from typing import Any

import click

from ..config import ExperimentConfig
from ..config.presets import PRESETS, find_preset
from ..experiment import run_experiment
from ..formatting import percent
from ..preflight import check_experiment
from ..runs import create_run
from ..runs.disk_space import check_room
from .options import json_option, root_option
from .output import BROKEN_OFF, print_json, print_table, progress_bar
from .train import stop_on_signals


@click.command()
@click.argument("names", metavar="[PRESET]...", nargs=-1)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Another seed than the presets' own.")
@root_option
@json_option
def reproduce(names: tuple[str, ...], seed: int | None, root: Path, as_json: bool) -> int:
    """Train published experiments at full length; print claimed and obtained accuracy side by side.

    Without names: the ten that claim an accuracy. The name `dropout` also trains `mlp` for as many epochs, to compare
    the two as its tutorial does.
    """
    chosen = [find_preset(name) for name in names] or [one for one in PRESETS.values() if one.claimed]
    planned = [(one.config, one.claim) for one in chosen]
    if "dropout" in names:
        longer = PRESETS["mlp"].config.replace(epochs=PRESETS["dropout"].config.epochs)
        planned.append((longer, None))
    rows: list[dict[str, Any]] = []
    for config, claim in planned:
        rows.append(_train(config if seed is None else config.replace(seed=seed), claim, root))
        if rows[-1]["state"] == "stopped":
            break
    if as_json:
        print_json(rows)
    else:
        shown = ("claimed", "test_accuracy", "difference")
        print_table([{**row, **{name: percent(row[name]) for name in shown}} for row in rows])
    return 1 if any(row["state"] in BROKEN_OFF for row in rows) else 0


def _train(config: ExperimentConfig, claim: float | None, root: Path) -> dict[str, Any]:
    check_experiment(config, root)
    check_room(config, root)
    run = create_run(root, config, asked_by="reproduce")
    with progress_bar(config) as report, stop_on_signals() as should_stop:
        result = run_experiment(run, report=report, should_stop=should_stop)
    accuracy, overfitting = result.test_accuracy, result.overfitting
    return {
        "preset": config.name,
        "claimed": claim,
        "test_accuracy": accuracy,
        "difference": None if claim is None or accuracy is None else accuracy - claim,
        "state": result.state,
        "seconds": result.seconds,
        "epochs": result.epochs,
        "seed": config.seed,
        "best_epoch": overfitting.best_epoch if overfitting else None,
        "overfitting": overfitting.state if overfitting else None,
        "run_id": run.id,
    }
