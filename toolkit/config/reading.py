"""How a table file is read: the column of its classes, the columns to leave out, and the shape of its rows."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

from ..errors import Problem
from .schema_version import RUN_SECTION, SCHEMA_KEY

_TABLE_SUFFIXES = (".csv", ".tsv", ".data", ".txt")

#: Shapes that are words. `flat`: a row of values, never a picture. `numbers`: also no encoding and no recognised label,
#: as tables were read before schema version 2.
FLAT, NUMBERS = "flat", "numbers"
_SHAPE = rf"{FLAT}|{NUMBERS}|[1-9]\d{{0,3}}(x[1-9]\d{{0,3}}){{1,2}}"


class Reading(TypedDict):
    """The fields of a config that say how a table file is read; each has a default in `ExperimentConfig`."""

    label: str | None
    leave_out: tuple[str, ...]
    shape: str | None


#: What is recognised by itself: the usual way to read a file.
RECOGNISED: Reading = {"label": None, "leave_out": (), "shape": None}


def is_table_name(dataset: str) -> bool:
    """Whether a path's suffix is that of a table, possibly gzipped."""
    return dataset.lower().removesuffix(".gz").endswith(_TABLE_SUFFIXES)


def reading_conflicts(dataset: str, reading: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems if a shape is none, or if columns or a shape are named for data that are no table."""
    shape = reading["shape"]
    if isinstance(shape, str) and not re.fullmatch(_SHAPE, shape):
        yield Problem("shape", "like 28x28 or 32x32x3, or flat", shape, "Leave it out to have it recognised.")
        return
    if is_table_name(dataset):
        return
    if reading["label"] is not None:
        received = f"{reading['label']} with {dataset}"
        yield Problem("label", "left out: only the columns of a CSV file have names", received)
    if reading["leave_out"]:
        received = f"{', '.join(map(str, reading['leave_out']))} with {dataset}"
        yield Problem("leave_out", "empty: only the columns of a CSV file have names", received)
    if shape is not None:
        received = f"{shape} with {dataset}"
        yield Problem("shape", "left out: only the rows of a CSV file can be given a shape", received)


def picture_shape(text: str | None) -> tuple[int, ...] | None:
    """The numbers of a shape such as `28x28x1`; None if it is no picture's."""
    if text is None or text in (FLAT, NUMBERS):
        return None
    return tuple(int(length) for length in text.split("x"))


def as_it_was_read(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a config.json without what stands beside the experiment.

    A run of schema version 1 read its table as plain numbers; it keeps doing so, since its network learned those.
    """
    section = values.get(RUN_SECTION)
    fields = {name: value for name, value in values.items() if name not in (RUN_SECTION, SCHEMA_KEY)}
    is_of_first_version = isinstance(section, dict) and section.get(SCHEMA_KEY, 1) == 1
    if is_of_first_version and is_table_name(str(values.get("dataset"))):
        return {"shape": NUMBERS, **fields}
    return fields
