"""Form fields whose type and help come from the pydantic model that validates them."""

from collections.abc import Mapping
from math import floor, isfinite, log10
from typing import Any, get_args

import streamlit as st
from pydantic import BaseModel

from dashboard import texts
from dashboard.shared.formatting import plain
from toolkit.config.validation import choices

#: Number fields that may be empty.
_OPTIONAL = {"patience", "log_every"}
#: The largest integer that JavaScript represents exactly.
_LARGEST_NUMBER = 2**53 - 1
#: The longest text that a field takes.
LONGEST_TEXT = 10_000
#: The smallest step of a click: Streamlit does not accept 0.
_SMALLEST_STEP = 1e-12


def number_input(model: type[BaseModel], name: str, value: Any, key: str) -> Any:
    """A number field of the model, which may be empty if the number is optional.

    It takes any number, and the validation explains what is wrong with it. If the widget had limits, Streamlit would
    show a number outside them without sending it: the page would train with the last valid number instead.
    """
    annotation = model.model_fields[name].annotation
    whole = int in (annotation, *get_args(annotation))
    kind = int if whole else float
    if name in _OPTIONAL:
        # Streamlit lets only a field that started empty be cleared.
        st.session_state.setdefault(key, value)
        value = None
    settings: dict[str, Any] = {
        "value": None if value is None else kind(value),
        "step": 1 if whole else _step(value),
        "format": "%d" if whole else "%g",
    }
    return st.number_input(texts.FIELDS[name], key=key, help=model.model_fields[name].description, **settings)


def _step(value: float | None) -> float:
    """The step of one click on +: a tenth of the value's order of magnitude, such as 0.0001 for 0.001."""
    return max(_SMALLEST_STEP, 10.0 ** (floor(log10(value)) - 1)) if value and value > 0 else 0.01


def can_hold(model: type[BaseModel], name: str, value: Any) -> bool:
    """Whether the form can show a value: it has the field's type and, if there are options, is one of them.

    A number that is out of range is shown: the validation explains what is wrong with it.
    """
    field = model.model_fields[name]
    kinds = set(get_args(field.annotation) or (field.annotation,))
    if options := choices(field):
        return value in options
    if value is None or isinstance(value, bool):
        return type(value) in kinds
    if isinstance(value, int | float):
        return is_countable(value) and (float in kinds or (int in kinds and isinstance(value, int)))
    if isinstance(value, list | tuple):  # Columns of a table.
        return name == "leave_out" and all(isinstance(one, str) and len(one) <= LONGEST_TEXT for one in value)
    return isinstance(value, str) and str in kinds and len(value) <= LONGEST_TEXT


def is_countable(number: float) -> bool:
    """Whether a browser can represent a number exactly."""
    return isfinite(number) if isinstance(number, float) else abs(number) <= _LARGEST_NUMBER


def show_problem(problems: Mapping[str, str], name: str) -> None:
    """Show what is wrong with a field, below it."""
    if name in problems:
        show_sentence(problems[name])


def show_sentence(sentence: str) -> None:
    """Show an error with an icon, so that it does not rely on colour alone."""
    st.markdown(f":red[:material/error: {plain(sentence)}]")
