"""Options that several commands share, and the flags that come from the config's own fields."""

import json
from collections.abc import Callable
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args

import click

from ..config import ExperimentConfig
from ..errors import ToolkitError
from ..runs import DEFAULT_ROOT
from ..runs.store import ROOT_VARIABLES

Function = TypeVar("Function", bound=Callable[..., Any])

root_option = click.option(
    "--root",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_ROOT,
    envvar=ROOT_VARIABLES,
    show_default=True,
    help="The folder of the runs; TOOLKIT_RUNS may name another one.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document on standard output, and nothing else."
)


def config_options(function: Function) -> Function:
    """One flag a field of the config, in Keras's words: `--batch-size`, `--learning-rate`, …"""
    for name, field in reversed(ExperimentConfig.model_fields.items()):
        flag = f"--{name.replace('_', '-')}"
        if bool in (field.annotation, *get_args(field.annotation)):
            option = click.option(f"{flag}/--no-{flag[2:]}", name, default=None, help=field.description)
        else:
            text = f"{field.description} {_LAYERS_HELP}" if name == "layers" else field.description
            option = click.option(flag, name, metavar=name.upper() if name == "name" else "VALUE", help=text)
        function = option(function)
    return function


_LAYERS_HELP = "Units of dense layers, as in 64,32; or a JSON list of layers. An empty text: none."


def given_changes(values: dict[str, Any]) -> dict[str, Any]:
    """What the user said, as values for the config: `none` switches a field off."""
    changes = {name: value for name, value in values.items() if value is not None}
    for name, value in changes.items():
        if name == "layers":
            changes[name] = _layers(value)
        elif str(value).lower() == "none" and NoneType in get_args(ExperimentConfig.model_fields[name].annotation):
            changes[name] = None
    return changes


def _layers(text: str) -> Any:
    if text.lstrip().startswith(("[", "{")):
        try:
            return json.loads(text)
        except ValueError as error:
            raise ToolkitError(
                f'layers must be a JSON list ({error}). Received: {text}. Try [{{"kind": "dense", "units": 64}}].'
            ) from None
    return [{"kind": "dense", "units": units.strip()} for units in text.split(",") if units.strip()]
