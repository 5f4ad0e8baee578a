"""New rows for the network of a table: typed into fields, or uploaded as a file."""

import csv
from io import StringIO

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import texts
from dashboard.shared.ask_network import ask
from dashboard.shared.formatting import plain
from dashboard.shared.sample_rows import marked
from toolkit.datasets.columns import CategoryColumn, NumberColumn, TableEncoding
from toolkit.datasets.csv_text import as_utf8
from toolkit.datasets.new_rows import NewRows, read_new_rows
from toolkit.errors import ToolkitError
from toolkit.figures import probability_bars
from toolkit.formatting import whole_percent
from toolkit.models.classes import NO_CLASS, most_probable
from toolkit.runs import RunFolder
from toolkit.runs.artifacts import read_encoding

#: Rows of a file that are predicted, columns with a field of their own, and the largest file in MB.
_MOST_ROWS, _MOST_FIELDS, _MOST_MB = 1000, 40, 20
_TYPED, _UPLOADED = "type", "upload"
_PLOTLY_CONFIG = {"displayModeBar": False, "scrollZoom": False}


def show_table_rows(run: RunFolder) -> None:
    """Ask for new rows, and show the network's predictions for them."""
    try:
        encoding = read_encoding(run)
        sources = [_TYPED, _UPLOADED] if len(encoding.columns) <= _MOST_FIELDS else [_UPLOADED]
        source = st.segmented_control(
            texts.try_it.ROWS_FROM,
            sources,
            default=sources[0],
            format_func=texts.try_it.ROW_SOURCES.__getitem__,
            key=f"rows-from-{run.id}",
        )
        new = _typed(encoding, run.id) if source == _TYPED else _uploaded(encoding, run.id)
    except ToolkitError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    if new is None:
        return
    for remark in new.remarks:
        st.warning(plain(remark), icon=":material/warning:")
    probabilities = ask(lambda predictor: predictor.predict(run.id, new.x[:_MOST_ROWS]))
    if probabilities is None:
        return
    if source == _TYPED:
        _show_one(probabilities[0], encoding.class_names)
    else:
        _show_all(new, probabilities, encoding.class_names)


def _typed(encoding: TableEncoding, run_id: str) -> NewRows:
    """One row from a field for each column; an empty field is a missing value."""
    values: dict[str, str] = {}
    with st.container(horizontal=True, key="row-fields"):
        for number, column in enumerate(encoding.columns):
            key = f"row-{run_id}-{number}"
            if isinstance(column, CategoryColumn):
                chosen = st.selectbox(column.name, column.categories, key=key, width=220)
                values[column.name] = str(chosen)
            else:
                usual = column.fill if isinstance(column, NumberColumn) else 0.0
                typed = st.number_input(column.name, value=usual, step=None, format="%.15g", key=key, width=220)
                values[column.name] = "" if typed is None else repr(float(typed))
    text = StringIO()
    csv.writer(text).writerows([values.keys(), values.values()])
    return read_new_rows(texts.try_it.TYPED_ROW, text.getvalue().encode(), encoding)


def _uploaded(encoding: TableEncoding, run_id: str) -> NewRows | None:
    columns = ", ".join(column.name for column in encoding.columns[:10])
    more = "…" if len(encoding.columns) > 10 else ""
    file = st.file_uploader(
        texts.try_it.UPLOAD_ROWS.format(columns=plain(f"{columns}{more}")),
        key=f"rows-of-{run_id}",
        max_upload_size=_MOST_MB,
    )
    return None if file is None else read_new_rows(file.name, as_utf8(file.name, file.getvalue()), encoding)


def _show_one(probabilities: np.ndarray, class_names: tuple[str, ...]) -> None:
    label = int(most_probable(probabilities[None])[0])
    if label == NO_CLASS:
        st.warning(texts.try_it.NO_ANSWER, icon=":material/warning:")
        return
    sure = whole_percent(float(probabilities[label]))
    st.markdown(texts.try_it.PREDICTS.format(label=plain(class_names[label]), sure=sure))
    figure = probability_bars(probabilities, class_names)
    alt = texts.try_it.BARS_ALT.format(answers=f"{class_names[label]} {sure}")
    st.plotly_chart(figure.to_dict(), key="row-bars", alt=alt, config=_PLOTLY_CONFIG)


def _show_all(new: NewRows, probabilities: np.ndarray, class_names: tuple[str, ...]) -> None:
    """A table of the answers, with the labels that the file names beside them."""
    answers = most_probable(probabilities)
    rows = []
    for row, (label, of_row) in enumerate(zip(answers.tolist(), probabilities, strict=True)):
        true, name = new.labels[row], texts.UNSURE if label == NO_CLASS else class_names[label]
        rows.append(
            {
                texts.try_it.LINE: new.table.line(row),
                **({} if true is None else {texts.TRUE: true}),
                texts.PREDICTED: name if true is None else marked(name, true),
                texts.SURE: texts.UNSURE if label == NO_CLASS else whole_percent(float(of_row[label])),
            }
        )
    if len(new.x) > _MOST_ROWS:
        st.caption(texts.try_it.FIRST_ROWS.format(shown=_MOST_ROWS, count=len(new.x)))
    st.dataframe(pd.DataFrame(rows), hide_index=True)
