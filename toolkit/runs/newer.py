"""Whether this version of the toolkit can read a run that a newer one may have made. A run that it can't read is
listed as `NEWER`, and nothing in its folder is ever changed."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ..config import ExperimentConfig
from ..config.layers import LAYER_KINDS
from ..config.schema_version import RUN_SECTION, SCHEMA_KEY, is_newer, stamp_of, unknown_file
from ..config.validation import choices
from ..formatting import shortened
from .schema import read_json, unknown_state

#: The state of a run that this version can't read.
NEWER = "newer"

_FIELDS_BESIDE = (RUN_SECTION, SCHEMA_KEY)


def why_newer(folder: Path) -> str:
    """Why this version can't read the run in that folder, in a sentence; empty if it can, or the run is damaged.

    Either a file has a newer schema number, or config.json or result.json holds a word that this version doesn't know.
    """
    if numbered := why_protected(folder):
        return numbered
    if state := unknown_state(folder / "result.json"):
        return _can_not_read(folder, f"result.json {state}", "Update the toolkit.")
    config = folder / "config.json"
    if word := _unknown_word(config, stamp_of(config)):
        return _can_not_read(folder, f"config.json has {word}", "Update the toolkit, or put the file right by hand.")
    return ""


def why_protected(folder: Path) -> str:
    """Like `why_newer`, by the schema numbers alone: such a run is not even deleted."""
    if (found := unknown_file(folder)) is None:
        return ""
    name, what = found
    if is_newer(what):
        return (
            f"The run {folder.name} was made by a newer version of the toolkit: its {name} {what}. "
            "Update the toolkit to use it; here it is left as it is."
        )
    return _can_not_read(folder, f"{name} {what}", "Update the toolkit, or put the file right by hand.")


def why_not_deleted(folder: Path) -> str:
    """Why a run is not deleted, and what can be done instead; empty if it can be."""
    if why := why_protected(folder):
        return f"{why} If nobody needs it, remove its folder by hand: {folder}"
    return ""


def _can_not_read(folder: Path, what: str, remedy: str) -> str:
    return f"This version of the toolkit can't read the run {folder.name}, and leaves it as it is: its {what}. {remedy}"


@lru_cache(maxsize=4096)
def _unknown_word(path: Path, stamp: object) -> str:
    """The first field, kind of layer or choice in config.json that this version does not know; empty if none."""
    try:
        values = read_json(path) if stamp else None
    except (OSError, ValueError):
        return ""
    if not isinstance(values, dict):
        return ""
    words = _unknown_words({name: value for name, value in values.items() if name not in _FIELDS_BESIDE})
    return next(words, "")


def _unknown_words(values: Mapping[str, Any]) -> Iterator[str]:
    yield from _unknown_in(values, ExperimentConfig, "")
    layers = values.get("layers")
    for number, layer in enumerate(layers if isinstance(layers, list) else (), 1):
        if not isinstance(layer, dict) or not isinstance(kind := layer.get("kind"), str):
            continue
        if kind in LAYER_KINDS:
            yield from _unknown_in(layer, LAYER_KINDS[kind], f" in layer {number}")
        else:
            yield f"the unknown kind of layer {shortened(kind)} in layer {number}"


def _unknown_in(values: Mapping[str, Any], model: type[BaseModel], where: str) -> Iterator[str]:
    for name, value in values.items():
        if name not in model.model_fields:
            yield f"the unknown field {shortened(name)}{where}"
        elif (known := choices(model.model_fields[name])) and isinstance(value, str) and value not in known:
            yield f"the unknown {name} {shortened(value)}{where}"
