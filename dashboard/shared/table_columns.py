"""Fields that say how an uploaded table is read: its label, the columns to leave out, the shape of its rows."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from dashboard import texts
from dashboard.shared.dataset_cache import dataset_shown
from toolkit.config import ExperimentConfig
from toolkit.config.reading import FLAT, Reading, is_table_name
from toolkit.config.shapes import shown
from toolkit.datasets import is_own
from toolkit.datasets.csv_table import read_names
from toolkit.errors import ToolkitError

#: A list of more columns, such as those of pixels, helps nobody.
_MOST_IN_LIST = 200


def columns_of(dataset: str) -> tuple[str, ...]:
    """The columns of an uploaded table; empty if it is no table or unreadable."""
    path = Path(dataset).expanduser()
    if not is_own(dataset) or not is_table_name(path.name):
        return ()
    try:
        return _columns_in(path, path.stat().st_mtime_ns)
    except (OSError, ToolkitError):
        return ()


def label_of(dataset: str, reading: Reading) -> tuple[str, ...]:
    """The columns that hold the classes of an uploaded table; empty if it can't be used."""
    try:
        encoding = dataset_shown(dataset, reading).encoding
    except ToolkitError:
        return ()
    return encoding.label if encoding else ()


def choose_label(columns: Sequence[str], label: Sequence[str], chosen: str | None, key: str) -> str | None:
    """A field to choose the column of the classes; None: the one that is recognised, which is `label`."""
    recognised = texts.form.LIKELIEST.format(label=", ".join(label)) if label and not chosen else texts.form.RECOGNISED
    options = [None, *columns] if chosen is None or chosen in columns else [None, chosen, *columns]
    return st.selectbox(
        texts.form.LABEL,
        options,
        index=options.index(chosen),
        format_func=lambda name: name or recognised,
        key=key,
        help=ExperimentConfig.model_fields["label"].description,
    )


def choose_left_out(columns: Sequence[str], chosen: Sequence[str], key: str) -> list[str]:
    """A field to choose the columns that the network does not see; none if there are too many to choose from."""
    if len(columns) > _MOST_IN_LIST:
        return list(chosen)
    return st.multiselect(
        texts.FIELDS["leave_out"],
        list(columns),
        default=[name for name in chosen if name in columns],
        key=key,
        placeholder=texts.form.NONE_LEFT_OUT,
        help=ExperimentConfig.model_fields["leave_out"].description,
    )


def choose_shape(chosen: str | None, key: str) -> str | None:
    """A field that says whether rows are pictures; None: as recognised."""
    options = list(dict.fromkeys([None, FLAT, chosen]))
    return st.selectbox(
        texts.FIELDS["shape"],
        options,
        index=options.index(chosen),
        format_func=_shape_in_words,
        key=key,
        help=ExperimentConfig.model_fields["shape"].description,
    )


def _shape_in_words(shape: str | None) -> str:
    if shape in texts.form.SHAPES:
        return texts.form.SHAPES[shape]
    lengths = [int(length) for length in str(shape).split("x") if length.isdecimal()]
    return texts.form.PICTURES_OF.format(shape=shown(tuple(lengths))) if lengths else str(shape)


@st.cache_data(max_entries=20, show_spinner=False)
def _columns_in(path: Path, changed: int) -> tuple[str, ...]:
    return read_names(path)
