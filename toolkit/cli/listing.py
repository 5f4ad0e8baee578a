"""`presets` and `data`: what there is."""

from typing import Any

import click
import numpy as np

from ..datasets import load_dataset
from ..presets import PRESETS
from .options import json_option
from .output import percent, print_json, print_table


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


@click.command()
@click.argument("name")
@json_option
def data(name: str, as_json: bool) -> None:
    """Describe a data set: shapes, value range, rows per class, class names."""
    loaded = load_dataset(name)
    parts = {"train": (loaded.x_train, loaded.y_train), "test": (loaded.x_test, loaded.y_test)}
    described = {part: _describe_part(x, y, loaded.num_classes) for part, (x, y) in parts.items()}
    if as_json:
        print_json({"name": name, "class_names": list(loaded.class_names), **described})
        return
    for part, facts in described.items():
        shape = " × ".join(f"{size:,}" for size in facts["shape"])
        print(f"x_{part}: {shape}, {facts['dtype']} in {facts['range'][0]:g}…{facts['range'][1]:g}")
    counts = {part: facts["rows_per_class"] for part, facts in described.items()}
    print_table(
        [
            {"class": class_name, **{f"{part} rows": counts[part][index] for part in counts}}
            for index, class_name in enumerate(loaded.class_names)
        ]
    )


def _describe_part(x: np.ndarray, y: np.ndarray, num_classes: int) -> dict[str, Any]:
    return {
        "shape": list(x.shape),
        "dtype": str(x.dtype),
        "range": [float(x.min()), float(x.max())],
        "rows_per_class": np.bincount(y, minlength=num_classes).tolist(),
    }
