"""Options that several commands share, and flags generated from the config's fields."""

import json
from collections.abc import Callable
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args

import click

from ..config import ExperimentConfig
from ..config.initializers import INITIALIZER_HELP
from ..config.layers import ACTIVATIONS, LAYER_KINDS
from ..config.optimizers import usual_rates
from ..config.reading import RECOGNISED
from ..config.validation import choices
from ..errors import ToolkitError, listed
from ..runs import DEFAULT_ROOT, ROOT_VARIABLES

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


def reading_options(function: Function) -> Function:
    """The flags that say how a table is read: `--label`, `--leave-out`, `--shape`."""
    for name in reversed(tuple(RECOGNISED)):
        field = ExperimentConfig.model_fields[name]
        option = click.option(
            f"--{name.replace('_', '-')}",
            metavar="SHAPE" if name == "shape" else "COLUMN",
            multiple=name == "leave_out",
            help=field.description,
        )
        function = option(function)
    return function


def config_options(function: Function) -> Function:
    """One flag per field of the config, in Keras's words: `--batch-size`, `--learning-rate`, …"""
    for name, field in reversed(ExperimentConfig.model_fields.items()):
        flag = f"--{name.replace('_', '-')}"
        if name == "leave_out":
            option = click.option(flag, name, metavar="COLUMN", multiple=True, help=f"{field.description} Repeatable.")
        elif bool in (field.annotation, *get_args(field.annotation)):
            option = click.option(f"{flag}/--no-{flag[2:]}", name, default=None, help=field.description)
        else:
            option = click.option(flag, name, metavar=name.upper() if name == "name" else "VALUE", help=_help(name))
        function = option(function)
    return function


_LAYERS_HELP = (
    "Units of dense layers, as in 64,32; or a JSON list of layers. An empty text: none. "
    f"Kinds: {', '.join(LAYER_KINDS)}. Activations: {', '.join(ACTIVATIONS)}."
)
#: What an option's help adds to the description of its field.
_MORE_HELP = {
    "layers": _LAYERS_HELP,
    "kernel_initializer": f"One of {INITIALIZER_HELP}.",
    "bias_initializer": f"One of {INITIALIZER_HELP}.",
    "learning_rate": f"What to start with: {usual_rates()}.",
}


def _help(name: str) -> str:
    field = ExperimentConfig.model_fields[name]
    words = choices(field)
    return f"{field.description} {f'One of {listed(words)}.' if words else _MORE_HELP.get(name, '')}".strip()


def given_changes(values: dict[str, Any]) -> dict[str, Any]:
    """The flags that the user passed, as values for the config: `none` switches a field off."""
    changes = {name: value for name, value in values.items() if value is not None and value != ()}
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
