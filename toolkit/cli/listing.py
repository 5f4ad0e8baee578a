"""`presets`: lists the published experiments."""

import click

from ..config.presets import PRESETS
from ..formatting import percent
from .options import json_option
from .output import print_json, print_table


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
