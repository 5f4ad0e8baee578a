"""Errors that a user can fix: one base class and a few subclasses.

Every message says where, what was expected, what was received and what to do. Only the edges
(command line, pages, workers) catch `ToolkitError`; anything else is a bug and keeps its traceback.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


class ToolkitError(Exception):
    """Base class of every error that a user can fix."""


class DataError(ToolkitError):
    """Data, labels or a picture that can't be used."""


class RunError(ToolkitError):
    """A run that is missing, damaged, or in the wrong state for the operation."""


class ModelFileError(ToolkitError):
    """A model or weights file that is missing, damaged, or does not fit."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a config.

    `field` is the dotted path of the value ("learning_rate", "layers.1.rate"; layers from 0).
    """

    field: str
    expected: str
    received: str
    remedy: str = ""

    @property
    def place(self) -> str:
        """The field as a person reads it: layers count from 1."""
        parts = self.field.split(".")
        if parts[0] == "layers" and len(parts) > 1:
            rest = " ".join(parts[2:])
            return f"layer {int(parts[1]) + 1}{': ' + rest if rest else ''}"
        return self.field

    @property
    def advice(self) -> str:
        """The problem without its place, as shown under a form field."""
        return f"must be {self.expected}. Received: {self.received}.{' ' + self.remedy if self.remedy else ''}"

    def __str__(self) -> str:
        return f"{self.place} {self.advice}"


class ConfigError(ToolkitError):
    """Everything that is wrong with a config, at once: `problems` holds one entry per mistake."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(" ".join(str(problem) for problem in self.problems))


def listed(names: Iterable[str]) -> str:
    """`"a, b or c"`."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def nearest(name: object, known: Sequence[str]) -> str:
    """The remedy for an unknown name: suggest the closest known one, or list them all."""
    close = get_close_matches(str(name).lower(), known, n=1, cutoff=0.5)
    return f"Did you mean {close[0]}?" if close else f"Known: {', '.join(known)}."
