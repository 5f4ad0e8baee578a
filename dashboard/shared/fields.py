"""Form fields whose kind and help come from the model that checks them."""

from collections.abc import Mapping
from math import floor, isfinite, log10
from typing import Any, get_args

import streamlit as st
from pydantic import BaseModel

from dashboard import texts
from dashboard.shared.formatting import plain
from toolkit.config.validation import choices

#: Numbers that may be left out.
_OPTIONAL = {"patience", "log_every"}
#: What JavaScript can count to.
_LARGEST_NUMBER = 2**53 - 1
#: A field takes no longer text.
LONGEST_TEXT = 10_000
#: What one click changes at least: Streamlit takes no step of 0.
_SMALLEST_STEP = 1e-12


def number_input(model: type[BaseModel], name: str, value: Any, key: str) -> Any:
    """A number field of the model; empty where the field may be left out.

    It takes any number, and the check says in a sentence what is wrong with it. Given limits, Streamlit would keep
    one outside them for itself: it would stand in the field while the last good one is trained.
    """
    annotation = model.model_fields[name].annotation
    whole = int in (annotation, *get_args(annotation))
    kind = int if whole else float
    if name in _OPTIONAL:
        # Only a field that was first shown empty can be emptied again.
        st.session_state.setdefault(key, value)
        value = None
    settings: dict[str, Any] = {
        "value": None if value is None else kind(value),
        "step": 1 if whole else _step(value),
        "format": "%d" if whole else "%g",
    }
    return st.number_input(texts.FIELDS[name], key=key, help=model.model_fields[name].description, **settings)


def _step(value: float | None) -> float:
    """What one click on + changes: a tenth of the size of what stands there, 0.0001 for 0.001."""
    return max(_SMALLEST_STEP, 10.0 ** (floor(log10(value)) - 1)) if value and value > 0 else 0.01


def can_hold(model: type[BaseModel], name: str, value: Any) -> bool:
    """Whether the form can show a value at all: of the field's kind, and an option where it has options.

    A number that is out of range is shown: the check says what is wrong with it.
    """
    field = model.model_fields[name]
    kinds = set(get_args(field.annotation) or (field.annotation,))
    if options := choices(field):
        return value in options
    if value is None or isinstance(value, bool):
        return type(value) in kinds
    if isinstance(value, int | float):
        return is_countable(value) and (float in kinds or (int in kinds and isinstance(value, int)))
    return isinstance(value, str) and str in kinds and len(value) <= LONGEST_TEXT


def is_countable(number: float) -> bool:
    """Whether a browser can show a number as it is."""
    return isfinite(number) if isinstance(number, float) else abs(number) <= _LARGEST_NUMBER


def show_problem(problems: Mapping[str, str], name: str) -> None:
    """The sentence on what is wrong, under its field."""
    if name in problems:
        show_sentence(problems[name])


def show_sentence(sentence: str) -> None:
    """What is wrong, in words and with a sign: not by colour alone."""
    st.markdown(f":red[:material/error: {plain(sentence)}]")
