"""Data: what does the network get to see?"""

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import texts
from dashboard.shared.charts import show_figure
from dashboard.shared.dataset_cache import dataset_shown
from dashboard.shared.formatting import plain
from dashboard.views.data.dataset_choice import choose_data, config_for
from dashboard.views.data.preprocessing_steps import show_way
from dashboard.views.data.samples import show_samples
from dashboard.views.data.upload import show_upload
from toolkit.config import ExperimentConfig
from toolkit.config.reading import Reading
from toolkit.config.shapes import shown
from toolkit.datasets import Dataset
from toolkit.datasets.preprocessing import split_row_numbers
from toolkit.errors import DataError, ToolkitError
from toolkit.figures import class_balance
from toolkit.formatting import count, number, share

_LONGEST_NOTE = 40

#: Part -> the label of each of its rows.
Parts = dict[str, np.ndarray]


def split(data: Dataset, config: ExperimentConfig) -> tuple[Parts, tuple[str, ...], str]:
    """The training, validation and test labels; notes; and why there is no validation part, if so."""
    try:
        parts, notes = split_row_numbers(data, config)
    except DataError as error:
        whole = {"training": data.y_train, "validation": data.y_train[:0], "test": data.y_test}
        return whole, (), str(error)
    return {"training": parts.y_train, "validation": parts.y_val, "test": data.y_test}, notes, ""


def answer(data: Dataset, parts: Parts) -> str:
    """The sentence that answers the page's question."""
    facts = {"rows": f"{len(data.x_train):,}", **value_range(data)}
    if data.is_pictures:
        words = texts.data.ANSWER_PICTURES.format(shape=shown(data.row_shape), **facts)
    else:
        words = texts.data.ANSWER_ROWS.format(values=count(data.row_shape[0], "number"), **facts)
    sizes = {part: len(labels) for part, labels in parts.items()}
    sentence = texts.data.ANSWER_PARTS if sizes["validation"] else texts.data.ANSWER_NO_VALIDATION
    return f"{sentence.format(what=words, **sizes)} {classes(data)}"


def value_range(data: Dataset) -> dict[str, str]:
    """The lowest and highest value in the training rows."""
    return {"low": number(data.x_train.min()), "high": number(data.x_train.max())}


def classes(data: Dataset) -> str:
    """The number of classes, and the rarest and most frequent one."""
    counts, names = np.bincount(data.y_train, minlength=data.num_classes), data.class_names
    if counts.min() == counts.max():
        return texts.data.ANSWER_EQUAL.format(count=data.num_classes)
    rarest, most = int(counts.argmin()), int(counts.argmax())
    return texts.data.ANSWER_CLASSES.format(
        count=data.num_classes,
        rarest=plain(names[rarest]),
        low=share(counts[rarest], counts.sum()),
        most=plain(names[most]),
        high=share(counts[most], counts.sum()),
    )


def show_numbers(data: Dataset, parts: Parts) -> None:
    """Show the rows of each part, the shape of a row, and the classes."""
    rows, shape = len(data.x_train), data.x_train.shape
    values = texts.data.VALUES_NOTE.format(**value_range(data))
    metrics = (
        (texts.data.TRAIN_ROWS, parts["training"], None),
        (texts.data.VALIDATION_ROWS, parts["validation"], texts.data.VALIDATION_HELP),
    )
    with st.container(horizontal=True, key="numbers"):
        for label, labels, words in metrics:
            part = texts.data.OF_ROWS.format(share=share(len(labels), rows), rows=rows)
            _metric(label, f"{len(labels):,}", part, words)
        _metric(texts.data.TEST_ROWS, f"{len(data.y_test):,}", texts.data.NEVER_SEEN, texts.data.TEST_HELP)
        stored = texts.data.TYPE_HELP.format(dtype=data.x_train.dtype, shape=shape)
        one = texts.data.ONE_PICTURE if data.is_pictures else texts.data.ONE_ROW
        _metric(one, shown(shape[1:]), values, stored)
        names = ", ".join(data.class_names)
        shortened = names if len(names) <= _LONGEST_NOTE else f"{names[: _LONGEST_NOTE - 1]}…"
        _metric(texts.data.CLASSES, f"{data.num_classes:,}", shortened)


def _metric(label: str, value: str, note: str, words: str | None = None) -> None:
    st.metric(label, value, plain(note), delta_color="off", delta_arrow="off", help=words, border=True, width="stretch")


def show_balance(data: Dataset, parts: Parts) -> None:
    """Show the share of each class in each part, and the accuracy of always predicting the most frequent class."""
    counts = {part: np.bincount(labels, minlength=data.num_classes) for part, labels in parts.items()}
    alt = texts.data.BALANCE_ALT.format(answer=classes(data))
    show_figure(class_balance(counts, data.class_names), "balance", alt)
    most = int(counts["training"].argmax())
    right = share(counts["test"][most], counts["test"].sum())
    st.caption(texts.data.BASELINE.format(label=plain(data.class_names[most]), share=right))
    with st.expander(texts.TABLE):
        table = pd.DataFrame({"class": data.class_names, **counts})
        st.dataframe(table, hide_index=True, column_config=texts.data.BALANCE_COLUMNS)


def show_data(name: str, reading: Reading, top: DeltaGenerator) -> None:
    """Show a data set, with its answer at the top of the page."""
    with top, st.spinner(texts.data.LOADING, show_time=True):
        data = dataset_shown(name, reading)
        config, from_draft = config_for(name, reading)
        parts, notes, problem = split(data, config)
    top.markdown(answer(data, parts))
    if problem:
        st.warning(plain(problem), icon=":material/error:")
    show_numbers(data, parts)
    for note in (*data.notes, *notes, *(() if from_draft else (texts.data.USUAL_SPLIT,))):
        st.caption(plain(note))
    st.subheader(texts.data.SAMPLES, anchor=False)
    show_samples(name, reading)
    st.subheader(texts.data.BALANCE, anchor=False)
    show_balance(data, parts)
    st.subheader(texts.data.WAY, anchor=False)
    show_way(config)


st.header(texts.data.QUESTION, anchor=False)
top = st.container()
name, reading = choose_data()
try:
    show_data(name, reading, top)
except ToolkitError as error:
    top.warning(plain(str(error)), icon=":material/error:")
st.subheader(texts.data.OWN, anchor=False)
show_upload()
