"""Follows one row into the network: stored, scaled, flattened or standardised, and its label as one-hot boxes."""

from math import prod

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import texts
from dashboard.shared import sample_rows, state
from dashboard.shared.charts import show_figure
from dashboard.shared.dataset_cache import dataset_shown
from dashboard.shared.formatting import plain
from toolkit.config import ExperimentConfig
from toolkit.config.losses import LOSSES
from toolkit.config.shapes import input_shape, shown, takes_pictures
from toolkit.datasets import Dataset
from toolkit.datasets.pictures import shown_pictures
from toolkit.datasets.preprocessing import one_hot, scale, split_row_numbers, split_rows, standardisation, to_inputs
from toolkit.errors import DataError
from toolkit.figures import Patch, Shades, one_hot_boxes, pixel_picture, value_grid, value_strip
from toolkit.formatting import number

_PATCH_SIDE = 8
#: A longer strip is cut: a browser can't draw more.
_MOST_IN_STRIP = 12_288


@st.fragment
def show_way(config: ExperimentConfig) -> None:
    """Choose a training row and show its preprocessing, by the same functions that a training uses."""
    data = dataset_shown(config.dataset, config.reading)
    row = _choose_row(data)
    if (part := part_of(row, data, config)) is not None:
        st.caption(texts.data.PART[part])
    if data.is_pictures:
        _show_picture(data, row, config)
        step = texts.data.LABEL_STEP
    else:
        _show_values(data, row, config)
        step = texts.data.LABEL_STEP_TABLE
    _show_label(data, int(data.y_train[row]), step, sparse=LOSSES[config.loss].takes_labels)


def part_of(row: int, data: Dataset, config: ExperimentConfig) -> str | None:
    """The part that a row belongs to, "training" or "validation"; None if the data can't be split like this."""
    try:
        split, _ = split_row_numbers(data, config)
    except DataError:
        return None
    return "validation" if row in split.x_val else "training"


def busiest_patch(picture: np.ndarray, side: int = _PATCH_SIDE) -> Patch:
    """The square part of a picture with the largest standard deviation, so that there is something to see.

    picture: shape (height, width) or (height, width, channels).
    """
    grey = picture.reshape(*picture.shape[:2], -1).mean(axis=2)
    side = min(side, *grey.shape)
    parts = np.lib.stride_tricks.sliding_window_view(grey, (side, side))
    top, left = np.unravel_index(parts.std(axis=(2, 3)).argmax(), parts.shape[:2])
    return Patch(int(top), int(left), side)


def shades_of(data: Dataset) -> Shades:
    """How the values of these pictures map to grey, with the same polarity as elsewhere."""
    some = data.x_train[:300]
    high_is_dark = bool(shown_pictures(some).flat[some.argmax()] < 128)
    low, high = (0.0, 255.0) if some.dtype == np.uint8 else (float(some.min()), float(some.max()))
    return Shades(low, high, high_is_dark)


def _choose_row(data: Dataset) -> int:
    def draw() -> None:
        st.session_state[state.ROW] = int(np.random.default_rng().integers(last + 1))

    last = len(data.x_train) - 1
    st.session_state[state.ROW] = min(st.session_state.get(state.ROW, 0), last)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row = st.number_input(
            texts.data.ROW, 0, last, step=1, key=state.ROW, help=texts.data.ROW_HELP, width=160, format="%d"
        )
        st.button(texts.data.ANOTHER, icon=":material/shuffle:", on_click=draw)
    return int(row)


