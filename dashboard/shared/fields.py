"""Form fields whose kind and help come from the model that checks them."""

from collections.abc import Mapping
from math import floor, log10
from typing import Any, get_args

import streamlit as st
from pydantic import BaseModel

from dashboard import texts
from dashboard.shared.formatting import plain

#: Numbers that may be left out.
_OPTIONAL = {"patience", "log_every"}


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
    return 10.0 ** (floor(log10(value)) - 1) if value and value > 0 else 0.01


def show_problem(problems: Mapping[str, str], name: str) -> None:
    """The sentence on what is wrong, under its field."""
    if name in problems:
        show_sentence(problems[name])


def show_sentence(sentence: str) -> None:
    """What is wrong, in words and with a sign: not by colour alone."""
    st.markdown(f":red[:material/error: {plain(sentence)}]")
