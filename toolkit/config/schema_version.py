"""The schema version of a run's files that this toolkit writes and reads: one number, and one rule for all readers.

A file without a number is version 1: files saved before there were numbers. An unknown number means that a newer
toolkit wrote the file, or that it was edited: it is reported, and the file is left as it is.
"""

import ast
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple
from zipfile import BadZipFile, ZipFile

from pydantic_core import from_json

from ..formatting import shortened

#: What this version writes. Increase it when the meaning of a run's file changes.
#: 2: a table's label, pictures and text columns are recognised; before, all but the label were plain numbers.
SCHEMA = 2
#: The key of the number, in each of the files.
SCHEMA_KEY = "schema"
#: The section of a run's config.json for what is not part of the experiment. The number stands there, so that a toolkit
#: that knows no numbers still opens the run.
RUN_SECTION = "run"

#: A file's name, and the rest of the sentence about it: ("config.json", "has the schema number 2, …").
Finding = tuple[str, str]

_Stamp = tuple[int, int, int]
_IN_A_LINE = f'"{SCHEMA_KEY}"'.encode()
#: An array of one number takes 136 bytes.
_MOST_BYTES_OF_A_NUMBER = 1000


def unknown_number(values: Mapping[str, Any]) -> str:
    """What is wrong with the schema number in a JSON object; empty if this version reads it, or if there is none."""
    return _unknown(values[SCHEMA_KEY]) if SCHEMA_KEY in values else ""


def unknown_number_of_config(values: Mapping[str, Any]) -> str:
    """As `unknown_number`, for a config: with or without the section about a run."""
    section = values.get(RUN_SECTION)
    return unknown_number(values) or (unknown_number(section) if isinstance(section, dict) else "")


def unknown_number_of_arrays(path: Path) -> str:
    """As `unknown_number`, for an .npz file; also empty if it is missing or damaged, which its reader reports."""
    stamp = stamp_of(path)
    return "" if stamp is None else _in_arrays(str(path), stamp)


def unknown_file(folder: Path) -> Finding | None:
    """The first file of a run whose schema number this version does not know, and what is wrong with it.

    Cheap enough for every look at a run's state: a file is read once, then only the lines added to it.
    """
    for name, read in _READERS.items():
        path = os.path.join(folder, name)
        stamp = stamp_of(path)
        if stamp is not None and (finding := read(path, stamp)):
            return name, finding
    return None


def is_newer(finding: str) -> bool:
    """Whether the number is one that a newer version would write, rather than not a schema number at all."""
    return "no schema number" not in finding


def stamp_of(path: str | Path) -> _Stamp | None:
    """A value that changes whenever the file is replaced or written to; None if there is no file."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _unknown(number: object) -> str:
    if type(number) is int and 1 <= number <= SCHEMA:
        return ""
    received = shortened(json.dumps(number, ensure_ascii=False, default=str))
    if type(number) is int and number > SCHEMA:
        return f"has the schema number {received}, and this version reads up to {SCHEMA}"
    return f"has {received} as its schema, which is no schema number: expected a whole number from 1"


@lru_cache(maxsize=8192)
def _in_config(path: str, stamp: _Stamp) -> str:
    values = _object_in(path)
    return unknown_number_of_config(values) if values else ""


@lru_cache(maxsize=8192)
def _in_result(path: str, stamp: _Stamp) -> str:
    values = _object_in(path)
    return unknown_number(values) if values else ""


def _object_in(path: str) -> dict[str, Any] | None:
    """The JSON object in a file; None if it is damaged, which its reader reports."""
    try:
        with open(path, "rb") as file:
            values = from_json(file.read())
    except (OSError, ValueError):
        return None
    return values if isinstance(values, dict) else None


@lru_cache(maxsize=8192)
def _in_arrays(path: str, stamp: _Stamp) -> str:
    member = f"{SCHEMA_KEY}.npy"
    try:
        with ZipFile(path) as archive:
            if member not in archive.namelist():
                return ""
            with archive.open(member) as file:
                content = file.read(_MOST_BYTES_OF_A_NUMBER)
        return _unknown(_number_in(content))
    except (OSError, ValueError, SyntaxError, KeyError, BadZipFile, NotImplementedError, RuntimeError):
        return ""


def _number_in(content: bytes) -> object:
    """The number in an .npy file; a description of the array if it holds no integer.

    Without NumPy, which would cost the supervisor 13 MB.
    """
    begin = 10 + int.from_bytes(content[8:10], "little")
    header = ast.literal_eval(content[10:begin].decode("latin-1"))
    kind = str(header["descr"])
    if header["shape"] != () or kind[1:2] not in ("i", "u"):
        return f"an array {kind} of shape {header['shape']}"
    size = int(kind[2:])
    order: Literal["big", "little"] = "big" if kind[0] == ">" else "little"
    return int.from_bytes(content[begin : begin + size], order, signed=kind[1] == "i")


class _LookedThrough(NamedTuple):
    """How far a file's lines were read. stamp: the file's at that time. tail: the last bytes that were read."""

    stamp: _Stamp
    done: int
    tail: bytes
    finding: str


_looked_through: dict[str, _LookedThrough] = {}
_MOST_LOOKED_THROUGH, _TAIL = 8192, 200


def _in_lines(path: str, stamp: _Stamp) -> str:
    """Every writer of events.jsonl begins with a line that holds its schema number: any of them may be newer.

    A training run keeps adding lines: only those added since the last look are read.
    """
    before = _looked_through.get(path)
    if before is not None and before.stamp == stamp:
        return before.finding
    try:
        with open(path, "rb") as file:
            done = before.done if before is not None and _only_grew(before, stamp, file) else 0
            file.seek(done)
            added = file.read()
    except OSError:
        return ""
    added = added[: added.rfind(b"\n") + 1]  # An incomplete last line is left for the next look.
    finding = (before.finding if before and done else "") or next(_found_in(added), "")
    tail = added[-_TAIL:] if added or not before else before.tail
    if len(_looked_through) >= _MOST_LOOKED_THROUGH:
        _looked_through.clear()
    _looked_through[path] = _LookedThrough(stamp, done + len(added), tail, finding)
    return finding


def _only_grew(before: _LookedThrough, stamp: _Stamp, file: BinaryIO) -> bool:
    """Whether the file still begins with what was read, and has grown."""
    if before.stamp[0] != stamp[0] or before.stamp[2] >= stamp[2]:
        return False
    file.seek(before.done - len(before.tail))
    return file.read(len(before.tail)) == before.tail


def _found_in(lines: bytes) -> Iterator[str]:
    place = lines.find(_IN_A_LINE)
    while place >= 0:
        begin, end = lines.rfind(b"\n", 0, place) + 1, lines.find(b"\n", place)
        # A damaged line is its reader's business.
        with suppress(ValueError):
            event = from_json(lines[begin:end])
            if isinstance(event, dict) and (finding := unknown_number(event)):
                yield finding
        place = lines.find(_IN_A_LINE, end)


_READERS: dict[str, Callable[[str, _Stamp], str]] = {
    "config.json": _in_config,
    "result.json": _in_result,
    "events.jsonl": _in_lines,
    "checkpoint/state.npz": _in_arrays,
}