def _show_picture(data: Dataset, row: int, config: ExperimentConfig) -> None:
    picture, shades = data.x_train[row], shades_of(data)
    patch = busiest_patch(picture)
    framed = patch.of(picture)
    scaled = patch.of(scale(data.x_train[[row]])[0])
    if picture.ndim == 3:
        framed, scaled = framed[..., 0], scaled[..., 0]
    name = data.class_names[int(data.y_train[row])]
    stored, zoomed, divided = st.columns(3, gap="medium")
    with stored:
        st.markdown(texts.data.STORED.format(shape=shown(picture.shape)))
        whole = shown_pictures(picture[None])[0] if picture.ndim == 3 else picture
        alt = texts.data.STORED_ALT.format(row=row, label=name, side=patch.side)
        show_figure(pixel_picture(whole, patch, shades), "stored", alt)
    with zoomed:
        st.markdown(texts.data.ZOOMED.format(low=number(shades.low), high=number(shades.high)))
        whole_numbers = picture.dtype == np.uint8
        _show_grid(framed, shades, 0 if whole_numbers else 2, key="zoomed")
        if picture.ndim == 3:
            st.caption(texts.data.CHANNEL)
    with divided:
        st.markdown(texts.data.SCALED if whole_numbers else texts.data.TAKEN_AS_THEY_ARE)
        _show_grid(scaled, _scaled(shades, whole_numbers), 2, key="scaled")
    _show_flattened(data, row, config, patch)


def _show_grid(values: np.ndarray, shades: Shades, decimals: int, *, key: str) -> None:
    numbers = "; ".join(" ".join(f"{value:.{decimals}f}" for value in line) for line in values.tolist())
    alt = texts.data.ZOOMED_ALT.format(side=len(values), numbers=numbers)
    show_figure(value_grid(values, shades, decimals=decimals), key, alt)


def _show_flattened(data: Dataset, row: int, config: ExperimentConfig, patch: Patch) -> None:
    """Show the picture as one line of numbers, and the input of the draft's network."""
    count = prod(data.row_shape)
    st.markdown(texts.data.FLATTENED.format(values=count))
    line = to_inputs(data.x_train[[row]], (count,))[0]
    width = count // data.row_shape[0]
    middle = patch.top + patch.side // 2
    marked = range(middle * width, (middle + 1) * width)
    shades = _scaled(shades_of(data), data.x_train.dtype == np.uint8)
    strip = value_strip(line[:_MOST_IN_STRIP], shades, marked=marked if marked.stop <= _MOST_IN_STRIP else range(0))
    show_figure(strip, "flattened", texts.data.FLATTENED_ALT)
    sentences = [texts.data.FLATTENED_PLACE.format(row=middle, first=marked.start, last=marked.stop - 1)]
    if count > _MOST_IN_STRIP:
        sentences = [texts.data.FLATTENED_CUT.format(shown=_MOST_IN_STRIP)]
    inputs = to_inputs(data.x_train[[row]], input_shape(config, data.row_shape))[0]
    takes = texts.data.TAKES_PICTURES if takes_pictures(config) else texts.data.TAKES_VALUES
    sentences.append(takes.format(values=inputs.size, shape=shown(inputs.shape)))
    st.markdown(" ".join(sentences))


def _scaled(shades: Shades, divided: bool) -> Shades:
    return Shades(shades.low / 255, shades.high / 255, shades.high_is_dark) if divided else shades


def _show_values(data: Dataset, row: int, config: ExperimentConfig) -> None:
    """Show a row of a table, column by column, as stored and as the network's input."""
    values = data.x_train[row]
    names = sample_rows.column_names(len(values), data.feature_names)
    columns = {"column": names, "value": values, "input": to_inputs(values[None], values.shape)[0]}
    if data.is_table:
        try:
            training = split_rows(data, config)[0].x_train
        except DataError:
            training = data.x_train
        mean, variance = standardisation(training)
        deviation = np.sqrt(variance)
        columns |= {"input": (values - mean) / deviation, "mean": mean, "deviation": deviation}
    st.markdown(texts.data.STANDARDISED if data.is_table else texts.data.SCALED_ROW)
    st.dataframe(pd.DataFrame(columns), hide_index=True, column_config=texts.data.WAY_COLUMNS)


def _show_label(data: Dataset, label: int, step: str, *, sparse: bool) -> None:
    name, count = data.class_names[label], data.num_classes
    st.markdown(step.format(label=plain(name), count=count))
    encoded = one_hot(np.array([label]), num_classes=count)[0]
    show_figure(one_hot_boxes(encoded, data.class_names), "label", texts.data.LABEL_ALT.format(place=name, count=count))
    if sparse:
        st.caption(texts.data.SPARSE.format(number=label))
