"""Random rows of a data set, by class."""

from io import BytesIO

import numpy as np
import streamlit as st
from PIL import Image

from dashboard import texts
from dashboard.shared import sample_rows, state
from dashboard.shared.charts import show_figure
from dashboard.shared.dataset_cache import dataset_shown
from dashboard.shared.formatting import plain
from toolkit.config.reading import Reading
from toolkit.datasets import Dataset
from toolkit.datasets.pictures import shown_pictures
from toolkit.figures import samples

#: Pictures per line, lines if one class is chosen, and classes at once.
_ACROSS, _DOWN, _MOST_CLASSES = 12, 4, 12
_ROWS_OF_TABLE = 10
#: The longer side of a picture and the gap between two, in pixels.
_SIDE, _GAP = 56, 6


@st.fragment
def show_samples(name: str, reading: Reading) -> None:
    """Show random training rows of all classes or of one, with a button that draws others."""
    data = dataset_shown(name, reading)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            texts.data.CLASS,
            [None, *range(data.num_classes)],
            format_func=lambda one: texts.data.ALL_CLASSES if one is None else data.class_names[one],
            width=240,
        )
        if st.button(texts.data.OTHERS, icon=":material/shuffle:"):
            st.session_state[state.SAMPLES] += 1
    random = np.random.default_rng(st.session_state[state.SAMPLES])
    if data.is_pictures:
        _show_pictures(data, chosen, random)
    else:
        _show_table(data, chosen, random)


def draw_rows(labels: np.ndarray, label: int | None, count: int, random: np.random.Generator) -> np.ndarray:
    """The indices of up to `count` random rows of a class; label None: of any class."""
    rows = np.arange(len(labels)) if label is None else np.flatnonzero(labels == label)
    return random.choice(rows, min(count, len(rows)), replace=False)


def sheet(pictures: np.ndarray, across: int = _ACROSS) -> bytes:
    """One PNG of pictures in lines of `across`; pictures: uint8 as returned by `shown_pictures`."""
    height, width = pictures.shape[1:3]
    scale = _SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    step = size[0] + _GAP, size[1] + _GAP
    down = -(-len(pictures) // across)
    paper = Image.new("RGBA", (across * step[0] - _GAP, down * step[1] - _GAP))
    for index, picture in enumerate(pictures):
        enlarged = Image.fromarray(picture).resize(size, Image.Resampling.NEAREST)
        paper.paste(enlarged.convert("RGB"), (index % across * step[0], index // across * step[1]))
    content = BytesIO()
    paper.save(content, "PNG")
    return content.getvalue()


def as_shown(data: Dataset, rows: np.ndarray) -> np.ndarray:
    """Training pictures for display, all with the same polarity, which is judged by many pictures."""
    judged = np.concatenate([data.x_train[:300], data.x_train[rows]])
    return shown_pictures(judged)[-len(rows) :]


def _show_pictures(data: Dataset, chosen: int | None, random: np.random.Generator) -> None:
    if chosen is not None:
        rows = draw_rows(data.y_train, chosen, _ACROSS * _DOWN, random)
        _show_sheet(data, rows, data.class_names[chosen])
        return
    classes = np.arange(data.num_classes)
    if len(classes) > _MOST_CLASSES:
        classes = np.sort(random.choice(classes, _MOST_CLASSES, replace=False))
        st.caption(texts.data.SOME_CLASSES.format(shown=_MOST_CLASSES, count=data.num_classes))
    columns = st.columns(2, gap="medium")
    for place, label in enumerate(classes.tolist()):
        # The first half is in the left column, so that a phone shows the classes in order too.
        with columns[2 * place // len(classes)], st.container(horizontal=True, vertical_alignment="center", wrap=False):
            st.markdown(plain(data.class_names[label]), width=90 if _has_long_names(data) else 20)
            _show_sheet(data, draw_rows(data.y_train, label, _ACROSS, random), data.class_names[label])


def _show_sheet(data: Dataset, rows: np.ndarray, class_name: str) -> None:
    if len(rows):
        alt = texts.data.SAMPLES_ALT.format(count=len(rows), label=class_name)
        st.image(sheet(as_shown(data, rows)), alt=alt, width="stretch")


def _has_long_names(data: Dataset) -> bool:
    return max(map(len, data.class_names)) > 2


def _show_table(data: Dataset, chosen: int | None, random: np.random.Generator) -> None:
    rows = draw_rows(data.y_train, chosen, _ROWS_OF_TABLE, random)
    names = [data.class_names[label] for label in data.y_train[rows]]
    sample_rows.show_rows(data.x_train[rows], {texts.TRUE: names}, data.feature_names)
    columns = sample_rows.column_names(data.x_train.shape[1], data.feature_names)
    column = st.selectbox(texts.data.COLUMN, range(len(columns)), format_func=columns.__getitem__, width=420)
    figure = samples(data.x_train[:, [column]], data.y_train, data.class_names, feature_names=[columns[column]])
    show_figure(figure, "column", texts.data.COLUMN_ALT.format(column=columns[column]))
